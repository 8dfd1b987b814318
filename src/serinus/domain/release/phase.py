"""Where a release stands."""

from enum import StrEnum


class Phase(StrEnum):
    """In the order of a good life, then of a bad end."""

    COMPARING = "comparing"  # share 0: answers are compared, consumers are got to know
    RAMPING = "ramping"  # at a stage below the last one
    BAKING = "baking"  # all but the holdback
    COMPLETE = "complete"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    ABORTED = "aborted"

    @property
    def ended(self) -> bool:
        return self in ENDED


ENDED = frozenset({Phase.COMPLETE, Phase.ROLLED_BACK, Phase.ABORTED})
