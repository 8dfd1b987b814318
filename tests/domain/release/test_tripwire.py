"""A worker's own test: quick where nothing works, silent where all is well."""

from random import Random

import pytest

from serinus.domain.release.tripwire import RECOVERY, WINDOW, Tripwire

LIMIT, RISK = 0.005, 0.01


def wire() -> Tripwire:
    return Tripwire(LIMIT, RISK)


@pytest.mark.parametrize("workers", [1, 4, 8])
def test_three_failures_in_a_row_trip(workers: int) -> None:
    tripwire = wire()

    for _ in range(2):
        tripwire.candidate(0.0, failed=True)
        assert not tripwire.breached(workers)
    tripwire.candidate(0.0, failed=True)

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
        tripwire.candidate(0.0, failed=True)

    assert tripwire.shared(at=0.0) is None

    tripwire.stable(0.0, failed=False)
    assert tripwire.shared(at=1.0) is False

    for _ in range(3):
        tripwire.stable(1.0, failed=True)
    assert tripwire.shared(at=1.5) is True


def test_what_was_shared_is_settled_and_the_next_failure_is_one_alone() -> None:
    """The database was away; long after it has come back, one request fails."""
    tripwire = wire()
    for _ in range(50):
        tripwire.candidate(0.0, failed=True)
        tripwire.stable(0.0, failed=True)
        if tripwire.breached(1):
            assert tripwire.shared(0.0) is True
    for _ in range(20):
        tripwire.candidate(3 * WINDOW, failed=False)
        tripwire.stable(3 * WINDOW, failed=False)
    tripwire.candidate(3 * WINDOW, failed=True)

    assert not tripwire.breached(1)


def outage(tripwire: Tripwire, begins: float, seconds: float) -> None:
    """Both fail all of ten requests a second; every breach is asked about."""
    for n in range(int(10 * seconds)):
        at = begins + n / 10
        tripwire.stable(at, failed=True)
        tripwire.candidate(at, failed=True)
        if tripwire.breached(1):
            assert tripwire.shared(at) is True


def test_what_went_well_before_an_outage_tells_nothing_of_whose_it_is() -> None:
    tripwire = wire()
    for _ in range(200):
        tripwire.candidate(0.0, failed=False)
        tripwire.stable(0.0, failed=False)

    outage(tripwire, 2.0, 60.0)


def test_who_recovers_a_little_later_than_stable_is_not_taken_back() -> None:
    tripwire = wire()
    outage(tripwire, 0.0, 10.0)
    for n in range(20):
        at = 10.0 + n / 10
        tripwire.stable(at, failed=False)
        tripwire.candidate(at, failed=n < 10)
        assert not (tripwire.breached(1) and tripwire.shared(at) is False)


def test_who_does_not_recover_is_taken_back() -> None:
    tripwire = wire()
    outage(tripwire, 0.0, 10.0)
    at = 10.0
    while not tripwire.breached(1) or tripwire.shared(at):
        at += 0.1
        tripwire.stable(at, failed=False)
        tripwire.candidate(at, failed=True)

    assert at < 10.0 + RECOVERY + 1.0


def test_one_failure_of_stables_does_not_excuse_a_candidate_that_fails_all() -> None:
    """However much it served before: the same seconds are compared."""
    tripwire = wire()
    for _ in range(20_000):
        tripwire.candidate(0.0, failed=False)
    for _ in range(10):
        tripwire.stable(3 * WINDOW, failed=False)
    tripwire.stable(3 * WINDOW, failed=True)
    while not tripwire.breached(1):
        tripwire.candidate(3 * WINDOW, failed=True)

    assert tripwire.shared(3 * WINDOW) is False


@pytest.mark.parametrize(("good", "most"), [(100, 6), (20_000, 9)])
def test_after_many_that_went_well_a_few_more_failures_in_a_row_trip(
    good: int, most: int
) -> None:
    tripwire, failures = wire(), 0
    for _ in range(good):
        tripwire.candidate(0.0, failed=False)
    while not tripwire.breached(8):
        tripwire.candidate(0.0, failed=True)
        failures += 1

    assert 3 < failures <= most


def test_a_healthy_worker_does_not_trip_however_long_it_serves() -> None:
    """Three errors in a thousand, 100,000 requests; three in a row are among them."""
    random, tripwire, in_a_row, longest = Random(11), wire(), 0, 0  # noqa: S311 - seeded
    for _ in range(100_000):
        failed = random.random() < 0.003
        in_a_row = in_a_row + 1 if failed else 0
        longest = max(longest, in_a_row)
        tripwire.candidate(0.0, failed=failed)
        assert not (failed and tripwire.breached(8))

    assert longest >= 2


def test_what_stable_did_long_ago_says_nothing() -> None:
    tripwire = wire()
    tripwire.candidate(0.0, failed=True)
    tripwire.stable(0.0, failed=False)

    assert tripwire.shared(at=2 * WINDOW) is None
