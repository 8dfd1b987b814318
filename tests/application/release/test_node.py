"""One worker: it serves what it hears, as long as it has reason to trust it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest

from serinus.application.release.node import HEARD_NOTHING, TRIP_LASTS, UNJUDGED, Node
from serinus.application.release.ports import Published
from serinus.domain.release.assignment import NOTHING, Arm, Routing, Share
from serinus.domain.release.in_force import Limits
from serinus.domain.release.plan import DEFAULT
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import Kind
from tests.support.verdicts import AT, started, verdict

BOOT = Routing(share=Share(2500), origin="boot")


def ramping() -> Release:
    return started(DEFAULT).after(verdict(Kind.ADVANCE), AT + timedelta(days=1))


def published(release: Release | None = None, **members: object) -> Published:
    told = Published(epoch=5, release=release, pins={}, unjudged=0.5, workers=3)
    return replace(told, **members)  # type: ignore[arg-type] # members of it


@dataclass
class World:
    time: float = 100.0
    served: list[Routing] = field(default_factory=list)
    woken: int = 0

    def wake(self) -> None:
        self.woken += 1

    def node(self) -> Node:
        identity = (UUID(int=3), "here:8000", 17)
        return Node(identity, Limits(BOOT), self.served.append, lambda: self.time, self.wake)


@pytest.fixture
def world() -> World:
    return World()


def test_what_is_heard_is_served_and_said(world: World) -> None:
    node = world.node()

    assert node.hears(published(ramping()))
    assert not node.hears(published(ramping()))

    [routing] = world.served
    assert (routing.share, routing.epoch, node.workers) == (Share(1000), 5, 3)
    state = node.state()
    assert (state.node, state.name, state.pid) == (UUID(int=3), "here:8000", 17)
    assert (state.epoch, state.share, state.says) == (5, Share(1000), "")
    assert node.id == UUID(int=3)


def test_who_has_heard_nothing_yet_changes_nothing(world: World) -> None:
    node = world.node()

    assert not node.look_up()
    assert node.workers == 1
    assert node.state().share == BOOT.share


def test_that_nobody_judges_grows_with_time_while_a_release_runs(world: World) -> None:
    node = world.node()
    assert node.unjudged == 0

    node.hears(published(ramping()))
    world.time += 2

    assert node.unjudged == 2.5
    node.hears(published(unjudged=None))
    assert node.unjudged == 0


def test_who_hears_nothing_for_10_s_serves_stable_only_until_it_hears_again(
    world: World,
) -> None:
    node = world.node()
    node.hears(published(ramping()))

    world.time += HEARD_NOTHING - 0.1
    assert not node.look_up()
    world.time += 0.2
    assert node.look_up()

    assert world.served[-1].share == NOTHING
    assert not world.served[-1].watched
    assert world.served[-1].epoch == 5
    assert node.state().says == "heard nothing for 10 s"
    assert node.hears(published(ramping()))
    assert (world.served[-1].share, node.state().says) == (Share(1000), "")


def test_where_nobody_judges_the_candidate_serves_nobody(world: World) -> None:
    node = world.node()

    node.hears(published(ramping(), unjudged=UNJUDGED))

    assert world.served[-1].share == NOTHING
    assert node.says == "nobody has judged for 30 s"


@pytest.mark.parametrize("release", [None, started(DEFAULT)])
def test_who_serves_stable_by_order_has_nothing_to_fall_back_to(
    world: World, release: Release | None
) -> None:
    node = world.node()
    node.hears(published(release))

    world.time += 60

    assert not node.look_up()
    assert node.says == ""


def test_somebody_whose_arm_was_chosen_falls_back_as_well(world: World) -> None:
    node = world.node()
    node.hears(published(started(DEFAULT), pins={"naoko": Arm.CANDIDATE}))

    world.time += HEARD_NOTHING

    assert node.look_up()
    assert world.served[-1].pins == {}


def test_a_worker_whose_test_fails_is_on_stable_at_once_and_says_so(world: World) -> None:
    node = world.node()
    node.hears(published(ramping()))

    node.trip("3 of 3 requests failed")
    node.trip("4 of 4 requests failed")

    assert world.served[-1].share == NOTHING
    assert node.state().says == "tripped: 3 of 3 requests failed"
    assert world.woken == 1
    assert not node.hears(published(ramping()))


def test_a_tripped_worker_tries_again_in_another_epoch_or_after_a_minute(world: World) -> None:
    node = world.node()
    node.hears(published(ramping()))
    node.trip("once")
    assert node.hears(published(ramping(), epoch=6))
    assert world.served[-1].share == Share(1000)

    node.trip("twice")
    world.time += TRIP_LASTS
    node.hears(published(ramping(), epoch=6))

    assert (world.served[-1].share, node.says) == (Share(1000), "")
