"""The OpenAPI document of contract v2 and of steering says what the service does."""

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from serinus.presentation.http.openapi import operations
from serinus.presentation.http.release.app import contract
from serinus.presentation.http.v2.problem_catalogue import BY_CODE
from serinus.presentation.http.v2.problems import status_of
from tests.support.documented import validator

DOCUMENT = contract()
OPERATIONS = {f"{method} {path}": each for path, method, each in operations(DOCUMENT)}
ME, LOGIN = "/api/v2/users/me", "/api/v2/auth/login"


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
    return found


def test_every_operation_can_be_told_apart_and_says_what_it_does() -> None:
    ids = [each["operationId"] for each in OPERATIONS.values()]

    assert len(set(ids)) == len(ids)
    assert [name for name, each in OPERATIONS.items() if not each["summary"]] == []
    assert {tag for each in OPERATIONS.values() for tag in each["tags"]} <= {
        tag["name"] for tag in DOCUMENT["tags"]
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_failure_is_a_problem_of_its_status_with_an_example(name: str) -> None:
    failures = {
        status: answer
        for status, answer in OPERATIONS[name]["responses"].items()
        if status >= "400"
    }

    assert {"429", "500", "503"} <= failures.keys()
    for status, answer in failures.items():
        told = answer["content"]["application/problem+json"]
        assert told["schema"] == {"$ref": "#/components/schemas/Problem"}
        for code, example in told["examples"].items():
            assert example["value"]["status"] == int(status)
            assert status_of(BY_CODE[code].error) == int(status)


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_promised_beside_a_failure_is_documented(name: str) -> None:
    promised = {
        "401": "WWW-Authenticate",
        "412": "ETag",
        "429": "Retry-After",
        "503": "Retry-After",
    }

    for status, answer in OPERATIONS[name]["responses"].items():
        if status in promised:
            assert promised[status] in answer["headers"]


def test_it_is_told_who_has_to_sign_in() -> None:
    either: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}]
    assert OPERATIONS[f"get {ME}"]["security"] == either
    for session_only in (
        *("post /api/v2/auth/logout", f"get {ME}/sessions"),
        *("post /api/v2/api-keys", "delete /api/v2/api-keys/{key_id}"),
    ):
        assert OPERATIONS[session_only]["security"] == [{"bearer": []}]
    assert OPERATIONS[f"post {LOGIN}"]["security"] == []
    assert OPERATIONS["get /api/v2/posts"]["security"] == [{}, *either]
    assert DOCUMENT["components"]["securitySchemes"] == {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "apiKey": {"type": "apiKey", "name": "X-API-Key", "in": "header"},
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_post_takes_an_idempotency_key_and_nothing_else_does(name: str) -> None:
    names = {each["name"] for each in OPERATIONS[name].get("parameters", [])}

    assert ("Idempotency-Key" in names) == name.startswith("post ")


def test_a_change_needs_to_say_of_which_version() -> None:
    change = OPERATIONS[f"patch {ME}"]

    (header,) = change["parameters"]
    assert (header["name"], header["required"]) == ("If-Match", True)
    assert {"412", "428"} <= change["responses"].keys()
    assert change["requestBody"]["content"].keys() == {
        "application/json",
        "application/merge-patch+json",
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_body_and_every_answer_has_an_example_that_is_one(name: str) -> None:
    parts = (OPERATIONS[name].get("requestBody", {}), *OPERATIONS[name]["responses"].values())

    for content in (each for part in parts for each in part.get("content", {}).values()):
        shown = [each["value"] for each in content.get("examples", {}).values()]
        shown += [content["example"]] if "example" in content else []
        assert shown, content
        for example in shown:
            validator(content["schema"]).validate(example)


def test_a_validator_accepts_the_document() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_a_body_that_is_read_is_one_that_is_required() -> None:
    bodies = [each["requestBody"] for each in OPERATIONS.values() if "requestBody" in each]

    assert bodies
    assert all(body["required"] for body in bodies)


def test_what_is_said_of_one_member_is_not_said_of_all_of_its_type() -> None:
    assert not {"default", "examples"} & schema("Role").keys()


def test_members_that_are_not_known_are_refused_in_the_document_too() -> None:
    assert schema("Registration")["additionalProperties"] is False
    assert "additionalProperties" not in schema("User")


def test_names_of_schemas_are_words_for_clients() -> None:
    assert {"User", "Registration", "SessionViewListing"} <= set(
        DOCUMENT["components"]["schemas"]
    )
    assert [name for name in DOCUMENT["components"]["schemas"] if not name.isalnum()] == []


def test_nothing_of_how_we_are_built_shows() -> None:
    assert "serinus." not in json.dumps(DOCUMENT)
    assert "msgspec" not in json.dumps(DOCUMENT)


def test_every_reference_leads_somewhere() -> None:
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}

    assert set(references(DOCUMENT)) <= known


def references(node: object) -> list[str]:
    match node:
        case {"$ref": str(found)}:
            return [found]
        case dict():
            return [found for value in node.values() for found in references(value)]
        case list():
            return [found for value in node for found in references(value)]
        case _:
            return []
