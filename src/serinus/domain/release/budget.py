"""How the risk of a false rollback is shared out among all tests, for a whole release.

Each test acts when `weight x E >= 1 / risk`. By Ville's inequality a test is ever wrong with
probability `weight x risk` at most, and all together with the sum: 1 x risk.
"""

from dataclasses import dataclass
from math import log

#: What may lead to a rollback by mistake. A broken limit does nothing alone: together with a
#: relative test it is wrong only where that one is, so most is left to that one, which also
#: acts alone. What a limit has is for where stable's good history speaks for it.
EMERGENCY, ABSOLUTE, RELATIVE, PAIRS, HISTORY = 0.10, 0.15, 0.50, 0.20, 0.05
#: Of what begins anew with each stage: of the first one, and of what is left each time.
FIRST = 0.7
#: By what is bad of a request.
BY_KIND = {"errors": 0.7, "slow": 0.3}
#: Of all routes together, and of each on its own.
TOGETHER, APART = 0.9, 0.1
#: Of that, and of what pairs have: the test that knows when it began, and late onset's.
EARLY, LATE = 0.9, 0.1
#: Of the emergency's part: five times the limit, everything on a route, and each worker's own
#: test (see `tripwire`).
GROSS, ROUTE_DOWN, TRIPWIRE = 0.5, 0.2, 0.3


@dataclass(frozen=True, slots=True)
class Budget:
    """ln(1 / (weight x risk)) of each test. `attempt`: of stages that began, from 1."""

    risk: float
    attempt: int

    def gross(self, kind: str) -> float:
        return self._log(EMERGENCY * GROSS * BY_KIND[kind] * EARLY * self._of_attempt)

    def gross_late(self, kind: str) -> float:
        return self._log(EMERGENCY * GROSS * BY_KIND[kind] * LATE)

    def route_down(self, place: int) -> float:
        return self._log(EMERGENCY * ROUTE_DOWN * of_route(place) * self._of_attempt)

    def limit(self, kind: str) -> float:
        return self._log(ABSOLUTE * BY_KIND[kind] * TOGETHER * EARLY * self._of_attempt)

    def late(self, kind: str) -> float:
        return self._log(ABSOLUTE * BY_KIND[kind] * TOGETHER * LATE)

    def limit_of_route(self, kind: str, place: int) -> float:
        weight = ABSOLUTE * BY_KIND[kind] * APART * of_route(place)
        return self._log(weight * self._of_attempt)

    def relative(self, kind: str) -> float:
        return self._log(RELATIVE * BY_KIND[kind] * TOGETHER * EARLY)

    def relative_late(self, kind: str) -> float:
        return self._log(RELATIVE * BY_KIND[kind] * TOGETHER * LATE)

    def relative_of_route(self, kind: str, place: int) -> float:
        return self._log(RELATIVE * BY_KIND[kind] * APART * of_route(place))

    def pairs(self) -> float:
        return self._log(PAIRS * EARLY * self._of_attempt)

    def pairs_late(self) -> float:
        return self._log(PAIRS * LATE)

    def history(self, kind: str) -> float:
        return self._log(HISTORY * BY_KIND[kind])

    @property
    def spent(self) -> float:
        """Of the risk, by tests that have begun. What is left is for stages to come."""
        begun = 1 - (1 - FIRST) ** self.attempt
        tests = EMERGENCY * (GROSS * EARLY + ROUTE_DOWN)
        tests += ABSOLUTE * (TOGETHER * EARLY + APART) + PAIRS * EARLY
        rest = 1 - tests if self.attempt else 0.0
        return self.risk * (tests * begun + rest)

    @property
    def _of_attempt(self) -> float:
        # Stages begin as often as they will, and a bad candidate is met in the first one.
        return FIRST * (1 - FIRST) ** (max(1, self.attempt) - 1)

    def _log(self, weight: float) -> float:
        return -log(weight * self.risk)


def of_route(place: int) -> float:
    """By the order in which routes were first seen, from 1; sums to 1 however many come."""
    return 1 / (place * (place + 1))
