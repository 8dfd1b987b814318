"""All tests of a look, from what is known after it."""

from dataclasses import dataclass, replace
from math import log

from serinus.domain.release import pairs, relative
from serinus.domain.release.assignment import Arm
from serinus.domain.release.budget import Budget
from serinus.domain.release.eprocess import log_breach, log_proof, needed
from serinus.domain.release.evidence import MOST_ROUTES, Counts, bad_of, wholly_below
from serinus.domain.release.memory import KINDS, Memory
from serinus.domain.release.observing import PAIRED, gross_limit, limit_of, ratio_of
from serinus.domain.release.plan import Plan
from serinus.domain.release.shared_cause import own_of_route
from serinus.domain.release.verdict import Reading, Situation

#: More of the requests than this do not stand where the assignment puts them.
SPLIT_LIMIT, SPLIT_RISK = 0.01, 0.01
#: ln of no evidence at all; JSON knows no infinity.
NOTHING = -1_000.0
#: What a person is told of as an alert, and nothing is decided by.
ALERT_RISK = 0.01
GUARDRAIL = {"errors": "error_rate", "slow": "slow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ours:
    """What the candidate did, in all or on a route."""

    counts: Counts
    kind: str
    route: str | None = None
    set_aside: int = 0  # bad requests that stable accounts for

    def against(self, guardrail: str, limit: float, log_threshold: float) -> Reading:
        bad = bad_of(self.counts, self.kind) - self.set_aside
        requests = self.counts.requests - self.set_aside
        return Reading(
            guardrail=guardrail,
            arm=Arm.CANDIDATE,
            route=self.route,
            requests=requests,
            bad=bad,
            limit=limit,
            log_e=log_breach(bad, requests, limit),
            log_threshold=log_threshold,
        )


@dataclass(frozen=True, slots=True)
class Tests:
    plan: Plan
    situation: Situation
    memory: Memory

    @property
    def budget(self) -> Budget:
        return Budget(self.plan.risk.false_rollback, self.memory.attempt)

    def gross(self, kind: str, *, shared: bool = False) -> Reading:
        """Five times the limit, without what stable accounts for unless it is asked for."""
        limit, counts = gross_limit(self.plan, kind), self.memory.total(Arm.CANDIDATE)
        aside = 0 if shared else int(bad_of(counts, kind) - self.memory.own.get(kind, 0.0))
        ours = _Ours(counts=counts, kind=kind, set_aside=aside)
        return ours.against(f"emergency:{GUARDRAIL[kind]}", limit, self.budget.gross(kind))

    def gross_late(self, kind: str) -> Reading:
        """The same, of what began late: all that stable accounts for has been forgotten."""
        reading = self._late(f"gross:{kind}", Arm.CANDIDATE, kind)
        return replace(
            reading,
            guardrail=f"emergency:late:{GUARDRAIL[kind]}",
            limit=gross_limit(self.plan, kind),
            log_threshold=self.budget.gross_late(kind),
        )

    def route_down(self, route: str, *, shared: bool = False) -> Reading:
        """Whether nothing works there."""
        threshold = self.budget.route_down(self._place(route))
        ours = self._on(route, "errors")
        if not shared:
            theirs = self.memory.on(Arm.STABLE, route)
            own = own_of_route(ours.counts, theirs, self.own_part("errors"))
            ours = replace(ours, set_aside=int(ours.counts.errors - own))
        return ours.against("emergency:route", 0.5, threshold)

    def own_part(self, kind: str) -> float:
        """Of the candidate's bad requests in this stage, those that are its own doing."""
        bad = bad_of(self.memory.total(Arm.CANDIDATE), kind)
        return self.memory.own.get(kind, 0.0) / bad if bad else 1.0

    def limit(self, kind: str, arm: Arm) -> Reading:
        """S1 of errors, S2 of slow ones: within the limit, beyond it, or not known yet."""
        limit, counts = limit_of(self.plan, kind), self.memory.total(arm)
        bad, proof = bad_of(counts, kind), -log(self.plan.risk.false_proof)
        return Reading(
            guardrail=GUARDRAIL[kind],
            arm=arm,
            requests=counts.requests,
            bad=bad,
            limit=limit,
            log_e=log_breach(bad, counts.requests, limit),
            log_threshold=self.budget.limit(kind),
            proven=log_proof(bad, counts.requests, limit) >= proof,
            needed=needed(bad, counts.requests, limit, proof),
        )

    def limit_of_route(self, kind: str, route: str) -> Reading:
        limit = limit_of(self.plan, kind)
        threshold = self.budget.limit_of_route(kind, self._place(route))
        return self._on(route, kind).against(GUARDRAIL[kind], limit, threshold)

    def late(self, kind: str, arm: Arm) -> Reading:
        """S4."""
        return self._late(f"{arm}:{kind}", arm, kind)

    def _late(self, test: str, arm: Arm, kind: str) -> Reading:
        counts, onset = self.memory.total(arm), self.memory.late.get(test)
        return Reading(
            guardrail=f"late:{GUARDRAIL[kind]}",
            arm=arm,
            requests=counts.requests,
            bad=bad_of(counts, kind),
            limit=limit_of(self.plan, kind),
            log_e=NOTHING if onset is None else max(NOTHING, onset.log_e),
            log_threshold=self.budget.late(kind),
        )

    def relative(self, kind: str, route: str | None = None) -> Reading:
        """S3."""
        test = kind if route is None else f"{kind}:{route}"
        counts = (
            self.memory.total(Arm.CANDIDATE)
            if route is None
            else self.memory.on(Arm.CANDIDATE, route)
        )
        return Reading(
            guardrail=f"relative:{kind}",
            arm=Arm.CANDIDATE,
            route=route,
            requests=counts.requests,
            bad=bad_of(counts, kind),
            limit=ratio_of(self.plan, kind),
            log_e=relative.log_e(self.memory.relative.get(test, relative.NEUTRAL)),
            log_threshold=self.budget.relative(kind)
            if route is None
            else self.budget.relative_of_route(kind, self._place(route)),
        )

    def all_relative(self, kind: str) -> list[Reading]:
        routes = [self.relative(kind, route) for route in self.routes()]
        return [self.relative(kind), self.relative_late(kind), *routes]

    def relative_late(self, kind: str) -> Reading:
        """S3, of what began late: it has sunk deep while all went well."""
        reading = self._late(f"relative:{kind}", Arm.CANDIDATE, kind)
        return replace(
            reading,
            guardrail=f"relative:late:{kind}",
            limit=ratio_of(self.plan, kind),
            log_threshold=self.budget.relative_late(kind),
        )

    def pairs(self) -> Reading:
        """S5, in this stage."""
        worse, better = (
            max(0, seen - settled)
            for seen, settled in zip(self.memory.pairs, self.memory.settled, strict=True)
        )
        return Reading(
            guardrail=PAIRED,
            arm=Arm.CANDIDATE,
            requests=worse + better,
            bad=worse,
            limit=pairs.NULL,
            log_e=pairs.log_e(worse, better),
            log_threshold=self.budget.pairs(),
        )

    def pairs_late(self) -> Reading:
        """The same, of what began late."""
        onset = self.memory.late.get(PAIRED)
        return replace(
            self.pairs(),
            guardrail=f"late:{PAIRED}",
            log_e=NOTHING if onset is None else max(NOTHING, onset.log_e),
            log_threshold=self.budget.pairs_late(),
        )

    def worse_pairs(self) -> Reading | None:
        """Where they say that the candidate is worse."""
        return next((each for each in (self.pairs(), self.pairs_late()) if each.breached), None)

    def history(self, kind: str) -> Reading:
        """Stable within its limit before, with the consumers that are the candidate's now."""
        strata = wholly_below(self.situation.share)
        bad, requests = self.memory.history(kind).first(strata)
        limit = limit_of(self.plan, kind)
        log_e, threshold = log_proof(bad, requests, limit), self.budget.history(kind)
        return Reading(
            guardrail=f"history:{kind}",
            arm=Arm.STABLE,
            requests=requests,
            bad=bad,
            limit=limit,
            log_e=log_e,
            log_threshold=threshold,
            proven=log_e >= threshold,
        )

    def split(self) -> Reading:
        placed, misplaced = self.memory.placed, self.memory.misplaced
        return Reading(
            guardrail="split",
            arm=None,
            requests=placed,
            bad=misplaced,
            limit=SPLIT_LIMIT,
            log_e=log_breach(misplaced, placed, SPLIT_LIMIT),
            log_threshold=-log(SPLIT_RISK),
        )

    def routes(self) -> list[str]:
        """With traffic of the candidate's in this stage."""
        return sorted({route for arm, route in self.memory.stage if arm is Arm.CANDIDATE})

    def all(self) -> list[Reading]:
        """The important ones first; of routes, those that breach."""
        arms = [Arm.CANDIDATE, Arm.STABLE]
        whole = [
            *(self.limit(kind, arm) for kind in KINDS for arm in arms),
            *(self.relative(kind) for kind in KINDS),
            *(self.relative_late(kind) for kind in KINDS),
            *(self.late(kind, arm) for kind in KINDS for arm in arms),
            *(self.gross(kind) for kind in KINDS),
            *(self.gross_late(kind) for kind in KINDS),
            *(self.history(kind) for kind in KINDS),
            self.pairs(),
            self.pairs_late(),
            self.split(),
        ]
        routes = [
            reading
            for route in self.routes()
            for reading in (
                self.route_down(route),
                *(self.limit_of_route(kind, route) for kind in KINDS),
                *(self.relative(kind, route) for kind in KINDS),
            )
        ]
        return whole + [each for each in routes if each.breached]

    def _on(self, route: str, kind: str) -> _Ours:
        return _Ours(counts=self.memory.on(Arm.CANDIDATE, route), kind=kind, route=route)

    def _place(self, route: str) -> int:
        """From 1, always the same. The pooled ones come last."""
        routes = self.memory.routes
        return routes.index(route) + 1 if route in routes else MOST_ROUTES + 1
