"""Which passwords are accepted."""

import pytest

from serinus.domain.identity.passwords import password_violations

COMMON = frozenset({"password1", "iloveyou1"})


def codes(password: str, username: str = "ada") -> list[str]:
    found = password_violations(password, username=username, common=COMMON)
    return [violation.code for violation in found]


@pytest.mark.parametrize(
    "password",
    ["seven-red-hats", "x" * 8, "x" * 128, "鳥の歌は朝に響く", "        ", "12345678"],
)
def test_length_is_what_counts_and_not_the_kinds_of_characters(password: str) -> None:
    assert codes(password) == []


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "too_short"),
        ("seven77", "too_short"),
        ("x" * 129, "too_long"),
        ("password1", "too_common"),
        ("PassWord1", "too_common"),
    ],
)
def test_what_can_be_guessed_or_does_not_fit_is_refused(password: str, code: str) -> None:
    assert codes(password) == [code]


@pytest.mark.parametrize("password", ["Ada Lovelace", "ADA LOVELACE", "ada lovelace"])
def test_a_password_is_not_the_user_name_however_it_is_written(password: str) -> None:
    assert codes(password, username="Ada Lovelace") == ["same_as_username"]


def test_the_violation_stands_under_the_member_it_is_about() -> None:
    (found,) = password_violations("x", username="", common=COMMON, field="new_password")

    assert (found.field, found.params) == ("new_password", {"min": 8, "max": 128})
