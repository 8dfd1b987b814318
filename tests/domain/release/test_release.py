"""Whatever the verdicts and whatever people ask for: the laws of a release."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.release.assignment import EVERYTHING, NOTHING, Share
from serinus.domain.release.phase import ENDED, Phase
from serinus.domain.release.plan import DEFAULT, Plan
from serinus.domain.release.plan_members import Gate
from serinus.domain.release.release import NotAllowed, Release
from serinus.domain.release.verdict import Kind
from tests.support.verdicts import AT, plans, started, steps, verdict

ACTS = {
    "promote": Release.promote,
    "pause": Release.pause,
    "resume": Release.resume,
    "step_back": Release.step_back,
    "roll_back": Release.roll_back,
    "abort": Release.abort,
}
SAFETY = [Kind.EMERGENCY, Kind.ROLL_BACK, Kind.STEP_BACK]
WEEK = timedelta(days=7)
Step = tuple[Kind | str, int]
Lived = list[tuple[Release, Kind | str, Release]]


def after(release: Release, what: Kind | str, at: datetime) -> Release:
    if isinstance(what, Kind):
        return release.after(verdict(what), at)
    try:
        return ACTS[what](release, at)
    except NotAllowed:
        return release


def lived(plan: Plan, what_happened: list[Step]) -> Lived:
    release, at, life = started(plan), AT, []
    for what, seconds in what_happened:
        at += timedelta(seconds=seconds)
        then = after(release, what, at)
        life.append((release, what, then))
        release = then
    return life


def at_stage(stage: int, plan: Plan = DEFAULT) -> Release:
    """Ramping at that stage, or baking where it is the last one."""
    release = started(plan)
    for _ in range(stage + 1):
        if plan.gate(release.next_stage or 0) is Gate.MANUAL:
            release = release.promote(release.since)
        release = release.after(verdict(Kind.ADVANCE), release.since + release.least_time)
    return release


def completed() -> Release:
    release = at_stage(3)
    return release.after(verdict(Kind.ADVANCE), release.since + release.least_time)


@given(plans(), steps)
def test_the_share_grows_one_stage_at_a_time_and_never_without_a_proof(
    plan: Plan, what_happened: list[Step]
) -> None:
    ladder = [NOTHING, *plan.stages[:-1], plan.baked, EVERYTHING]
    for before, what, then in lived(plan, what_happened):
        if then.share > before.share:
            assert what is Kind.ADVANCE
            assert not before.paused
            assert before.share in ladder
            rungs = ladder[ladder.index(before.share) + 1 :]
            assert then.share in rungs[:2]  # where nothing is held back two rungs are one
            assert rungs[0] == then.share or rungs[0] == before.share or rungs[0] == rungs[1]


@given(plans(), steps)
def test_the_share_grows_after_the_least_time_and_through_an_open_gate_alone(
    plan: Plan, what_happened: list[Step]
) -> None:
    for before, _, then in lived(plan, what_happened):
        if then.share > before.share:
            assert then.since - before.since >= before.least_time
            stage = before.next_stage
            if stage is not None and plan.gate(stage) is Gate.MANUAL:
                assert before.gate_open


@given(plans(), steps, st.sampled_from([Kind.EMERGENCY, Kind.ROLL_BACK]))
def test_after_a_breach_the_share_only_falls_and_reaches_0(
    plan: Plan, what_happened: list[Step], breach: Kind
) -> None:
    life = lived(plan, what_happened)
    release = life[-1][2] if life else started(plan)
    if release.ended:
        return
    at = release.since + timedelta(days=1)

    shares = [release.share]
    for _ in range(len(plan.rollback_stages) + 1):
        release = release.after(verdict(breach), at)
        shares.append(release.share)
        breach, at = Kind.ADVANCE, at + timedelta(hours=1)  # whatever is said afterwards

    assert shares == sorted(shares, reverse=True)
    assert release.phase is Phase.ROLLED_BACK
    assert release.share == NOTHING


@given(plans(), steps)
def test_an_ended_release_never_changes_but_that_a_complete_one_can_be_aborted(
    plan: Plan, what_happened: list[Step]
) -> None:
    for before, what, then in lived(plan, what_happened):
        if before.ended and not (before.phase is Phase.COMPLETE and what == "abort"):
            assert then == before


@given(plans(), steps, st.sampled_from(SAFETY))
def test_pausing_never_stops_what_is_for_safety(
    plan: Plan, what_happened: list[Step], kind: Kind
) -> None:
    at = AT + WEEK
    for _, _, release in lived(plan, what_happened):
        try:
            paused = release.pause(at)
        except NotAllowed:
            continue
        free, held = release.after(verdict(kind), at), paused.after(verdict(kind), at)
        assert (held.phase, held.stage, held.share) == (free.phase, free.stage, free.share)


@given(plans(), steps)
def test_a_release_that_has_not_been_taken_back_can_be_aborted_at_any_point(
    plan: Plan, what_happened: list[Step]
) -> None:
    for release in [started(plan), *(then for _, _, then in lived(plan, what_happened))]:
        if release.phase in {Phase.ROLLED_BACK, Phase.ABORTED}:
            assert release.share == NOTHING
            continue
        aborted = release.abort(release.since)
        assert (aborted.phase, aborted.share) == (Phase.ABORTED, NOTHING)


@given(plans(), steps)
def test_every_change_has_a_version_and_every_change_of_routing_an_epoch(
    plan: Plan, what_happened: list[Step]
) -> None:
    for before, _, then in lived(plan, what_happened):
        assert then.version == before.version + (then != before)
        assert then.epoch == before.epoch + (then.since_epoch != before.since_epoch)
        if then.share != before.share:
            assert then.epoch == before.epoch + 1
        assert then.ended == (then.phase in ENDED) == (then.ended_at is not None)


@given(plans(), steps)
def test_where_a_release_stands_its_share_is_that_of_the_plan(
    plan: Plan, what_happened: list[Step]
) -> None:
    for _, _, then in lived(plan, what_happened):
        if then.phase is Phase.RAMPING:
            assert then.share == plan.stages[then.stage]
        elif then.phase is Phase.ROLLING_BACK:
            assert then.share == plan.rollback_stages[then.stage] > NOTHING


def test_the_owner_s_plan_goes_up_in_its_steps() -> None:
    shares = [at_stage(stage).share.percent for stage in range(4)]

    assert shares == ["10", "50", "90", "99"]
    assert at_stage(3).phase is Phase.BAKING
    assert (completed().phase, completed().share) == (Phase.COMPLETE, EVERYTHING)


def test_a_breach_at_90_percent_goes_down_the_rollback_stages() -> None:
    release = at_stage(2).after(verdict(Kind.ROLL_BACK), AT + WEEK)
    shares = [release.share.percent]
    while not release.ended:
        at = release.since + release.plan.rollback_dwell
        assert release.after(verdict(Kind.HOLD), at - timedelta(seconds=1)) == release
        release = release.after(verdict(Kind.HOLD), at)
        shares.append(release.share.percent)

    assert shares == ["50", "10", "0"]


def test_an_emergency_skips_the_rollback_stages_even_while_rolling_back() -> None:
    rolling = at_stage(2).after(verdict(Kind.ROLL_BACK), AT)

    for release in (at_stage(2), rolling):
        over = release.after(verdict(Kind.EMERGENCY), AT)
        assert (over.phase, over.share) == (Phase.ROLLED_BACK, NOTHING)


def test_to_be_worse_than_stable_costs_one_stage_and_at_the_first_one_all() -> None:
    assert at_stage(2).after(verdict(Kind.STEP_BACK), AT).share.percent == "50"
    assert at_stage(3).after(verdict(Kind.STEP_BACK), AT).share.percent == "90"
    assert at_stage(0).after(verdict(Kind.STEP_BACK), AT).phase is Phase.ROLLED_BACK


def test_a_gate_that_was_opened_once_is_closed_again_after_a_step_back() -> None:
    opened = at_stage(2).promote(AT)

    assert opened.gate_open
    assert not opened.step_back(AT).gate_open


def test_a_release_can_be_paused_and_resumed_and_stays_paused_when_it_steps_back() -> None:
    paused = at_stage(2).pause(AT)

    assert paused.after(verdict(Kind.ADVANCE), AT + WEEK) == paused
    assert paused.step_back(AT).paused
    assert not paused.resume(AT).paused
    assert not paused.roll_back(AT).paused


def test_whose_arm_somebody_chose_is_another_routing_at_the_same_place() -> None:
    release = at_stage(1)
    pinned = release.pinned()

    assert (pinned.epoch, pinned.since_epoch) == (release.epoch + 1, release.since_epoch)
    assert (pinned.share, pinned.version) == (release.share, release.version + 1)


@pytest.mark.parametrize(
    ("release", "act", "why"),
    [
        (at_stage(0), "promote", "no_manual_gate"),
        (at_stage(3), "promote", "no_manual_gate"),
        (at_stage(2).promote(AT), "promote", "gate_is_open"),
        (at_stage(2).pause(AT), "promote", "paused"),
        (at_stage(2).pause(AT), "pause", "paused"),
        (at_stage(2), "resume", "not_paused"),
        (started(DEFAULT), "step_back", "lowest_stage"),
        (at_stage(0), "step_back", "lowest_stage"),
        (at_stage(2).roll_back(AT), "pause", "rolling_back"),
        (at_stage(2).roll_back(AT), "roll_back", "rolling_back"),
        (at_stage(2).abort(AT), "roll_back", "ended"),
        (at_stage(2).abort(AT), "abort", "ended"),
        (completed(), "pause", "ended"),
    ],
)
def test_what_has_no_place_is_refused_with_a_reason(
    release: Release, act: str, why: str
) -> None:
    with pytest.raises(NotAllowed) as refused:
        ACTS[act](release, AT)

    assert refused.value.why == why


def test_a_completed_release_can_be_aborted_for_as_long_as_the_plan_says() -> None:
    release = completed()
    ended, kept = release.since, release.plan.re_rollback

    assert release.abort(ended + kept).share == NOTHING
    with pytest.raises(NotAllowed) as refused:
        release.abort(ended + kept + timedelta(seconds=1))
    assert refused.value.why == "too_late"


def test_a_release_begins_at_0_with_the_epoch_that_it_is_given() -> None:
    release = started(DEFAULT)

    assert (release.id, release.epoch, release.first_epoch) == (UUID(int=7), 3, 3)
    assert (release.phase, release.share) == (Phase.COMPARING, Share(0))
