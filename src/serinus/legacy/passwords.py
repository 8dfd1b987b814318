"""Hashing and verifying passwords, off the event loop."""

import asyncio
import base64
import hashlib
from collections.abc import Callable

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from serinus.legacy.hashing_threads import HashingThreads

BCRYPT_MAX_BYTES = 72
LONGEST_PASSWORD = 128  # characters; nobody has a longer one

# Made from random bytes that nobody kept. Verifying against it takes the time that a wrong
# password takes, so that an unknown address cannot be told from a known one.
DUMMY_HASH = "$2b${rounds:02}$Xuy9iRKvNX012OrZQfmFx.iKnlGICxmzhO31Kw.ScdpcxPII4NLhW"

LONGEST_DELAY = 2.0  # seconds
FORGETS = 0.02  # of what a crowded moment added, with each answer


class Passwords:
    """Hashes with bcrypt; verifies bcrypt and Argon2id, which engine v2 writes."""

    def __init__(self, rounds: int, *, waited: Callable[[float], None] | None = None) -> None:
        self._scheme = PasswordHash((BcryptHasher(rounds=rounds), Argon2Hasher()))
        self._dummy_hash = DUMMY_HASH.format(rounds=rounds)
        self._threads = HashingThreads(waited)
        # Seconds that it takes at least to be told that a password is wrong: Argon2id is the
        # faster scheme, and the time would tell whose password engine v2 has hashed anew.
        self.least = 0.0

    @property
    def waiting(self) -> int:
        return self._threads.waiting

    async def hash(self, password: str) -> str:
        hashed, _ = await self._threads.run(lambda: self._scheme.hash(_for_bcrypt(password)))
        return hashed

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """False without a hash. When false, after the same time whatever the hash is."""
        stored = password_hash or self._dummy_hash
        given = password[: LONGEST_PASSWORD + 1]
        prepared = _for_bcrypt(given) if stored.startswith("$2") else given.encode()
        matches, seconds = await self._threads.run(
            lambda: self._scheme.verify(prepared, stored)
        )
        if matches and password_hash is not None:
            return True
        await asyncio.sleep(self._delay(seconds))
        return False

    async def calibrate(self) -> None:
        """Learn how long the slower scheme takes here."""
        _, seconds = await self._threads.run(lambda: self._scheme.verify("", self._dummy_hash))
        self._delay(seconds)

    def close(self) -> None:
        self._threads.close()

    def _delay(self, seconds: float) -> float:
        self.least = max(self.least * (1 - FORGETS), min(1.15 * seconds, LONGEST_DELAY))
        return max(0.0, self.least - seconds)


def _for_bcrypt(password: str) -> bytes:
    """bcrypt reads 72 bytes at most: a longer password is replaced by its digest."""
    encoded = password.encode()
    if len(encoded) <= BCRYPT_MAX_BYTES:
        return encoded
    return base64.b64encode(hashlib.sha256(encoded).digest())
