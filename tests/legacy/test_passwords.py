"""Both engines hash in their own way, and each verifies what the other wrote."""

import asyncio
import base64
import hashlib
import threading
from collections.abc import Iterator

import bcrypt
import pytest
from argon2 import PasswordHasher

from serinus.legacy.passwords import DUMMY_HASH, Passwords

OF_ENGINE_V2 = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    passwords = Passwords(rounds=12)
    yield passwords
    passwords.close()


async def test_a_hash_is_bcrypt_of_cost_twelve(passwords: Passwords) -> None:
    hashed = await passwords.hash("correct horse")

    assert hashed.startswith("$2b$12$")
    assert bcrypt.checkpw(b"correct horse", hashed.encode())
    assert await passwords.verify("correct horse", hashed)
    assert not await passwords.verify("wrong horse", hashed)


@pytest.mark.parametrize("password", ["p" * 72, "p" * 73, "é" * 36, "é" * 37, "é" * 128])
async def test_bcrypt_gets_the_digest_of_what_it_cannot_take_whole(
    passwords: Passwords, password: str
) -> None:
    encoded = password.encode()
    if len(encoded) > 72:
        encoded = base64.b64encode(hashlib.sha256(encoded).digest())

    hashed = await passwords.hash(password)

    assert bcrypt.checkpw(encoded, hashed.encode())
    assert await passwords.verify(password, hashed)
    assert not await passwords.verify(password[:-1] + "x", hashed)


@pytest.mark.parametrize("password", ["correct horse", "é" * 128])
async def test_what_engine_v2_hashed_is_verified(passwords: Passwords, password: str) -> None:
    hashed = OF_ENGINE_V2.hash(password)

    assert hashed.startswith("$argon2id$")
    assert await passwords.verify(password, hashed)
    assert not await passwords.verify("wrong horse", hashed)


async def test_nobody_has_the_password_of_no_account(passwords: Passwords) -> None:
    assert not await passwords.verify("correct horse", None)
    assert not await passwords.verify("", None)


@pytest.mark.parametrize("rounds", [4, 12])
def test_what_stands_for_no_account_costs_as_much_as_any(rounds: int) -> None:
    dummy = DUMMY_HASH.format(rounds=rounds)

    assert dummy.startswith(f"$2b${rounds:02}$")
    assert not bcrypt.checkpw(b"correct horse", dummy.encode())


async def test_hashing_leaves_the_event_loop_free(passwords: Passwords) -> None:
    hashing = asyncio.create_task(passwords.hash("correct horse"))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1

    assert turns > 10
    assert any(thread.name.startswith("v1-passwords") for thread in threading.enumerate())
