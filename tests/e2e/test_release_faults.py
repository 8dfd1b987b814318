"""What a bad candidate costs its clients, and what is done about it: real faults, real traffic.

Engine v2 does wrong on purpose (`SERINUS_FAULT`); all that finds it out is the real thing.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import asyncpg
import httpx
import pytest

from serinus.application.release.node import TRIPPED
from serinus.domain.release.assignment import Arm, Share, bucket
from serinus.domain.release.phase import Phase
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import Why
from serinus.domain.release.verifying import verify
from tests.e2e.conftest import Cut, Starting
from tests.e2e.traffic import Author, Seen, authors
from tests.support.engines import needs_engine_v1
from tests.support.releasing import WHO, plan, recorded, steering
from tests.support.serving import SECRET, RunningServer, command, frozen
from tests.support.waiting import until

pytestmark = needs_engine_v1

WORKERS, CALLERS, CONSUMERS, AUTHORS = 2, 12, 307, 3
PATIENCE = 60.0  # seconds
READS = ("/api/v1/search?q=canary", "/api/v1/health", "/api/v1/info")
WRITE, NO_TOKEN = "/api/v1/auth/refresh", {"refresh_token": "none of ours"}
WRITES = 5  # requests of which one is none that could be asked again
STAGED = {
    "stages": [50, 100],
    "baseline": "1s",
    "dwell": "1h",
    "rollback_stages": [50, 10, 0],
    "rollback_dwell": "300ms",
}
#: A busy machine is slow on both engines, which is not the matter here.
PATIENT = {**STAGED, "guardrails": {"slow": {"over_ms": 5000}}}
SUMS = """
SELECT coalesce(sum(requests), 0)::bigint AS requests,
       coalesce(sum(errors), 0)::bigint AS errors
  FROM release_evidence WHERE release_id = $1 AND arm = 'candidate'
"""

ASKED = """
SELECT arm, sum(requests)::bigint AS requests, sum(queries)::bigint AS queries,
       sum(db_seconds)::float AS seconds
  FROM release_evidence WHERE release_id = $1 GROUP BY arm
