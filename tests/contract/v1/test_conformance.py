"""Whatever is sent, each engine answers as the OpenAPI document says.

Requests are drawn from the document: such as it allows, and such as it does not.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
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

from serinus.domain.identity.caller import Role
from serinus.wiring.documents import documentation
from tests.contract.v1.engines import SERVED, Engine
from tests.contract.v1.equivalence.account_steps import ADA_SIGNS_UP
from tests.contract.v1.equivalence.mistakes import (
    each_post,
    in_answers,
    in_status,
    without_header,
)
from tests.contract.v1.equivalence.worlds import World, ask, world
from tests.support.databases import Clones

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 25  # of each operation and kind
HOST = "http://cms.test"
law = settings(
    deadline=None,
    max_examples=EXAMPLES,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

# For what is to be found, not to be made small.
once = settings(law, max_examples=200, phases=[Phase.generate], database=None)

schema = schemathesis.openapi.from_dict(json.loads(documentation().published))
operations = {
    result.ok().label: result.ok()
    for result in schema.get_all_operations()
    if isinstance(result, Ok)
    and result.ok().path.startswith("/api/v1")
    and result.ok().path != "/api/v1/metrics"  # answered before any engine is chosen
}


class Worlds:
    """One of each engine for all tests: making one takes longer than most of them."""

    def __init__(self, clones: Clones) -> None:
        self.runner = asyncio.Runner()
        self._clones = clones
        self._stack = AsyncExitStack()
        self._open: dict[Engine, World] = {}

    def of(self, engine: Engine) -> World:
        if engine not in self._open:
            url = self._clones.take()
            self._stack.callback(self._clones.drop, url)
            opening = self._stack.enter_async_context(world(engine, url))
            self._open[engine] = self.runner.run(opening)
        return self._open[engine]

    def close(self) -> None:
        self.runner.run(self._stack.aclose())
        self.runner.close()


@pytest.fixture(scope="session")
def worlds(clones: Clones) -> Iterator[Worlds]:
    worlds = Worlds(clones)
    yield worlds
    worlds.close()


# With tokens and with keys, or with whatever was drawn for the header.
callers = st.sampled_from([*map(str, Role), "<session 0>", "<raw key 0>", "<raw key 1>", None])
PLANTED = {"posts": "post", "users": "user", "api-keys": "key"}


def cases(label: str) -> st.SearchStrategy[Any]:
    operation = operations[label]
    allowed = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not (operation.body or operation.query or operation.path_parameters):
        return allowed
    return st.one_of(
        allowed, allowed, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    )


@pytest.mark.parametrize("engine", SERVED)
@pytest.mark.parametrize("label", operations)
def test_answers_are_as_documented(worlds: Worlds, engine: Engine, label: str) -> None:
    hold_to_document(worlds.runner, worlds.of(engine), label, law)


def hold_to_document(
    runner: asyncio.Runner, there: World, label: str, setting: settings
) -> None:
    @setting
    @given(case=cases(label), who=callers, number=st.integers(0, 14))
    def conforms(case: Any, who: str | None, number: int) -> None:
        know(case, there, number)
        answer = runner.run(sent(there, case, who))
        case.validate_response(answer, checks=CHECKS)

    conforms()


def total_as_text(data: Any) -> None:
    if "total" in data:
        data["total"] = str(data["total"])


def no_author(post: Any) -> None:
    del post["author_id"]


WRONG = {
    "a status that is not documented": in_status(200, 418),
    "a failure inside": in_status(200, 500),
    "a total that is text": in_answers(total_as_text),
    "a missing member": in_answers(each_post(no_author)),
    "no content type": without_header(b"content-type"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_answers_that_are_not_documented_are_noticed(worlds: Worlds, mistake: str) -> None:
    there = worlds.of("v2")
    wrong = replace(there, app=WRONG[mistake](there.app))

    with pytest.raises(FailureGroup):
        hold_to_document(worlds.runner, wrong, "GET /api/v1/posts", once)


def know(case: Any, there: World, number: int) -> None:
    """Mostly speak of what is there: of what is drawn at random, nothing is."""
    if number > 10:
        return
    if case.path.endswith("/login"):
        case.body = ADA_SIGNS_UP.body
    elif case.path.endswith("/refresh"):
        case.body = {"refresh_token": "<refresh 0>"}
    for part, kind in PLANTED.items():
        if f"/{part}/{{id}}" in case.path:
            known = there.planted[kind]
            case.path_parameters["id"] = known[number % len(known)]


async def sent(there: World, case: Any, who: str | None) -> httpx.Response:
    await there.begin(frozenset())
    if case.path.startswith("/api/v1/auth/"):
        await there.take(ADA_SIGNS_UP)
    case.body = there.resolved(case.body)
    request = requests.Request(**case.as_transport_kwargs(base_url=HOST)).prepare()
    credentials = there.credentials(who)
    if credentials:
        request.headers.pop("authorization", None)
        request.headers.pop("x-api-key", None)
    headers = {name: str(value) for name, value in request.headers.items()} | credentials
    url, body = str(request.url).removeprefix(HOST), request.body or b""
    assert isinstance(body, str | bytes)
    raw = body.encode() if isinstance(body, str) else body
    answer = await ask(there.app, case.method, url, headers, raw)
    shown = httpx.Response(
        answer.status,
        headers=answer.headers,
        content=answer.body,
        request=httpx.Request(case.method, str(request.url)),
    )
    shown.elapsed = timedelta(0)
    return shown
