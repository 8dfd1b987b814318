"""A plan is read as it is meant, or refused with every problem of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.release.assignment import NOTHING, Share
from serinus.domain.release.durations import duration, shown
from serinus.domain.release.plan import DEFAULT, Plan, PlanInvalid
from serinus.domain.release.plan_members import Gate
from tests.support.verdicts import plans

OWNERS = """
stages = [10, 50, 90, 100]
dwell = "7d"
rollback_stages = [50, 10, 0]
gates = { first = "comparison", last = "manual" }
bake = "1d"
holdback = 1

[guardrails]
error_rate = { slo = 0.005 }
slow = { over_ms = 200, slo = 0.01 }
relative = { error_ratio = 1.5, slow_ratio = 1.5 }
cache_hits = { action = "alert" }
db_time = { action = "alert" }
throughput = { action = "alert" }

[risk]
false_rollback = 0.01
false_proof = 0.05
"""


def problems(toml: str) -> tuple[str, ...]:
    with pytest.raises(PlanInvalid) as refused:
        Plan.parse(toml)
    return refused.value.problems


def test_what_is_left_out_is_the_owner_s() -> None:
    assert Plan.parse("") == Plan.parse(OWNERS) == DEFAULT
    assert [share.percent for share in DEFAULT.stages] == ["10", "50", "90", "100"]
    assert DEFAULT.gate(0) is Gate.COMPARISON
    assert DEFAULT.gate(1) is Gate.NONE
    assert DEFAULT.gate(3) is Gate.MANUAL
    assert DEFAULT.baked.percent == "99"
    assert DEFAULT.baseline == timedelta(hours=1)


@given(plans())
def test_a_plan_survives_being_written_down(plan: Plan) -> None:
    assert Plan.from_json(plan.to_json()) == plan


def test_shares_below_a_percent_and_own_shares_of_routes_are_exact() -> None:
    plan = Plan.parse(
        """
        stages = [0.01, 0.5, 12.5, 100]
        [routes]
        exclude = ["/api/v1/posts/{post_id}"]
        [routes.shares]
        "/api/v1/tags" = 2.5
        """
    )

    assert [share.basis_points for share in plan.stages] == [1, 50, 1250, 10_000]
    assert plan.excluded_routes == {"/api/v1/posts/{post_id}"}
    assert plan.route_shares == {"/api/v1/tags": Share(250)}
    assert Plan.from_json(plan.to_json()) == plan


def test_an_alert_can_be_turned_off() -> None:
    plan = Plan.parse('[guardrails]\ndb_time = { action = "none" }')

    assert plan.guardrails.alerts == ("cache_hits", "throughput")
    assert Plan.from_json(plan.to_json()) == plan


def test_a_gate_stands_before_the_stage_that_it_names() -> None:
    plan = Plan.parse('[gates]\n50 = "manual"\nlast = "none"')

    assert plan.gates == {1: Gate.MANUAL, 3: Gate.NONE}


def test_short_stages_have_a_short_baseline() -> None:
    assert Plan.parse('dwell = "100s"').baseline == timedelta(seconds=2)


def test_all_problems_are_named_at_once() -> None:
    found = problems(
        """
        stage = [1]
        dwell = 7
        holdback = "1"
        stages = "many"
        bake = "400d"
        [gates]
        fist = "manual"
        last = "perhaps"
        [risk]
        false_rollback = 2
        false_proof = true
        [guardrails]
        slow = { over_ms = 0.5 }
        relative = 3
        [comparison]
        sample = nan
        [routes]
        exclude = ["posts", 7]
        shares = { "/a" = 101 }
        """
    )

    assert sorted(each.partition(":")[0] for each in found) == sorted(
        [
            "stages",
            "dwell",
            "gates.last",
            "bake",
            "holdback",
            "guardrails.slow.over_ms",
            "guardrails.relative",
            "risk.false_rollback",
            "risk.false_proof",
            "comparison.sample",
            "routes.exclude",
            "routes.shares./a",
            "stage",
            "gates.fist",
        ]
    )
    assert "stage: there is no such member; did you mean stages?" in found
    assert "gates.fist: there is no such member; did you mean first?" in found


@pytest.mark.parametrize(
    ("toml", "member"),
    [
        ("stages = []", "stages"),
        ("stages = [50, 10, 100]", "stages"),
        ("stages = [10, 10, 100]", "stages"),
        ("stages = [0, 100]", "stages"),
        ("stages = [10, 50]", "stages"),
        ("stages = [true, 100]", "stages"),
        ("stages = [10.001, 100]", "stages"),
        ("rollback_stages = [10, 50, 0]", "rollback_stages"),
        ("rollback_stages = []", "rollback_stages"),
        ("rollback_stages = [50]", "rollback_stages"),
        ("holdback = 10", "holdback"),
        ('[gates]\nfirst = "manual"\n10 = "none"', "gates.10"),
        ("[routes]\nexclude = 5", "routes.exclude"),
        ("[comparison]\nleast_requests = -1", "comparison.least_requests"),
        ("not TOML", "plan"),
    ],
)
def test_what_does_not_fit_together_is_refused(toml: str, member: str) -> None:
    assert [each.partition(":")[0] for each in problems(toml)] == [member]


def test_a_plan_names_no_more_routes_than_can_be_looked_at() -> None:
    routes = ", ".join(f'"/r{n}"' for n in range(101))

    assert problems(f"[routes]\nexclude = [{routes}]") == (
        "routes.exclude: 100 routes at most",
    )


def test_a_problem_is_a_violation_of_the_member_it_names() -> None:
    with pytest.raises(PlanInvalid) as refused:
        Plan.from_json({"risk": {"false_proof": 1}})

    [violation] = refused.value.violations
    assert violation.field == "risk.false_proof"


@pytest.mark.parametrize("value", [None, [], "plan", 5])
def test_what_is_no_object_is_no_plan(value: object) -> None:
    with pytest.raises(PlanInvalid):
        Plan.from_json(value)


@given(st.integers(0, 10**9).map(lambda n: timedelta(milliseconds=n)))
def test_a_time_survives_being_written_down(length: timedelta) -> None:
    assert duration(shown(length)) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("7d", timedelta(days=7)),
        ("90m", timedelta(minutes=90)),
        ("500ms", timedelta(seconds=0.5)),
        ("0s", timedelta(0)),
    ],
)
def test_times_are_written_with_a_unit(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "7", "7 d", "1.5h", "-1s", "1w", "999999999d", "٣s", 7, None]
)
def test_what_is_not_a_time_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="time"):
        duration(text)


def test_the_shortest_exact_unit_is_shown() -> None:
    assert [shown(timedelta(hours=n)) for n in (168, 25, 0)] == ["7d", "25h", "0s"]
    assert DEFAULT.holdback > NOTHING
