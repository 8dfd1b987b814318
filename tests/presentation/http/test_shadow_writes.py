"""What stable would write is tried on the candidate first, and nothing of that stays.

Both arms are ASGI applications of the test's own, which write to a real database.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from serinus.application.release.comparison_counters import (
    Compared,
    ComparisonCounters,
    Outcome,
)
from serinus.application.release.doubt import Doubt
from serinus.domain.release.assignment import Routing, Share
from serinus.infrastructure.postgres.pool import open_session
from serinus.infrastructure.postgres.undone import PostgresTrials, TrialPool, trial_pool
from serinus.presentation.http.asgi import App, Receive, Scope, Send, answer
from serinus.presentation.http.evidence import Attempt
from serinus.presentation.http.generation_switch import GenerationSwitch, InForce
from serinus.presentation.http.request_context import RequestContext
from serinus.presentation.http.route_table import RouteTable
from serinus.presentation.http.shadow import Shadow, Shadowed
from serinus.presentation.http.shadow_writes import MOST_BYTES, ShadowWrites
from tests.support.waiting import until

TAGS, LOGIN = "/api/v1/tags", "/api/v1/auth/login"
PATIENCE = 2.0  # seconds
ADD = """
INSERT INTO tags (id, name, name_key, slug, created_at, updated_at)
SELECT $1, $2, $2, $2, now(), now() WHERE (SELECT acting($3))
"""


@dataclass
class Writing:
    """Writes a tag with the name that it was sent, and what `more` puts behind it."""

    pool: asyncpg.Pool
    more: str = ""
    status: int = 201
    seen: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = (await receive())["body"].decode() + self.more
        self.seen.append(name)
        told = json.dumps({"via": "v1", "request_id": scope["state"]["request_id"]})
        tag_id = uuid4()
        try:
            await self.pool.execute(ADD, tag_id, name, told)
        except asyncpg.UniqueViolationError:
            await answer(send, 409, [], b"{}")
            return
        body = json.dumps({"id": str(tag_id), "name": name.removesuffix(self.more)}).encode()
        await answer(send, self.status, [(b"content-type", b"application/json")], body)


class World:
    def __init__(self, pool: asyncpg.Pool, trials: asyncpg.Pool) -> None:
        self.pool, self.release = pool, uuid4()
        self.stable: Any = Writing(pool)
        self.candidate: Any = Writing(TrialPool().as_pool())
        self.trials = PostgresTrials(trials)
        self.attempts: list[Attempt | None] = []

    def app(self, **routing: object) -> App:
        async def nobody(authorization: str | None, key: str | None) -> bool:
            return False

        in_force = {"share": Share(0), "origin": "test", "watched": True, "shadow": 1.0}
        given = {**in_force, "release_id": self.release, "shadow_writes": True, **routing}
        self.counters = ComparisonCounters()
        writes = ShadowWrites(self.candidate, self.counters, self.trials, uuid4, PATIENCE)
        shadow = Shadow(self.stable, self.candidate, self.counters, None)  # type: ignore[arg-type] # not for reads
        switch = GenerationSwitch(
            stable=Shadowed(self.stable, shadow, Doubt(), writes),
            candidate=self.candidate,
            in_force=InForce(Routing(**given)),  # type: ignore[arg-type] # whatever a test says
            may_override=nobody,
            routes=RouteTable([TAGS, LOGIN]),
        )

        def note(scope: Scope, *_: object) -> None:
            self.attempts.append(scope["state"].get("attempt"))

        return RequestContext(switch, lambda: str(uuid4()), observers=[note])

    async def send(
        self, name: str, path: str = TAGS, *, app: App | None = None, **headers: str
    ) -> httpx.Response:
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        transport = httpx.ASGITransport(app or self.app(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            return await http.post(path, content=name.encode(), headers=sent)

    async def names(self) -> list[str]:
        rows = await self.pool.fetch("SELECT name FROM tags ORDER BY name")
        return [row["name"] for row in rows]

    def compared(self) -> Compared:
        return self.counters.take()

    def outcome(self, batch: Compared) -> str:
        (counts,) = batch.counts.values()
        assert sum(counts) == 1
        return Outcome(list(counts).index(1)).name


@pytest.fixture
async def world(pool: asyncpg.Pool, database_url: str) -> AsyncIterator[World]:
    trials = trial_pool(database_url, size=2, statement_timeout=PATIENCE)
    await trials
    yield World(pool, trials)
    await trials.close()


async def test_the_same_written_twice_is_written_once(world: World) -> None:
    answered = await world.send("dawn")

    assert (answered.status_code, answered.headers["serinus-engine"]) == (201, "v1")
    assert (world.candidate.seen, world.stable.seen) == (["dawn"], ["dawn"])
    assert await world.names() == ["dawn"]
    assert await world.pool.fetchval("SELECT count(*) FROM audit_log") == 1
    batch = world.compared()
    assert batch.counts.keys() == {(world.release, f"POST {TAGS}")}
    assert world.outcome(batch) == "EQUAL"


async def test_rows_that_differ_are_told_though_the_answers_are_alike(world: World) -> None:
    world.candidate.more = "!"

    await world.send("dawn")

    batch = world.compared()
    assert await world.names() == ["dawn"]
    assert world.outcome(batch) == "DIFFERING"
    assert {path for _, _, path in batch.found} == {
        "rows.tag[*].changes.name.after",
        "rows.tag[*].changes.slug.after",
    }
    assert (
        batch.found[
            world.release, f"POST {TAGS}", "rows.tag[*].changes.name.after"
        ].first.candidate
        == "text of 5: aaaa!"
    )


async def test_the_candidate_starts_from_what_stable_starts_from(world: World) -> None:
    app = world.app()
    for _ in range(2):
        await world.send("dawn", app=app)

    (counts,) = world.compared().counts.values()
    assert counts[Outcome.EQUAL.value] == 2  # 201 for both, then 409 for both


@pytest.mark.parametrize("status", [500, 503])
async def test_where_one_arm_alone_fails_it_is_counted(world: World, status: int) -> None:
    world.candidate.status = status
    await world.send("dawn")
    assert world.outcome(world.compared()) == "WORSE"

    world.candidate.status, world.stable.status = 201, status
    await world.send("dusk")
    assert world.outcome(world.compared()) == "BETTER"


async def test_a_candidate_that_raises_or_hangs_is_no_harm_to_the_client(world: World) -> None:
    async def raising(_: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("secret detail")

    async def hanging(_: Scope, receive: Receive, send: Send) -> None:
        await TrialPool().execute("SELECT pg_sleep(60)")

    for number, failing in enumerate((raising, hanging)):
        world.candidate = failing
        answered = await world.send(f"dawn {number}")
        assert answered.status_code == 201
        assert world.outcome(world.compared()) == "WORSE"
    assert await world.names() == ["dawn 0", "dawn 1"]


async def test_what_somebody_else_is_writing_is_waited_for_by_stable_alone(
    world: World, database_url: str
) -> None:
    holder = await open_session(database_url)
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute(ADD, uuid4(), "dawn", "{}")
    sending = asyncio.create_task(world.send("dawn"))

    async def stable_waits() -> bool:
        return bool(world.stable.seen)

    await until(stable_waits)
    await transaction.rollback()
    await holder.close()

    assert (await sending).status_code == 201
    assert world.outcome(world.compared()) == "SKIPPED"


async def test_while_the_database_has_no_connection_to_spare_stable_goes_on(
    world: World, database_url: str
) -> None:
    closed = trial_pool(database_url, size=1, statement_timeout=PATIENCE)
    await closed
    await closed.close()
    world.trials = PostgresTrials(closed)

    assert (await world.send("dawn")).status_code == 201
    assert world.outcome(world.compared()) == "SKIPPED"


async def test_a_body_that_is_too_long_reaches_stable_whole(world: World) -> None:
    lengths = []

    async def counting(_: Scope, receive: Receive, send: Send) -> None:
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message["body"])
            more = message.get("more_body", False)
        lengths.append(size)
        await answer(send, 200, [], b"{}")

    world.stable = counting
    await world.send("x" * (MOST_BYTES + 1))

    assert lengths == [MOST_BYTES + 1]
    assert world.candidate.seen == []
    assert world.outcome(world.compared()) == "SKIPPED"


async def test_signing_in_is_not_tried_and_says_so(world: World) -> None:
    await world.send("dawn", LOGIN)

    batch = world.compared()
    assert world.candidate.seen == []
    assert list(batch.cannot) == [(world.release, f"POST {LOGIN}")]
    assert "session" in next(iter(batch.cannot.values()))


@pytest.mark.parametrize(
    "routing", [{"shadow_writes": False}, {"shadow": 0.0}, {"watched": False}], ids=str
)
async def test_where_it_is_not_asked_for_nothing_is_tried(
    world: World, routing: dict[str, object]
) -> None:
    await world.send("dawn", app=world.app(**routing))

    assert world.candidate.seen == []
    assert not world.compared()


async def test_what_the_trial_takes_is_no_evidence_against_stable(world: World) -> None:
    async def slow(_: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.3)

    world.candidate = slow
    await world.send("dawn")

    (attempt,) = world.attempts
    assert attempt is not None
    assert attempt.seconds is not None
    assert attempt.seconds < 0.3
