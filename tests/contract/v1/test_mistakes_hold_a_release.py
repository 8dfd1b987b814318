"""A candidate that makes a mistake is found out before any client meets it.

Both engines are the real ones, wired as a server wires them; the candidate has a mistake put
around it.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from serinus.application.release.comparing import Comparing
from serinus.application.release.doubt import Doubt
from serinus.application.release.ticking import Ticking
from serinus.domain.identity.caller import Role
from serinus.domain.release.phase import Phase
from serinus.domain.release.verdict import Verdict
from serinus.infrastructure.metrics import Metrics
from serinus.infrastructure.postgres.release_comparisons import PostgresComparisons
from serinus.infrastructure.postgres.releases import PostgresReleases
from serinus.infrastructure.setting_values import Secret
from serinus.infrastructure.settings import Settings
from serinus.presentation.http.generation_switch import GenerationSwitch, InForce
from serinus.presentation.http.lifespan import running
from serinus.presentation.http.request_context import RequestContext
from serinus.presentation.http.route_table import RouteTable
from serinus.wiring.comparing import comparing
from serinus.wiring.engine_v1 import engine_v1
from serinus.wiring.engine_v2 import open_engine_v2
from serinus.wiring.releasing import joined
from serinus.wiring.routing import boot
from serinus.wiring.stores import open_stores
from tests.contract.v1.clients import People
from tests.contract.v1.engines import SECRET
from tests.contract.v1.equivalence.mistakes import MISTAKES
from tests.support.engines import needs_engine_v1
from tests.support.releasing import WHO, plan, steering
from tests.support.waiting import until

pytestmark = needs_engine_v1

GATED = {
    "gates": {"first": "comparison"},
    "comparison": {"least_requests": 1, "limit": 0.4},
}
POST = {"title": "T", "content": "C", "tags": ["b", "a"], "featured_image": "https://x.org/a"}


async def nobody(authorization: str | None, key: str | None) -> bool:
    return False


@asynccontextmanager
async def on_trial(url: str, mistake: str) -> AsyncIterator[httpx.AsyncClient]:
    """Contract v1 by engine v1, engine v2 with that mistake compared."""
    settings = Settings(
        database_url=Secret(url),
        serinus_secret_key=(Secret(SECRET),),
        serinus_shadow_writes=True,
    )
    async with AsyncExitStack() as stack:
        stores = await open_stores(settings, stack)
        in_force = InForce(boot(settings))
        part = await stack.enter_async_context(joined(settings, stores.pool, in_force.put))
        v2 = await stack.enter_async_context(open_engine_v2(settings, stores, ignored))
        v1 = engine_v1(settings, stores, Metrics("test"))
        await stack.enter_async_context(running(v1.app))
        engines = (v1, v2)
        opening = comparing(settings, stores, part, engines, MISTAKES[mistake], Doubt())
        stable = await stack.enter_async_context(opening)
        switch = GenerationSwitch(
            stable, unused, in_force, nobody, routes=RouteTable(v2.routes)
        )
        transport = httpx.ASGITransport(RequestContext(switch, lambda: str(uuid4())))
        base = "http://cms.test/api/v1"
        yield await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url=base)
        )


def ignored(_: float) -> None:
    return None


async def unused(*_: Any) -> None:
    raise AssertionError("nobody is on the candidate")


async def look(pool: asyncpg.Pool) -> Verdict | None:
    return await Ticking(PostgresReleases(pool), PostgresComparisons(pool)).tick()


@pytest.mark.parametrize(
    ("mistake", "route", "paths"),
    [
        ("the last tag forgotten", "/api/v1/posts/{id}", {"$.data.tags": "length"}),
        ("times in milliseconds", "/api/v1/posts/{id}", {"$.data.created_at": "value"}),
        ("a role not shown", "/api/v1/auth/profile", {"$.data.role": "type"}),
        (
            "a member not stored",
            "POST /api/v1/posts",
            {"rows.post[*].changes.featured_image": "missing"},
        ),
    ],
)
async def test_a_mistake_is_told_by_its_place_and_holds_the_release_until_it_is_explained(
    database_url: str, pool: asyncpg.Pool, mistake: str, route: str, paths: dict[str, str]
) -> None:
    release = await steering(pool).start(plan(**GATED), **WHO)
    found = Comparing(PostgresReleases(pool), PostgresComparisons(pool))
    async with on_trial(database_url, mistake) as http:
        author = await People(http, pool).a(Role.AUTHOR)
        made = await author.post("/posts", **POST)
        path = f"/posts/{made.json()['data']['id']}"
        for _ in range(5):
            for each in (path, "/auth/profile", "/tags"):
                assert (await author.get(each)).status_code == 200

        async def all_compared() -> bool:
            routes = (await found.report()).routes
            return sum(each.compared for each in routes) == 16

        await until(all_compared)
    report = await found.report()

    places = [each for each in report.places if each.route == route]
    assert {each.path: each.kind for each in places} == paths
    verdict = await look(pool)
    assert verdict is not None
    assert "answers differ on" in verdict.sentence
    assert route in verdict.sentence
    compared = {each.route: each for each in report.routes}
    assert (compared["/api/v1/tags"].compared, compared["/api/v1/tags"].differing) == (5, 0)

    for place in report.places:
        await found.explain(place.route, place.path, **WHO)
    await look(pool)
    assert (await steering(pool).releases())[0].phase is Phase.RAMPING
    assert (await steering(pool).releases())[0].id == release.id
