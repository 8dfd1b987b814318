"""Which verdict there is, in the order of the specification, and what is settled by it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from serinus.domain.release.assignment import Arm, Share
from serinus.domain.release.evidence import Counts
from serinus.domain.release.memory import Memory
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import DEFAULT, Plan
from serinus.domain.release.verdict import ComparisonState, Kind, Reading, Why
from tests.support.judged import SWIFT, Trial

PROVEN = Counts(10_000, 3, 5)
COMPARED = {"/a": 5_000}
#: 13 in a row tell beyond S5's part of the risk.
WORSE = ComparisonState(COMPARED, worse=14)


def reading(trial: Trial, guardrail: str, arm: Arm | None = Arm.CANDIDATE) -> Reading:
    assert trial.verdict is not None
    return next(
        each
        for each in trial.verdict.readings
        if each.guardrail == guardrail and each.arm is arm and each.route is None
    )


def baking(plan: Plan = SWIFT) -> Trial:
    return Trial(plan, phase=Phase.BAKING, stage=3, share=plan.baked)


# --- 1 to 3: safety


def test_gross_failure_goes_straight_to_0() -> None:
    verdict = Trial().known().look(Counts(10, 10), Counts(90))

    assert (verdict.kind, verdict.guardrail) == (Kind.EMERGENCY, "emergency:error_rate")
    assert verdict.sentence == (
        "10 of 10 requests (100.00%) failed on the candidate: more than 2.5%, beyond any doubt"
    )


def test_to_be_slow_throughout_is_gross_as_well() -> None:
    verdict = Trial().known().look(Counts(20, slow=20), Counts(180))

    assert (verdict.kind, verdict.guardrail) == (Kind.EMERGENCY, "emergency:slow")


def test_a_route_on_which_nothing_works_is_an_emergency_among_many_that_do() -> None:
    trial = Trial().known()
    busy = [trial.ours(Counts(20_000)), trial.theirs(Counts(180_000))]

    verdict = trial.see(
        [*busy, trial.ours(Counts(25, 25), "/b"), trial.theirs(Counts(200), "/b")]
    )

    assert (verdict.kind, verdict.route) == (Kind.EMERGENCY, "/b")
    assert "on /b" in verdict.sentence


def test_a_breach_with_the_candidate_at_fault_goes_down_the_rollback_stages() -> None:
    verdict = Trial().known().look(Counts(2_000, 40), Counts(18_000, 18))

    assert (verdict.kind, verdict.guardrail) == (Kind.ROLL_BACK, "error_rate")
    assert "more than the limit of 0.50%, and stable does better" in verdict.sentence


def test_a_breach_on_one_route_alone_does_too() -> None:
    trial = Trial().known()
    busy = [trial.ours(Counts(40_000)), trial.theirs(Counts(360_000, 360))]
    rest = [trial.ours(Counts(400, 40), "/b"), trial.theirs(Counts(3_600, 4), "/b")]

    verdict = trial.see([*busy, *rest])

    assert (verdict.kind, verdict.route) == (Kind.ROLL_BACK, "/b")


def test_that_stable_was_good_before_and_still_is_tells_whose_fault_a_breach_is() -> None:
    """At 50 % five errors are too few for a comparison."""
    known, unknown = (Trial(stage=1, share=Share(5_000)) for _ in range(2))
    candidate, stable = Counts(60, 5), Counts(60)

    assert known.known(20_000, 4).look(candidate, stable).kind is Kind.ROLL_BACK
    assert not reading(known, "relative:errors").breached
    assert unknown.look(candidate, stable).kind is Kind.HOLD


@pytest.mark.parametrize("stable", [Counts(50), Counts(60, 2)], ids=["too few", "too bad"])
def test_that_stable_was_good_before_tells_nothing_unless_it_shows_that_it_still_is(
    stable: Counts,
) -> None:
    trial = Trial(stage=1, share=Share(5_000)).known(20_000, 4)

    assert trial.look(Counts(60, 5), stable).kind is Kind.HOLD


def test_a_late_breach_counts_like_an_early_one() -> None:
    trial = Trial().known(200_000, 200)
    for _ in range(20):
        trial.look(Counts(2_000, 2), Counts(18_000, 18))
    verdict = trial.look(Counts(300, 25), Counts(2_700, 3))

    assert (verdict.kind, verdict.guardrail) == (Kind.ROLL_BACK, "late:error_rate")
    assert not reading(trial, "error_rate").breached


LONG, USUAL = (Counts(180_000, 360), Counts(20_000, 40)), (Counts(900, 2), Counts(100))


def at_90_percent() -> Trial:
    """For long, and all went well."""
    trial = Trial(stage=2, share=Share(9_000)).known(200_000, 400)
    for n in range(40):
        trial.look(*(LONG if n < 20 else USUAL))
    return trial


def test_what_fails_throughout_after_a_long_time_is_as_much_of_an_emergency() -> None:
    trial = at_90_percent()
    verdict = trial.look(Counts(40, 40), Counts(10))

    assert (verdict.kind, verdict.guardrail) == (Kind.EMERGENCY, "emergency:late:error_rate")
    assert not reading(trial, "emergency:error_rate").breached


def test_what_gets_worse_after_a_long_time_is_compared_from_then_on() -> None:
    """All that went well before would have to be made up for first."""
    trial, looks = at_90_percent(), 0
    while trial.look(Counts(900, 13), Counts(100)).kind not in {Kind.ROLL_BACK, Kind.EMERGENCY}:
        looks += 1

    assert looks <= 40
    assert reading(trial, "relative:late:errors").breached
    assert not reading(trial, "relative:errors").breached


def test_to_be_worse_than_stable_since_lately_costs_a_stage_once() -> None:
    trial, verdict = at_90_percent(), None
    for _ in range(200):
        verdict = trial.look(Counts(9_000, 40), Counts(1_000))
        if verdict.kind is Kind.STEP_BACK:
            break

    assert verdict is not None
    assert (verdict.kind, verdict.guardrail) == (Kind.STEP_BACK, "relative:late:errors")
    assert trial.look(*USUAL).kind is not Kind.STEP_BACK


def test_to_be_worse_than_stable_within_every_limit_costs_a_stage() -> None:
    verdict = Trial().known().look(Counts(50_000, 200), Counts(450_000, 225))

    assert (verdict.kind, verdict.guardrail) == (Kind.STEP_BACK, "relative:errors")
    assert "more than 1.5 times as many as on stable" in verdict.sentence


def test_what_was_acted_on_is_settled_by_a_step_back_and_nothing_else_is() -> None:
    trial = Trial().known()
    trial.look(Counts(50_000, 200, 60, 900), Counts(450_000, 225, 450, 4_500))

    assert not [test for test in trial.memory.relative if test.startswith("errors")]
    assert {"slow", "slow:/a", "client_errors"} <= set(trial.memory.relative)
    assert trial.look(Counts(100), Counts(900)).kind is not Kind.STEP_BACK


# --- S5


@pytest.mark.parametrize("trial", [Trial(), baking()], ids=["ramping", "baking"])
def test_pairs_that_only_the_candidate_failed_cost_a_stage(trial: Trial) -> None:
    trial.comparison = WORSE
    verdict = trial.look(Counts(100), Counts(900))

    assert (verdict.kind, verdict.guardrail) == (Kind.STEP_BACK, "pairs")
    assert verdict.sentence == (
        "of 14 compared requests that one engine alone failed it was the candidate in 14"
    )


def test_pairs_tell_whose_fault_a_breach_is() -> None:
    """At 99 % there is too little of stable's traffic for any other comparison."""
    silent, telling = baking(), baking()
    telling.comparison = WORSE
    candidate, stable = Counts(20_000, 250), Counts(200)

    assert silent.look(candidate, stable).kind is Kind.HOLD
    verdict = telling.look(candidate, stable)
    assert (verdict.kind, verdict.guardrail) == (Kind.ROLL_BACK, "error_rate")


