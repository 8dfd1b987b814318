"""Starting a release, moving it, and pinning consumers."""

from datetime import timedelta
from typing import Any

from serinus.domain.release.cautions import cautions
from serinus.domain.release.plan import DEFAULT, Plan
from tests.contract.release.cases.shapes import (
    NO_RELEASE,
    PIN,
    START,
    STARTED,
    STEPS,
    WHY,
    moved,
    not_allowed,
    shown,
    state,
    view,
    whole,
)
from tests.contract.release.planting import LONG, pins, release
from tests.contract.table.case import ADMIN, Kept, Like, Spoken, answer, ask, case, the
from tests.contract.v2.cases.shapes import (
    GONE,
    NOW,
    Anything,
    at,
    bad_header,
    bad_parameter,
    invalid,
    listing,
    refused,
    unknown_parameter,
)

NOON = {"since": Anything(), "started_at": Anything(), "id": the("one")}
MANUAL = {"gates": {"50": "manual"}}
HASTY = Plan.from_json({"baseline": "5m", "holdback": 0})
WRONG_PLAN = {
    "dwel": "7d",
    "guardrails": {"slow": {"slo": 2}},
    "routes": {"shares": {"/api/v1/x.y": 300}},
}
WRONG_WITH_IT = [
    at("/plan/guardrails/slow/slo", "not_allowed"),
    at("/plan/routes/shares/~1api~1v1~1x.y", "not_allowed"),
    at("/plan/dwel", "not_allowed"),
]


def one(phase: str, version: int, **members: Any) -> dict[str, Any]:
    """The planted release as it has become."""
    return view(phase, version=version, **NOON | members)


STARTING = [
    case(
        "a release is started, and what it waits for can be seen",
        *(ask(ADMIN, "POST", "", START), STARTED),
        *(ask(ADMIN, "GET", ""), answer(200, Anything(), etag=state(1))),
        *(ask(ADMIN, "POST", "", START), refused("release_runs")),
    ),
    case(
        "without a plan it is the default one",
        ask(ADMIN, "POST", "", WHY),
        moved(whole({}), 201),
    ),
    case(
        "everything wrong with a start is told at once",
        *(
            ask(ADMIN, "POST", "", {"reason": "to try it", "plan": WRONG_PLAN}),
            refused("plan_invalid", *WRONG_WITH_IT),
        ),
        *(
            ask(ADMIN, "POST", "", {"reason": " ", "plan": WRONG_PLAN}),
            refused("plan_invalid", *WRONG_WITH_IT, at("/reason", "not_allowed")),
        ),
        *(
            ask(ADMIN, "POST", "", {"plan": [], "same_consumer": True, "drill": 1}),
            invalid(
                at("/same_consumer", "unknown_member", nearest="same_consumers"),
                at("/reason", "required"),
                at("/plan", "invalid_type", expected=["object"]),
                at("/drill", "invalid_type", expected=["string", "null"]),
            ),
        ),
        *(
            ask(ADMIN, "POST", "", WHY | {"drill": ""}),
            invalid(at("/drill", "invalid_format")),
        ),
    ),
    case(
        "a plan is checked, and nothing is started",
        *(
            ask(ADMIN, "POST", "/plan-check", {}),
            shown({"plan": DEFAULT.to_json(), "cautions": []}),
        ),
        *(
            ask(ADMIN, "POST", "/plan-check", {"plan": HASTY.to_json()}),
            shown({"plan": HASTY.to_json(), "cautions": cautions(HASTY)}),
        ),
        *(
            ask(ADMIN, "POST", "/plan-check", {"plan": WRONG_PLAN}),
            refused("plan_invalid", *WRONG_WITH_IT),
        ),
        *(
            ask(ADMIN, "POST", "/plan-check", {"paln": {}}),
            invalid(at("/paln", "unknown_member", nearest="plan")),
        ),
        *(ask(ADMIN, "GET", "/history"), NO_RELEASE),
    ),
    case(
        "after a rollback it has to cool down, and others go first",
        *(ask(ADMIN, "POST", "", START), STARTED),
        *(
            ask(ADMIN, "POST", "/rollback", WHY),
            moved(
                view(
                    "rolled_back",
                    version=2,
                    stage=3,
                    stages=[50, 10, 0],
                    ended_at=NOW,
                )
            ),
        ),
        *(
            ask(ADMIN, "POST", "", START),
            refused("release_cooling_down", retry_after=Like(r"3[56]\d\d")),
        ),
    ),
    case(
        "those who were first go first again when that is asked for",
        release("one", phase="aborted", ended=timedelta(minutes=1)),
        ask(ADMIN, "POST", "", START | {"same_consumers": True}),
        moved(whole(LONG) | {"salt": "salt of one"}, 201),
    ),
    case(
        "a drill is for its own consumers, where nobody else is on the candidate",
        release("one", phase="aborted", ended=timedelta(minutes=1)),
        ask(ADMIN, "POST", "", START | {"drill": "drill-"}),
        moved(whole(LONG, drill="drill-"), 201),
    ),
    case(
        "no drill where consumers are on the candidate",
        release("one", phase="complete", stage=3, share=10000, ended=timedelta(days=9)),
        ask(ADMIN, "POST", "", START | {"drill": "drill-"}),
        refused("release_serves_consumers"),
    ),
]

