"""Pairs in a simulation are of stable's consumers, whoever those are."""

from random import Random

from serinus.application.release.simulation.scenarios import HEAVY
from serinus.application.release.simulation.study import MINUTES
from serinus.application.release.simulation.traffic import Flow, Rates, population
from serinus.domain.release.assignment import Arm, Share


def test_identical_engines_fail_the_same_of_stables_reads_whoever_has_moved() -> None:
    alike = Rates(HEAVY.errors, HEAVY.slow)
    for seed in range(20):
        consumers = population(Random(seed), HEAVY, f"{seed}")  # noqa: S311 - seeded
        flow = Flow(consumers, HEAVY, dict.fromkeys(Arm, alike), MINUTES, Share(5_000))

        assert flow.of_stables[Arm.CANDIDATE] == flow.of_stables[Arm.STABLE]


def test_a_fault_comes_on_top_of_what_those_consumers_see() -> None:
    worse = {Arm.STABLE: Rates(0.003, 0.0), Arm.CANDIDATE: Rates(0.05, 0.0)}
    consumers = population(Random(1), HEAVY, "1")  # noqa: S311 - seeded
    fails = Flow(consumers, HEAVY, worse, MINUTES, Share(1_000)).of_stables

    assert 0.045 < fails[Arm.CANDIDATE] < 0.06
    assert fails[Arm.STABLE] < 0.01
