"""What is allowed in a plan, and costs something that its author may not know of."""

from serinus.domain.release.durations import shown
from serinus.domain.release.plan import LONGEST_BASELINE, Plan


def cautions(plan: Plan) -> list[str]:
    """Each of the form `member: what it costs`."""
    found = []
    if plan.baseline < LONGEST_BASELINE:
        found.append(
            f"baseline: in {shown(plan.baseline)} little is learnt of which consumers fail "
            "more often than others; a healthy candidate may be blamed for them. "
            f"{shown(LONGEST_BASELINE)} is what the promise of {plan.risk.false_rollback:.1%} "
            "is checked with"
        )
    if not plan.comparison.sample:
        found.append(
            "comparison.sample: nothing is compared once there is traffic, so a fault that "
            "begins then takes longer to prove"
        )
    if not plan.holdback.basis_points:
        found.append(
            "holdback: nobody stays on stable at 100 %, so a cause that both engines share "
            "cannot be told from the candidate's fault"
        )
    return found
