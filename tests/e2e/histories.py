"""What was written when, and whether what is read may still be shown."""

from collections.abc import Hashable
from dataclasses import dataclass, field

ALLOWED = 1.0  # seconds that what has been overwritten may still be read


@dataclass(slots=True)
class Written:
    value: Hashable
    began: float  # before it was sent
    answered: float = float("inf")  # from then on it has to be shown, soon


@dataclass(slots=True)
class History:
    """Of one thing that one client writes, one value after the other."""

    values: list[Written] = field(default_factory=list)

    def begin(self, value: Hashable, now: float) -> Written:
        self.values.append(Written(value, now))
        return self.values[-1]

    @property
    def newest(self) -> Hashable:
        return self.values[-1].value

    def delay(self, value: Hashable, asked: float, read: float) -> float | None:
        """Seconds that it has been out of date when it was asked for; None: it never was it.

        Of several times that the same was written, the one that speaks for the reader counts.
        """
        delays = [
            max(0.0, asked - self._overwritten(place))
            for place, each in enumerate(self.values)
            if each.value == value and each.began <= read
        ]
        return min(delays, default=None)

    def _overwritten(self, place: int) -> float:
        """Of what was not answered nobody knows whether it was written."""
        later = self.values[place + 1 :]
        return min((each.answered for each in later), default=float("inf"))


@dataclass(slots=True)
class Verdict:
    """All that was read, judged."""

    reads: int = 0
    away: int = 0  # told to come again
    hits: int = 0
    shared: int = 0  # of the hits, those that another worker had left
    delays: list[float] = field(default_factory=list)  # of what was out of date at all
    wrong: list[str] = field(default_factory=list)

    def judge(
        self, what: str, history: History, value: Hashable, asked: float, read: float
    ) -> None:
        delay = history.delay(value, asked, read)
        if delay is None or delay > ALLOWED:
            self.wrong.append(f"{what}: {value!r}, not {history.newest!r}, {delay} s late")
        elif delay:
            self.delays.append(delay)

    @property
    def told(self) -> str:
        longest = max(self.delays, default=0.0) * 1000
        return (
            f"{self.reads:,} reads, {self.hits / self.reads:.0%} of them hits, "
            f"{self.shared:,} in Redis; {len(self.delays):,} values were overwritten when they "
            f"were asked for, for {longest:.0f} ms at most"
        )
