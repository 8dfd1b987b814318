"""Whatever is sent, a running server answers as the OpenAPI document of contract v2 says.

Requests are drawn from the document: such as it allows, and such as it does not.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from serinus.presentation.http.v2.app import contract
from tests.contract.table.case import (
    ADMIN,
    AUTHOR,
    ROLES,
    SUBSCRIBER,
    Names,
    case,
    category,
    key,
    person,
    post,
    tag,
)
from tests.contract.table.modes import Served
from tests.contract.table.state import World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 10  # of each operation
law = settings(
    deadline=None,
    max_examples=EXAMPLES,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
# For what is to be found, not to be made small.
once = settings(law, max_examples=200, phases=[Phase.generate], database=None)

schema = schemathesis.openapi.from_dict(contract())
operations = {
    result.ok().label: result.ok()
    for result in schema.get_all_operations()
    if isinstance(result, Ok) and result.ok().path.startswith("/api/v2")
}

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

# With a token, with a key, or with whatever was drawn for the header.
callers = st.sampled_from([*ROLES, "script", None])
addresses = st.integers(0, 2**24 - 1)


def drawn(label: str) -> st.SearchStrategy[Any]:
    operation = operations[label]
    allowed = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not (operation.body or operation.query or operation.path_parameters):
        return allowed
    refused = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    return st.one_of(allowed, allowed, refused)


@pytest.mark.database
@pytest.mark.parametrize("label", operations)
def test_answers_are_as_documented(running: Served, label: str) -> None:
    hold_to_document(running, label, law)


def hold_to_document(
    running: Served,
    label: str,
    setting: settings,
    changed: Callable[[httpx.Response], httpx.Response] = lambda answer: answer,
) -> None:
    @setting
    @given(case=drawn(label), who=callers, number=st.integers(0, 14), address=addresses)
    def conforms(case: Any, who: str | None, number: int, address: int) -> None:
        names = Names()
        World(STATE, running.database, names).plant()
        speak_of_what_is_there(case, names, number)
        answer = sent(running, case, names, who, address)
        case.validate_response(changed(answer), checks=CHECKS)

    conforms()


def speak_of_what_is_there(case: Any, names: Names, number: int) -> None:
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


def sent(
    running: Served, case: Any, names: Names, who: str | None, address: int
) -> httpx.Response:
    """Each request from an address of its own: this is not about limits."""
    request = requests.Request(**case.as_transport_kwargs(base_url=running.base)).prepare()
    # Outer white space is no part of a value: HTTP has no way to send it.
    headers = {name: str(value).strip() for name, value in request.headers.items()}
    if who is not None:
        headers = {
            name: value
            for name, value in headers.items()
            if name.lower() not in {"authorization", "x-api-key"}
        }
        headers |= (
            {"X-API-Key": names.known[f"{who}.raw"]}
            if f"{who}.raw" in names.known
            else {"Authorization": f"Bearer {names.known[f'{who}.access']}"}
        )
    numbers = address.to_bytes(3)
    headers["X-Forwarded-For"] = f"10.{'.'.join(map(str, numbers))}"
    answer = running.http.request(
        case.method, str(request.url), headers=headers, content=request.body or b""
    )
    answer.elapsed = timedelta(0)
    return answer


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
        hold_to_document(running, "GET /api/v2/tags", once, WRONG[mistake])
