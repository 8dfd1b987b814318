"""When to compare more than the sample: for a while after the candidate failed a request.

A candidate with a tenth of the requests shows little of itself, and stable's nine tenths would
show nine times as much if they were compared. To compare them all would cost as much all the
time. So a failure makes those that follow it count. What is compared is still decided before
anybody knows how it ends, so the pairs prove what they prove (see `domain.release.pairs`).
"""

from dataclasses import dataclass

#: Stable's reads that are compared after a failure. A candidate with a tenth of the requests
#: that fails one in twenty does so again before they are through.
CLOSER = 200


@dataclass(slots=True)
class Doubt:
    """Of one worker."""

    left: int = 0

    def failed(self) -> None:
        """The candidate, a request of whatever kind."""
        self.left = CLOSER

    def takes(self) -> bool:
        """Whether the next read is compared for it; counts it."""
        if not self.left:
            return False
        self.left -= 1
        return True
