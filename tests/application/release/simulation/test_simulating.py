"""Releases on made-up traffic end as they should, by the judge that decides on real ones."""

from itertools import pairwise

import pytest

from serinus.application.release.simulation.scenarios import SCENARIOS, Scenario
from serinus.application.release.simulation.study import MINUTES
from serinus.application.release.simulation.traffic import Traffic
from serinus.domain.release.phase import Phase
from serinus.domain.release.verdict import Kind
from tests.support.simulated import released


def test_the_same_chance_makes_the_same_release() -> None:
    assert released("worse", traced=True) == released("worse", traced=True)
    assert released("worse", seed=1) != released("worse", seed=2)


def test_what_is_healthy_is_not_taken_back() -> None:
    outcomes = released("healthy", runs=4)

    assert [each.taken_back for each in outcomes] == [False] * 4
    assert sum(each.phase is Phase.COMPLETE for each in outcomes) >= 3
    assert all(each.looks > 150 for each in outcomes)


def test_a_healthy_release_goes_through_all_stages_and_stays_as_long_as_the_plan_says() -> None:
    [outcome] = released("healthy", traced=True)

    shares = [each.share for each in outcome.trace]
    assert list(dict.fromkeys(shares)) == [0, 1_000, 5_000, 9_000, 9_900, 10_000]
    assert list(outcome.stages) == ["comparing", "10 %", "50 %", "90 %", "baking"]
    assert min(outcome.stages.values()) >= 299.9
    assert all(before.seconds < here.seconds for before, here in pairwise(outcome.trace))


def test_5_percent_of_errors_are_caught_soon() -> None:
    """All of 30 taken back; what is claimed of the median is for `make claims` to say."""
    outcomes = released("worse", runs=30)

    delays = sorted(each.caught.requests for each in outcomes if each.caught)
    assert [each.phase for each in outcomes] == [Phase.ROLLED_BACK] * 30
    assert delays[15] <= 120
    assert max(each.touched for each in outcomes) < 0.2
    assert all(each.rescued <= each.failed <= each.requests for each in outcomes)


def test_a_candidate_that_fails_everything_is_gone_after_3_requests_of_each_worker() -> None:
    outcomes = released("gross", runs=10)

    caught = [each.caught for each in outcomes if each.caught]
    assert {each.kind for each in caught} == {Kind.EMERGENCY}
    assert max(each.requests for each in caught) <= 6  # of two workers
    assert [each.phase for each in outcomes] == [Phase.ROLLED_BACK] * 10


def test_a_slow_candidate_is_taken_back() -> None:
    assert all(each.taken_back for each in released("slow", runs=6))


def test_what_begins_late_is_not_caught_before() -> None:
    [outcome] = released("late", traced=True)

    entered = next(each.seconds for each in outcome.trace if each.share == 5_000)
    back = next(each for each in outcome.trace if each.seconds > entered and each.share < 5_000)
    assert outcome.caught is not None
    assert outcome.caught.seconds == pytest.approx(back.seconds - entered - 120.0, abs=20.0)


@pytest.mark.parametrize("scenario", ["outage", "database-away"])
def test_what_both_engines_fail_takes_nothing_back(scenario: str) -> None:
    outcomes = released(scenario, runs=2)

    assert [(each.taken_back, each.step_backs) for each in outcomes] == [(False, 0)] * 2
    assert all(each.failed > 20 for each in outcomes)


def test_without_the_database_nobody_judges_until_all_is_heard_at_once() -> None:
    [outcome] = released("database-away", traced=True)

    entered = next(each.seconds for each in outcome.trace if each.share == 5_000)
    looked = [each.seconds - entered for each in outcome.trace]
    assert not [each for each in looked if 120.1 < each < 129.9]
    assert [each for each in looked if 129.9 <= each < 131.0]


def test_without_traffic_nothing_moves() -> None:
    [outcome] = released("no-traffic", traced=True)

    assert outcome.phase is Phase.COMPARING
    assert {each.share for each in outcome.trace} == {0}
    assert outcome.seconds == pytest.approx(21_600.0)
    assert outcome.looks < 200  # an idle release is cheap


def test_a_release_of_whom_nobody_takes_part_stays_where_it_is() -> None:
    """A single consumer, on stable while the candidate has a tenth of all."""
    alone = Scenario(name="-", meaning="-", traffic=Traffic(consumers=1, rate=2.0))

    [outcome] = released(alone, seed=1)

    assert outcome.phase is Phase.RAMPING
    assert outcome.held["no_traffic"] > 10_000


def test_every_scenario_says_what_it_is() -> None:
    assert all(name == each.name and each.meaning for name, each in SCENARIOS.items())
    assert MINUTES.contradictions() == []
