"""The list of passwords that are too common to protect anything."""

import sys

import pytest

from serinus.infrastructure.credentials.common_passwords import common_passwords


def test_what_everybody_takes_is_on_the_list() -> None:
    assert {"password", "12345678", "iloveyou"} <= common_passwords()


def test_the_list_holds_only_what_would_be_accepted_otherwise() -> None:
    listed = common_passwords()

    assert len(listed) > 5000
    assert min(map(len, listed)) == 8
    assert all(word == word.lower() for word in listed)


def test_reading_it_keeps_no_other_list_in_memory() -> None:
    common_passwords()

    assert "zxcvbn" not in sys.modules


def test_a_missing_list_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])

    with pytest.raises(ModuleNotFoundError, match="frequency_lists"):
        common_passwords()
