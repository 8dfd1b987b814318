"""What is said to come next is what comes, at any point of any release's life."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.release.ahead import Ahead, ahead
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import DEFAULT, Plan
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
Steps = list[tuple[Kind | str, int]]


@st.composite
def lived(draw: st.DrawFn) -> Release:
    plan: Plan = draw(plans())
    what_happened: Steps = draw(steps)
    release, at = started(plan), AT
    for what, seconds in what_happened:
        at += timedelta(seconds=seconds)
        if isinstance(what, Kind):
            release = release.after(verdict(what), at)
            continue
        try:
            release = ACTS[what](release, at)
        except NotAllowed:
            continue
    return replace(release, paused=False)


def moves(release: Release, coming: Ahead, by: timedelta) -> Release:
    return release.after(verdict(Kind.ADVANCE), coming.not_before + by)


@given(lived())
def test_what_is_told_of_the_next_step_happens_then_and_not_before(release: Release) -> None:
    coming = ahead(release)
    assert (coming is None) == release.ended
    if coming is None:
        return

    if coming.waits_for_a_person:
        assert moves(release, coming, timedelta()) == release
        release = release.promote(release.since)
    early = moves(release, coming, -timedelta(microseconds=1))
    then = moves(release, coming, timedelta())

    assert early == release
    assert (then.phase, then.share) == (coming.phase, coming.share)


def advanced(release: Release) -> Release:
    """Once more, through whatever gate there is."""
    coming = ahead(release)
    assert coming is not None
    if coming.waits_for_a_person:
        release = release.promote(release.since)
    return moves(release, coming, timedelta())


def test_after_baking_a_release_is_complete_and_nothing_comes() -> None:
    release, told = started(DEFAULT), []
    while (coming := ahead(release)) is not None:
        told.append((coming.phase, coming.share.percent))
        release = advanced(release)

    assert told == [
        (Phase.RAMPING, "10"),
        (Phase.RAMPING, "50"),
        (Phase.RAMPING, "90"),
        (Phase.BAKING, "99"),
        (Phase.COMPLETE, "100"),
    ]
    assert release.phase is Phase.COMPLETE


def test_a_rollback_goes_down_step_by_step_to_nothing() -> None:
    release = started(DEFAULT)
    while release.share.percent != "90":
        release = advanced(release)
    release = release.after(verdict(Kind.ROLL_BACK), release.since)
    first, told = release.share.percent, []
    while (coming := ahead(release)) is not None:
        told.append((coming.phase, coming.share.percent))
        release = advanced(release)

    assert first == "50"
    assert told == [(Phase.ROLLING_BACK, "10"), (Phase.ROLLED_BACK, "0")]