MOVING = [
    *(
        case(
            f"there is nothing to {step}",
            *(ask(ADMIN, "POST", f"/{step}", WHY), NO_RELEASE),
        )
        for step in STEPS
    ),
    case(
        "a release is paused, and goes on",
        release("one", phase="ramping", stage=1, share=5000),
        *(ask(ADMIN, "POST", "/resume", WHY), not_allowed("not_paused")),
        *(
            ask(ADMIN, "POST", "/pause", WHY),
            moved(one("ramping", 2, stage=2, share_percent=50, paused=True)),
        ),
        *(ask(ADMIN, "POST", "/pause", WHY), not_allowed("paused")),
        *(ask(ADMIN, "POST", "/promote", WHY), not_allowed("paused")),
        *(
            ask(ADMIN, "POST", "/resume", WHY),
            moved(one("ramping", 3, stage=2, share_percent=50)),
        ),
    ),
    case(
        "a person opens the gate that waits for one",
        release("one", phase="ramping", stage=0, share=1000, plan=MANUAL),
        *(
            ask(ADMIN, "POST", "/promote", WHY),
            moved(one("ramping", 2, stage=1, share_percent=10)),
        ),
        *(ask(ADMIN, "POST", "/promote", WHY), not_allowed("gate_is_open")),
    ),
    case(
        "where no gate waits for a person nobody opens one",
        release("one", phase="ramping", stage=1, share=5000, plan=MANUAL),
        *(ask(ADMIN, "POST", "/promote", WHY), not_allowed("no_manual_gate")),
    ),
    case(
        "a release goes one stage back, and not below the first",
        release("one", phase="ramping", stage=1, share=5000),
        *(
            ask(ADMIN, "POST", "/step-back", WHY),
            moved(one("ramping", 2, stage=1, share_percent=10, since=NOW)),
        ),
        *(ask(ADMIN, "POST", "/step-back", WHY), not_allowed("lowest_stage")),
    ),
    case(
        "a release goes back by stages, and to 0 at once where somebody cannot wait",
        release("one", phase="ramping", stage=2, share=9000),
        *(
            ask(ADMIN, "POST", "/rollback", WHY),
            moved(
                one("rolling_back", 2, stage=1, stages=[50, 10, 0], share_percent=50, since=NOW)
            ),
        ),
        *(ask(ADMIN, "POST", "/rollback", WHY), not_allowed("rolling_back")),
        *(ask(ADMIN, "POST", "/pause", WHY), not_allowed("rolling_back")),
        *(
            ask(ADMIN, "POST", "/abort", WHY),
            moved(one("aborted", 3, stage=1, since=NOW, ended_at=NOW)),
        ),
        *(ask(ADMIN, "POST", "/abort", WHY), not_allowed("ended")),
        *(ask(ADMIN, "POST", "/resume", WHY), not_allowed("ended")),
    ),
    case(
        "a complete release can be aborted for a while",
        release("one", phase="complete", stage=3, share=10000, ended=timedelta(days=6)),
        *(ask(ADMIN, "POST", "/step-back", WHY), not_allowed("ended")),
        *(
            ask(ADMIN, "POST", "/abort", WHY),
            moved(one("aborted", 2, stage=4, since=NOW, ended_at=NOW)),
        ),
    ),
    case(
        "and not for ever",
        release("one", phase="complete", stage=3, share=10000, ended=timedelta(days=8)),
        ask(ADMIN, "POST", "/abort", WHY),
        not_allowed("too_late"),
    ),
]

