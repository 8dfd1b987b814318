"""A client that is generated from the document does what the document says."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from serinus.presentation.http.v2.app import contract
from serinus.presentation.http.v2.bodies import MERGE_PATCH
from tests.contract.table.case import AUTHOR, Names, case, person
from tests.contract.table.modes import Served
from tests.contract.table.state import World

Module = Callable[[str], ModuleType]
STATE = case("a generated client", person(AUTHOR, has_password=True))


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Module:
    """Gives its modules by name."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "document.json").write_text(json.dumps(with_one_media_type(contract())))
    (folder / "settings.yaml").write_text("post_hooks: []")  # nobody reads it: no formatting
    made = subprocess.run(  # noqa: S603 - our own command
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"),
            *("--path", "document.json", "--output-path", "generated_client"),
            *("--config", "settings.yaml", "--fail-on-warning"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return lambda name: imported(folder, name)


def with_one_media_type(document: dict[str, Any]) -> dict[str, Any]:
    """Of a body that may be sent as two, the generator makes code that does not run."""
    for operations in document["paths"].values():
        for operation in operations.values():
            operation.get("requestBody", {}).get("content", {}).pop(MERGE_PATCH, None)
    return document


def imported(folder: Path, name: str) -> ModuleType:
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(f"generated_client.{name}")
    finally:
        sys.path.remove(str(folder))


@pytest.fixture
def names(running: Served) -> Names:
    names = Names()
    World(STATE, running.database, names).plant()
    return names


@pytest.fixture
def author(running: Served, generated: Module, names: Names) -> Iterator[Any]:
    """Signed in by the client itself."""
    client, models = generated("client"), generated("models")
    login = generated("api.auth.login")
    body = models.Login(email=names.known["author.email"], password=names.known["password"])
    with client.Client(base_url=running.base) as nobody:
        answer = login.sync(client=nobody, body=body)
    assert isinstance(answer, models.SignedInView)
    signed_in = client.AuthenticatedClient(base_url=running.base, token=answer.access_token)
    with signed_in as author:
        yield author


@pytest.mark.database
def test_it_writes_and_changes_what_it_has_seen(generated: Module, author: Any) -> None:
    models = generated("models")
    create, change = generated("api.posts.create_post"), generated("api.posts.change_post")
    new = models.NewPost(title="Canaries sing", content="They do.", tags=["歌"])

    made = create.sync_detailed(client=author, body=new, idempotency_key="first")
    again = create.sync_detailed(client=author, body=new, idempotency_key="first")
    seen, patch = made.headers["etag"], models.PostPatch(title="They do", excerpt=None)
    changed = change.sync_detailed(made.parsed.id, client=author, body=patch, if_match=seen)
    stale = change.sync_detailed(made.parsed.id, client=author, body=patch, if_match=seen)

    assert (made.status_code, made.parsed.title) == (201, "Canaries sing")
    assert [tag.name for tag in made.parsed.tags] == ["歌"]
    assert again.parsed.id == made.parsed.id
    assert (changed.parsed.title, changed.parsed.version) == ("They do", 2)
    assert isinstance(stale.parsed, models.Problem)
    assert (stale.parsed.status, stale.parsed.code) == (412, "stale_version")


@pytest.mark.database
def test_it_goes_through_a_list_by_cursors(generated: Module, author: Any) -> None:
    models = generated("models")
    create, list_posts = generated("api.posts.create_post"), generated("api.posts.list_posts")
    for title in ("a", "b", "c"):
        create.sync(client=author, body=models.NewPost(title=title, content="-"))
    asked: dict[str, Any] = {"client": author, "sort": "title", "limit": 2}

    first = list_posts.sync(**asked, count=models.ListPostsCount.EXACT)
    second = list_posts.sync(**asked, after=first.page.next_)

    assert [post.title for post in first.data + second.data] == ["a", "b", "c"]
    assert first.count.value == 3
    assert second.page.next_ is None


@pytest.mark.database
def test_it_reads_what_is_wrong(generated: Module, author: Any) -> None:
    models = generated("models")
    create = generated("api.posts.create_post")
    new = models.NewPost(title="", content="-", tags=["x" * 51])

    problem = create.sync(client=author, body=new)

    assert isinstance(problem, models.Problem)
    assert problem.code == "validation_failed"
    assert {error.pointer: error.code for error in problem.errors} == {
        "/title": "required",
        "/tags": "invalid_length",
    }


@pytest.mark.database
def test_it_signs_out(generated: Module, author: Any) -> None:
    out = generated("api.auth.logout").sync_detailed(client=author)
    gone = generated("api.users.show_me").sync_detailed(client=author)

    assert out.status_code == 204
    assert (gone.status_code, gone.parsed.code) == (401, "invalid_token")
