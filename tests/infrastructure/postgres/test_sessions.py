"""Sessions in PostgreSQL: families of refresh tokens, and who wins when two use one."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.identity.ports import SignInProof
from serinus.domain.identity.accounts import EmailTaken, UsernameTaken
from serinus.domain.identity.caller import SessionId, UserId
from serinus.domain.identity.sessions import EndReason, InvalidToken, TokenReused
from serinus.infrastructure.postgres.pool import open_pool
from serinus.infrastructure.postgres.sessions import PostgresSessions
from tests.support.identity import HASH, NOON, a_session, a_token, an_account, signed_up

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST, SECOND, THIRD = a_token(1), a_token(2), a_token(3)


@pytest.fixture
def sessions(pool: asyncpg.Pool) -> PostgresSessions:
    return PostgresSessions(pool)


async def end_of(pool: asyncpg.Pool, session: SessionId) -> str | None:
    reason: str | None = await pool.fetchval(
        "SELECT end_reason FROM sessions WHERE id = $1", session
    )
    return reason


async def test_who_registers_is_signed_in(
    pool: asyncpg.Pool, sessions: PostgresSessions
) -> None:
    ada = an_account()

    session = await signed_up(pool, ada)

    assert await sessions.live_account(session.id, ada.id, at=NOON) == ada
    assert await sessions.of_user(ada.id, at=NOON) == [session]


@pytest.mark.parametrize(
    ("username", "email", "error"),
    [
        ("ADA", "other@example.org", UsernameTaken),
        ("other", "ada@example.org", EmailTaken),
    ],
)
async def test_of_a_registration_that_is_refused_nothing_stays(
    pool: asyncpg.Pool, username: str, email: str, error: type[Exception]
) -> None:
    await signed_up(pool, an_account())

    with pytest.raises(error):
        await signed_up(pool, an_account(username, email=email))

    counts = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM sessions)"
    assert tuple(await pool.fetchrow(counts) or ()) == (1, 1)


async def test_signing_in_opens_a_session_and_notes_when(
    pool: asyncpg.Pool, sessions: PostgresSessions
) -> None:
    ada = an_account()
    await signed_up(pool, ada)
    session = a_session(ada, remember=True, at=NOON + HOUR)

    account = await sessions.open(session, SECOND, SignInProof(HASH), at=NOON + HOUR)

    assert account is not None
    assert account.last_login == NOON + HOUR
    assert (account.updated_at, account.version) == (NOON, 1)
    assert (await sessions.of_user(ada.id, at=NOON + HOUR))[0] == session


async def test_signing_in_stores_a_better_hash_of_the_same_password(
    pool: asyncpg.Pool, sessions: PostgresSessions
) -> None:
    ada = an_account()
    await signed_up(pool, ada, hashed="$2b$old")

    proof = SignInProof("$2b$old", upgraded=HASH)
    assert await sessions.open(a_session(ada), SECOND, proof, at=NOON)

    hashed = await pool.fetchval("SELECT password_hash FROM users")
    assert hashed == HASH


@pytest.mark.parametrize("change", ["is_active = false", "password_hash = '$2b$other'"])
async def test_nobody_signs_in_to_an_account_that_changed_meanwhile(
    pool: asyncpg.Pool, sessions: PostgresSessions, change: str
) -> None:
    ada = an_account()
    await signed_up(pool, ada)
    await pool.execute(f"UPDATE users SET {change}")  # noqa: S608 - of this test

    assert await sessions.open(a_session(ada), SECOND, SignInProof(HASH), at=NOON) is None

    assert await pool.fetchval("SELECT count(*) FROM sessions") == 1


async def test_signing_in_clears_away_sessions_that_are_long_over(
    pool: asyncpg.Pool, sessions: PostgresSessions
) -> None:
    ada = an_account()
    await signed_up(pool, ada)
    at = NOON + 40 * DAY

    await sessions.open(a_session(ada, at=at), SECOND, SignInProof(HASH), at=at)

    assert await pool.fetchval("SELECT count(*) FROM sessions") == 1
    assert await pool.fetchval("SELECT count(*) FROM refresh_tokens") == 1


@pytest.mark.parametrize(("remember", "days"), [(False, 1), (True, 30)])
async def test_each_refresh_moves_the_end_of_the_session_on(
    pool: asyncpg.Pool, sessions: PostgresSessions, *, remember: bool, days: int
) -> None:
    ada = an_account()
    await signed_up(pool, ada)
    session = a_session(ada, remember=remember)
    await sessions.open(session, FIRST, SignInProof(HASH), at=NOON)

    rotated, account = await sessions.rotate(FIRST, SECOND, at=NOON + HOUR)

    assert (rotated, account.id) == (session.id, ada.id)
    expires = await pool.fetchval("SELECT expires_at FROM sessions WHERE id = $1", session.id)
    assert expires == NOON + HOUR + days * DAY
    await sessions.rotate(SECOND, THIRD, at=NOON + 2 * HOUR)


async def test_a_token_used_twice_ends_its_session(
    pool: asyncpg.Pool, sessions: PostgresSessions
) -> None:
    ada = an_account()
    session = await signed_up(pool, ada, token=FIRST)
    await sessions.rotate(FIRST, SECOND, at=NOON)

    with pytest.raises(TokenReused):
        await sessions.rotate(FIRST, THIRD, at=NOON)

    assert await end_of(pool, session.id) == "reuse"
    assert await sessions.live_account(session.id, ada.id, at=NOON) is None
    with pytest.raises(InvalidToken):
        await sessions.rotate(SECOND, THIRD, at=NOON)


async def test_of_many_that_use_one_token_at_once_one_wins_and_the_session_ends(
    database_url: str, pool: asyncpg.Pool, sessions: PostgresSessions
) -> None:
    session = await signed_up(pool, an_account(), token=FIRST)
    other = await open_pool(database_url)
    stores = [sessions, PostgresSessions(other)] * 4

    answers = await asyncio.gather(
        *(each.rotate(FIRST, a_token(n + 2), at=NOON) for n, each in enumerate(stores)),
        return_exceptions=True,
    )
    await other.close()

    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert [type(each) for each in refused] == [TokenReused] * 7
    assert await end_of(pool, session.id) == "reuse"
    live = "SELECT count(*) FROM refresh_tokens WHERE spent_at IS NULL"
    assert await pool.fetchval(live) == 1


async def test_a_refresh_and_a_sign_out_at_once_leave_no_session(
    pool: asyncpg.Pool, sessions: PostgresSessions
) -> None:
    ada = an_account()
    session = await signed_up(pool, ada, token=FIRST)

    await asyncio.gather(
        sessions.rotate(FIRST, SECOND, at=NOON),
        sessions.end(session.id, ada.id, EndReason.LOGOUT, at=NOON),
        return_exceptions=True,
    )

    assert await sessions.live_account(session.id, ada.id, at=NOON) is None


async def test_nobody_made_an_unknown_token(sessions: PostgresSessions) -> None:
    with pytest.raises(InvalidToken):
        await sessions.rotate(FIRST, SECOND, at=NOON)


@pytest.mark.parametrize(
    "over",
    [
        "UPDATE sessions SET ended_at = now(), end_reason = 'logout'",
        "UPDATE sessions SET created_at = '2029-12-01', expires_at = '2029-12-02'",
        "UPDATE users SET is_active = false",
    ],
    ids=["ended", "expired", "inactive"],
)
async def test_nothing_of_a_session_that_is_over_works(
    pool: asyncpg.Pool, sessions: PostgresSessions, over: str
) -> None:
    ada = an_account()
    session = await signed_up(pool, ada, token=FIRST)
    await pool.execute(over)

    with pytest.raises(InvalidToken):
        await sessions.rotate(FIRST, SECOND, at=NOON)

    assert await sessions.live_account(session.id, ada.id, at=NOON) is None
    assert await pool.fetchval("SELECT count(*) FROM refresh_tokens") == 1


async def test_a_session_is_no_proof_of_being_somebody_else(
    pool: asyncpg.Pool, sessions: PostgresSessions
) -> None:
    session = await signed_up(pool, an_account())

    assert await sessions.live_account(session.id, UserId(uuid7()), at=NOON) is None


async def test_sessions_are_listed_newest_first_while_they_live(
    pool: asyncpg.Pool, sessions: PostgresSessions
) -> None:
    ada, eve = an_account(), an_account("eve")
    first = await signed_up(pool, ada)
    await signed_up(pool, eve)
    second = a_session(ada, at=NOON + HOUR)
    await sessions.open(second, SECOND, SignInProof(HASH), at=NOON + HOUR)

    assert await sessions.of_user(ada.id, at=NOON + HOUR) == [second, first]
    assert await sessions.of_user(ada.id, at=NOON + DAY) == [second]
    await sessions.end(second.id, ada.id, EndReason.ENDED, at=NOON + HOUR)
    assert await sessions.of_user(ada.id, at=NOON + HOUR) == [first]


async def test_a_session_ends_once_and_only_for_its_owner(
    pool: asyncpg.Pool, sessions: PostgresSessions
) -> None:
    ada = an_account()
    session = await signed_up(pool, ada)

    assert not await sessions.end(session.id, UserId(uuid7()), EndReason.ENDED, at=NOON)
    assert await sessions.end(session.id, ada.id, EndReason.LOGOUT, at=NOON)
    assert not await sessions.end(session.id, ada.id, EndReason.ENDED, at=NOON)
    assert await end_of(pool, session.id) == "logout"
