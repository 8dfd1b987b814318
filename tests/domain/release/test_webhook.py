"""Who is told of releases: when again, when no more, and where a message may go."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.errors import Invalid
from serinus.domain.release.destination import check_url, why_not
from serinus.domain.release.webhook import (
    LONGEST_FAILURE,
    SPREAD,
    WAITS,
    Outcome,
    SigningKey,
    next_step,
)

LUCK = st.floats(0, 1)


def outcome(status: int | None, *, retry_after: float | None = None) -> Outcome:
    error = "" if status == 204 else "it failed"
    return Outcome(status=status, error=error, seconds=0.1, retry_after=retry_after)


@given(st.integers(1, 20), LUCK)
def test_waits_grow_and_end(attempts: int, luck: float) -> None:
    step = next_step(outcome(500), attempts=attempts, failing_for=0, luck=luck)

    assert not step.delivered
    assert not step.disable
    if attempts > len(WAITS):
        assert step.wait is None
    else:
        planned = WAITS[attempts - 1]
        assert step.wait is not None
        assert abs(step.wait - planned) <= planned * SPREAD * 1.000_001  # as floats are


def test_receivers_that_were_away_together_are_not_called_together() -> None:
    early = next_step(outcome(None), attempts=1, failing_for=0, luck=0.0)
    late = next_step(outcome(None), attempts=1, failing_for=0, luck=1.0)

    assert early.wait == pytest.approx(4)
    assert late.wait == pytest.approx(6)


@given(st.floats(0, 1e9), LUCK)
def test_a_receiver_is_given_the_time_it_asks_for_within_reason(
    asked: float, luck: float
) -> None:
    step = next_step(outcome(429, retry_after=asked), attempts=1, failing_for=0, luck=luck)

    assert step.wait is not None
    assert min(asked, WAITS[-1]) <= step.wait <= max(6.0, WAITS[-1])


def test_who_is_gone_or_has_failed_for_days_is_told_no_more() -> None:
    gone = next_step(outcome(410), attempts=1, failing_for=0, luck=0.5)
    failing = next_step(outcome(503), attempts=1, failing_for=LONGEST_FAILURE, luck=0.5)

    assert (gone.wait, gone.disable) == (None, "the receiver answered 410 Gone")
    assert (failing.wait, failing.disable) == (None, "nothing was accepted for 5 days")


def test_what_arrived_is_over() -> None:
    step = next_step(outcome(204), attempts=9, failing_for=LONGEST_FAILURE, luck=0.5)

    assert (step.delivered, step.wait, step.disable) == (True, None, "")


def test_a_signing_key_stays_out_of_logs() -> None:
    key = SigningKey(b"nobody may see this")

    assert "nobody" not in repr(key)
    assert key.text == "whsec_bm9ib2R5IG1heSBzZWUgdGhpcw=="


NEVER = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "2002:a9fe:a9fe::",
    "64:ff9b::169.254.169.254",
    "fe80::1",
    "fd00:ec2::254",
    "100.100.100.200",
    "0.0.0.0",  # noqa: S104 - nothing binds to it
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "ff02::1",
]
OWN = [
    "127.0.0.1",
    "::1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "fd12::1",
    "fec0::1",
    "::ffff:10.0.0.1",
    "2002:a00:1::",
    "2001:0:808:808:0:0:f5ff:fffe",  # Teredo, to 10.0.0.1
]


@pytest.mark.parametrize("address", NEVER)
def test_where_credentials_are_handed_out_or_nobody_is_no_webhook_leads(address: str) -> None:
    assert why_not(ipaddress.ip_address(address), private=False)
    assert why_not(ipaddress.ip_address(address), private=True)


@pytest.mark.parametrize("address", OWN)
def test_into_the_own_network_they_lead_where_that_is_allowed(address: str) -> None:
    assert "SERINUS_WEBHOOK_PRIVATE" in why_not(ipaddress.ip_address(address), private=False)
    assert not why_not(ipaddress.ip_address(address), private=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_the_internet_is_open(address: str) -> None:
    assert not why_not(ipaddress.ip_address(address), private=False)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://example.org/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("https://", "https://"),
        ("//example.org", "https://"),
        ("https://example.org:0/", "https://"),
        ("https://user:password@example.org/", "no user or password"),
        ("https://@example.org/", "no user or password"),
        ("https://example.org/#part", "no #fragment"),
        ("https://example.org/a b", "without spaces"),
        ("https://example.org/\u00e9", "ASCII"),
        ("https://example.org:99999/", "not a URL"),
        ("https://[::1/", "not a URL"),
        (f"https://example.org/{'x' * 2000}", "at most 2000"),
        ("https://127.0.0.1/", "is private"),
        ("http://[::1]:8000/", "is private"),
        ("https://169.254.169.254/latest", "link-local"),
    ],
)
def test_a_url_that_no_message_could_be_sent_to_is_refused(url: str, problem: str) -> None:
    with pytest.raises(Invalid, match=problem):
        check_url(url, private=False)


@pytest.mark.parametrize("url", ["https://hooks.example.org/release", "http://8.8.8.8:8080/"])
def test_a_name_is_taken_until_it_is_known_where_it_leads(url: str) -> None:
    assert check_url(url, private=False) == url


def test_a_url_in_the_own_network_is_taken_where_that_is_allowed() -> None:
    url = "http://10.0.0.1:8080/hooks?token=x"

    assert check_url(f" {url}", private=True) == url
