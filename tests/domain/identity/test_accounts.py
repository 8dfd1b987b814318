"""Names and addresses: what is accepted, and under which form they are unique."""

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from serinus.domain.identity.accounts import (
    Account,
    account_violations,
    clean_email,
    clean_username,
    cleaned,
    email_violations,
    name_violations,
    username_key,
    username_violations,
)
from serinus.domain.identity.caller import Role, UserId
from tests.support.identity import an_account

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "email",
    [
        "ada@example.org",
        "ada.lovelace+notes@mail.example.co.uk",
        "o'hara_{x}@example.org",
        "直子@例え.jp",
        "a@b.xn--p1ai",
        f"{'a' * 64}@example.org",
    ],
)
def test_an_address_as_people_have_them_is_accepted(email: str) -> None:
    assert email_violations(email) == []


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@example",
        "ada@@example.org",
        ".ada@example.org",
        "ada.@example.org",
        "a..da@example.org",
        "ada@-example.org",
        "ada@example-.org",
        "ada@example..org",
        "ada@example.org.",
        "ada@example.123",
        "ada lovelace@example.org",
        "Ada <ada@example.org>",
        '"ada"@example.org',
        "ada@[127.0.0.1]",
        "ada@exam\nple.org",
        "ada@example.org\n",
        "ada\x00@example.org",
        f"{'a' * 65}@example.org",
        f"ada@{'a.' * 130}org",
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    assert [found.code for found in email_violations(email)] == ["invalid_format"]


@given(st.text(max_size=300))
@example("A" * 64 + "@" + "a." * 100 + "org")
def test_a_clean_address_stays_as_it_is_and_says_what_it_is(text: str) -> None:
    cleaned = clean_email(text)

    assert clean_email(cleaned) == cleaned
    if not email_violations(cleaned):
        assert cleaned.count("@") == 1
        assert len(cleaned) <= 254


def test_an_address_is_kept_trimmed_and_in_lower_case() -> None:
    assert clean_email(" Ada@Example.ORG\n") == "ada@example.org"


@pytest.mark.parametrize("name", ["ada", "直子さん", "José", "x" * 50, "Ada Lovelace", "o-o"])
def test_a_name_in_any_script_is_accepted(name: str) -> None:
    assert username_violations(name) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "too_short"),
        ("ab", "too_short"),
        ("x" * 51, "too_long"),
        ("ada@example.org", "invalid_format"),
        ("ada\tlovelace", "invalid_format"),
        ("ada\x00", "invalid_format"),
        ("ada\u200b", "invalid_format"),  # invisible: it would read the same as another
        ("ada\u202elovelace", "invalid_format"),  # turns around what follows
    ],
)
def test_a_name_that_deceives_or_does_not_fit_is_refused(name: str, code: str) -> None:
    assert [found.code for found in username_violations(name)] == [code]


def test_a_violation_of_length_tells_the_limits() -> None:
    (found,) = username_violations("ab")

    assert (found.field, found.params) == ("username", {"min": 3, "max": 50})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "aDA"),
        ("Straße", "STRASSE"),
        ("ada", "\uff41\uff44\uff41"),
        ("Jose\u0301", "José"),
    ],
)
def test_names_that_read_the_same_are_the_same(one: str, other: str) -> None:
    assert username_key(clean_username(one)) == username_key(clean_username(other))


@given(st.text(max_size=60))
def test_a_name_is_kept_as_typed_but_for_its_ends_and_its_composition(name: str) -> None:
    cleaned = clean_username(name)

    assert clean_username(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)


def test_a_given_name_has_at_most_a_hundred_characters() -> None:
    assert name_violations("first_name", None) == []
    assert name_violations("first_name", "直" * 100) == []
    assert [v.code for v in name_violations("first_name", "直" * 101)] == ["too_long"]


def test_everything_wrong_with_an_account_is_told_at_once_and_in_order() -> None:
    account = Account(
        id=UserId(uuid7()),
        username="ab",
        email="nowhere",
        first_name="x" * 101,
        last_name="y" * 101,
        role=Role.SUBSCRIBER,
        is_active=True,
        email_verified=False,
        last_login=None,
        created_at=NOON,
        updated_at=NOON,
    )

    fields = [found.field for found in account_violations(account)]

    assert fields == ["username", "email", "first_name", "last_name"]


def test_an_edited_account_is_stored_clean() -> None:
    stored = an_account("Ada", email="ada@example.org", email_verified=True)

    edited = replace(stored, username="  E\u0301va ", email=" ADA@Example.org")

    assert cleaned(edited, stored) == replace(stored, username="\u00c9va")


def test_a_new_address_has_yet_to_prove_itself() -> None:
    stored = an_account(email_verified=True)

    assert not cleaned(replace(stored, email="new@example.org"), stored).email_verified
    assert cleaned(stored, stored).email_verified
