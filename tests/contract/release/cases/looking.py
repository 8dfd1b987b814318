"""Where a release stands, what was done to it, and whether its record holds."""

from datetime import timedelta
from typing import Any

from tests.contract.release.cases.shapes import (
    NO_RELEASE,
    START,
    STARTED,
    WHY,
    shown,
    state,
    view,
    whole,
)
from tests.contract.release.planting import LONG, release
from tests.contract.table.case import ADMIN, Kept, Like, Number, Spoken, answer, ask, case, the
from tests.contract.v2.cases.shapes import (
    NOW,
    TEXT,
    Anything,
    bad_parameter,
    listing,
)

SEAL = Like(r"[0-9a-f]{64}")
NODE = {
    "node": Like(r"[0-9a-f-]{36}"),
    "name": TEXT,
    "pid": Number(1, 1e9),
    "epoch": Number(1, 1e9),
    "up_to_date": Anything(),
    "share_percent": 100,
    "says": "",
    "applied_after": Number(0, 600),
    "heard_ago": Number(0, 600),
}
HERE = {
    "share_percent": 100,
    "source": "USE_LEGACY_API_V1=false",
    "epoch": Number(1, 1e9),
}


class Whatever(Anything):
    """Also nothing: the judge may have looked by now, or not."""

    def fits(self, value: object, names: Any) -> bool:
        return True


def status(share: float, source: str, **members: Any) -> dict[str, Any]:
    return {
        "share_percent": share,
        "source": Spoken(source),
        "epoch": Number(1, 1e9),
        "since": NOW,
        "release": Anything(),
        "verdict": Whatever(),
        "looked_ago": Number(0, 600),
        "ahead": None,
        "here": HERE,
        "nodes": [NODE],
        "events": [],
    } | members


STATUS = [
    case(
        "the status says what is in force, what this worker serves, and what comes next",
        *(ask(ADMIN, "POST", "", START), STARTED),
        *(
            ask(ADMIN, "GET", ""),
            answer(
                200,
                status(
                    0,
                    "release {release}: comparing",
                    release=view(),
                    ahead={
                        "phase": "ramping",
                        "share_percent": 10,
                        "not_before": Like(r"[\d-]{10}T[\d:.]{8,15}Z"),
                        "gate": "none",
                        "waits_for_a_person": False,
                    },
                    events=[
                        {
                            "number": 1,
                            "at": NOW,
                            "kind": "started",
                            "actor": Spoken("user:{admin}"),
                            "reason": "to try it",
                        }
                    ],
                ),
                etag=state(1),
            ),
        ),
    ),
    case(
        "it says which gate waits for a person",
        release(
            "one",
            phase="ramping",
            stage=0,
            share=1250,
            plan={"stages": [12.5, 100], "holdback": 2.5, "gates": {"last": "manual"}},
        ),
        ask(ADMIN, "GET", ""),
        answer(
            200,
            status(
                12.5,
                "planted",
                release=view(
                    "ramping",
                    id=the("one"),
                    stage=1,
                    stages=[12.5, 100],
                    share_percent=12.5,
                ),
                ahead={
                    "phase": "baking",
                    "share_percent": 97.5,
                    "not_before": Anything(),
                    "gate": "manual",
                    "waits_for_a_person": True,
                },
            ),
            etag=state(1),
        ),
    ),
    case(
        "an ended release has nothing ahead, and nobody looks at it",
        release("one", phase="aborted", ended=timedelta(hours=1)),
        ask(ADMIN, "GET", ""),
        answer(
            200,
            status(
                0,
                "planted",
                looked_ago=None,
                release=view(
                    "aborted",
                    id=the("one"),
                    stage=1,
                    since=Anything(),
                    started_at=Anything(),
                    ended_at=Anything(),
                ),
            ),
        ),
    ),
    case(
        "the workers stand in a list of their own",
        *(
            ask(ADMIN, "GET", "/nodes"),
            shown(listing(NODE, limit=10_000)),
        ),
    ),
    case(
        "the bucket of a consumer is the same everywhere",
        *(
            ask(ADMIN, "GET", "/bucket?consumer=a/b%20c"),
            shown(
                {
                    "consumer": "a/b c",
                    "bucket": 3999,
                    "arm": "candidate",
                    "pinned": False,
                    "salt": "serinus.boot.traffic",
                }
            ),
        ),
        *(ask(ADMIN, "GET", "/bucket"), bad_parameter("consumer")),
        *(ask(ADMIN, "GET", "/bucket?consumer="), bad_parameter("consumer")),
        *(ask(ADMIN, "GET", f"/bucket?consumer={'x' * 301}"), bad_parameter("consumer")),
    ),
]

NUMBERS = "fields[event]=number"


