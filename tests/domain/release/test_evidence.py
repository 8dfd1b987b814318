"""What arms did is kept in sums that merge, by groups of consumers that follow the share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.release.assignment import BUCKETS, Share
from serinus.domain.release.evidence import (
    EDGES,
    STRATA,
    Counts,
    bad_of,
    percentile,
    stratum,
    wholly_above,
    wholly_below,
)

counts = st.lists(st.integers(0, 10**9), min_size=10, max_size=10).map(Counts.from_json)


@given(counts, counts, counts)
def test_sums_merge_in_any_order(one: Counts, two: Counts, three: Counts) -> None:
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert one + Counts() == one
    assert Counts.from_json(one.to_json()) == one


@given(st.integers(0, BUCKETS), st.integers(0, BUCKETS - 1))
def test_a_stratum_lies_on_one_side_of_the_share_or_is_split_by_it(
    basis_points: int, bucket: int
) -> None:
    share, of = Share(basis_points), stratum(bucket)

    assert 0 <= of < STRATA
    if of < wholly_below(share):
        assert bucket < basis_points
    if of >= wholly_above(share):
        assert bucket >= basis_points
    assert 0 <= wholly_above(share) - wholly_below(share) <= 1


def test_what_is_bad_goes_by_its_kind() -> None:
    seen = Counts(9, 1, 2, 3)

    assert [bad_of(seen, kind) for kind in ("errors", "slow", "client_errors")] == [1, 2, 3]


@given(st.lists(st.integers(0, 50), min_size=len(EDGES), max_size=len(EDGES)))
def test_a_percentile_is_the_edge_below_which_so_many_are(histogram: list[int]) -> None:
    edge = percentile(histogram, 0.99)
    if not sum(histogram):
        assert edge is None
        return

    assert edge is not None
    at = EDGES.index(edge)
    assert sum(histogram[: at + 1]) >= 0.99 * sum(histogram)
    assert at == 0 or sum(histogram[:at]) < 0.99 * sum(histogram)


def test_of_no_requests_there_is_no_percentile() -> None:
    assert percentile([], 0.5) is None
    assert percentile([1], 1.0) == EDGES[0]
    assert EDGES[-1] == float("inf")
    assert [stratum(each) for each in (0, 39, 40, 9_999)] == [0, 0, 1, 255]


@pytest.mark.parametrize(
    ("basis_points", "below", "above"),
    [(0, 0, 0), (39, 0, 1), (40, 1, 1), (41, 1, 2), (10_000, 256, 256)],
)
def test_strata_that_a_share_splits_are_on_neither_side(
    basis_points: int, below: int, above: int
) -> None:
    share = Share(basis_points)

    assert (wholly_below(share), wholly_above(share)) == (below, above)