"""


@dataclass
class Traffic:
    """What clients saw, by method."""

    asked: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    rescued: Counter[str] = field(default_factory=Counter)
    cookies: int = 0
    slowest: float = 0.0

    def note(self, answer: httpx.Response) -> None:
        method = answer.request.method
        self.asked[method] += 1
        self.failed[method] += answer.status_code >= 500
        self.rescued[method] += "serinus-rescued" in answer.headers
        self.cookies += "set-cookie" in answer.headers

    def writes(self, counted: Counter[str]) -> int:
        return counted.total() - counted["GET"]

    def __str__(self) -> str:
        return (
            f"{self.asked['GET']} reads, {self.rescued['GET']} rescued, "
            f"{self.failed['GET']} failed; {self.writes(self.asked)} writes, "
            f"{self.writes(self.failed)} failed"
        )


@asynccontextmanager
async def traffic(
    server: RunningServer, *, callers: int = CALLERS, writers: list[Author] | None = None
) -> AsyncIterator[Traffic]:
    """Some hundred consumers read, some of them write, and authors do what authors do."""
    seen, chance = Traffic(), random.Random()  # noqa: S311 - not for secrets
    numbers = iter(range(10**9))

    async def read(http: httpx.AsyncClient) -> None:
        for number in numbers:
            consumer = {"X-Client-ID": f"consumer-{number % CONSUMERS}"}
            if number % WRITES:
                await http.get(READS[number % len(READS)], headers=consumer)
            else:
                await http.post(WRITE, json=NO_TOKEN, headers=consumer)

    async def write(http: httpx.AsyncClient, author: Author) -> None:
        while True:
            await author.act(http, chance)

    async def note(answer: httpx.Response) -> None:
        seen.note(answer)

    async with server.client(event_hooks={"response": [note]}) as http:
        going = [asyncio.create_task(read(http)) for _ in range(callers)]
        going += [asyncio.create_task(write(http, each)) for each in writers or []]
        try:
            yield seen
            assert not [task for task in going if task.done()]
        finally:
            for task in going:
                task.cancel()
            await asyncio.gather(*going, return_exceptions=True)


async def on_trial(pool: asyncpg.Pool) -> Release:
    """At the first stage before anybody calls: comparing would show what is wrong sooner."""
    await steering(pool).start(plan(**PATIENT), **WHO)
    return await comes_to(pool, Phase.RAMPING)


async def comes_to(pool: asyncpg.Pool, phase: Phase) -> Release:
    """Wait until the newest release is there."""
    steer = steering(pool)

    async def there() -> bool:
        return (await steer.releases())[0].phase is phase

    await until(there, patience=PATIENCE)
    return (await steer.releases())[0]


async def kinds(pool: asyncpg.Pool) -> list[str]:
    """What was done to the release, in order; its record holds."""
    events = await steering(pool).history()
    assert verify(events) is None
    return [event.kind for event in events]


def tell(what: str) -> None:
    print(f"\n{what}")  # noqa: T201 - what is promised in numbers is shown in them


async def test_five_percent_of_errors_are_taken_back_and_no_read_fails(
    starting: Starting, pool: asyncpg.Pool
) -> None:
    with starting(SERINUS_FAULT="errors:5%", SERINUS_WORKERS=str(WORKERS)) as server:
        assert "engines do wrong on purpose" in server.said
        async with server.client() as http:
            writers = await authors(http, pool, Seen(), AUTHORS)
        ramping = await on_trial(pool)
        async with traffic(server, writers=writers) as seen:
            began = monotonic()
            ended = await comes_to(pool, Phase.ROLLED_BACK)
            took = monotonic() - began

    counted = await sums(pool, ended)
    done = await kinds(pool)
    assert done[:2] == ["started", "advance"]
    tell(
        f"5 % of errors at {ramping.share.percent} %: {done[2]} after {took:.1f} s, "
        f"{counted['requests']} requests of the candidate; {seen}"
    )
    if done[2] == "roll_back":  # in stages, for it is not gross
        assert done[2:] == ["roll_back", "further_back"]
    else:
        assert done[2:] == ["emergency"]
    assert counted["errors"] > 0
    assert (seen.failed["GET"], seen.rescued["GET"] > 0) == (0, True)
    assert seen.writes(seen.rescued) == 0
    assert seen.writes(seen.asked) > 0
    assert seen.cookies == 0


async def test_where_everything_fails_each_worker_sees_at_most_three_requests(
    starting: Starting, pool: asyncpg.Pool
) -> None:
    with starting(SERINUS_FAULT="errors:100%", SERINUS_WORKERS=str(WORKERS)) as server:
        await is_rescued_but_never_for_writes(server, pool)
        first = await on_trial(pool)
        # One after the other, so that none is under way while another one fails.
        async with traffic(server, callers=1) as alone:
            await comes_to(pool, Phase.ROLLED_BACK)
        second = await on_trial(pool)
        async with traffic(server) as seen:
            began = monotonic()
            await comes_to(pool, Phase.ROLLED_BACK)
            took = monotonic() - began
            await until(lambda: flushed(pool, second, seen))

    counted = [await sums(pool, each) for each in (first, second)]
    tell(
        f"all fails: {counted[0]['requests']} requests one by one, {counted[1]['requests']} "
        f"with {CALLERS} at a time, taken back within {took:.1f} s; {seen}"
    )
    assert await kinds(pool) == ["started", "advance", "emergency"]
    for each in counted:
        assert each["requests"] == each["errors"] > 0
    assert counted[0]["requests"] <= 3 * WORKERS
    assert counted[1]["requests"] <= 3 * WORKERS + CALLERS
    assert alone.failed["GET"] == seen.failed["GET"] == 0


async def sums(pool: asyncpg.Pool, release: Release) -> asyncpg.Record:
    (counted,) = await pool.fetch(SUMS, release.id)
    return counted


async def flushed(pool: asyncpg.Pool, release: Release, seen: Traffic) -> bool:
    counted = await sums(pool, release)
    return bool(counted["errors"] >= seen.rescued["GET"])


async def is_rescued_but_never_for_writes(server: RunningServer, pool: asyncpg.Pool) -> None:
    steer = steering(pool)
    await steer.start(plan(baseline="1h"), **WHO)
    await steer.pin("unlucky", Arm.CANDIDATE, **WHO)
    async with server.client(headers={"X-Client-ID": "unlucky"}) as http:

        async def on_the_candidate() -> bool:
            return "serinus-rescued" in (await http.get("/api/v1/info")).headers

        await until(on_the_candidate)
        for path in READS:
            read = await http.get(path)
            assert (read.status_code, read.headers["serinus-rescued"]) == (200, "v2")
            assert read.headers["serinus-engine"] == "v1"
        written = await http.post(WRITE, json=NO_TOKEN)
        assert (written.status_code, written.headers["serinus-engine"]) == (500, "v2")
        assert "serinus-rescued" not in written.headers
        assert written.json()["success"] is False
    await steer.abort(**WHO)


def test_a_setting_that_makes_engines_do_wrong_is_named_by_doctor(
    home: Path, database_url: str
) -> None:
    settings = {"DATABASE_URL": database_url, "SERINUS_SECRET_KEY": SECRET}
    told = command("doctor", "--json", cwd=home, **settings, SERINUS_FAULT="errors:5%")

    (found,) = [each for each in json.loads(told.stdout) if each["subject"] == "fault"]
    assert (told.returncode, found["state"]) == (0, "warning")
    assert found["detail"] == "SERINUS_FAULT=errors:5%: engines do wrong on purpose"
    assert found["remedy"].startswith("unset it")


async def test_an_engine_that_is_300_ms_slower_is_taken_back_for_that(
    starting: Starting, pool: asyncpg.Pool
) -> None:
    with starting(SERINUS_FAULT="latency:300ms", SERINUS_WORKERS=str(WORKERS)) as server:
        async with traffic(server) as seen:
            await steering(pool).start(plan(**STAGED), **WHO)
            await comes_to(pool, Phase.RAMPING)
            began = monotonic()
            await until(lambda: leaves(pool, Phase.RAMPING), patience=PATIENCE)
            took = monotonic() - began
            ended = await comes_to(pool, Phase.ROLLED_BACK)

    event = (await steering(pool).history())[2]
    tell(f"300 ms slower: taken back after {took:.1f} s ({event.reason}); {seen}")
    assert (await kinds(pool))[2] in {"roll_back", "emergency"}
    assert event.actor == "judge"
    assert "slow" in recorded(event, "verdict", "guardrail")
    for arm in await pool.fetch(ASKED, ended.id):  # the fault is none of the database's
        assert 0 < arm["queries"] < 20 * arm["requests"]
        assert 0 < arm["seconds"] < 0.3 * arm["requests"]
    assert (await sums(pool, ended))["errors"] == 0
    assert seen.failed.total() == 0


async def leaves(pool: asyncpg.Pool, phase: Phase) -> bool:
    return (await steering(pool).releases())[0].phase is not phase


@pytest.mark.parametrize(
    ("fault", "plan_"), [("both:errors:5%", PATIENT), ("both:latency:300ms", STAGED)]
)
async def test_what_is_wrong_with_both_engines_is_held_and_not_taken_back(
    starting: Starting, pool: asyncpg.Pool, fault: str, plan_: dict[str, object]
) -> None:
    with starting(SERINUS_FAULT=fault, SERINUS_WORKERS=str(WORKERS)) as server:
        async with traffic(server) as seen:
            await steering(pool).start(plan(**plan_), **WHO)
            await comes_to(pool, Phase.RAMPING)
            began = monotonic()
            await until(lambda: is_shared(pool), patience=PATIENCE)
            took = monotonic() - began
            asked = seen.asked.total()

            async def more() -> bool:
                return seen.asked.total() > 2 * asked

            await until(more, patience=PATIENCE)
            status = await steering(pool).status()

    assert status.release is not None
    tell(f"{fault}: shared cause after {took:.1f} s, {status.share.percent} % still; {seen}")
    assert (status.release.phase, status.share) == (Phase.RAMPING, Share(5000))
    assert await kinds(pool) == ["started", "advance", "held"]


async def is_shared(pool: asyncpg.Pool) -> bool:
    verdict = (await steering(pool).status()).verdict
    return verdict is not None and verdict.why is Why.SHARED_CAUSE


async def test_a_worker_without_its_database_takes_its_own_share_back_at_once(
    cut: Cut,
) -> None:
    """By a drill: so the candidate fails from the moment that it is asked to."""
    server, pool = cut.server, cut.pool
    steer = steering(pool)
    release = await steer.start(plan(stages=[50, 100], dwell="1h"), drill="drill-", **WHO)
    names = (f"drill-{n}" for n in range(1000))
    client = next(name for name in names if bucket(release.salt, name) < 5000)
    async with server.client(headers={"X-Client-ID": client}) as http:

        async def ask(**headers: str) -> str:
            """Of what needs no database."""
            answer = await http.get("/api/v1/health/liveness", headers=headers)
            assert answer.status_code == 200
            rescued = " rescued" if "serinus-rescued" in answer.headers else ""
            return f"{answer.headers['serinus-engine']}{rescued}"

        await until(comes_true(ask, "v2"))
        with frozen(cut.data):
            began = monotonic()
            failing = []
            while "v1" not in failing:
                failing.append(await ask(**{"Serinus-Drill-Fault": "errors"}))
            tripped = monotonic() - began
            assert failing[:-1] == ["v1 rescued"] * (len(failing) - 1)
            await until(says(server, f"{TRIPPED}: {len(failing) - 1} of "))
            await until(says(server, "heard nothing for 10 s"))
            cut_off = monotonic() - began
            assert await ask() == "v1"
        await comes_to(pool, Phase.ROLLED_BACK)  # and what it found out is acted on
        assert await ask() == "v1"
    tell(
        f"without the database: tripped after {tripped:.2f} s by {len(failing) - 1} failures, "
        f"known to hear nothing after {cut_off:.1f} s"
    )
    assert tripped < 1.0
    assert len(failing) - 1 <= 5
    events = await steer.history(release.id)
    assert [event.kind for event in events] == ["started", "advance", "emergency"]
    assert events[-1].actor == "tripwire"
    assert verify(events) is None


def says(server: RunningServer, words: str) -> Callable[[], Awaitable[bool]]:
    async def said() -> bool:
        return words in server.said

    return said


def comes_true(ask: Callable[[], Awaitable[str]], engine: str) -> Callable[[], Awaitable[bool]]:
    async def true() -> bool:
        return await ask() == engine

    return true


async def test_one_wrong_member_is_stopped_before_any_traffic(
    starting: Starting, pool: asyncpg.Pool
) -> None:
    gated = {**PATIENT, "gates": {"first": "comparison"}, "comparison": {"limit": 0.05}}
    with starting(SERINUS_FAULT="difference", SERINUS_WORKERS=str(WORKERS)) as server:
        async with traffic(server) as seen:
            release = await steering(pool).start(plan(**gated), **WHO)
            began = monotonic()
            await until(lambda: differs(pool), patience=PATIENCE)
            took = monotonic() - began
            status = await steering(pool).status()

    assert status.release is not None
    assert status.verdict is not None
    tell(f"one wrong member: found after {took:.1f} s ({status.verdict.sentence}); {seen}")
    assert (status.release.phase, status.share) == (Phase.COMPARING, Share(0))
    assert set(await kinds(pool)) == {"started", "held"}
    assert (await sums(pool, release))["requests"] == 0  # nobody was served by it
    assert seen.failed.total() == 0


async def differs(pool: asyncpg.Pool) -> bool:
    verdict = (await steering(pool).status()).verdict
    return verdict is not None and verdict.sentence.startswith("answers differ on")
