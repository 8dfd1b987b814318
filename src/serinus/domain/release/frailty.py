"""How prone to failing each stratum's consumers are, next to the others: the weights of S3.

Only who fails more often than the others *at the same time* is learnt. Rates over time would
not do: once some consumers are the candidate's, an outage that both engines share is seen on
stable with the rest alone; they would look bad by nature, and the candidate's part of the same
outage like its own fault. So a look in which stable failed mu times as often as expected of
those whom it served makes each of their requests worth mu. What comes and goes with time
cancels out, as the baseline hazard does in survival analysis (Cox, "Partial likelihood",
Biometrika 1975; a factor of one's own is called frailty there).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt

from serinus.domain.release.evidence import STRATA

#: What is expected before anything is known. Only ratios count: it is a unit, not a guess.
UNIT = 0.005
#: Expected bad ones after which half of what is known of a stratum is its own.
OWN = 1.0
#: Bad ones that a look counts for at most: an outage fails all alike, and drowns what is known.
MOST = 2.0
#: How far the odds may be off that one arm's consumers fail and not the other's: the upper end
#: of a one-sided 95 % interval (standard normal), and never more than so many times.
SURE, MOST_OFF = 1.645, 3.0


@dataclass(frozen=True, slots=True)
class Frailty:
    """Of each stratum: what its requests were worth, and how many of them were bad."""

    worth: tuple[float, ...] = (0.0,) * STRATA
    bad: tuple[float, ...] = (0.0,) * STRATA

    def rates(self) -> list[float]:
        """Expected of each stratum: its own, drawn to all others' while little is known."""
        return [
            (bad + OWN) / (worth + OWN / UNIT)
            for worth, bad in zip(self.worth, self.bad, strict=True)
        ]

    def odds_off(self, requests: Sequence[int], rates: Sequence[float], first: int) -> float:
        """How many times higher the odds may be that a failure is of the `first` strata, not of
        the others, than the `rates` say, at least 1. `requests`: how busy each stratum is.

        What is known of a stratum is a gamma distribution: its prior has the shape `OWN`, and
        each bad request adds 1. Its mean is the rate, its variance mean^2 / shape. The odds are
        a ratio of two independent sums of such rates; the delta method gives the variance of
        its logarithm.
        """
        sums, variances = [0.0, 0.0], [0.0, 0.0]
        for n, served in enumerate(requests):
            if served:
                arm, weight = n < first, served * rates[n]
                sums[arm] += weight
                variances[arm] += weight * weight / (self.bad[n] + OWN)
        if not all(sums):
            return MOST_OFF
        variance = sum(v / s**2 for v, s in zip(variances, sums, strict=True))
        return min(MOST_OFF, exp(SURE * sqrt(variance)))

    def after(self, requests: Sequence[int], bad: Sequence[int]) -> "Frailty":
        """A look at stable: `requests` of each stratum, and how many of them were bad."""
        failed = sum(bad)
        if not failed:
            return self  # who would have failed is not known
        part = min(1.0, MOST / failed)
        mu = failed / expected(requests, self.rates())
        worth, seen = list(self.worth), list(self.bad)
        for n in range(STRATA):
            if requests[n]:
                # Rounded, as it is written down with every look.
                worth[n] = round(worth[n] + part * mu * requests[n], 2)
                seen[n] = round(seen[n] + part * bad[n], 4)
        return Frailty(tuple(worth), tuple(seen))


def expected(requests: Sequence[int], rates: Sequence[float]) -> float:
    """Bad ones, in units that cancel out."""
    return sum(n * rate for n, rate in zip(requests, rates, strict=True) if n)