SEEN = [
    *(
        case(
            f"{step} is done to what was seen, and to nothing else",
            release("one", phase="ramping", stage=1, share=5000, paused=step == "resume"),
            ask(ADMIN, "GET", ""),
            answer(200, Anything(), etag=Kept("seen", state(1))),
            *(ask(ADMIN, "PUT", "/consumers/x", PIN), shown(Anything())),  # it moves on
            *(
                ask(ADMIN, "POST", f"/{step}", WHY, if_match="{seen}"),
                refused("release_moved_on", etag=Kept("now", Like(r'"[0-9a-f]{32}\.2"'))),
            ),
            *(
                ask(ADMIN, "POST", f"/{step}", WHY, if_match='W/"x", "1"'),
                refused("release_moved_on", etag=the("now")),
            ),
            *(
                ask(ADMIN, "POST", f"/{step}", WHY, if_match="2"),
                bad_header("If-Match"),
            ),
            *(
                ask(ADMIN, "POST", f"/{step}", WHY, if_match="{now}, {seen}"),
                answer(200, Anything(), etag=state(3)),
            ),
        )
        for step in ("pause", "resume", "step-back")
    ),
    case(
        "a state of another release is another state, though its version is the same",
        release("before", phase="aborted", ended=timedelta(hours=1)),
        release("one", phase="ramping", stage=0, share=1000, plan=MANUAL),
        *(
            ask(ADMIN, "GET", "/releases/{before}"),
            answer(200, Anything(), etag=Kept("seen", state(1))),
        ),
        *(
            ask(ADMIN, "POST", "/promote", WHY, if_match="{seen}"),
            refused("release_moved_on", etag=Like(r'"[0-9a-f]{32}\.1"')),
        ),
        *(
            ask(ADMIN, "POST", "/promote", WHY, if_match="*"),
            answer(200, Anything(), etag=state(2)),
        ),
    ),
    case(
        "who aborts is not asked what they have seen",
        release("one", phase="ramping", stage=1, share=5000),
        ask(ADMIN, "POST", "/abort", WHY, if_match='"x"'),
        answer(200, Anything(), etag=state(2)),
    ),
]

#: As it is written in an address, and as it is.
KEYS = {"naoko": "naoko", "a%2Fb%20%25": "a/b %", "%3A%3A1": "::1", "%E6%AD%8C%2F": "歌/"}
PINNING = [
    *(
        case(
            f"a consumer {consumer} is pinned, and let go",
            release("one", phase="ramping", stage=0, share=1000),
            *(
                ask(ADMIN, "PUT", f"/consumers/{written}", PIN),
                shown({"consumer": consumer, "arm": "candidate"}),
            ),
            *(
                ask(ADMIN, "PUT", f"/consumers/{written}", PIN | {"arm": "stable"}),
                shown({"consumer": consumer, "arm": "stable"}),
            ),
            *(
                ask(ADMIN, "GET", "/consumers"),
                shown(listing({"consumer": consumer, "arm": "stable"}, limit=1000)),
            ),
            *(ask(ADMIN, "DELETE", f"/consumers/{written}?reason=done"), GONE),
            *(
                ask(ADMIN, "DELETE", f"/consumers/{written}?reason=done"),
                refused("consumer_not_pinned"),
            ),
            *(
                ask(ADMIN, "GET", "/history?fields[event]=kind,actor,reason&sort=-number"),
                shown(
                    listing(
                        *(
                            {"kind": "pinned", "actor": Spoken("user:{admin}"), "reason": why}
                            for why in ("done", "they asked", "they asked")
                        )
                    )
                ),
            ),
        )
        for written, consumer in KEYS.items()
    ),
    case(
        "what is wrong with a pin is told",
        release("one", phase="ramping", stage=0, share=1000),
        *(
            ask(ADMIN, "PUT", "/consumers/naoko", {"arm": "stabel", "reason": ""}),
            invalid(
                at(
                    "/arm",
                    "not_allowed",
                    allowed=["stable", "candidate"],
                    nearest="stable",
                ),
                at("/reason", "invalid_format"),
            ),
        ),
        *(
            ask(ADMIN, "PUT", f"/consumers/{'x' * 301}", PIN),
            invalid(at("/consumer", "invalid_format")),
        ),
        *(ask(ADMIN, "DELETE", "/consumers/naoko"), bad_parameter("reason")),
        *(ask(ADMIN, "DELETE", "/consumers/naoko?reason=%0A"), bad_parameter("reason")),
        *(
            ask(ADMIN, "DELETE", "/consumers/naoko?resaon=x"),
            unknown_parameter("resaon"),
        ),
    ),
    case(
        "a thousand consumers are pinned at most, and any of them can be moved",
        release("one", phase="ramping", stage=0, share=1000),
        pins(1000),
        *(ask(ADMIN, "PUT", "/consumers/naoko", PIN), refused("too_many_pins")),
        *(
            ask(ADMIN, "PUT", "/consumers/consumer%207", PIN),
            shown({"consumer": "consumer 7", "arm": "candidate"}),
        ),
    ),
    case(
        "nobody is pinned where no release is in force",
        *(ask(ADMIN, "PUT", "/consumers/naoko", PIN), NO_RELEASE),
        *(ask(ADMIN, "DELETE", "/consumers/naoko?reason=x"), NO_RELEASE),
    ),
]

CASES = [*STARTING, *MOVING, *SEEN, *PINNING]
