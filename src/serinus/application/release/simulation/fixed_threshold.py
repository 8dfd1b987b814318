"""What a checker with a fixed threshold does, for comparison: exactly, not by simulation.

Once an interval it asks which part of the candidate's last requests failed. More than the limit
is a failed check, and so many failed checks are a rollback; the count never falls. That is how
widespread operators for canaries work. What they lack is any notion of how much a handful
of requests can prove.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from serinus.application.release.simulation.exact import at_most


@dataclass(frozen=True, slots=True)
class Checker:
    """`requests`: of the candidate in each interval of the ramp."""

    limit: float
    requests: Sequence[int]
    allowed: int = 5

    def taken_back(self, errors: float) -> float:
        """The probability, at that true part of failing requests."""
        failed = [1.0] + [0.0] * (self.allowed - 1)  # by how many checks have failed
        for requests in self.requests:
            # As many as the limit allows still pass.
            passes = at_most(int(self.limit * requests + 1e-9), requests, errors)
            before = [0.0, *failed[:-1]]
            failed = [
                here * passes + less * (1.0 - passes)
                for here, less in zip(failed, before, strict=True)
            ]
        return 1.0 - sum(failed)


def ramp(rate: float, *, minutes: int = 30, shares: Sequence[float] = (0.1, 0.5)) -> list[int]:
    """Requests of the candidate in each minute, its share growing evenly between the two."""
    first, last = shares
    return [
        round(60.0 * rate * (first + (last - first) * minute / max(1, minutes - 1)))
        for minute in range(minutes)
    ]
