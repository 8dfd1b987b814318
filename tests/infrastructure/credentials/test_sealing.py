"""Seals: readable only here, only in its place, and through an exchange of keys."""

import pytest

from serinus.infrastructure.credentials.sealing import Seal

OLD, NEW = "the old secret", "the new secret"


def test_what_is_sealed_can_be_opened_again_and_not_be_read() -> None:
    sealed = Seal([OLD]).close_up(b"a refresh token", b"row 1")

    assert b"refresh" not in sealed
    assert Seal([OLD]).open(sealed, b"row 1") == b"a refresh token"


def test_nothing_looks_the_same_sealed_twice() -> None:
    seal = Seal([OLD])

    assert seal.close_up(b"x", b"") != seal.close_up(b"x", b"")


@pytest.mark.parametrize("change", [0, 12, -1])
def test_what_was_tampered_with_does_not_open(change: int) -> None:
    sealed = bytearray(Seal([OLD]).close_up(b"a refresh token", b""))
    sealed[change] ^= 1

    assert Seal([OLD]).open(bytes(sealed), b"") is None


@pytest.mark.parametrize("sealed", [b"", b"x" * 5, b"x" * 12, b"x" * 100])
def test_what_was_never_sealed_does_not_open(sealed: bytes) -> None:
    assert Seal([OLD]).open(sealed, b"") is None


def test_what_was_copied_elsewhere_does_not_open() -> None:
    seal = Seal([OLD])

    assert seal.open(seal.close_up(b"a refresh token", b"row 1"), b"row 2") is None


def test_keys_can_be_exchanged_in_service() -> None:
    sealed = Seal([OLD]).close_up(b"x", b"")

    assert Seal([NEW, OLD]).open(sealed, b"") == b"x"
    assert Seal([NEW]).open(sealed, b"") is None
    assert Seal([OLD]).digests(b"x")[0] in Seal([NEW, OLD]).digests(b"x")
    assert Seal([OLD]).digests(b"x")[0] not in Seal([NEW]).digests(b"x")


def test_a_digest_cannot_be_made_without_the_key() -> None:
    (digest,) = Seal([OLD]).digests(b"x")

    assert len(digest) == 32
    assert digest != Seal([NEW]).digests(b"x")[0]
