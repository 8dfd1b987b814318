"""A worker's own test: quick where nothing works, silent where all is well."""

import pytest

from serinus.domain.release.tripwire import WINDOW, Tripwire

LIMIT, RISK = 0.005, 0.01


def wire() -> Tripwire:
    return Tripwire(LIMIT, RISK)


@pytest.mark.parametrize("workers", [1, 4, 8])
def test_three_failures_in_a_row_trip(workers: int) -> None:
    tripwire = wire()

    for _ in range(2):
        tripwire.candidate(failed=True)
        assert not tripwire.breached(workers)
    tripwire.candidate(failed=True)

    assert tripwire.breached(workers)


def chance_to_trip(rate: float, requests: int) -> float:
    """Exact, by the number of failures so far; who has tripped is out."""
    at = {0: 1.0}
    tripped = 0.0
    for n in range(1, requests + 1):
        after: dict[int, float] = {}
        for failed, chance in at.items():
            for more, part in ((0, 1 - rate), (1, rate)):
                after[failed + more] = after.get(failed + more, 0.0) + chance * part
        at = {}
        for failed, chance in after.items():
            if chance < 1e-15:
                continue
            if Tripwire(LIMIT, RISK, requests=n, failed=failed).breached(1):
                tripped += chance
            else:
                at[failed] = chance
    return tripped


def test_a_worker_within_the_limit_hardly_ever_trips() -> None:
    # At the limit itself, and far below what all workers may cost together.
    assert chance_to_trip(LIMIT, 600) < 0.03 * RISK / 10


def test_a_tenth_that_fails_trips_within_a_few_hundred_requests() -> None:
    assert chance_to_trip(0.10, 600) > 0.99


def test_what_stable_does_tells_whose_fault_it_is() -> None:
    tripwire = wire()
    for _ in range(3):
        tripwire.candidate(failed=True)

    assert tripwire.shared(at=0.0) is None

    tripwire.stable(0.0, failed=False)
    assert tripwire.shared(at=1.0) is False

    for _ in range(3):
        tripwire.stable(1.0, failed=True)
    assert tripwire.shared(at=1.5) is True


def test_what_stable_did_long_ago_says_nothing() -> None:
    tripwire = wire()
    tripwire.candidate(failed=True)
    tripwire.stable(0.0, failed=False)

    assert tripwire.shared(at=2 * WINDOW) is None
