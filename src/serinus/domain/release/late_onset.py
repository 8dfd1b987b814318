"""A change that comes late, after a long good history (S4).

An e-detector (Shin, Ramdas & Rinaldo, "E-detectors", 2023) begins a test anew at every look
and adds them up: M = (M + 1) x factor. It alarms by mistake once in 1/alpha looks on average:
with a look a second, within minutes. So what begins at look t has a weight here,
M = (M + w_t) x factor, and the weights sum to 1 over all time: M is an e-process itself, and by
mistake it ever exceeds 1/alpha with probability alpha at most. This costs a delay that grows
like the logarithm of the number of looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log, log1p

from serinus.domain.release.eprocess import log_add_exp, log_factors, log_mean_exp

#: Sum of 1 / (n ln^2 n) over all n from 2.
_NORMALISER = 2.1098


@dataclass(frozen=True, slots=True)
class LateOnset:
    """`logs`: ln M of each alternative; `looks`: that told something so far."""

    looks: int = 0
    logs: tuple[float, ...] = ()

    def after(self, bad: int, requests: int, limit: float) -> "LateOnset":
        """A look at so many requests, tested against a limit."""
        return self.grown(log_factors(bad, requests, limit)) if requests else self

    def grown(self, factors: Sequence[float]) -> "LateOnset":
        """A look that a test which knows nothing of late onset would grow by, in logarithms."""
        begun, before = log_weight(self.looks + 1), self.logs or (-inf,) * len(factors)
        logs = tuple(
            log_add_exp(each, begun) + factor
            for each, factor in zip(before, factors, strict=True)
        )
        return LateOnset(self.looks + 1, logs)

    def begun(self) -> "LateOnset":
        """Anew, without what there was. Its weights go on, so that nothing is spent by it."""
        return LateOnset(self.looks)

    @property
    def log_e(self) -> float:
        return log_mean_exp(self.logs) if self.logs else -inf

    def to_json(self) -> list[object]:
        return [self.looks, [None if each == -inf else each for each in self.logs]]

    @classmethod
    def from_json(cls, looks: int, logs: Sequence[float | None]) -> "LateOnset":
        return cls(looks, tuple(-inf if each is None else each for each in logs))


def log_weight(look: int) -> float:
    """ln of the weight of what begins at the look, counted from 1."""
    return -(log1p(look) + 2 * log(log1p(look)) + log(_NORMALISER))
