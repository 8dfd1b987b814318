"""One worker in a release: what it has heard, what it serves, what it says.

It serves what was published, unless it has reason not to trust it, and then stable only: it has
heard nothing for too long, nobody judges any more, or its own test has failed. What it serves
meanwhile is no evidence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from serinus.application.release.ports import NodeState, Published
from serinus.domain.release.assignment import NOTHING, Routing
from serinus.domain.release.in_force import Limits, in_force, stable_only

HEARD_NOTHING = 10.0  # seconds
#: Seconds. A judge that is killed has a successor within three.
UNJUDGED = 30.0
#: Seconds until a worker tries again, where all others went on after its test had failed.
TRIP_LASTS = 60.0
#: What a worker says begins with it, when its own test has failed.
TRIPPED = "tripped"


@dataclass(frozen=True, slots=True)
class _Trip:
    epoch: int
    at: float
    why: str


class Node:
    """`serve` is told what to serve, whenever that is another routing. `clock`: monotonic
    seconds. `wake`: the worker has something to say that should not wait.
    """

    def __init__(
        self,
        identity: tuple[UUID, str, int],
        limits: Limits,
        serve: Callable[[Routing], None],
        clock: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        self._node, self._name, self._pid = identity
        self._limits, self._serve, self._clock, self._wake = limits, serve, clock, wake
        self._published: Published | None = None
        self._heard_at = clock()
        self._trip: _Trip | None = None
        self._served = limits.boot
        self.says = ""

    @property
    def id(self) -> UUID:
        return self._node

    @property
    def workers(self) -> int:
        """How many there are, as heard last."""
        return self._published.workers if self._published else 1

    @property
    def unjudged(self) -> float:
        """Seconds since the release that runs was judged, as far as heard; 0: none runs."""
        published = self._published
        if published is None or published.unjudged is None:
            return 0.0
        return published.unjudged + self._clock() - self._heard_at

    def state(self) -> NodeState:
        return NodeState(
            node=self._node,
            name=self._name,
            pid=self._pid,
            epoch=self._served.epoch,
            share=self._served.share,
            says=self.says,
        )

    def hears(self, published: Published) -> bool:
        """Say whether something else is served now, which the others should know."""
        self._published, self._heard_at = published, self._clock()
        return self.look_up()

    def look_up(self) -> bool:
        """Time has passed. Say whether something else is served now."""
        published = self._published
        if published is None:
            return False
        routing = in_force(self._limits, published.release, published.pins, published.epoch)
        why = self._reason(published, routing)
        before = (self._served, self.says)
        self._served, self.says = (stable_only(routing, why), why) if why else (routing, "")
        if before == (self._served, self.says):
            return False
        self._serve(self._served)
        return True

    def trip(self, why: str) -> None:
        """This worker's own test has failed: at once, without asking anybody."""
        if self._trip is None or self._trip.epoch != self._served.epoch:
            self._trip = _Trip(self._served.epoch, self._clock(), f"{TRIPPED}: {why}")
            self.look_up()
            self._wake()

    def _reason(self, published: Published, routing: Routing) -> str:
        """Why not to serve it; '' where there is none."""
        if routing.release_id is None or (routing.share == NOTHING and not routing.pins):
            return ""
        if self._clock() - self._heard_at >= HEARD_NOTHING:
            return f"heard nothing for {HEARD_NOTHING:.0f} s"
        if published.unjudged is not None and published.unjudged >= UNJUDGED:
            return f"nobody has judged for {UNJUDGED:.0f} s"
        return self._tripped(routing)

    def _tripped(self, routing: Routing) -> str:
        trip = self._trip
        if trip is None:
            return ""
        if trip.epoch != routing.epoch or self._clock() - trip.at >= TRIP_LASTS:
            self._trip = None
            return ""
        return trip.why
