"""Both engines hash in their own way, and each verifies what the other wrote."""

import asyncio
import base64
import hashlib
import os
import sys
import threading
from collections.abc import Iterator

import bcrypt
import pytest
from argon2 import PasswordHasher

from serinus.legacy.envelope import Failure
from serinus.legacy.hashing_threads import NICENESS, WAITING_PER_THREAD, HashingThreads
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


async def test_a_wrong_password_takes_as_long_in_the_faster_scheme(
    passwords: Passwords,
) -> None:
    clock = asyncio.get_running_loop().time
    await passwords.calibrate()
    hashed = OF_ENGINE_V2.hash("correct horse")
    for stored in (hashed, None):
        began = clock()
        assert not await passwords.verify("wrong horse", stored)

        assert clock() - began > 0.98 * passwords.least > 0.1


async def test_no_password_is_longer_than_any_that_was_set(passwords: Passwords) -> None:
    hashed = await passwords.hash("p" * 128)

    assert not await passwords.verify("p" * 129, hashed)
    assert not await passwords.verify("p" * 1_000_000, OF_ENGINE_V2.hash("p" * 129 + "q"))


async def test_too_many_at_once_are_told_to_come_back(passwords: Passwords) -> None:
    room = (os.cpu_count() or 1) * (1 + WAITING_PER_THREAD)
    crowd = [asyncio.create_task(passwords.verify("x", None)) for _ in range(room)]
    await asyncio.sleep(0)  # so that they are in the queue

    assert passwords.waiting == (os.cpu_count() or 1) * WAITING_PER_THREAD
    with pytest.raises(Failure) as turned_away:
        await passwords.verify("x", None)

    assert turned_away.value.status == 503
    assert turned_away.value.headers == {"Retry-After": "5"}
    for each in crowd:
        each.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    assert passwords.waiting == 0


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
async def test_hashing_stands_behind_what_answers_requests() -> None:
    hashing = HashingThreads(None)
    niceness, _ = await hashing.run(
        lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    )
    hashing.close()

    assert niceness == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