def test_pairs_say_nothing_of_who_is_slow() -> None:
    trial = baking()
    trial.comparison = ComparisonState(COMPARED, worse=3)
    slow = Counts(20_000, slow=450)

    assert trial.look(slow, Counts(200)).kind is Kind.HOLD
    trial.comparison = WORSE
    assert trial.look(Counts(), Counts(200)).kind is Kind.STEP_BACK


def test_pairs_begin_anew_with_each_stage() -> None:
    """So what was acted on is settled, and no fault is weighed down by what was before."""
    trial = Trial(stage=1)
    trial.comparison = replace(WORSE, better=1, worse=20)
    assert trial.look(Counts(100), Counts(900)).kind is Kind.STEP_BACK

    trial.enter(Phase.RAMPING, 0, Share(1_000))
    assert trial.look(Counts(100), Counts(900)).kind is Kind.HOLD
    assert reading(trial, "pairs").requests == 0
    assert trial.memory.settled == (20, 1)
    trial.comparison = replace(WORSE, better=1, worse=34)
    assert trial.look(Counts(100), Counts(900)).guardrail == "pairs"


def test_pairs_of_a_fault_that_begins_late_are_not_weighed_down_by_those_before() -> None:
    trial = Trial()
    for n in range(100):
        trial.comparison = replace(WORSE, worse=n, better=n)
        assert trial.look(Counts(1), Counts(9)).kind is Kind.HOLD
    for late in range(100):
        trial.comparison = replace(WORSE, worse=99 + late, better=99)
        if trial.look(Counts(1), Counts(9)).kind is not Kind.HOLD:
            break

    assert trial.verdict is not None
    assert (trial.verdict.kind, trial.verdict.guardrail) == (Kind.STEP_BACK, "late:pairs")
    assert late < 40
    assert not reading(trial, "pairs").breached


