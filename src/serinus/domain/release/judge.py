"""What the evidence says: one total function, safety first, health of the measurement later.

Nothing that is held for masks what is for safety; no missing data counts as good or as bad;
and without proof there is no advance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from serinus.domain.release.alerts import alerts
from serinus.domain.release.assignment import Arm
from serinus.domain.release.comparing import comparison_reading, missing_comparisons
from serinus.domain.release.evidence import Cell, bad_of
from serinus.domain.release.memory import KINDS, Memory
from serinus.domain.release.observing import limit_of, observed
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import Plan
from serinus.domain.release.plan_members import Gate
from serinus.domain.release.readings import Tests
from serinus.domain.release.sentences import (
    BAD,
    beyond,
    far_beyond,
    rate,
    shown,
    worse,
    worse_pairs,
)
from serinus.domain.release.settling import kept
from serinus.domain.release.verdict import Kind, Reading, Situation, Verdict, Why

#: A cause is shared where no more of the candidate's bad requests of late are its own doing.
OWN = 0.5
#: Where the candidate answers somebody, whom it can be taken from.
AT_RISK = frozenset({Phase.RAMPING, Phase.BAKING})
#: ln E of stable's late onset from which its own limit is in question.
IN_QUESTION = 2.3  # ln 10


def look(
    plan: Plan, situation: Situation, news: Sequence[Cell], memory: Memory
) -> tuple[Verdict, Memory]:
    """`news`: what was counted since the last look."""
    memory = observed(plan, situation, news, memory)
    judge = _Judge(Tests(plan, situation, memory))
    verdict = next(judge.verdicts())
    tests = judge.tests
    memory = kept(tests, verdict)
    readings = tests.all()
    if situation.comparison is not None:
        readings.append(comparison_reading(plan, situation.comparison))
    return replace(
        verdict,
        readings=tuple(readings),
        alerts=alerts(tests, situation, plan),
        spent=tests.budget.spent,
    ), memory


class _Judge:
    def __init__(self, tests: Tests) -> None:
        self.tests = tests
        self._plan, self._situation = tests.plan, tests.situation
        self._memory = tests.memory

    def verdicts(self) -> Iterator[Verdict]:
        """The first one counts. There always is one."""
        yield from self._emergencies()
        yield from self._breaches()
        yield from self._worse()
        yield from self._shared()
        yield from self._split()
        yield from self._unready()
        yield from self._unproven()
        yield Verdict(kind=Kind.ADVANCE, sentence=self._advancing())

    def _emergencies(self) -> Iterator[Verdict]:
        for kind, reading in self._gross():
            if reading.breached:
                yield _verdict(Kind.EMERGENCY, reading, far_beyond(reading, kind))

    def _gross(self, *, shared: bool = False) -> Iterator[tuple[str, Reading]]:
        for kind in KINDS:
            yield kind, self.tests.gross(kind, shared=shared)
            if shared or not self._alike(kind):
                yield kind, self.tests.gross_late(kind)
        for route in self.tests.routes():
            yield "errors", self.tests.route_down(route, shared=shared)

    def _breaches(self) -> Iterator[Verdict]:
        """Beyond a limit, and it is the candidate's doing."""
        for kind in KINDS:
            whole = self._beyond(kind, Arm.CANDIDATE)
            if whole and (
                self.tests.relative(kind).breached
                or self.tests.relative_late(kind).breached
                or (kind == "errors" and self._worse_in_pairs())
                or self._was_good(kind)
            ):
                yield _verdict(Kind.ROLL_BACK, whole, beyond(whole, kind))
            for route in self.tests.routes():
                reading = self.tests.limit_of_route(kind, route)
                if reading.breached and self.tests.relative(kind, route).breached:
                    yield _verdict(Kind.ROLL_BACK, reading, beyond(reading, kind))

    def _worse(self) -> Iterator[Verdict]:
        for kind in KINDS:
            for reading in self.tests.all_relative(kind):
                if reading.breached:
                    yield _verdict(Kind.STEP_BACK, reading, worse(reading, kind))
        if pairs := self._worse_in_pairs():
            yield _verdict(Kind.STEP_BACK, pairs, worse_pairs(pairs))

    def _worse_in_pairs(self) -> Reading | None:
        """Where that is a reason to take back what the candidate has."""
        return self.tests.worse_pairs() if self._situation.phase in AT_RISK else None

    def _shared(self) -> Iterator[Verdict]:
        for kind in KINDS:
            ours = self._beyond(kind, Arm.CANDIDATE)
            if ours and not (self._beyond(kind, Arm.STABLE) or self._alike(kind)):
                ours = None
            if ours := ours or self._gross_breach(kind):
                yield _hold(
                    Why.SHARED_CAUSE,
                    f"requests {BAD[kind]} on both engines, {rate(ours)} on the candidate: "
                    "the cause is shared, a rollback would not help",
                    ours,
                )

    def _split(self) -> Iterator[Verdict]:
        reading = self.tests.split()
        if reading.breached:
            yield _hold(
                Why.BAD_SPLIT,
                f"{reading.bad} of {reading.requests} requests were served by the other "
                "engine than the assignment says",
                reading,
            )

    def _unready(self) -> Iterator[Verdict]:
        """What has to be there before the share grows, apart from proofs."""
        situation, ahead = self._situation, self._ahead
        if situation.paused:
            yield _hold(Why.PAUSED, "the release is paused")
        gate = Gate.NONE if ahead is None else self._plan.gate(ahead)
        if situation.phase is Phase.COMPARING and (pairs := self.tests.worse_pairs()):
            found = f"{worse_pairs(pairs)}: the gate stays shut"
            yield _hold(Why.COMPARISON, found, pairs)
        if gate is Gate.COMPARISON and (
            missing := missing_comparisons(self._plan, situation.comparison)
        ):
            yield _hold(Why.COMPARISON, missing)
        if gate is Gate.MANUAL and not situation.gate_open:
            yield _hold(Why.GATE, "the next stage waits for a person: promote")
        left = self._least_time - situation.in_stage
        if left > timedelta():
            yield _hold(Why.DWELL, f"this stage lasts {shown(left)} more at least")

    def _unproven(self) -> Iterator[Verdict]:
        if self._situation.phase not in AT_RISK:
            return
        readings = [self.tests.limit(kind, Arm.CANDIDATE) for kind in KINDS]
        if not readings[0].requests:
            yield _hold(Why.NO_TRAFFIC, "the candidate had no requests in this stage")
        open_ = [each for each in readings if not each.proven]
        if not open_:
            return
        hopeless = [each for each in open_ if each.needed is None]
        worst = hopeless[0] if hopeless else max(open_, key=lambda each: each.needed or 0)
        yield replace(
            _hold(Why.NEEDS_MORE, self._what_it_takes(worst), worst), needed=worst.needed
        )

    def _what_it_takes(self, reading: Reading) -> str:
        limit = f"the limit of {reading.limit:.3%}"
        if reading.needed is None:
            return f"{rate(reading)} on the candidate: not below {limit}"
        seconds = self._situation.in_stage.total_seconds()
        per_second = reading.requests / seconds if seconds else 0.0
        wait = (
            f", about {shown(timedelta(seconds=reading.needed / per_second))}"
            if per_second
            else ""
        )
        return f"about {reading.needed} more requests{wait} until {limit} is proven kept"

    def _beyond(self, kind: str, arm: Arm) -> Reading | None:
        for reading in (self.tests.limit(kind, arm), self.tests.late(kind, arm)):
            if reading.breached:
                return reading
        return None

    def _gross_breach(self, kind: str) -> Reading | None:
        """With what stable accounts for. Without it, it would have been an emergency."""
        found = self._gross(shared=True)
        return next((each for of, each in found if of == kind and each.breached), None)

    def _alike(self, kind: str) -> bool:
        """Stable fails the same way at the same time."""
        bad = self._memory.lately(Arm.CANDIDATE).bad(kind)
        return bad > 0 and self._memory.own_lately.get(kind, 0.0) <= OWN * bad

    def _was_good(self, kind: str) -> bool:
        """Stable kept its limit with these consumers before, and nothing speaks against that
        it still does: seen on no fewer requests than the candidate has had meanwhile.
        """
        if not self.tests.history(kind).proven or self._alike(kind):
            return False
        stable = self._memory.total(Arm.STABLE)
        candidate = self._memory.total(Arm.CANDIDATE)
        limit = limit_of(self._plan, kind)
        return (
            stable.requests >= candidate.requests
            and bad_of(stable, kind) <= 1 + limit * stable.requests
            and self.tests.late(kind, Arm.STABLE).log_e < IN_QUESTION
        )

    @property
    def _ahead(self) -> int | None:
        """The stage that an advance leads to."""
        match self._situation.phase:
            case Phase.COMPARING:
                return 0
            case Phase.RAMPING:
                return self._situation.stage + 1
            case _:
                return None

    @property
    def _least_time(self) -> timedelta:
        match self._situation.phase:
            case Phase.COMPARING:
                return self._plan.baseline
            case Phase.BAKING:
                return self._plan.bake
            case Phase.ROLLING_BACK:
                return self._plan.rollback_dwell
            case _:
                return self._plan.dwell

    def _advancing(self) -> str:
        ahead = self._ahead
        if self._situation.phase is Phase.BAKING:
            return "every limit is proven kept at 100 %: the release is complete"
        if self._situation.phase is Phase.ROLLING_BACK:
            return "what was found holds: further back"
        if ahead is None or ahead >= len(self._plan.stages):
            return "nothing is left to do"
        proof = (
            "" if self._situation.phase is Phase.COMPARING else "every limit is proven kept: "
        )
        return f"{proof}on to {self._plan.stages[ahead].percent} %"


def _verdict(kind: Kind, reading: Reading, sentence: str) -> Verdict:
    return Verdict(
        kind=kind, guardrail=reading.guardrail, route=reading.route, sentence=sentence
    )


def _hold(why: Why, sentence: str, reading: Reading | None = None) -> Verdict:
    return Verdict(
        kind=Kind.HOLD,
        why=why,
        sentence=sentence,
        guardrail=reading.guardrail if reading else None,
        route=reading.route if reading else None,
    )
