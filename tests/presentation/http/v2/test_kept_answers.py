"""What is kept of answers is given again, and nothing else."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from serinus.application.answers import Answer, Kept, Key, Looked, Stamp
from serinus.infrastructure.memory.answers import MemoryAnswers
from serinus.presentation.http.asgi import App, Receive, Scope, Send, answer
from serinus.presentation.http.v2 import caching
from serinus.presentation.http.v2.kept_answers import KeptAnswers
from serinus.presentation.http.v2.single_flight import Flights
from tests.support.answers import an_answer
from tests.support.waiting import until

POSTS = "/api/v2/posts"


@dataclass
class Contract:
    """Counts who gets to it, and answers what it is told to."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: caching.public(["post:1"]))
    body: bytes = b'{"title": "Canaries"}'
    asked: list[Scope] = field(default_factory=list)
    gate: asyncio.Event | None = None  # what every answer waits for
    failing: int = 0  # times that it breaks first

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        self.asked.append(scope)
        if self.gate is not None:
            await self.gate.wait()
        if self.failing:
            self.failing -= 1
            raise ConnectionError
        headers = [(b"content-type", b"application/json"), (b"etag", b'"1-ab"')]
        headers += [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await answer(send, self.status, headers, self.body)

    @property
    def times(self) -> int:
        return len(self.asked)


@pytest.fixture
def contract() -> Contract:
    return Contract()


@pytest.fixture
def answers() -> MemoryAnswers:
    answers = MemoryAnswers(1_000_000, clock=lambda: 100.0)
    answers.began()
    answers.heard(100.0)
    return answers


@pytest.fixture
def client(contract: Contract, answers: MemoryAnswers) -> httpx.AsyncClient:
    return asking(KeptAnswers(app=contract, answers=answers))


def asking(app: App) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://cms.test")


def came_from(response: httpx.Response) -> str:
    return response.headers["cache-status"].removeprefix("serinus; ")


async def test_the_second_who_asks_is_answered_without_the_contract(
    client: httpx.AsyncClient, contract: Contract
) -> None:
    first, second = await client.get(POSTS), await client.get(POSTS)

    assert (came_from(first), came_from(second)) == ("fwd=miss; stored", "hit")
    assert (second.content, second.headers["age"]) == (contract.body, "0")
    assert contract.times == 1
    for each in (first, second):
        each.headers.pop("cache-status")
    assert dict(second.headers) == {**first.headers, "age": "0"}


async def test_parameters_are_the_same_in_any_order_and_spelling(
    client: httpx.AsyncClient, contract: Contract
) -> None:
    for query in ("fields[post]=id&limit=3", "limit=3&fields%5Bpost%5D=id", "limit=%33"):
        await client.get(f"{POSTS}?{query}")

    assert contract.times == 2


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
async def test_who_says_who_they_are_is_answered_by_the_contract(
    client: httpx.AsyncClient, contract: Contract, header: str
) -> None:
    await client.get(POSTS)

    response = await client.get(POSTS, headers={header: "somebody"})

    assert contract.times == 2
    assert "cache-status" not in response.headers


@pytest.mark.parametrize(
    "changes",
    [
        {"status": 404},
        {"status": 503},
        {"headers": caching.private()},
        {"headers": {"Cache-Control": caching.PUBLIC}},
        {"headers": caching.public(["post:1"]) | {"Vary": "Accept"}},
        {"headers": caching.public(["post:1"]) | {"Set-Cookie": "a=b"}},
    ],
)
async def test_what_is_not_the_same_for_everybody_is_not_kept(
    client: httpx.AsyncClient, contract: Contract, changes: dict[str, Any]
) -> None:
    for name, value in changes.items():
        setattr(contract, name, value)

    responses = [await client.get(POSTS) for _ in range(2)]

    assert [came_from(each) for each in responses] == ["fwd=miss"] * 2
    assert contract.times == 2


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", POSTS), ("GET", "/api/v2/users/me"), ("GET", "/healthz"), ("GET", "/api/v2")],
)
async def test_what_else_is_asked_is_passed_on(
    client: httpx.AsyncClient, contract: Contract, method: str, path: str
) -> None:
    for _ in range(2):
        response = await client.request(method, path)
        assert "cache-status" not in response.headers

    assert contract.times == 2


