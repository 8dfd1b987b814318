"""The account that a name in another system becomes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.content.import_authors import fit_author
from serinus.domain.content.imported import ImportedAuthor
from serinus.domain.identity.accounts import email_violations, username_violations


def fitted(name: str) -> tuple[str, str]:
    author = fit_author(ImportedAuthor(username=name))
    return author.username, author.email


@pytest.mark.parametrize(
    ("name", "username", "email"),
    [
        ("Ada Lovelace", "Ada Lovelace", "ada.lovelace@imported.invalid"),
        ("ada-l", "ada-l", "ada-l@imported.invalid"),
        (" ada \n lovelace ", "ada lovelace", "ada.lovelace@imported.invalid"),
        ("@ada", "ada", "ada@imported.invalid"),
        ("Al", "Al (imported)", "al-imported-dbc615a6@imported.invalid"),
    ],
)
def test_a_name_becomes_a_user_name_and_an_address(
    name: str, username: str, email: str
) -> None:
    assert fitted(name) == (username, email)


def test_names_that_look_alike_in_ascii_have_addresses_of_their_own() -> None:
    emails = {fitted(name)[1] for name in ("José", "Jose", "Jo se", "Jo.se", "高橋", "佐藤")}

    assert len(emails) == 6


def test_long_names_that_begin_alike_stay_different_and_are_kept_in_full() -> None:
    first = fit_author(ImportedAuthor(username="x" * 60 + " one"))
    second = fit_author(ImportedAuthor(username="x" * 60 + " two"))

    assert first.key != second.key
    assert first.first_name == "x" * 60 + " one"


def test_given_names_are_kept() -> None:
    author = fit_author(ImportedAuthor(username="ada", first_name="Ada", last_name="L" * 200))

    assert author.first_name == "Ada"
    assert len(author.last_name or "") == 100


@given(st.text(max_size=120))
def test_every_name_becomes_a_valid_account(name: str) -> None:
    username, email = fitted(name)

    assert username_violations(username) == []
    assert email_violations(email) == []
    assert email == email.lower()


@given(st.text(min_size=1, max_size=60))
def test_two_spellings_of_one_name_become_one_account(name: str) -> None:
    key = fit_author(ImportedAuthor(username=name)).key

    assert fit_author(ImportedAuthor(username=f"  {name}\t")).key == key
