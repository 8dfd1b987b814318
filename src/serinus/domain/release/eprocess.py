"""Evidence that stays valid however often one looks at it.

An e-process starts at 1 and is multiplied by likelihood ratios of alternatives to the limit. As
long as the true rate respects the limit its expectation never grows, so the chance that it ever
exceeds 1/alpha is at most alpha (Ville's inequality; Ramdas, Gruenwald, Vovk & Shafer, "Game-
theoretic statistics and safe anytime-valid inference", Statistical Science 2023). A mean of
e-processes is one. For a binomial the likelihood ratio of a rate theta above the limit p0 is a
supermartingale at every true rate up to p0, not only at p0 itself, and the other way round.

All values are natural logarithms.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, exp, inf, log, log1p

#: Alternatives, as multiples of the limit.
WORSE = (1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
BETTER = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7)
#: A rate is below 1: else a single good request would end a test for ever.
HIGHEST = 0.99


def log_mean_exp(logs: Sequence[float]) -> float:
    """ln of the mean of exp of each."""
    top = max(logs)
    if top == -inf:
        return -inf
    return top + log(sum(exp(each - top) for each in logs) / len(logs))


def log_add_exp(one: float, other: float) -> float:
    """ln of the sum of exp of both; one of them at least is finite."""
    return max(one, other) + log1p(exp(-abs(one - other)))


def log_factor(bad: int, requests: int, limit: float, rate: float) -> float:
    """ln of (rate/limit)^bad ((1-rate)/(1-limit))^good."""
    good = requests - bad
    if rate == 0.0:
        return -inf if bad else -good * log1p(-limit)
    return bad * log(rate / limit) + good * (log1p(-rate) - log1p(-limit))


def log_factors(bad: int, requests: int, limit: float) -> tuple[float, ...]:
    """One for each of the alternatives in `WORSE`."""
    good = requests - bad
    return tuple(bad * of_bad + good * of_good for of_bad, of_good in _of_one(limit))


@lru_cache(maxsize=64)
def _of_one(limit: float) -> tuple[tuple[float, float], ...]:
    """Of a bad request and of a good one, for each of the alternatives in `WORSE`."""
    rates = [min(HIGHEST, limit * times) for times in WORSE]
    return tuple(
        (log_factor(1, 1, limit, rate), log_factor(0, 1, limit, rate)) for rate in rates
    )


def log_breach(bad: int, requests: int, limit: float) -> float:
    """ln E+: grows when the true rate is above the limit."""
    return log_mean_exp(log_factors(bad, requests, limit))


def log_proof(bad: int, requests: int, limit: float) -> float:
    """ln E-: grows when the true rate is below the limit."""
    return log_mean_exp([log_factor(bad, requests, limit, limit * times) for times in BETTER])


def divergence(rate: float, limit: float) -> float:
    """Kullback-Leibler divergence of two Bernoulli rates, in nats a request; 0 < rate < 1."""
    return rate * log(rate / limit) + (1 - rate) * (log1p(-rate) - log1p(-limit))


def needed(bad: int, requests: int, limit: float, log_threshold: float) -> int | None:
    """About how many more requests a proof takes at the rate seen; 0: it is there.

    None where the rate seen is not below the limit. By Wald's approximation,
    ln(1/beta) / KL(rate || limit), from where the evidence stands.
    """
    missing = log_threshold - log_proof(bad, requests, limit)
    if missing <= 0:
        return 0
    # Of nothing seen a tenth of the limit is hoped for.
    rate = (bad + 0.05) / (requests + 0.5 / limit)
    if rate >= limit:
        return None
    return max(1, ceil(missing / divergence(rate, limit)))