async def test_a_redirect_is_kept_as_well(
    client: httpx.AsyncClient, contract: Contract
) -> None:
    contract.status = 301
    contract.headers |= {"Location": "/api/v2/posts/by-slug/new"}

    responses = [await client.get(f"{POSTS}/by-slug/old") for _ in range(2)]

    assert [each.status_code for each in responses] == [301, 301]
    assert responses[1].headers["location"] == "/api/v2/posts/by-slug/new"
    assert contract.times == 1


async def test_who_has_it_already_is_told_so(
    client: httpx.AsyncClient, contract: Contract
) -> None:
    for etag in ('"1-ab"', 'W/"1-ab"', '"x", "1-ab"', "*"):
        response = await client.get(POSTS, headers={"If-None-Match": etag})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["cache-tag"] == "post:1"
        assert "content-length" not in response.headers
    other = await client.get(POSTS, headers={"If-None-Match": '"2-ab"'})

    assert (other.status_code, came_from(other)) == (200, "hit")
    assert contract.times == 1


async def test_a_condition_that_cannot_be_read_is_refused_by_the_contract(
    client: httpx.AsyncClient, contract: Contract
) -> None:
    await client.get(POSTS)

    await client.get(POSTS, headers={"If-None-Match": "1-ab"})

    assert dict(contract.asked[1]["headers"])[b"if-none-match"] == b"1-ab"


async def test_a_long_answer_is_compressed_once_for_all(
    client: httpx.AsyncClient, contract: Contract
) -> None:
    contract.body = b"They sing. " * 1000
    identity, packed = {"Accept-Encoding": "identity"}, {"Accept-Encoding": "br, gzip"}

    plain = [await client.get(POSTS, headers=identity) for _ in range(2)]
    small = [await client.get(POSTS, headers=packed) for _ in range(2)]
    head = await client.head(POSTS, headers=packed)
    known = await client.get(POSTS, headers=packed | {"If-None-Match": '"1-ab"'})

    assert {each.content for each in [*plain, *small]} == {contract.body}
    assert {each.headers["content-length"] for each in plain} == {str(len(contract.body))}
    assert all(int(each.headers["content-length"]) < 1000 for each in [*small, head])
    assert small[0].headers["content-encoding"] == "gzip"
    varies = {each.headers["vary"] for each in [*plain, *small, head, known]}
    assert varies == {f"{caching.VARY}, Accept-Encoding"}
    assert "content-encoding" not in known.headers
    assert contract.times == 1


async def test_head_is_answered_from_what_get_left_and_the_other_way_round(
    client: httpx.AsyncClient, contract: Contract
) -> None:
    head, get = await client.head(POSTS), await client.get(POSTS)

    assert (head.content, get.content) == (b"", contract.body)
    assert head.headers["content-length"] == get.headers["content-length"]
    assert contract.times == 1


async def test_without_trust_everything_is_passed_on(
    client: httpx.AsyncClient, contract: Contract, answers: MemoryAnswers
) -> None:
    await client.get(POSTS)
    answers.lost()

    responses = [await client.get(POSTS) for _ in range(2)]

    assert [came_from(each) for each in responses] == ["fwd=bypass"] * 2
    assert contract.times == 3


@pytest.fixture
def waiting(contract: Contract, client: httpx.AsyncClient) -> "Waiting":
    contract.gate = asyncio.Event()
    return Waiting(contract, client)


@dataclass
class Waiting:
    contract: Contract
    client: httpx.AsyncClient

    async def ask(self, count: int) -> list[asyncio.Task[httpx.Response]]:
        tasks = [asyncio.create_task(self.client.get(POSTS)) for _ in range(count)]
        for _ in range(50):  # one comes to the contract, the others to where they wait
            await asyncio.sleep(0)
        assert self.contract.times == 1
        return tasks

    def open(self) -> None:
        assert self.contract.gate
        self.contract.gate.set()


