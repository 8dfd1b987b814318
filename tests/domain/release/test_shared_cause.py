"""What both engines suffer takes nothing back; what the candidate alone does, takes it back."""

from random import Random

import pytest

from serinus.domain.release.assignment import Arm, Share
from serinus.domain.release.evidence import Counts
from serinus.domain.release.memory import Recent
from serinus.domain.release.phase import Phase
from serinus.domain.release.shared_cause import own, own_of_route
from serinus.domain.release.verdict import Kind, Verdict, Why
from tests.support.judged import Trial

SAFETY = {Kind.EMERGENCY, Kind.ROLL_BACK, Kind.STEP_BACK}


class Traffic:
    """Requests of both arms at rates that are the same for both but for `alone`."""

    def __init__(self, seed: int, *, a_second: tuple[float, float]) -> None:
        self.random, self.a_second = Random(seed), a_second  # noqa: S311 - seeded

    def second(self, rate: float, *, alone: float = 0.0, rescued: bool = False) -> list[Counts]:
        ours, theirs = (self._arrivals(mean) for mean in self.a_second)
        bad = self._bad(ours, max(rate, alone))
        shared = self._bad(bad, rate) if rescued else 0
        return [
            Counts(ours, bad, shared=shared, rescued=bad - shared if rescued else 0),
            Counts(theirs, self._bad(theirs, rate)),
        ]

    def _arrivals(self, mean: float) -> int:
        return sum(self.random.random() < mean / 20 for _ in range(20))

    def _bad(self, requests: int, rate: float) -> int:
        return sum(self.random.random() < rate for _ in range(requests))


def lived(
    trial: Trial, traffic: Traffic, *, rescued: bool, rates: list[float]
) -> list[Verdict]:
    return [trial.look(*traffic.second(rate, rescued=rescued)) for rate in rates]


OUTAGE = [0.003] * 20 + [1.0] * 10 + [0.003] * 70
BROWN_OUT = [0.003] * 10 + [0.1] * 40 + [0.003] * 20


@pytest.mark.parametrize("rescued", [True, False])
@pytest.mark.parametrize("a_second", [(0.5, 4.5), (1.0, 9.0), (10.0, 18.0)])
@pytest.mark.parametrize("rates", [OUTAGE, BROWN_OUT], ids=["outage", "brown-out"])
def test_what_both_suffer_takes_nothing_back_neither_meanwhile_nor_after(
    a_second: tuple[float, float], rates: list[float], *, rescued: bool
) -> None:
    """The database is away for ten seconds, or every tenth request fails for forty."""
    for seed in range(3):
        verdicts = lived(
            Trial().known(), Traffic(seed, a_second=a_second), rescued=rescued, rates=rates
        )

        assert not SAFETY & {each.kind for each in verdicts}


def test_an_outage_is_told_as_shared_and_forgotten_when_it_is_over() -> None:
    trial, good, failed = Trial().known(), Counts(10), Counts(10, 10)
    for _ in range(5):
        trial.look(good, good)
    verdicts = [trial.look(failed, failed) for _ in range(5)]

    assert {each.why for each in verdicts[1:]} == {Why.SHARED_CAUSE}
    attempt = trial.memory.attempt
    whys = [trial.look(good, good).why for _ in range(80)]
    assert whys[0] is Why.SHARED_CAUSE
    assert whys[-1] is Why.NEEDS_MORE
    assert trial.memory.attempt == attempt + 1
    assert trial.memory.total(Arm.CANDIDATE).errors == 0


def test_a_shared_cause_that_comes_back_is_not_over() -> None:
    trial, good, failed = Trial().known(), Counts(10), Counts(10, 10)
    for _ in range(5):
        trial.look(failed, failed)
    for _ in range(40):
        trial.look(good, good)
    trial.look(failed, failed)

    assert trial.memory.calm == 0
    assert trial.memory.total(Arm.CANDIDATE).errors == 60


