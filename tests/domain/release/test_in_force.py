"""What a worker serves: the release, within what the settings allow."""

from datetime import timedelta

import pytest

from serinus.domain.release.assignment import (
    EVERYTHING,
    NOTHING,
    Arm,
    Routing,
    Share,
    boot_routing,
)
from serinus.domain.release.in_force import Limits, in_force, stable_only, told
from serinus.domain.release.plan import DEFAULT, Plan
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import Kind
from tests.support.verdicts import AT, started, verdict

PINS = {"naoko": Arm.CANDIDATE}
FREE = Limits(Routing(share=NOTHING, origin="default"))


def limited(percent: int) -> Limits:
    share = Share(percent * 100)
    boot = boot_routing(percentage=share, v2_enabled=True, legacy_enabled=True)
    return Limits(boot, ceiling=share)


def ramping(plan: Plan = DEFAULT) -> Release:
    return started(plan).after(verdict(Kind.ADVANCE), AT + timedelta(days=1))


def test_without_a_release_the_settings_say_it_all() -> None:
    routing = in_force(limited(30), None, {}, epoch=4)

    assert (routing.share, routing.epoch) == (Share(3000), 4)
    assert not routing.watched
    assert routing.release_id is None


def test_a_release_brings_its_share_its_salt_and_what_belongs_to_it() -> None:
    plan = Plan.from_json(
        {
            "guardrails": {"slow": {"over_ms": 150}},
            "routes": {"exclude": ["/a"], "shares": {"/b": 5}},
        }
    )
    release = ramping(plan)

    routing = in_force(FREE, release, PINS, epoch=9)

    assert routing == Routing(
        share=Share(1000),
        origin=told(release),
        epoch=9,
        salt="salt",
        release_id=release.id,
        watched=True,
        over_ms=150,
        pins=PINS,
        excluded_routes=frozenset({"/a"}),
        route_shares={"/b": Share(500)},
        shadow=0.05,
    )


@pytest.mark.parametrize(("ceiling", "share"), [(0, 0), (5, 500), (10, 1000), (60, 1000)])
def test_the_settings_limit_every_release(ceiling: int, share: int) -> None:
    routing = in_force(limited(ceiling), ramping(), {}, epoch=9)

    assert routing.share == Share(share)
    assert ("limits" in routing.origin) == (ceiling < 10)


def test_the_kill_switch_takes_even_those_whose_arm_somebody_chose() -> None:
    assert in_force(limited(0), ramping(), PINS, epoch=9).pins == {}


@pytest.mark.parametrize("share", [NOTHING, EVERYTHING])
def test_where_one_engine_is_turned_off_no_release_turns_it_on(share: Share) -> None:
    limits = Limits(Routing(share=share, origin="off"), fixed=True)

    routing = in_force(limits, ramping(), PINS, epoch=9)

    assert (routing.share, routing.pins, routing.watched) == (share, {}, False)


@pytest.mark.parametrize("over", [Release.abort, lambda r, at: r.roll_back(at)])
def test_a_release_that_was_taken_back_keeps_the_candidate_away(over: object) -> None:
    ended = over(ramping(), AT)  # type: ignore[operator] # a transition

    routing = in_force(limited(100), ended, PINS, epoch=9)

    assert (routing.share, routing.pins, routing.watched) == (NOTHING, {}, False)


def test_everything_is_compared_before_the_first_stage_and_nothing_on_the_way_back() -> None:
    plan = Plan.from_json({"stages": [10, 50, 100], "dwell": "0s"})
    at_50 = ramping(plan).after(verdict(Kind.ADVANCE), AT + timedelta(days=2))

    assert in_force(FREE, started(plan), {}, epoch=9).shadow == 1.0
    assert in_force(FREE, at_50, {}, epoch=9).shadow == 0.05
    assert in_force(FREE, at_50.roll_back(AT), {}, epoch=9).shadow == 0.0


def test_stable_only_is_no_evidence_and_makes_no_exceptions() -> None:
    routing = stable_only(in_force(FREE, ramping(), PINS, epoch=9), "heard nothing")

    assert (routing.share, routing.pins, routing.watched) == (NOTHING, {}, False)
    assert (routing.epoch, routing.origin, routing.shadow) == (9, "heard nothing", 0.0)


def test_where_a_share_comes_from_is_told_in_words() -> None:
    plan = Plan.from_json({"stages": [80, 100], "rollback_stages": [20, 0]})
    release = ramping(plan)

    assert told(started(plan)).endswith(": comparing")
    assert told(release).endswith(": stage 1 of 2")
    assert told(release.roll_back(AT)).endswith(": rolling back to 20 %")
    assert told(release.abort(AT)).endswith(": aborted")
