"""Password hashes: Argon2id today, bcrypt of engine v1 still accepted.

Hashing takes tens of milliseconds and megabytes, so it has threads of its own, few of them,
and a limit on how many may wait.
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import argon2
import bcrypt
from argon2.exceptions import Argon2Error, InvalidHashError

from serinus.domain.errors import Unavailable

T = TypeVar("T")

# OWASP's Password Storage Cheat Sheet, second of its equivalent settings.
ARGON2ID = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
BCRYPT_MAX = 72  # bytes; bcrypt ignores or refuses what comes after
WAITING_PER_THREAD = 64


class PasswordHashes:
    """Close it when the service stops."""

    def __init__(self, *, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._room = threads * (WAITING_PER_THREAD + 1)
        # What an unknown address is verified against, so that it takes as long as a known one.
        self._decoy = ARGON2ID.hash("nobody has this password")

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def hash(self, password: str) -> str:
        return await self._off_loop(lambda: ARGON2ID.hash(password))

    async def verify(self, password: str, stored: str | None) -> bool:
        right = await self._off_loop(lambda: matches(password, stored or self._decoy))
        return right and bool(stored)

    def outdated(self, stored: str) -> bool:
        return not stored.startswith("$argon2id$") or ARGON2ID.check_needs_rehash(stored)

    async def _off_loop(self, work: Callable[[], T]) -> T:
        if not self._room:
            raise Unavailable("too many passwords are waiting to be hashed")
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._room += 1


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
