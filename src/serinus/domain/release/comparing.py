"""What comparing answers has proven (the gate before real traffic)."""

from math import log

from serinus.domain.release.eprocess import log_breach, log_proof, needed
from serinus.domain.release.plan import Plan
from serinus.domain.release.verdict import ComparisonState, Reading

#: A route with less of the compared requests than this need not reach the plan's number by
#: itself. One of which nothing was compared is not known to be rare.
RARE = 0.01


def comparison_reading(plan: Plan, state: ComparisonState) -> Reading:
    """S1 on answers that differ."""
    compared, limit = sum(state.compared.values()), plan.comparison.limit
    threshold = -log(plan.risk.false_proof)
    return Reading(
        guardrail="comparison",
        arm=None,
        requests=compared,
        bad=state.differing,
        limit=limit,
        log_e=log_breach(state.differing, compared, limit),
        log_threshold=threshold,
        proven=log_proof(state.differing, compared, limit) >= threshold,
        needed=needed(state.differing, compared, limit, threshold),
    )


def missing_comparisons(plan: Plan, state: ComparisonState | None) -> str | None:
    """What is not proven yet, in a sentence; None where the gate is open."""
    if state is None:
        return "no answers have been compared yet"
    if state.unexplained:
        return f"answers differ on {', '.join(state.unexplained)}"
    if state.incomparable:
        return f"nobody has said why {', '.join(state.incomparable)} need not be compared"
    return _too_few(plan, state) or _unproven(plan, state)


def _too_few(plan: Plan, state: ComparisonState) -> str | None:
    least, total = plan.comparison.least_requests, sum(state.compared.values())
    for route, compared in sorted(state.compared.items()):
        if compared < least and (not compared or compared >= RARE * total):
            return f"{compared} of {least} answers compared on {route}"
    return None


def _unproven(plan: Plan, state: ComparisonState) -> str | None:
    reading = comparison_reading(plan, state)
    if reading.proven:
        return None
    if reading.needed is None:
        return f"{reading.bad} of {reading.requests} compared answers differ: too many"
    return f"about {reading.needed} more answers to compare"
