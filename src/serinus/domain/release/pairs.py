"""Pairs of answers to one request, in which one arm alone failed (S5).

What is compared is drawn before anybody knows how it ends. So where the arms are as good as
each other, a pair that tells them apart is as likely to tell against either: P(candidate worse)
is 1/2 at most, whatever the consumers, the routes and the time of day are. This is McNemar's
test (Psychometrika 1947) as an e-process, so that it may be looked at after each pair.

Rescues do not count here: they are seen only where the candidate has failed, so they could
never tell for it.
"""

from collections.abc import Sequence
from math import log

from serinus.domain.release.eprocess import log_mean_exp

#: Alternatives: how likely a pair is to tell against the candidate.
LIKELY = (0.6, 0.75, 0.9, 0.99)
NULL = 0.5


def log_e(worse: int, better: int) -> float:
    """ln E of so many pairs in which the candidate alone failed, and in which stable did."""
    return log_mean_exp(log_factors(worse, better))


def log_factors(worse: int, better: int) -> Sequence[float]:
    """One for each of the alternatives."""
    return [worse * log(each / NULL) + better * log((1 - each) / (1 - NULL)) for each in LIKELY]
