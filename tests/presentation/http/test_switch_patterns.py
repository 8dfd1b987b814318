"""What went wrong elsewhere between headers, weights and cookies, and does not here."""

from itertools import count

import httpx
import pytest

from serinus.domain.release.assignment import Arm, Routing, Share, bucket
from serinus.presentation.http.asgi import Receive, Scope, Send, answer
from serinus.presentation.http.generation_switch import GenerationSwitch, InForce
from serinus.presentation.http.request_context import RequestContext
from serinus.presentation.http.route_table import RouteTable

SALT = "serinus.of.this.test"
POSTS, TAGS, USERS = "/api/v1/posts", "/api/v1/tags", "/api/v1/users"


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, 200, [], b"")


async def override(authorization: str | None, key: str | None) -> bool:
    return key == "staff"


class World:
    """A switch in front of two engines, and a client that keeps cookies."""

    def __init__(self, share: str, **members: object) -> None:
        self.in_force = InForce(routing(share, **members))
        switch = GenerationSwitch(
            stable=serve,
            candidate=serve,
            in_force=self.in_force,
            may_override=override,
            routes=RouteTable([POSTS, TAGS, USERS]),
        )
        app = RequestContext(switch, lambda: "id", (), [])
        transport = httpx.ASGITransport(app=app)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://cms.test")

    async def engine(self, client: str, path: str = POSTS, **headers: str) -> str:
        answered = await self.http.get(path, headers={"X-Client-ID": client, **headers})
        assert "set-cookie" not in answered.headers
        return str(answered.headers["serinus-engine"])


def routing(share: str, **members: object) -> Routing:
    given = {"origin": "test", "salt": SALT, "watched": True, **members}
    return Routing(share=Share.from_percent(share), **given)  # type: ignore[arg-type] # of a test


def of_bucket(number: int) -> str:
    return next(name for n in count() if bucket(SALT, name := f"client-{n}") == number)


@pytest.mark.parametrize("share", ["0.01", "0.05", "0.5", "1", "12.34", "99.99"])
async def test_steps_below_one_percent_are_exact(share: str) -> None:
    world, edge = World(share), Share.from_percent(share).basis_points

    assert await world.engine(of_bucket(0)) == "v2"
    assert await world.engine(of_bucket(edge - 1)) == "v2"
    assert await world.engine(of_bucket(edge)) == "v1"
    assert await world.engine(of_bucket(9999)) == "v1"


async def test_headers_route_while_weights_do() -> None:
    world = World("30", pins={"pinned": Arm.CANDIDATE})
    below, above = of_bucket(2999), of_bucket(3000)
    staff = {"X-API-Key": "staff"}

    for _ in range(2):  # one kind does not wear the other out
        assert await world.engine(above, **staff, **{"Serinus-Arm": "candidate"}) == "v2"
        assert await world.engine(below, **staff, **{"Serinus-Arm": "stable"}) == "v1"
        assert (await world.engine(below), await world.engine(above)) == ("v2", "v1")
        assert await world.engine("pinned") == "v2"
        assert await world.engine(above, **{"Serinus-Arm": "candidate"}) == "v1"  # no staff
        assert await world.engine(above, **staff, **{"Serinus-Arm": "neither"}) == "v1"


async def test_headers_route_while_routes_have_shares_of_their_own() -> None:
    world = World(
        "50", excluded_routes=frozenset([USERS]), route_shares={TAGS: Share.from_percent("10")}
    )
    low, middle = of_bucket(999), of_bucket(1000)
    wanted = {"X-API-Key": "staff", "Serinus-Arm": "candidate"}

    assert [await world.engine(low, path) for path in (POSTS, TAGS, USERS)] == [
        "v2",
        "v2",
        "v1",
    ]
    assert [await world.engine(middle, path) for path in (POSTS, TAGS)] == ["v2", "v1"]
    assert await world.engine(middle, USERS, **wanted) == "v2"


async def test_nobody_sticks_to_the_candidate_when_the_share_falls() -> None:
    world = World("100")
    clients = [f"client-{n}" for n in range(200)]
    assert {await world.engine(each) for each in clients} == {"v2"}
    assert not world.http.cookies

    world.in_force.put(routing("10"))
    on_v2 = [each for each in clients if await world.engine(each) == "v2"]
    world.in_force.put(routing("0"))
    left = {await world.engine(each, Cookie="serinus-arm=candidate") for each in clients}

    assert on_v2 == [each for each in clients if bucket(SALT, each) < 1000]
    assert left == {"v1"}
