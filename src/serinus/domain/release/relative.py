"""Whether the candidate is worse than stable (S3), whatever the time of day does to both.

Conditional on the number of errors, each is the candidate's with probability P. If the
candidate fails at most rho times as often as stable does with the same consumers,

    P <= q0 = rho w / (rho w + 1 - w)

where w is the candidate's part of the *expected* errors: its consumers' requests, each times
how prone to failing stable has shown those consumers to be (see `frailty`). The likelihood
ratios of larger P multiply to an e-process while w changes with stages and consumers, since w
is known before an error's arm is (Lindon & Malek, "Anytime-Valid Inference for Multinomial
Count Data", NeurIPS 2022).

The part of requests would not do: consumers differ, and stick to their arm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from serinus.domain.release.eprocess import log_mean_exp
from serinus.domain.release.evidence import STRATA
from serinus.domain.release.frailty import expected

#: Alternatives: so many times worse than allowed.
TIMES = (2.0, 5.0, 20.0)
NEUTRAL = (0.0,) * len(TIMES)


@dataclass(frozen=True, slots=True)
class History:
    """What stable did with each stratum: requests, and how many of them were bad."""

    requests: tuple[int, ...] = (0,) * STRATA
    bad: tuple[int, ...] = (0,) * STRATA

    def first(self, strata: int) -> tuple[int, int]:
        """Bad ones and requests of so many strata."""
        return sum(self.bad[:strata]), sum(self.requests[:strata])


@dataclass(frozen=True, slots=True)
class Look:
    """What one look brought: requests of each stratum by arm, bad ones by arm."""

    candidate: Sequence[int]
    stable: Sequence[int]
    candidate_bad: int
    stable_bad: int


def log_factors(look: Look, rates: Sequence[float], ratio: float) -> tuple[float, ...]:
    """What the logarithms grow by, for each of `TIMES`; `ratio` is rho."""
    if not look.candidate_bad and not look.stable_bad:
        return NEUTRAL
    ours = expected(look.candidate, rates)
    theirs = expected(look.stable, rates)
    if not ours or not theirs:
        return NEUTRAL  # nothing to compare with
    allowed = ratio * ours / theirs  # odds of an error to be the candidate's
    factors = []
    for times in TIMES:
        # q / q0 and (1 - q) / (1 - q0), in odds
        other = log((1 + allowed) / (1 + times * allowed))
        factors.append(look.candidate_bad * (log(times) + other) + look.stable_bad * other)
    return tuple(factors)


def log_e(logs: Sequence[float]) -> float:
    return log_mean_exp(logs)