def numbers(*shown_: int, after: str | None = None, before: str | None = None) -> Any:
    data = [{"number": number} for number in shown_]
    return shown(listing(*data, after=after, before=before, limit=2))


FIVE = [
    part
    for step in ("pause", "resume", "pause", "resume")
    for part in (ask(ADMIN, "POST", f"/{step}", WHY), answer(200, Anything()))
]
RECORD = [
    case(
        "each entry is sealed over the one before it, and the record holds",
        *(ask(ADMIN, "POST", "", START), STARTED),
        *(ask(ADMIN, "POST", "/abort", WHY), answer(200, Anything())),
        *(
            ask(ADMIN, "GET", "/history"),
            shown(
                listing(
                    {
                        "number": 1,
                        "at": NOW,
                        "kind": "started",
                        "actor": Spoken("user:{admin}"),
                        "reason": "to try it",
                        "body": Anything(),
                        "previous": "0" * 64,
                        "hash": Kept("first", SEAL),
                    },
                    {
                        "number": 2,
                        "at": NOW,
                        "kind": "aborted",
                        "actor": Spoken("user:{admin}"),
                        "reason": "to try it",
                        "body": {
                            "to": {
                                "phase": "aborted",
                                "stage": 0,
                                "share": 0,
                                "paused": False,
                                "gate_open": False,
                                "epoch": Number(2, 1e9),
                                "version": 2,
                            }
                        },
                        "previous": the("first"),
                        "hash": Kept("last", SEAL),
                    },
                )
            ),
        ),
        *(
            part
            for path in ("", "/releases/{release}")
            for part in (
                ask(ADMIN, "GET", f"{path}/verify"),
                shown(
                    {
                        "holds": True,
                        "entries": 2,
                        "number": None,
                        "what": None,
                        "hash": the("last"),
                    }
                ),
            )
        ),
    ),
    *(
        case(
            f"the record is read page by page from {path or 'the release that governs'}",
            *(ask(ADMIN, "POST", "", START), STARTED),
            *FIVE,
            *(
                part
                for query, expected in {
                    "": numbers(1, 2, after="2"),
                    "&after=2": numbers(3, 4, after="4", before="3"),
                    "&after=4": numbers(5, before="5"),
                    "&before=5": numbers(3, 4, after="4", before="3"),
                    "&before=3": numbers(1, 2, after="2"),
                    "&sort=-number": numbers(5, 4, after="4"),
                    "&sort=-number&after=2": numbers(1, before="1"),
                    "&sort=-number&before=2": numbers(4, 3, after="3", before="4"),
                    "&after=9": numbers(),
                }.items()
                for part in (
                    ask(ADMIN, "GET", f"{path}/history?limit=2&{NUMBERS}{query}"),
                    expected,
                )
            ),
            *(
                part
                for wrong, name in {
                    "limit=0": "limit",
                    "limit=101": "limit",
                    "after=x": "after",
                    "before=-1": "before",
                    "after=1&before=3": "before",
                    "sort=at": "sort",
                    "fields[event]=nubmer": "fields[event]",
                }.items()
                for part in (ask(ADMIN, "GET", f"{path}/history?{wrong}"), bad_parameter(name))
            ),
        )
        for path in ("", "/releases/{release}")
    ),
    case(
        "what there never was is not there",
        *(ask(ADMIN, "GET", "/history"), NO_RELEASE),
        *(ask(ADMIN, "GET", "/verify"), NO_RELEASE),
        *(ask(ADMIN, "GET", "/releases/{unknown}"), NO_RELEASE),
        *(ask(ADMIN, "GET", "/releases/{unknown}/history"), NO_RELEASE),
        *(ask(ADMIN, "GET", "/releases/{unknown}/verify"), NO_RELEASE),
        *(ask(ADMIN, "GET", "/releases"), shown(listing(limit=50))),
    ),
    case(
        "the releases there were stand newest first, each with its plan",
        release("old", phase="aborted", ended=timedelta(hours=1)),
        *(ask(ADMIN, "POST", "", START), STARTED),
        *(
            ask(ADMIN, "GET", "/releases"),
            shown(
                listing(
                    view(),
                    view(
                        "aborted",
                        id=the("old"),
                        stage=1,
                        epoch=Number(1, 1e9),
                        since=Anything(),
                        started_at=Anything(),
                        ended_at=Anything(),
                    ),
                    limit=50,
                )
            ),
        ),
        *(ask(ADMIN, "GET", "/releases/{release}"), answer(200, whole(LONG), etag=state(1))),
        *(ask(ADMIN, "GET", "/releases/{old}/history"), shown(listing())),
    ),
]

CASES = [*STATUS, *RECORD]
