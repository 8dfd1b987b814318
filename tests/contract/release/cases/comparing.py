"""What comparing has found, and that a person accepts it."""

from datetime import timedelta
from typing import Any

from tests.contract.release.cases.shapes import (
    EXPLAIN,
    NO_RELEASE,
    PLACE,
    START,
    STARTED,
    shown,
)
from tests.contract.release.planting import difference, release
from tests.contract.table.case import ADMIN, Spoken, answer, ask, case, the
from tests.contract.v2.cases.shapes import NOW, PRIVATE, Anything, at, invalid, refused

ROUTE, PATH = PLACE["route"], PLACE["path"]
BY = {"by": Spoken("user:{admin}"), "reason": "it was wrong before"}


def comparison(explained: Any = None, **members: Any) -> dict[str, Any]:
    """Of the planted release."""
    return {
        "release": the("one"),
        "routes": [
            {
                "route": ROUTE,
                "compared": 812,
                "differing": 3,
                "noise": 0,
                "skipped": 0,
                "worse": 0,
                "better": 0,
                "shared": 0,
                "cannot": "",
                "explained": None,
            }
            | members
        ],
        "differences": [
            {
                "route": ROUTE,
                "path": PATH,
                "kind": "value",
                "count": 3,
                "first_at": NOW,
                "last_at": NOW,
                "stable": "text of 15",
                "candidate": "text of 14",
                "explained": explained,
            }
        ],
    }


CASES = [
    case(
        "where answers differ is shown by route and place, and in its form alone",
        release("one"),
        difference(ROUTE, PATH),
        *(ask(ADMIN, "GET", "/compare"), shown(comparison())),
        *(ask(ADMIN, "GET", "/releases/{one}/compare"), shown(comparison())),
    ),
    case(
        "of what was not compared nothing is told",
        *(ask(ADMIN, "GET", "/compare"), NO_RELEASE),
        *(ask(ADMIN, "GET", "/releases/{unknown}/compare"), NO_RELEASE),
        *(ask(ADMIN, "POST", "", START), STARTED),
        *(
            ask(ADMIN, "GET", "/compare"),
            shown({"release": the("release"), "routes": [], "differences": []}),
        ),
    ),
    case(
        "a difference is accepted by somebody, with a reason, and on record",
        release("one"),
        difference(ROUTE, PATH),
        *(ask(ADMIN, "POST", "/explain", EXPLAIN), shown(comparison(BY))),
        *(ask(ADMIN, "GET", "/compare"), shown(comparison(BY))),
        *(
            ask(ADMIN, "GET", "/history?fields[event]=kind,actor,reason"),
            answer(200, Anything(), cache_control=PRIVATE),
        ),
    ),
    case(
        "what was not found is not explained, nor what has ended",
        *(ask(ADMIN, "POST", "/explain", EXPLAIN), NO_RELEASE),
        *(ask(ADMIN, "POST", "", START), STARTED),
        *(ask(ADMIN, "POST", "/explain", EXPLAIN), refused("difference_not_found")),
    ),
    case(
        "in a release that has ended nothing waits for an explanation",
        release("one", phase="aborted", ended=timedelta(hours=1)),
        *(ask(ADMIN, "POST", "/explain", EXPLAIN), refused("release_ended")),
    ),
    case(
        "an explanation says where, and why",
        *(
            ask(ADMIN, "POST", "/explain", {}),
            invalid(
                at("/reason", "required"), at("/route", "required"), at("/path", "required")
            ),
        ),
    ),
]
