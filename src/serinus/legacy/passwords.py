"""Hashing and verifying passwords, off the event loop."""

import asyncio
import base64
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

BCRYPT_MAX_BYTES = 72

# Made from random bytes that nobody kept. Verifying against it takes the time that a wrong
# password takes, so that an unknown address cannot be told from a known one.
DUMMY_HASH = "$2b${rounds:02}$Xuy9iRKvNX012OrZQfmFx.iKnlGICxmzhO31Kw.ScdpcxPII4NLhW"

Result = TypeVar("Result")


class Passwords:
    """Hashes with bcrypt; verifies bcrypt and Argon2id, which engine v2 writes."""

    def __init__(self, rounds: int) -> None:
        self._scheme = PasswordHash((BcryptHasher(rounds=rounds), Argon2Hasher()))
        self._dummy_hash = DUMMY_HASH.format(rounds=rounds)
        # Hashing releases the interpreter lock: more threads than processors only add memory.
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1, "v1-passwords")

    async def hash(self, password: str) -> str:
        return await self._in_thread(lambda: self._scheme.hash(_for_bcrypt(password)))

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """False without a hash, after the same time as with one."""
        stored = password_hash or self._dummy_hash
        prepared = _for_bcrypt(password) if stored.startswith("$2") else password.encode()
        matches = await self._in_thread(lambda: self._scheme.verify(prepared, stored))
        return matches and password_hash is not None

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _for_bcrypt(password: str) -> bytes:
    """bcrypt reads 72 bytes at most: a longer password is replaced by its digest."""
    encoded = password.encode()
    if len(encoded) <= BCRYPT_MAX_BYTES:
        return encoded
    return base64.b64encode(hashlib.sha256(encoded).digest())
