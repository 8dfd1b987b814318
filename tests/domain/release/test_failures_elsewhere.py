"""What went wrong with other tools that release by canary, each as a rule that holds here."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from serinus.domain.release.assignment import NOTHING, Arm, Routing, Share, bucket
from serinus.domain.release.evidence import Counts
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import DEFAULT, Plan
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import ComparisonState, Kind, Verdict, Why
from tests.support.judged import SWIFT, Trial
from tests.support.verdicts import AT, started, verdict

WORSE, GOOD = Counts(2_000, 60), Counts(18_000, 18)
SAFETY = {Kind.EMERGENCY, Kind.ROLL_BACK, Kind.STEP_BACK}


def after(release: Release, found: Verdict, seconds: float = 1.0) -> Release:
    return release.after(found, release.since + timedelta(seconds=seconds))


def at_first_stage(plan: Plan) -> Release:
    return after(started(plan), verdict(Kind.ADVANCE), plan.baseline.total_seconds())


def test_1_a_measurement_in_bad_health_does_not_hide_that_the_candidate_is() -> None:
    """The split between the arms was looked at first, and whoever looked at it went home."""
    trial = Trial().known()
    misplaced = trial.ours(Counts(600), stratum=200)

    found = trial.see([trial.ours(WORSE), trial.theirs(GOOD), misplaced])

    assert trial.memory.misplaced == 600
    assert found.kind is Kind.ROLL_BACK


@pytest.mark.parametrize("gate", ["comparison", "manual"])
def test_2_who_waits_at_a_gate_still_looks_at_what_the_candidate_does(gate: str) -> None:
    """Breaches were only acted on while the share grew, not while somebody was waited for."""
    trial = Trial(Plan.from_json({"gates": {"50": gate}})).known()
    trial.look(Counts(10), Counts(90))
    assert trial.verdict is not None
    assert trial.verdict.why in {Why.GATE, Why.COMPARISON}

    assert trial.look(WORSE, GOOD).kind is Kind.ROLL_BACK


@pytest.mark.parametrize("seconds", [1, 3_600, 10_000_000])
def test_3_a_run_that_shows_nothing_is_not_promoted_however_long_it_lasts(seconds: int) -> None:
    """What had neither failed nor passed went on to everybody; so did what was cut short."""
    trial = Trial(in_stage=timedelta(seconds=seconds))
    release = at_first_stage(SWIFT)

    found = trial.look(Counts(400, 1), Counts(3_600, 9))

    assert (found.kind, found.why) == (Kind.HOLD, Why.NEEDS_MORE)
    assert after(release, found, seconds).share == release.share


def test_4_a_release_can_be_aborted_after_it_has_reached_everybody() -> None:
    """Once all traffic had moved, nobody listened to an abort any more."""
    release = at_first_stage(replace(SWIFT, stages=(Share(10_000),)))
    while not release.ended:
        release = after(release, verdict(Kind.ADVANCE))
    assert release.phase is Phase.COMPLETE

    assert release.abort(release.since).share == NOTHING


def test_5_the_arms_are_not_swapped() -> None:
    """The control was judged in place of the variant: the worse it was the better."""
    bad, good = Counts(2_000, 60), Counts(2_000, 2)
    for arms, safety in (((bad, good), True), ((good, bad), False)):
        trial = Trial(share=Share(5_000)).known()

        assert (trial.look(*arms).kind in SAFETY) is safety

    pairs = Trial(comparison=ComparisonState({"/a": 900}, worse=0, better=40))
    assert pairs.look(Counts(100), Counts(100)).kind is Kind.HOLD


def test_7_who_came_to_the_candidate_goes_back_when_the_share_does() -> None:
    """Cookies kept everybody there who had once been, and renewed themselves: it only grew."""
    keys = [f"consumer {n}" for n in range(2_000)]
    there = {
        percent: {
            key
            for key in keys
            if Routing(share=Share(100 * percent), origin="").arm(key) is Arm.CANDIDATE
        }
        for percent in (0, 10, 50)
    }

    assert there[0] == set()
    assert there[10] < there[50]
    assert len(there[10]) == pytest.approx(200, rel=0.2)
    assert all(bucket("serinus.boot.traffic", key) < 1_000 for key in there[10])


@pytest.mark.parametrize("stable", [Counts(), GOOD], ids=["nobody", "only stable"])
def test_8_no_data_is_neither_a_failed_check_nor_a_passed_one(stable: Counts) -> None:
    """Without an answer from the metrics one took all back, and another went on."""
    trial = Trial(in_stage=timedelta(days=30))
    kinds = {trial.look(stable=stable).kind for _ in range(50)}

    assert kinds == {Kind.HOLD}
    assert trial.verdict is not None
    assert trial.verdict.why is Why.NO_TRAFFIC


RAMP = Plan.from_json(
    {
        "stages": [10, 50, 90, 100],
        "dwell": "7m",
        "bake": "7m",
        "baseline": "2m",
        "gates": {"first": "none"},
    }
)
STRETCH = 60.0  # seconds between looks: more of them would only take longer here
RELEASES, A_SECOND = 100, 400


def ramp(seed: int) -> tuple[bool, Release]:
    """Whether it was taken back, and where it stands after half an hour."""
    random = Random(seed)  # noqa: S311 - seeded
    release, trial, back = started(RAMP), Trial(RAMP), False
    for minute in range(30):
        trial.phase, trial.stage, trial.share = release.phase, release.stage, release.share
        trial.epoch, trial.in_stage = release.since_epoch, timedelta(seconds=-STRETCH)
        trial.in_stage += AT + timedelta(seconds=STRETCH * (minute + 1)) - release.since
        requests = A_SECOND * STRETCH
        moved = round(requests * release.share.basis_points / 10_000)
        news = [trial.theirs(_served(random, round(requests) - moved))]
        if moved:
            news.append(trial.ours(_served(random, moved)))
        found = trial.see(news, STRETCH)
        back = back or found.kind in SAFETY
        release = release.after(found, AT + timedelta(seconds=STRETCH * (minute + 1)))
    return back, release


def _served(random: Random, requests: int) -> Counts:
    """Three in a thousand fail, of a limit of five."""
    mean = 0.003 * requests
    errors = max(0, min(requests, round(random.gauss(mean, mean**0.5))))
    return Counts(requests, errors)


def test_9_a_healthy_canary_survives_a_long_ramp() -> None:
    """Failed checks were counted, never forgotten: the longer, the surer it failed."""
    lived = [ramp(seed) for seed in range(RELEASES)]

    assert sum(back for back, _ in lived) < 0.01 * RELEASES
    reached = [release.share.basis_points for _, release in lived]
    assert sum(share >= 5_000 for share in reached) > 0.9 * RELEASES


def test_10_a_few_errors_of_few_requests_do_not_pass() -> None:
    """Where the control had no errors at all, those of the candidate were not compared."""
    trial = Trial(share=Share(5_000)).known(4_000, 0)
    sparse = trial.look(Counts(300, 2), Counts(300))
    assert (sparse.kind, sparse.why) == (Kind.HOLD, Why.NEEDS_MORE)

    assert trial.look(Counts(300, 15), Counts(300)).kind in SAFETY


def test_11_a_release_can_begin_with_one_consumer_in_ten_thousand() -> None:
    """Steps below a percent were rounded to nothing, or to a whole one."""
    plan = Plan.parse("stages = [0.01, 0.5, 100]")
    release = at_first_stage(plan)

    assert release.share.basis_points == 1
    there = [n for n in range(40_000) if bucket("salt", str(n)) < release.share.basis_points]
    assert 0 < len(there) < 20


def test_12_what_breaches_goes_back_in_steps_and_what_is_gross_at_once() -> None:
    """It was all or nothing: caches of the old engine were cold when everybody came back."""
    release = at_first_stage(SWIFT)
    for _ in range(2):
        release = after(release, verdict(Kind.ADVANCE))
    assert release.share.percent == "90"

    shares, back = [], after(release, verdict(Kind.ROLL_BACK))
    while not back.ended:
        shares.append(back.share.percent)
        back = after(back, verdict(Kind.HOLD), SWIFT.rollback_dwell.total_seconds())
    assert shares == ["50", "10"]
    assert back.share == NOTHING
    assert after(release, verdict(Kind.EMERGENCY)).share == NOTHING


def test_13_who_was_chosen_by_name_does_not_depend_on_the_share_nor_it_on_them() -> None:
    """Either a header decided or the weight did; with both, one of them was ignored."""
    routing = Routing(share=Share(5_000), origin="", pins={"chosen": Arm.CANDIDATE})
    others = [routing.arm(f"consumer {n}") for n in range(400)]

    assert routing.pins["chosen"] is Arm.CANDIDATE
    assert 150 < others.count(Arm.CANDIDATE) < 250
    release = at_first_stage(DEFAULT)
    assert release.pinned().share == release.share
    assert release.pinned().since_epoch == release.since_epoch
