"""Which reads are compared has nothing to do with who is on the candidate."""

from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.release.assignment import BUCKETS, bucket
from serinus.domain.release.sampling import is_sampled

parts = st.floats(0.0, 1.0)


@given(st.text(), st.text(), parts, parts)
def test_a_larger_part_only_adds_requests(salt: str, key: str, one: float, two: float) -> None:
    less, more = sorted([one, two])

    assert is_sampled(salt, key, more) or not is_sampled(salt, key, less)


@given(st.text(), st.text())
def test_nothing_and_everything_are_exact(salt: str, key: str) -> None:
    assert not is_sampled(salt, key, 0.0)
    assert is_sampled(salt, key, 1.0)


def test_the_sample_is_as_large_as_it_should_be_and_skews_no_share() -> None:
    keys = [f"request {n}" for n in range(20_000)]
    sampled = [key for key in keys if is_sampled("salt", key, 0.05)]
    first = [key for key in sampled if bucket("salt", key) < BUCKETS // 10]

    assert 0.045 < len(sampled) / len(keys) < 0.055
    assert 0.07 < len(first) / len(sampled) < 0.13
