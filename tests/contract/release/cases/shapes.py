"""The shapes of `/api/release`, written out: every member, in its order."""

from typing import Any

from serinus.domain.release.plan import Plan
from tests.contract.release.planting import LONG
from tests.contract.table.case import ID, Answer, Kept, Like, Number, Spoken, answer
from tests.contract.v2.cases.shapes import NOW, PRIVATE, TEXT, WEAK, refused

#: Long answers are compressed for those who take that.
VARY = Like(r"Authorization, X-API-Key, (Accept-Encoding, )?Origin")
WHY = {"reason": "to try it"}
START = {"reason": "to try it", "plan": LONG}
PIN = {"arm": "candidate", "reason": "they asked"}
PLACE = {"route": "/api/v1/posts", "path": "$.data.items[].title"}
EXPLAIN = PLACE | {"reason": "it was wrong before"}
STEPS = ["promote", "pause", "resume", "step-back", "rollback", "abort"]
NO_RELEASE = refused("release_not_found")
AWAY_503 = refused("dependency_unavailable", retry_after="5")


def state(version: int) -> Like:
    """The ETag of a state of a release, whichever of them it is."""
    return Like(rf'"[0-9a-f]{{32}}\.{version}-[0-9a-f]{{12}}"')


def view(phase: str = "comparing", *, version: int = 1, **members: Any) -> dict[str, Any]:
    return {
        "id": Kept("release", ID),
        "phase": phase,
        "stage": 0,
        "stages": [10, 50, 90, 100],
        "share_percent": 0,
        "paused": False,
        "since": NOW,
        "epoch": Number(2, 1e9),
        "version": version,
        "drill": None,
        "started_at": NOW,
        "ended_at": None,
    } | members


def whole(plan: dict[str, Any], **members: Any) -> dict[str, Any]:
    told = {"salt": Like(r"serinus\.[0-9a-f-]{36}"), "plan": Plan.from_json(plan).to_json()}
    return view(**members) | told


def moved(body: dict[str, Any], status: int = 200, **headers: Any) -> Answer:
    told: dict[str, Any] = {"cache_control": PRIVATE, "vary": VARY}
    told["etag"] = state(body["version"])
    return answer(status, body, **told | headers)


def shown(body: Any, etag: Any = WEAK) -> Answer:
    return answer(200, body, etag=etag, cache_control=PRIVATE, vary=VARY)


def not_allowed(why: str) -> Answer:
    return refused("release_not_allowed", {"code": why, "message": TEXT})


STARTED = moved(whole(LONG), 201, location=Spoken("/api/release/releases/{release}"))
