"""What each request on trial came to: counted where it ends, and at once acted on if gross."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from time import monotonic, perf_counter

from serinus.application.asked import Asked
from serinus.application.release.doubt import Doubt
from serinus.application.release.evidence_counters import EvidenceCounters, Seen
from serinus.domain.release.assignment import Arm, Routing
from serinus.domain.release.tripwire import Tripwire
from serinus.presentation.http.asgi import Scope
from serinus.presentation.http.rescue import SAFE, Rescue

SERVER_ERROR, CLIENT_ERROR = 500, 400
NOTHING = Asked()

#: Whether stable works, where no request has shown it lately.
Probe = Callable[[], Awaitable[bool]]


@dataclass(slots=True)
class Attempt:
    """What the switch decided about a request, and how that went. `seconds`: what the arm took
    where another one answered. `began`: by `perf_counter`. `asked`: of the database.
    """

    routing: Routing
    arm: Arm
    stratum: int
    rescue: Rescue | None = None
    seconds: float | None = None
    began: float = field(default_factory=perf_counter)
    asked: Asked | None = None


class Evidence:
    """An observer of requests. `workers`: that share the risk; `trip`: take the share back;
    `doubt`: raised by each request that the candidate fails. `patience`: seconds after which
    the candidate is not waited for where it is read from, so neither is stable; 0: for ever.
    """

    def __init__(
        self,
        counters: EvidenceCounters,
        workers: Callable[[], int],
        trip: Callable[[str], None],
        probe: Probe | None,
        doubt: Doubt,
        patience: float = 0.0,
    ) -> None:
        self._counters, self._workers, self._trip = counters, workers, trip
        self._probe, self._doubt, self._patience = probe, doubt, patience
        self._tripwire = Tripwire(limit=1.0, risk=1.0)
        self._epoch = -1
        self._probing: asyncio.Task[None] | None = None

    def __call__(self, scope: Scope, status: int | None, _: int, seconds: float) -> None:
        state = scope["state"]
        attempt: Attempt | None = state.get("attempt")
        if attempt is None or (status is None and attempt.rescue is None):
            return  # nobody's evidence, or the client went away
        if attempt.seconds is not None:
            seconds = attempt.seconds
        failed = (
            attempt.rescue is not None
            or (status or SERVER_ERROR) >= SERVER_ERROR
            or self._too_late(scope, attempt)
        )
        self._watch(attempt, failed=failed)
        if attempt.asked is None:
            self._count(scope, status, seconds, failed=failed)
        else:
            # The driver tells of the last statement in the loop's next turn.
            loop = asyncio.get_running_loop()
            loop.call_soon(partial(self._count, scope, status, seconds, failed=failed))

    def _count(self, scope: Scope, status: int | None, seconds: float, *, failed: bool) -> None:
        state = scope["state"]
        attempt: Attempt = state["attempt"]
        routing, asked = attempt.routing, attempt.asked or NOTHING
        assert routing.release_id is not None  # noqa: S101 - only a release is watched
        place = (
            routing.release_id,
            routing.epoch,
            attempt.arm,
            self._counters.route(state.get("route")),
            attempt.stratum,
        )
        self._counters.add(
            Seen(
                place=place,
                seconds=seconds,
                error=failed,
                slow=seconds * 1000 > routing.over_ms,
                client_error=not failed and (status or 0) >= CLIENT_ERROR,
                rescued=attempt.rescue is Rescue.RESCUED,
                shared=attempt.rescue is Rescue.SHARED,
                cache_hit=state.get("cache_hit"),
                queries=asked.statements,
                db_seconds=asked.seconds,
            )
        )

    def _too_late(self, scope: Scope, attempt: Attempt) -> bool:
        """Only of stable: whoever reads from the candidate is answered by stable then."""
        if not self._patience or attempt.arm is not Arm.STABLE or scope["method"] not in SAFE:
            return False
        answered: float = scope["state"]["answered"]
        return answered - attempt.began > self._patience

    def _watch(self, attempt: Attempt, *, failed: bool) -> None:
        if failed and attempt.arm is Arm.CANDIDATE:
            self._doubt.failed()
        tripwire = self._of_epoch(attempt.routing)
        if tripwire is None:
            return
        at = monotonic()
        if attempt.arm is Arm.STABLE:
            tripwire.stable(at, failed=failed)
            return
        if attempt.rescue is not None:
            tripwire.stable(at, failed=attempt.rescue is Rescue.SHARED)
        tripwire.candidate(at, failed=failed)
        if failed and tripwire.breached(self._workers()):
            self._breached(tripwire)

    def _of_epoch(self, routing: Routing) -> Tripwire | None:
        """None for what ends so late that another routing is in force."""
        if routing.epoch > self._epoch:
            self._epoch = routing.epoch
            self._tripwire = Tripwire(routing.error_limit, routing.false_rollback)
        return self._tripwire if routing.epoch == self._epoch else None

    def _breached(self, tripwire: Tripwire) -> None:
        why = f"{tripwire.failed} of {tripwire.requests} requests failed on the candidate"
        shared = tripwire.shared(monotonic())
        if shared is False:
            self._trip(why)
        elif shared is None and (self._probing is None or self._probing.done()):
            self._probing = asyncio.ensure_future(self._ask_stable(tripwire, why))

    async def _ask_stable(self, tripwire: Tripwire, why: str) -> None:
        works = self._probe is None or await self._probe()
        tripwire.stable(monotonic(), failed=not works)
        if works and tripwire is self._tripwire:
            self._trip(why)
