"""Every worker's own test, in a simulation: as it is, on a worker's part of the requests."""

from dataclasses import dataclass, field

from serinus.application.release.node import TRIPPED
from serinus.application.release.simulation.drawing import Draw
from serinus.domain.release.plan import Plan
from serinus.domain.release.tripwire import Tripwire

#: Good requests in a row after which a test that begins ever anew knows of none before them.
FORGOTTEN = 64


@dataclass(frozen=True, slots=True)
class Heard:
    """Since the last look. Of the candidate: requests, and failed ones. Of stable: requests,
    and the part of them that fails.
    """

    requests: int
    failed: int
    stable: int
    stable_fails: float


@dataclass(slots=True)
class Trips:
    """`reads`: part of the requests that stable is asked for when the candidate fails."""

    draw: Draw
    plan: Plan
    workers: int
    reads: float
    _epoch: int = -1
    _wires: list[Tripwire] = field(default_factory=list)

    def hear(self, epoch: int, at: float, heard: Heard) -> tuple[int, str] | None:
        """With which of the candidate's requests, from 1, a worker took its share back; why."""
        if epoch != self._epoch:
            rails, risk = self.plan.guardrails, self.plan.risk.false_rollback
            self._wires = [Tripwire(rails.error_rate.slo, risk) for _ in range(self.workers)]
            self._epoch = epoch
        if heard.stable_fails > self.plan.guardrails.error_rate.slo:
            # Only in an outage does it matter what stable did seconds ago.
            for wire in self._wires:
                self._tell(wire, at, heard)
        before = 0
        for place in sorted(self.draw.sample(range(heard.requests), heard.failed)):
            self._well(at, place - before)
            before = place + 1
            wire = self._wires[self.draw.randrange(self.workers)]
            wire.candidate(at, failed=True)
            if self.draw.random() < self.reads:
                wire.stable(at, failed=self.draw.random() < heard.stable_fails)
            if wire.breached(self.workers):
                why = f"{wire.failed} of {wire.requests} requests failed on the candidate"
                shared = self._shared(wire, at, heard)
                if not shared:
                    return before, f"{TRIPPED}: {why}"
        self._well(at, heard.requests - before)
        return None

    def _well(self, at: float, requests: int) -> None:
        """So many went well, on one worker or another."""
        each, rest = divmod(requests, self.workers)
        luckier = set(self.draw.sample(range(self.workers), rest))
        for number, wire in enumerate(self._wires):
            served = each + (number in luckier)
            wire.requests += max(0, served - FORGOTTEN)
            for _ in range(min(served, FORGOTTEN)):
                wire.candidate(at, failed=False)

    def _shared(self, wire: Tripwire, at: float, heard: Heard) -> bool:
        """What it has seen of stable lately tells; where it has seen nothing, it asks."""
        self._tell(wire, at, heard)
        shared = wire.shared(at)
        if shared is None:
            wire.stable(at, failed=self.draw.random() < heard.stable_fails)
            shared = wire.shared(at)
        return shared is True

    def _tell(self, wire: Tripwire, at: float, heard: Heard) -> None:
        """What a worker's part of stable's requests came to."""
        for _ in range(heard.stable // self.workers):
            wire.stable(at, failed=self.draw.random() < heard.stable_fails)