async def test_of_many_who_ask_at_once_one_gets_there(waiting: Waiting) -> None:
    tasks = await waiting.ask(20)
    waiting.open()

    responses = await asyncio.gather(*tasks)

    assert waiting.contract.times == 1
    assert [came_from(each) for each in responses] == ["fwd=miss; stored"] + ["hit"] * 19


async def test_who_leaves_does_not_take_the_others_along(waiting: Waiting) -> None:
    tasks = await waiting.ask(5)
    tasks[0].cancel()
    for _ in range(20):
        await asyncio.sleep(0)
    waiting.open()

    responses = await asyncio.gather(*tasks[1:])

    assert [each.status_code for each in responses] == [200] * 4
    assert waiting.contract.times == 2


async def test_what_fails_for_one_is_tried_by_the_next(waiting: Waiting) -> None:
    waiting.contract.failing = 2
    tasks = await waiting.ask(5)
    waiting.open()

    results = await asyncio.gather(*tasks, return_exceptions=True)

    failed = [each for each in results if isinstance(each, ConnectionError)]
    assert (len(failed), waiting.contract.times) == (2, 3)


async def test_what_is_not_for_all_each_asks_alone(waiting: Waiting) -> None:
    waiting.contract.status = 404
    tasks = await waiting.ask(5)
    waiting.open()

    responses = await asyncio.gather(*tasks)

    assert {each.status_code for each in responses} == {404}
    assert waiting.contract.times == 5


async def test_what_changed_while_it_was_fetched_is_given_to_nobody_else(
    waiting: Waiting, answers: MemoryAnswers
) -> None:
    tasks = await waiting.ask(3)
    answers.changed(frozenset({"post:1"}))
    waiting.open()

    await asyncio.gather(*tasks)

    assert waiting.contract.times == 2  # the next one, for both


async def test_nobody_waits_for_long(contract: Contract, answers: MemoryAnswers) -> None:
    contract.gate = asyncio.Event()
    app = KeptAnswers(app=contract, answers=answers, flights=Flights(patience=0.01))
    waiting = Waiting(contract, asking(app))
    tasks = await waiting.ask(3)

    async def all_are_there() -> bool:
        return contract.times == 3

    await until(all_are_there)
    waiting.open()

    assert [each.status_code for each in await asyncio.gather(*tasks)] == [200] * 3


@dataclass
class Shared:
    """What other nodes kept, in a dictionary."""

    there: dict[Key, Answer] = field(default_factory=dict)
    stamp: Stamp | None = None
    kept: list[Stamp] = field(default_factory=list)

    async def find(self, key: Key) -> Looked:
        found = self.there.get(key)
        return Looked(Kept(found, 3.0) if found else None, self.stamp)

    async def keep(self, key: Key, answer: Answer, stamp: Stamp) -> None:
        self.there[key] = answer
        self.kept.append(stamp)


async def test_what_another_node_kept_is_found(
    contract: Contract, answers: MemoryAnswers
) -> None:
    key = Key(POSTS, ())
    client = asking(
        KeptAnswers(app=contract, answers=answers, shared=Shared({key: an_answer("post:1")}))
    )

    responses = [await client.get(POSTS) for _ in range(2)]

    assert [came_from(each) for each in responses] == ["hit; detail=L2", "hit"]
    assert [each.headers["age"] for each in responses] == ["3", "3"]
    assert contract.times == 0


@pytest.mark.parametrize("stamp", [Stamp("epoch", 7), None])
async def test_what_is_fetched_is_kept_for_other_nodes_with_the_time_before_it(
    contract: Contract, answers: MemoryAnswers, stamp: Stamp | None
) -> None:
    shared = Shared(stamp=stamp)

    await asking(KeptAnswers(app=contract, answers=answers, shared=shared)).get(POSTS)

    assert shared.kept == ([stamp] if stamp else [])
    assert [each.body for each in shared.there.values()] == [contract.body] * len(shared.kept)
