"""How soon somebody is told that a password is wrong: as late as for any other account.

Verifying takes a quarter of a second with bcrypt and a sixth of that with Argon2id, so the time
would tell which accounts there are, and how old they are. Whoever is wrong waits, asleep, for
as long as the slower scheme takes here and now.
"""

LONGEST = 2.0  # seconds; a machine that stood still must not delay everybody after it
MARGIN = 1.15  # runs differ; the wait has to cover all but a few
FORGETS = 0.02  # of what a crowded moment added, with each answer


class Pace:
    """Told what each verification took; tells how long to wait. In seconds."""

    def __init__(self) -> None:
        self._usual = 0.0  # the slower scheme, with a processor to itself
        self._floor = 0.0

    @property
    def floor(self) -> float:
        return self._floor

    def slower_scheme_took(self, seconds: float, *, busy: float) -> None:
        self._usual = min(MARGIN * busy, LONGEST)
        self._rise(seconds)

    def faster_scheme_took(self, seconds: float) -> None:
        self._rise(seconds)

    def left(self, seconds: float) -> float:
        """Until the floor is reached, of an answer that has taken so long."""
        left = max(0.0, self._floor - seconds)
        self._floor = max(self._usual, self._floor * (1 - FORGETS))
        return left

    def _rise(self, seconds: float) -> None:
        self._floor = max(self._floor, min(MARGIN * seconds, LONGEST))
