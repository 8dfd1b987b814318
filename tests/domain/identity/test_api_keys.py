"""The form of API keys, and what may be asked of a new one."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.identity.api_keys import (
    ALL_SCOPES,
    LONGEST_LIFE,
    ApiKeyId,
    clean_key_name,
    expiry_violations,
    is_key,
    key_hash,
    key_id_in,
    key_violations,
    raw_key,
)
from serinus.presentation.http.consumer import consumer_key

ids = st.uuids().map(ApiKeyId)
random = st.integers(0, 2**256 - 1)


@given(ids, random)
def test_a_key_says_whose_it_is(key_id: ApiKeyId, bits: int) -> None:
    raw = raw_key(key_id, bits)

    assert key_id_in(raw) == key_id
    assert re.fullmatch("srn_[0-9a-f]{32}_[0-9A-Za-z]{49}", raw)
    assert is_key(raw, key_hash(raw))


@given(ids, random, st.integers(0, 85), st.sampled_from("0aZ_"))
def test_a_mistyped_key_is_refused_without_looking_it_up(
    key_id: ApiKeyId, bits: int, place: int, typed: str
) -> None:
    raw = raw_key(key_id, bits)
    mistyped = raw[:place] + typed + raw[place + 1 :]

    assert (key_id_in(mistyped) is None) == (mistyped != raw)
    assert is_key(mistyped, key_hash(raw)) == (mistyped == raw)


@given(ids, random)
def test_the_canary_knows_a_key_by_its_id(key_id: ApiKeyId, bits: int) -> None:
    headers = [(b"x-api-key", raw_key(key_id, bits).encode())]

    assert consumer_key({"headers": headers}, "192.0.2.1") == key_id.hex


@given(st.text(max_size=120))
def test_other_texts_are_no_keys(text: str) -> None:
    assert key_id_in(text) is None


def test_two_secrets_make_two_keys() -> None:
    key_id = ApiKeyId(UUID(int=1))

    assert raw_key(key_id, 1) != raw_key(key_id, 2)


def test_a_key_needs_a_name_and_a_scope_that_exists() -> None:
    def wrong(name: str, *scopes: str) -> list[tuple[str, str]]:
        return [(found.field, found.code) for found in key_violations(name, scopes)]

    assert wrong("n", "posts:read") == []
    assert wrong("n" * 100, *ALL_SCOPES) == []
    assert wrong("", "posts:read") == [("name", "required")]
    assert wrong("n" * 101) == [("name", "too_long"), ("scopes", "required")]
    assert wrong("n", "posts:read", "posts:*") == [("scopes", "not_allowed")]


def test_a_key_expires_in_the_future_or_never() -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)

    assert expiry_violations(None, at=at) == []
    assert expiry_violations(at + timedelta(microseconds=1), at=at) == []
    assert expiry_violations(at + LONGEST_LIFE, at=at) == []
    for wrong in (at, at - LONGEST_LIFE, at + LONGEST_LIFE + timedelta(microseconds=1)):
        (found,) = expiry_violations(wrong, at=at)
        assert (found.field, found.code) == ("expires_at", "not_allowed")


def test_the_name_of_a_key_is_trimmed() -> None:
    assert clean_key_name(" deploy ") == "deploy"