def test_while_nothing_is_at_risk_pairs_only_keep_the_gate_shut() -> None:
    for gates in ({"first": "comparison"}, {"first": "none"}):
        plan = Plan.from_json({"baseline": "0s", "gates": gates})
        trial = Trial(plan, phase=Phase.COMPARING, share=Share(0), comparison=WORSE)
        verdict = trial.look(stable=Counts(1_000))

        assert (verdict.kind, verdict.why) == (Kind.HOLD, Why.COMPARISON)
        assert verdict.guardrail == "pairs"
        assert verdict.sentence.endswith("it was the candidate in 14: the gate stays shut")
        assert trial.memory.settled == (0, 0)


# --- 4 and 5: held, though nothing is wrong with the candidate alone


def test_a_breach_in_both_arms_is_held_and_told() -> None:
    verdict = Trial().look(Counts(2_000, 40), Counts(18_000, 360))

    assert (verdict.kind, verdict.why) == (Kind.HOLD, Why.SHARED_CAUSE)
    assert "requests failed on both engines" in verdict.sentence


def test_a_breach_of_unknown_cause_is_held_too() -> None:
    """Stable shows nothing, neither for nor against."""
    verdict = baking().look(Counts(20_000, 250), Counts(3))

    assert (verdict.kind, verdict.why) == (Kind.HOLD, Why.NEEDS_MORE)
    assert "not below the limit of 0.500%" in verdict.sentence


def test_shares_that_do_not_fit_the_assignment_hold_everything_else() -> None:
    trial = Trial()
    wrong = trial.ours(Counts(300), stratum=200)
    verdict = trial.see([trial.ours(PROVEN), trial.theirs(PROVEN), wrong])

    assert (verdict.kind, verdict.why) == (Kind.HOLD, Why.BAD_SPLIT)
    assert "300 of 20300 requests" in verdict.sentence


@pytest.mark.parametrize("routes", [{"exclude": ["/a"]}, {"shares": {"/a": 5}}])
def test_routes_with_a_share_of_their_own_say_nothing_of_the_split(
    routes: dict[str, object],
) -> None:
    trial = Trial(Plan.from_json({"dwell": "0s", "gates": {"first": "none"}, "routes": routes}))
    trial.see([trial.ours(PROVEN, stratum=200), trial.theirs(PROVEN, stratum=0)])

    assert (trial.memory.placed, trial.memory.misplaced) == (0, 0)


# --- 6: what has to be there first, in this order


def test_what_is_waited_for_is_told_one_after_the_other() -> None:
    plan = Plan.from_json({"dwell": "1m", "gates": {"50": "comparison", "90": "manual"}})
    trial = Trial(plan, paused=True)

    def why() -> Why | None:
        return trial.look(Counts(1, db_seconds=1.0), Counts(9)).why

    assert why() is Why.PAUSED
    trial.paused = False
    assert why() is Why.COMPARISON
    trial.comparison = ComparisonState(COMPARED)
    assert why() is Why.DWELL
    trial.in_stage = timedelta(minutes=1)
    assert why() is Why.NEEDS_MORE
    trial.enter(Phase.RAMPING, 1, Share(5_000))
    assert why() is Why.GATE
    trial.gate_open = True
    trial.in_stage = timedelta(minutes=1)
    trial.memory = replace(trial.memory, stage={})
    assert trial.look(stable=Counts(9)).why is Why.NO_TRAFFIC