@pytest.mark.parametrize(("seconds", "most"), [(0, 6), (10, 3), (40, 3)])
def test_a_candidate_that_fails_alone_after_an_outage_is_taken_back_as_fast_as_before(
    seconds: int, most: int
) -> None:
    """But for the first seconds, when it is not told apart from the end of the outage."""
    trial, good, failed = Trial().known(), Counts(10), Counts(10, 10)
    for _ in range(20):
        trial.look(good, Counts(90))
    for _ in range(10):
        trial.look(failed, Counts(90, 90))
    for _ in range(seconds):
        trial.look(good, Counts(90))
    looks = 0
    while trial.look(failed, Counts(90)).kind not in SAFETY:
        looks += 1

    assert looks <= most


def test_a_candidate_that_fails_alone_is_an_emergency_where_stable_cannot_tell() -> None:
    trial = Trial(share=Share(9_900), stage=3, phase=Phase.BAKING)

    assert trial.look(Counts(6, 6)).kind is Kind.EMERGENCY


def test_where_stable_has_too_little_traffic_rescues_tell() -> None:
    shared, fault = (Trial(share=Share(9_900), phase=Phase.BAKING) for _ in range(2))

    assert shared.look(Counts(20, 20, shared=15)).why is Why.SHARED_CAUSE
    assert fault.look(Counts(20, 20, rescued=15)).kind is Kind.EMERGENCY


def test_that_stable_answers_when_asked_again_does_not_tell_against_its_own_failures() -> None:
    """Where each request fails by chance, what is asked once more mostly works."""
    now = {Arm.CANDIDATE: Counts(100, 10, rescued=9, shared=1), Arm.STABLE: Counts(100, 10)}
    lately = {arm: Recent().after(counts) for arm, counts in now.items()}

    assert own({}, now, lately)["errors"] == 0.0


def test_no_more_is_accounted_for_than_there_is() -> None:
    outage = {Arm.CANDIDATE: Counts(), Arm.STABLE: Counts(100, 100)}
    alone = {Arm.CANDIDATE: Counts(10, 10), Arm.STABLE: Counts(100)}
    quiet = {arm: Recent() for arm in Arm}

    before = own({}, outage, quiet)

    assert before == {"errors": 0.0, "slow": 0.0}
    assert own(before, alone, quiet) == {"errors": 10.0, "slow": 0.0}


@pytest.mark.parametrize(
    ("ours", "theirs", "part", "expected"),
    [
        (Counts(20, 20), Counts(20, 20), 1.0, 0.0),  # the route is down on both
        (Counts(20, 20), Counts(20), 1.0, 20.0),
        (Counts(20, 20), Counts(20), 0.0, 20.0),  # stable serves this very route well
        (Counts(20, 20), Counts(2, 2), 1.0, 20.0),  # stable hardly serves it
        (Counts(20, 20), Counts(), 0.25, 5.0),
        (Counts(20, 20, shared=18), Counts(), 1.0, 2.0),
    ],
)
def test_of_a_route_what_stable_does_there_tells(
    ours: Counts, theirs: Counts, part: float, expected: float
) -> None:
    assert own_of_route(ours, theirs, part) == pytest.approx(expected)


def test_a_route_that_is_down_on_both_engines_is_held_and_on_one_an_emergency() -> None:
    for theirs, kind in ((Counts(400, 400), Kind.HOLD), (Counts(400), Kind.EMERGENCY)):
        trial = Trial().known()
        cells = [
            trial.ours(Counts(2_000)),
            trial.theirs(Counts(20_000)),
            trial.ours(Counts(40, 40), "/b"),
            trial.theirs(theirs, "/b"),
        ]
        _, verdict = (trial.see(cells) for _ in range(2))

        assert verdict.kind is kind
        assert (verdict.why is Why.SHARED_CAUSE) == (kind is Kind.HOLD)
