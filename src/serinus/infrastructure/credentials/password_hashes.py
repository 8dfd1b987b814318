"""Password hashes: Argon2id today, bcrypt of engine v1 still accepted."""

import asyncio
import base64
import hashlib
from collections.abc import Callable

import argon2
import bcrypt
from argon2.exceptions import Argon2Error, InvalidHashError

from serinus.infrastructure.credentials.hashing_threads import Done, HashingThreads
from serinus.infrastructure.credentials.pace import Pace

# OWASP's Password Storage Cheat Sheet, second of its equivalent settings.
ARGON2ID = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
BCRYPT_MAX = 72  # bytes; bcrypt ignores or refuses what comes after
WAITING_PER_THREAD = 32  # about 1.5 s of Argon2id

# Made of random bytes that nobody kept, at the cost that engine v1 uses.
BCRYPT_DECOY = "$2b$12$Xuy9iRKvNX012OrZQfmFx.iKnlGICxmzhO31Kw.ScdpcxPII4NLhW"


class PasswordHashes:
    """Close it when the service stops. `waited`: told the seconds each waited for its turn."""

    def __init__(
        self,
        *,
        threads: int,
        waited: Callable[[float], None] | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._threads = HashingThreads(
            threads, waiting=threads * WAITING_PER_THREAD, waited=waited
        )
        self._pace = pace or Pace()
        # What an unknown address is verified against, so that it costs what a known one does.
        self._decoy = ARGON2ID.hash("nobody has this password")

    @property
    def waiting(self) -> int:
        return self._threads.waiting

    def close(self) -> None:
        self._threads.close()

    async def calibrate(self) -> None:
        """Learn what the slower scheme takes here, before anybody's time could tell."""
        self._note(BCRYPT_DECOY, await self._threads.run(lambda: matches("", BCRYPT_DECOY)))

    async def hash(self, password: str) -> str:
        return (await self._threads.run(lambda: ARGON2ID.hash(password))).result

    async def verify(self, password: str, stored: str | None) -> bool:
        """False comes after about the same time, whatever was stored and in which scheme."""
        against = stored or self._decoy
        done = await self._threads.run(lambda: matches(password, against))
        self._note(against, done)
        if done.result and stored:
            return True
        await asyncio.sleep(self._pace.left(done.seconds))
        return False

    def outdated(self, stored: str) -> bool:
        return not stored.startswith("$argon2id$") or ARGON2ID.check_needs_rehash(stored)

    def _note(self, verified: str, done: Done[bool]) -> None:
        if verified.startswith("$2b$"):
            self._pace.slower_scheme_took(done.seconds, busy=done.busy)
        else:
            self._pace.faster_scheme_took(done.seconds)


def matches(password: str, stored: str) -> bool:
    """Of either scheme. Blocks for as long as the hash takes."""
    if stored.startswith("$2b$"):
        try:
            return bcrypt.checkpw(bcrypt_input(password), stored.encode())
        except ValueError:  # a hash cut short in storage
            return False
    try:
        return ARGON2ID.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


def bcrypt_input(password: str) -> bytes:
    """What both engines give to bcrypt: longer passwords are digested first."""
    encoded = password.encode()
    if len(encoded) <= BCRYPT_MAX:
        return encoded
    return base64.b64encode(hashlib.sha256(encoded).digest())
