"""The assignment is public API: its numbers may never change."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.release.assignment import (
    BOOT_SALT,
    BUCKETS,
    EVERYTHING,
    NOTHING,
    Arm,
    Routing,
    Share,
    boot_routing,
    bucket,
)

DOCUMENT = Path(__file__).parents[3] / "docs" / "assignment.md"
VECTORS = [
    (salt, "" if key == "(empty)" else key.strip("`"), int(number))
    for salt, key, number in re.findall(
        r"^\| `([^`]+)` \| (`[^`]+`|\(empty\)) \| (\d+) \|$", DOCUMENT.read_text(), re.MULTILINE
    )
]
SHARES = st.integers(0, BUCKETS).map(Share)


def routing(share: Share) -> Routing:
    return Routing(share=share, origin="test")


def test_the_document_has_its_vectors() -> None:
    assert len(VECTORS) == 7


@pytest.mark.parametrize(("salt", "key", "number"), VECTORS)
def test_a_bucket_is_what_the_document_says(salt: str, key: str, number: int) -> None:
    assert bucket(salt, key) == number


@pytest.mark.parametrize("percent", ["0.01", "1", "10", "12.5", "50", "90", "99.99"])
def test_the_share_of_many_consumers_is_the_share_asked_for(percent: str) -> None:
    share = Share.from_percent(percent)
    expected = share.basis_points / BUCKETS

    on_v2 = (
        sum(routing(share).should_route_to_v2(f"client-{n}") for n in range(20_000)) / 20_000
    )

    assert abs(on_v2 - expected) < 0.01


@given(st.text(), SHARES, SHARES)
def test_raising_the_share_never_takes_a_consumer_off_the_candidate(
    key: str, one: Share, other: Share
) -> None:
    less, more = sorted([one, other])

    assert routing(more).should_route_to_v2(key) >= routing(less).should_route_to_v2(key)


@given(st.text())
def test_nothing_and_everything_are_exact(key: str) -> None:
    assert routing(NOTHING).arm(key) is Arm.STABLE
    assert routing(EVERYTHING).arm(key) is Arm.CANDIDATE


def test_a_pin_goes_before_the_share() -> None:
    pinned = Routing(share=EVERYTHING, origin="test", pins={"ada": Arm.STABLE}, drill="drill:")

    assert pinned.arm("ada") is Arm.STABLE
    assert replace(pinned, pins={"ada": Arm.CANDIDATE}, share=NOTHING).arm("ada") is (
        Arm.CANDIDATE
    )


def test_a_drill_moves_its_own_consumers_alone() -> None:
    drill = Routing(share=EVERYTHING, origin="test", drill="drill:")

    assert drill.arm("drill:1") is Arm.CANDIDATE
    assert drill.arm("ada") is Arm.STABLE


def test_another_salt_chooses_other_consumers() -> None:
    keys = [f"client-{n}" for n in range(1000)]
    here = {key for key in keys if bucket(BOOT_SALT, key) < 1000}
    there = {key for key in keys if bucket("another", key) < 1000}

    assert len(here & there) < 30  # 10 expected by chance


@pytest.mark.parametrize(
    ("text", "basis_points"),
    [("0", 0), ("100", 10_000), ("12.5", 1250), ("0.01", 1), (" 10 ", 1000), ("10.00", 1000)],
)
def test_percentages_are_read_exactly(text: str, basis_points: int) -> None:
    assert Share.from_percent(text).basis_points == basis_points


@pytest.mark.parametrize(
    "text",
    ["abc", "-1", "101", "100.01", "12.345", "1e1", "", "10%", "nan", "inf", "+5", "1_0", "٣"],
)
def test_what_is_not_a_percentage_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"percentage|share"):
        Share.from_percent(text)


@given(SHARES)
def test_a_share_survives_being_written_down(share: Share) -> None:
    assert Share.from_percent(share.percent) == share


@pytest.mark.parametrize(
    ("percentage", "v2_enabled", "legacy_enabled", "share", "origin"),
    [
        (None, True, True, NOTHING, "default"),
        (Share(1250), True, True, Share(1250), "API_V2_TRAFFIC_PERCENTAGE=12.5"),
        (Share(5000), False, True, NOTHING, "API_V2_ENABLED=false"),
        (Share(5000), True, False, EVERYTHING, "USE_LEGACY_API_V1=false"),
    ],
)
def test_the_routing_at_start_says_where_it_comes_from(
    percentage: Share | None,
    v2_enabled: bool,  # noqa: FBT001 - a table
    legacy_enabled: bool,  # noqa: FBT001
    share: Share,
    origin: str,
) -> None:
    got = boot_routing(
        percentage=percentage, v2_enabled=v2_enabled, legacy_enabled=legacy_enabled
    )

    assert got.share == share
    assert got.origin.startswith(origin)
