"""/api/release: what moves a release. Every step has an actor and a reason, and is on record.

Steps up, and those that hold it, can be bound to what somebody saw (`If-Match`). What takes
traffic back at once is never refused because the release has moved meanwhile.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from serinus.application.identity.authentication import Authenticated
from serinus.application.release.ports import MovedOn, ReleaseRuns
from serinus.application.release.steering import (
    CoolingDown,
    NoRelease,
    NotForDrills,
    Steering,
)
from serinus.domain.errors import Forbidden
from serinus.domain.identity.caller import Caller, Scope
from serinus.domain.release.cautions import cautions
from serinus.domain.release.plan import PlanInvalid
from serinus.domain.release.release import NotAllowed, Release
from serinus.presentation.http.release.asking import BASE, AnyRequest, answered
from serinus.presentation.http.release.people import steers
from serinus.presentation.http.release.shapes import (
    CheckedPlan,
    NewRelease,
    PlanToCheck,
    ReleaseView,
    Step,
    WholeReleaseView,
    read_plan,
)
from serinus.presentation.http.v2 import caching
from serinus.presentation.http.v2.describing import refuses
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.release_tags import seen_release

#: Never limited: whoever may do it shows credentials, and those are looked at first.
TAKES_BACK = frozenset(f"{BASE}/{step}" for step in ("abort", "rollback", "step-back", "pause"))
IF_MATCH = {
    "parameters": [
        {
            "name": "If-Match",
            "in": "header",
            "description": "The ETag of the status that made you decide: nothing is done to"
            " another state.",
            "required": False,
            "schema": {"type": "string"},
        }
    ]
}


@post("/plan-check", status_code=200, opt=refuses(Forbidden, PlanInvalid))
async def check_plan(
    data: JSONBody[PlanToCheck], caller: Given[Caller]
) -> Response[CheckedPlan]:
    """Read a plan, name every problem of it, and show all that it says."""
    caller.need(Scope.RELEASE_READ)
    plan = read_plan(data.plan)
    return answered(CheckedPlan(plan.to_json(), cautions(plan)))


@post(
    "/",
    opt=refuses(Forbidden, PlanInvalid, ReleaseRuns, CoolingDown, NotForDrills),
    response_headers=[caching.LOCATION, caching.ETAG],
)
async def start_release(
    data: JSONBody[NewRelease], signed_in: Given[Authenticated], steering: Given[Steering]
) -> Response[WholeReleaseView]:
    """Start a release. It compares first: until it is known who calls, nobody is moved.

    `GET /api/release` says what it waits for.
    """
    actor = steers(signed_in)
    release = await steering.start(
        read_plan(data.plan, data.reason),
        actor=actor,
        reason=data.reason,
        same_consumers=data.same_consumers,
        drill=data.drill,
    )
    location = f"{BASE}/releases/{release.id}"
    return answered(WholeReleaseView.of(release), release, status=201, location=location)


Act = Callable[..., Awaitable[Release]]


def _step(path: str, act: Act, meaning: str) -> HTTPRouteHandler:
    async def step(
        request: AnyRequest,
        data: JSONBody[Step],
        signed_in: Given[Authenticated],
        steering: Given[Steering],
    ) -> Response[ReleaseView]:
        actor, seen = steers(signed_in), seen_release(request)
        moved = await act(steering, actor=actor, reason=data.reason, seen=seen)
        return answered(ReleaseView.of(moved), moved)

    known = refuses(Forbidden, NoRelease, NotAllowed, MovedOn)
    return _posted(path, step, meaning, {**known, **IF_MATCH})


def _way_back(path: str, act: Act, meaning: str) -> HTTPRouteHandler:
    async def step(
        data: JSONBody[Step], signed_in: Given[Authenticated], steering: Given[Steering]
    ) -> Response[ReleaseView]:
        moved = await act(steering, actor=steers(signed_in), reason=data.reason)
        return answered(ReleaseView.of(moved), moved)

    return _posted(path, step, meaning, refuses(Forbidden, NoRelease, NotAllowed))


def _posted(
    path: str, handler: Callable[..., Any], meaning: str, opt: dict[str, Any]
) -> HTTPRouteHandler:
    handler.__name__, handler.__doc__ = f"{path.replace('-', '_')}_release", meaning
    return post(f"/{path}", status_code=200, opt=opt, response_headers=[caching.ETAG])(handler)


HANDLERS = [
    check_plan,
    start_release,
    _step(
        "promote",
        Steering.promote,
        "Open the gate that waits for a person. The proofs are still asked for.",
    ),
    _step("pause", Steering.pause, "Hold the share. It still comes back when it has to."),
    _step("resume", Steering.resume, "Let a paused release go on."),
    _step("step-back", Steering.step_back, "Go one stage back."),
    _way_back("rollback", Steering.rollback, "Go back to 0 by the rollback stages."),
    _way_back(
        "abort",
        Steering.abort,
        "Go back to 0 at once, from wherever it is. Of a release that is complete, too, for"
        " a while.",
    ),
]
