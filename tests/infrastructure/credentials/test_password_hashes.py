"""Password hashes: two schemes, one length limit, and no work without an end."""

import asyncio
import base64
import hashlib
from collections.abc import Iterator

import bcrypt
import pytest

from serinus.domain.errors import Unavailable
from serinus.infrastructure.credentials.pace import LONGEST, Pace
from serinus.infrastructure.credentials.password_hashes import (
    WAITING_PER_THREAD,
    PasswordHashes,
)

PASSWORD = "seven-red-hats"
# Longer than what bcrypt reads; the first 72 bytes are the same.
LONG, LONG_TOO = "鳥" * 24 + "one", "鳥" * 24 + "two"


@pytest.fixture(scope="module")
def hashes() -> Iterator[PasswordHashes]:
    hashes = PasswordHashes(threads=1)
    yield hashes
    hashes.close()


def by_engine_v1(password: str) -> str:
    """bcrypt, as engine v1 stores it, with the least work that bcrypt allows."""
    encoded = password.encode()
    if len(encoded) > 72:
        encoded = base64.b64encode(hashlib.sha256(encoded).digest())
    return bcrypt.hashpw(encoded, bcrypt.gensalt(4)).decode()


async def test_a_hash_is_argon2id_at_the_recommended_setting(hashes: PasswordHashes) -> None:
    assert (await hashes.hash(PASSWORD)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("password", [PASSWORD, LONG, "x" * 128, "鳥" * 128])
async def test_a_password_verifies_against_its_own_hash_alone(
    hashes: PasswordHashes, password: str
) -> None:
    stored = await hashes.hash(password)

    assert await hashes.verify(password, stored)
    assert not await hashes.verify(password + "x", stored)


async def test_one_password_never_has_the_same_hash_twice(hashes: PasswordHashes) -> None:
    assert await hashes.hash(PASSWORD) != await hashes.hash(PASSWORD)


@pytest.mark.parametrize("password", [PASSWORD, "x" * 72, "x" * 73, LONG])
async def test_a_hash_of_engine_v1_verifies(hashes: PasswordHashes, password: str) -> None:
    stored = by_engine_v1(password)

    assert await hashes.verify(password, stored)
    assert not await hashes.verify(password + "x", stored)


async def test_all_of_a_long_password_counts_in_bcrypt_too(hashes: PasswordHashes) -> None:
    assert not await hashes.verify(LONG_TOO, by_engine_v1(LONG))


async def test_only_hashes_of_another_scheme_or_setting_are_outdated(
    hashes: PasswordHashes,
) -> None:
    weaker = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$RrRTPZJ5fEIFBXhQ2B6s9Q"

    assert hashes.outdated(by_engine_v1(PASSWORD))
    assert hashes.outdated(weaker)
    assert not hashes.outdated(await hashes.hash(PASSWORD))


@pytest.mark.parametrize("stored", [None, "", "$2b$", "$2b$12$short", "$argon2id$", "x"])
async def test_without_a_whole_hash_no_password_is_right(
    hashes: PasswordHashes, stored: str | None
) -> None:
    assert not await hashes.verify(PASSWORD, stored)
    assert not await hashes.verify("nobody has this password", stored)


async def test_the_loop_goes_on_while_a_password_is_hashed(hashes: PasswordHashes) -> None:
    hashing = asyncio.create_task(hashes.hash(PASSWORD))

    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1

    assert turns > 10


async def test_more_than_can_wait_are_turned_away_and_the_others_served() -> None:
    hashes = PasswordHashes(threads=1)
    stored = by_engine_v1(PASSWORD)
    room = WAITING_PER_THREAD + 1

    answers = await asyncio.gather(
        *(hashes.verify(PASSWORD, stored) for _ in range(room + 3)), return_exceptions=True
    )

    assert answers.count(True) == room
    assert [type(answer) for answer in answers[room:]] == [Unavailable] * 3
    assert await hashes.verify(PASSWORD, stored)
    hashes.close()


@pytest.mark.parametrize(
    "stored",
    [None, "", "$2b$12$short", by_engine_v1(PASSWORD), "own"],
    ids=["none", "empty", "short", "bcrypt", "argon2id"],  # a hash is another in each process
)
async def test_a_wrong_password_is_told_no_sooner_than_the_slower_scheme_takes(
    stored: str | None,
) -> None:
    pace = Pace()
    pace.slower_scheme_took(0.5, busy=0.5)
    hashes = PasswordHashes(threads=1, pace=pace)
    if stored == "own":
        stored = await hashes.hash(PASSWORD)
    clock = asyncio.get_running_loop().time

    began = clock()
    assert not await hashes.verify("wrong", stored)

    assert clock() - began > 0.49
    hashes.close()


async def test_who_knows_the_password_does_not_wait() -> None:
    pace = Pace()
    pace.slower_scheme_took(LONGEST, busy=LONGEST)
    hashes = PasswordHashes(threads=2, pace=pace)
    stored = await hashes.hash(PASSWORD)
    wrong = asyncio.create_task(hashes.verify("wrong", stored))

    assert await hashes.verify(PASSWORD, stored)
    assert not wrong.done()
    wrong.cancel()
    hashes.close()


async def test_what_verifying_takes_is_learnt_from_both_schemes() -> None:
    pace = Pace()
    hashes = PasswordHashes(threads=1, pace=pace)
    await hashes.verify(PASSWORD, await hashes.hash(PASSWORD))
    faster = pace.floor
    await hashes.calibrate()

    assert 0 < faster < pace.floor
    hashes.close()