def test_what_is_missing_is_told_with_the_time_that_it_takes() -> None:
    trial = Trial(in_stage=timedelta(seconds=99))
    verdict = trial.look(Counts(100), Counts(900))

    assert verdict.why is Why.NEEDS_MORE
    assert verdict.needed is not None
    assert verdict.sentence == (
        f"about {verdict.needed} more requests, about {verdict.needed / 60:.0f} min until "
        "the limit of 0.500% is proven kept"
    )
    trial.in_stage = timedelta(seconds=-1)
    assert "more requests until" in trial.look().sentence


# --- 7: proven


def test_a_stage_is_left_when_all_is_proven() -> None:
    verdict = Trial().look(PROVEN, Counts(90_000, 27, 45))

    assert verdict.kind is Kind.ADVANCE
    assert verdict.sentence == "every limit is proven kept: on to 50 %"


def test_a_release_is_complete_when_all_is_proven_after_its_bake() -> None:
    trial = baking(Plan.from_json({"dwell": "0s", "bake": "1m"}))

    assert trial.look(PROVEN, Counts(100)).why is Why.DWELL
    trial.in_stage = timedelta(minutes=1)
    assert trial.look(Counts(1), Counts(1)).sentence == (
        "every limit is proven kept at 100 %: the release is complete"
    )


def test_the_first_stage_begins_when_the_owner_s_gate_has_opened() -> None:
    trial = Trial(DEFAULT, phase=Phase.COMPARING, share=Share(0))
    trial.comparison = ComparisonState({"/a": 1_000})
    assert trial.look(stable=Counts(10)).why is Why.COMPARISON
    trial.comparison = ComparisonState(COMPARED)
    assert trial.look(stable=Counts(10)).why is Why.DWELL
    trial.in_stage = timedelta(hours=1)

    verdict = trial.look(stable=Counts(10))

    assert (verdict.kind, verdict.sentence) == (Kind.ADVANCE, "on to 10 %")
    assert "comparison" in [each.guardrail for each in verdict.readings]


def test_while_rolling_back_it_is_said_how_long_a_stage_lasts_and_that_it_goes_on() -> None:
    trial = Trial(Plan.from_json({"rollback_dwell": "30s"}), phase=Phase.ROLLING_BACK)

    assert trial.look(Counts(9), Counts(9)).sentence == "this stage lasts 29 s more at least"
    trial.in_stage = timedelta(seconds=30)
    assert trial.look(Counts(9), Counts(9)).sentence == "what was found holds: further back"


def test_of_a_release_that_has_ended_nothing_is_left_to_do() -> None:
    trial = Trial(DEFAULT, phase=Phase.COMPLETE, in_stage=timedelta(days=99))

    assert trial.look().sentence == "nothing is left to do"


# --- What it costs


def test_every_stage_that_begins_spends_from_when_the_candidate_first_served() -> None:
    trial = Trial(phase=Phase.COMPARING, share=Share(0))
    spent = [trial.look(stable=Counts(10)).spent]
    for stage in range(3):
        trial.enter(Phase.RAMPING, stage, Share(1_000))
        spent.append(trial.look(Counts(10), Counts(90)).spent)

    assert spent[0] == 0.0
    assert spent == sorted(set(spent))
    assert spent[-1] < SWIFT.risk.false_rollback
    assert trial.memory.attempt == 3


def test_evidence_of_an_earlier_stage_says_nothing_of_this_one() -> None:
    trial = Trial()
    late = trial.ours(Counts(100, 100))
    trial.enter(Phase.RAMPING, 0, Share(1_000))
    trial.see([late])

    assert trial.memory.total(Arm.CANDIDATE) == Counts()
    assert trial.memory.attempt == 0


def test_routes_that_come_late_are_told_together() -> None:
    trial = Trial(memory=Memory(routes=tuple(f"/{n}" for n in range(32))))
    trial.see([trial.ours(Counts(30, 30), "/new"), trial.ours(Counts(5), "/31")])

    assert {route for _, route in trial.memory.stage} == {"other", "/31"}
    assert trial.verdict is not None
    assert trial.verdict.kind is Kind.EMERGENCY


def test_a_route_that_a_worker_told_together_with_others_has_no_place_of_its_own() -> None:
    trial = Trial()
    trial.see([trial.ours(Counts(30, 30), "other"), trial.ours(Counts(5), "/a")])

    assert trial.memory.routes == ("/a",)


def test_what_failed_while_stable_had_no_requests_is_no_comparison() -> None:
    trial = Trial()
    trial.look(Counts(4, 1))

    assert trial.memory.relative == {}
