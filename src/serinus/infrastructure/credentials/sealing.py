"""Keeping what must be stored but not read: the answers behind idempotency keys hold tokens."""

import hashlib
import hmac
import secrets as randomness
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from serinus.infrastructure.credentials.derivation import derive

NONCE = 12  # bytes


class Seal:
    """The first of `secrets` seals; all open, so that keys can be exchanged in service."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._ciphers = [AESGCM(derive(each, b"serinus/seal/aes-256-gcm")) for each in secrets]
        self._mac_keys = [derive(each, b"serinus/seal/hmac-sha256") for each in secrets]

    def close_up(self, plain: bytes, context: bytes) -> bytes:
        """Unreadable, and readable only again under the same `context`."""
        nonce = randomness.token_bytes(NONCE)
        return nonce + self._ciphers[0].encrypt(nonce, plain, context)

    def open(self, sealed: bytes, context: bytes) -> bytes | None:
        """None when it was sealed with a key that is gone, or was tampered with."""
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], context)
            except (InvalidTag, ValueError):
                continue
        return None

    def digests(self, data: bytes) -> list[bytes]:
        """32 bytes for each key, the current one first.

        Keyed, because what is digested may be guessed: a body with a password in it.
        """
        return [hmac.digest(key, data, hashlib.sha256) for key in self._mac_keys]
