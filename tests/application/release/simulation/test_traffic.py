"""Made-up traffic is what it was asked to be."""

from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest

from serinus.application.release.simulation.scenarios import SCENARIOS, Fault, Scenario
from serinus.application.release.simulation.study import MINUTES
from serinus.application.release.simulation.traffic import Consumer, Flow, Traffic, population
from serinus.domain.release.assignment import EVERYTHING, Arm, Share, bucket
from serinus.domain.release.evidence import Cell, Counts, stratum
from serinus.domain.release.memory import summed
from serinus.domain.release.plan import Plan

HALF = Share(5_000)
#: Consumers of whom nobody dominates, so that sums are near what is expected.
EVEN = Traffic(consumers=400, tail=6.0, unlike=0.3, errors=0.02, slow=0.05)


def flowing(
    scenario: Scenario, share: Share, plan: Plan = MINUTES, *, faulty: bool = False
) -> tuple[Flow, list[Consumer]]:
    consumers = population(Random(1), scenario.traffic, "salt")  # noqa: S311 - no secret
    rates = scenario.rates(faulty=faulty, out=False)
    return Flow(consumers, scenario.traffic, rates, plan, share), consumers


def drawn(flow: Flow, requests: float, *, seed: int = 2) -> list[Cell]:
    draw = Random(seed)  # noqa: S311 - no secret
    return flow.cells_of(draw, 1, requests, flow.bad(draw, requests))


def of(cells: Sequence[Cell], arm: Arm) -> Counts:
    return summed(each.counts for each in cells if each.arm is arm)


@pytest.mark.parametrize("requests", [2_000.0, 200_000.0], ids=["one by one", "by cell"])
def test_as_much_goes_wrong_as_was_asked_for(requests: float) -> None:
    flow, _ = flowing(Scenario(name="-", meaning="-", traffic=EVEN), HALF)

    total = summed(each.counts for n in range(10) for each in drawn(flow, requests, seed=n))

    assert total.requests == pytest.approx(10 * requests, rel=0.02)
    assert total.errors / total.requests == pytest.approx(0.02, rel=0.12)
    assert total.slow / total.requests == pytest.approx(0.05, rel=0.12)


def test_every_request_is_where_the_switch_would_send_it() -> None:
    flow, consumers = flowing(Scenario(name="-", meaning="-", traffic=EVEN), HALF)
    cells = drawn(flow, 20_000)

    known = {(each.route, stratum(each.number)): each.number < 5_000 for each in consumers}
    assert consumers[7].number == bucket("salt", "consumer-7")
    assert {(each.arm is Arm.CANDIDATE) == (each.stratum < 128) for each in cells} == {True}
    assert {(each.route, each.stratum) for each in cells} <= set(known)


def test_a_larger_share_only_adds_consumers() -> None:
    scenario = Scenario(name="-", meaning="-", traffic=EVEN)
    small, large = flowing(scenario, Share(1_000))[0], flowing(scenario, HALF)[0]

    ours = [
        {cell for cell in flow.cells if cell[0] is Arm.CANDIDATE} for flow in (small, large)
    ]
    assert ours[0] < ours[1]


def test_the_busiest_tenth_of_heavy_tailed_consumers_does_most() -> None:
    parts = sorted(
        each.part
        for each in population(Random(3), SCENARIOS["identical"].traffic, "s")  # noqa: S311 - no secret
    )

    assert sum(parts) == pytest.approx(1.0)
    assert sum(parts[-20:]) > 0.5


def test_a_fault_of_all_requests_fails_them_all_and_reads_are_rescued() -> None:
    scenario = Scenario(name="-", meaning="-", traffic=EVEN, fault=Fault(errors=1.0))
    flow, _ = flowing(scenario, HALF, faulty=True)

    ours, theirs = (of(drawn(flow, 10_000), arm) for arm in (Arm.CANDIDATE, Arm.STABLE))

    assert ours.errors == ours.requests > 4_000
    assert theirs.errors / theirs.requests < 0.04
    assert (ours.rescued + ours.shared) / ours.errors == pytest.approx(0.9, abs=0.03)
    assert ours.shared / (ours.rescued + ours.shared) == pytest.approx(0.02, abs=0.015)


def test_an_excluded_route_stays_on_stable_and_a_held_back_one_gets_its_own_share() -> None:
    routes = {"exclude": ["/api/v1/tags"], "shares": {"/api/v1/posts": 10}}
    plan = Plan.from_json({"routes": routes})
    flow, _ = flowing(Scenario(name="-", meaning="-", traffic=EVEN), EVERYTHING, plan)

    arms = Counter((route, arm) for arm, route, _ in flow.cells)

    assert arms["/api/v1/tags", Arm.CANDIDATE] == 0
    assert 0 < arms["/api/v1/posts", Arm.CANDIDATE] < 0.25 * arms["/api/v1/posts", Arm.STABLE]
    assert arms["/api/v1/posts/{post_id}", Arm.STABLE] == 0


def test_the_day_has_more_and_less_busy_hours() -> None:
    traffic = Traffic(rate=10.0, day=0.5)

    assert [traffic.at(hour * 3_600) for hour in (0, 6, 18)] == pytest.approx([10, 15, 5])
