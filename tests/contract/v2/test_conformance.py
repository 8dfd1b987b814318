"""Whatever is sent, a running server answers as the OpenAPI document of contract v2 says."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import Phase, settings
from schemathesis.core.failures import FailureGroup

from serinus.presentation.http.v2.app import contract
from tests.contract.table.case import (
    ADMIN,
    AUTHOR,
    SUBSCRIBER,
    Names,
    case,
    category,
    key,
    person,
    post,
    tag,
)
from tests.contract.table.conforming import Law, law, operations_below
from tests.contract.table.modes import Served
from tests.contract.table.state import World

# For what is to be found, not to be made small.
once = settings(law, max_examples=200, phases=[Phase.generate], database=None)
OPERATIONS = operations_below(contract(), "/api/v2")

STATE = case(
    "whatever is sent",
    person("ada", role=AUTHOR, has_password=True),
    post("bird", tags=("jazz",), categories=("Songs",)),
    post("draft", status="draft"),
    tag("jam"),
    category("birds"),
    key("script", of=ADMIN, scopes=["posts:read", "users:read", "users:admin"]),
)
#: What is there, by the parameter that names it. At random nothing would be.
KNOWN = {
    "post_id": ["bird", "draft"],
    "tag_id": ["jazz", "jam"],
    "category_id": ["birds"],
    "user_id": ["ada", SUBSCRIBER, ADMIN],
    "key_id": ["script"],
    "session_id": ["author.session"],
}
LITERAL = {"slug": "bird", "number": 1}


@pytest.mark.database
@pytest.mark.parametrize("label", OPERATIONS)
def test_answers_are_as_documented(running: Served, label: str) -> None:
    Law(OPERATIONS[label], speak_of_what_is_there).hold(running)


def speak_of_what_is_there(case: Any, running: Served, names: Names, number: int) -> None:
    World(STATE, running.database, names).plant()
    if number > 10:
        return
    for name in case.path_parameters or {}:
        if name in LITERAL:
            case.path_parameters[name] = LITERAL[name]
        elif name in KNOWN:
            named = KNOWN[name][number % len(KNOWN[name])]
            case.path_parameters[name] = names.known[named]
    if case.method == "PATCH" and number % 4:
        case.headers["If-Match"] = "*"
    if case.path.endswith("/login"):
        case.body = {"email": names.known["ada.email"], "password": names.known["password"]}


def in_status(status: int) -> Callable[[httpx.Response], httpx.Response]:
    def wrong(answer: httpx.Response) -> httpx.Response:
        return rebuilt(answer, status=status)

    return wrong


def without_a_member(answer: httpx.Response) -> httpx.Response:
    return rebuilt(answer, content=b'{"data": []}') if answer.status_code == 200 else answer


def untyped(answer: httpx.Response) -> httpx.Response:
    return rebuilt(answer, media_type="text/plain")


def rebuilt(
    answer: httpx.Response,
    *,
    status: int | None = None,
    content: bytes | None = None,
    media_type: str | None = None,
) -> httpx.Response:
    headers = dict(answer.headers) | ({"content-type": media_type} if media_type else {})
    wrong = httpx.Response(
        status or answer.status_code,
        headers=headers,
        content=answer.content if content is None else content,
        request=answer.request,
    )
    wrong.elapsed = timedelta(0)
    return wrong


WRONG = {
    "a status that is not documented": in_status(418),
    "a failure inside": in_status(500),
    "a missing member": without_a_member,
    "another media type": untyped,
}


@pytest.mark.database
@pytest.mark.parametrize("mistake", WRONG)
def test_answers_that_are_not_documented_are_noticed(running: Served, mistake: str) -> None:
    with pytest.raises(FailureGroup):
        Law(OPERATIONS["GET /api/v2/tags"], speak_of_what_is_there, once, WRONG[mistake]).hold(
            running
        )
