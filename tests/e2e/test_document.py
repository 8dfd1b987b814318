"""`serinus openapi`, and the document in the repository that shows what a change means."""

import json
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from serinus.presentation.http.openapi import operations
from serinus.presentation.http.openapi_3_0 import as_3_0
from tests.support.serving import command

KEPT = Path(__file__).parents[2] / "docs" / "openapi.json"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """In a folder of its own, with no setting at all."""
    folder = tmp_path_factory.mktemp("nowhere")
    finished = command("openapi", cwd=folder)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert list(folder.iterdir()) == []  # no database was started, no secret made
    return finished.stdout


def test_the_document_in_the_repository_is_the_one_that_is_served(printed: str) -> None:
    assert printed == KEPT.read_text(encoding="utf-8"), (
        "a contract has changed: look at the difference with the eyes of a client, "
        "then run `make openapi` and commit docs/openapi.json"
    )


def test_both_contracts_are_in_it_and_it_is_valid(printed: str) -> None:
    document = json.loads(printed)

    OpenAPIV31SpecValidator(document).validate()
    OpenAPIV30SpecValidator(as_3_0(document)).validate()
    served = {f"{method.upper()} {path}" for path, method, _ in operations(document)}
    assert {"GET /api/v1/posts", "GET /api/v2/posts", "GET /healthz"} <= served


def test_operations_and_their_contracts_can_be_told_apart(printed: str) -> None:
    document = json.loads(printed)

    told = [each for _, _, each in operations(document)]
    ids = [each["operationId"] for each in told]
    assert len(set(ids)) == len(ids)
    known = {tag["name"] for tag in document["tags"]}
    assert {tag for each in told for tag in each["tags"]} <= known
    for path, _, each in operations(document):
        if path.startswith("/api/"):
            assert each["tags"][0].startswith(path.split("/")[2])
