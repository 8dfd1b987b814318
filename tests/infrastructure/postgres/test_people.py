"""Accounts in lists, and what becomes of the sessions of one that is deactivated."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.identity.people import AccountColumn, AccountFilter
from serinus.application.identity.ports import SignInProof
from serinus.application.slices import Slice
from serinus.domain.identity.accounts import Account, AccountNotFound, UsernameTaken
from serinus.domain.identity.caller import Caller, Role, SessionId, UserId
from serinus.domain.identity.sessions import EndReason
from serinus.infrastructure.postgres.accounts import PostgresAccounts
from serinus.infrastructure.postgres.people import PostgresPeople
from serinus.infrastructure.postgres.sessions import PostgresSessions
from tests.support.identity import HASH, NOON, a_session, a_token, an_account, signed_up

LATER = NOON + timedelta(hours=1)
ALL = AccountFilter()
FIRST = Slice(1, 20, descending=False)


@pytest.fixture
def people(pool: asyncpg.Pool) -> PostgresPeople:
    return PostgresPeople(pool)


def asked_by(account: Account) -> Caller:
    return Caller(account.id, account.role, SessionId(uuid7()))


async def stored(pool: asyncpg.Pool, *accounts: Account) -> None:
    """With their roles and their activity, which nobody has who has just signed up."""
    for account in accounts:
        await signed_up(pool, account)
        await PostgresAccounts(pool).save(account)


async def names(
    people: PostgresPeople,
    caller: Account,
    which: AccountFilter = ALL,
    column: AccountColumn = AccountColumn.USERNAME,
    part: Slice = FIRST,
) -> tuple[list[str], int]:
    found = await people.page(asked_by(caller), which, column, part)
    return [account.username for account in found.items], found.total


async def test_an_account_is_found_as_it_was_stored(
    pool: asyncpg.Pool, people: PostgresPeople
) -> None:
    ada = an_account(first_name="Ada", role=Role.EDITOR)
    await stored(pool, ada)

    assert await people.get(ada.id) == replace(ada, version=2)


async def test_an_account_that_is_not_there_is_not_found(people: PostgresPeople) -> None:
    with pytest.raises(AccountNotFound):
        await people.get(UserId(uuid7()))


async def test_who_is_asking_is_somebody_active_whose_session_goes_on(
    pool: asyncpg.Pool, people: PostgresPeople
) -> None:
    ada, eve = an_account("ada"), an_account("eve")
    session, other = await signed_up(pool, ada), await signed_up(pool, eve)

    def by(session_id: SessionId | None) -> Caller:
        return Caller(ada.id, Role.ADMIN, session_id)

    assert await people.asking(by(session.id), at=NOON) == ada
    assert await people.asking(by(None), at=NOON) == ada
    assert await people.asking(by(session.id), at=session.expires_at) is None
    assert await people.asking(by(other.id), at=NOON) is None
    await PostgresSessions(pool).end(session.id, ada.id, EndReason.LOGOUT, at=NOON)
    assert await people.asking(by(session.id), at=NOON) is None
    await pool.execute("UPDATE users SET is_active = false")
    assert await people.asking(by(None), at=NOON) is None


async def test_pages_are_cut_from_the_order_and_counted(
    pool: asyncpg.Pool, people: PostgresPeople
) -> None:
    accounts = [
        an_account(f"ada{n}", created_at=NOON + timedelta(hours=n), updated_at=LATER)
        for n in range(5)
    ]
    await stored(pool, *accounts)
    ada = accounts[0]

    async def page(number: int, *, descending: bool) -> tuple[list[str], int]:
        part = Slice(number, 2, descending=descending)
        return await names(people, ada, column=AccountColumn.CREATED_AT, part=part)

    assert await page(1, descending=False) == (["ada0", "ada1"], 5)
    assert await page(3, descending=False) == (["ada4"], 5)
    assert await page(2, descending=True) == (["ada2", "ada1"], 5)
    assert await page(4, descending=True) == ([], 5)
    assert await page(10**20, descending=True) == ([], 5)


async def test_ties_are_broken_by_id_in_the_same_direction(
    pool: asyncpg.Pool, people: PostgresPeople
) -> None:
    accounts = [an_account(name, updated_at=LATER) for name in ("dora", "abe", "cleo")]
    await stored(pool, *accounts)

    for descending, expected in (
        (False, ["dora", "abe", "cleo"]),
        (True, ["cleo", "abe", "dora"]),
    ):
        part = Slice(1, 20, descending=descending)
        found, _ = await names(people, accounts[0], ALL, AccountColumn.UPDATED_AT, part)
        assert found == expected


async def test_roles_and_activity_filter(pool: asyncpg.Pool, people: PostgresPeople) -> None:
    root = an_account("root", role=Role.ADMIN)
    ada = an_account("ada", role=Role.AUTHOR)
    gone = an_account("gone", role=Role.AUTHOR, is_active=False)
    await stored(pool, root, ada, gone)

    for which, expected in [
        (ALL, ["ada", "gone", "root"]),
        (AccountFilter(role=Role.AUTHOR), ["ada", "gone"]),
        (AccountFilter(role=Role.AUTHOR, active=True), ["ada"]),
        (AccountFilter(active=False), ["gone"]),
        (AccountFilter(role=Role.EDITOR), []),
    ]:
        assert await names(people, root, which) == (expected, len(expected))


async def test_who_sees_no_roles_finds_themselves_at_most(
    pool: asyncpg.Pool, people: PostgresPeople
) -> None:
    ada, eve = an_account("ada", role=Role.EDITOR), an_account("eve", role=Role.EDITOR)
    await stored(pool, ada, eve)

    assert await names(people, ada, AccountFilter(role=Role.EDITOR)) == (["ada"], 1)
    assert await names(people, ada, AccountFilter(role=Role.ADMIN)) == ([], 0)
    assert await names(people, ada) == (["ada", "eve"], 2)


async def test_nobody_stays_signed_in_to_an_account_that_is_inactive(
    pool: asyncpg.Pool,
) -> None:
    ada, eve = an_account(), an_account("eve")
    ended, kept = await signed_up(pool, ada), await signed_up(pool, eve)

    saved = await PostgresAccounts(pool).save(replace(ada, is_active=False, updated_at=LATER))

    assert (saved.is_active, saved.version) == (False, 2)
    rows = await pool.fetch("SELECT id, ended_at, end_reason FROM sessions ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (ended.id, LATER, "deactivated"),
        (kept.id, None, None),
    ]


async def test_why_a_session_ended_before_is_kept(pool: asyncpg.Pool) -> None:
    ada = an_account()
    await signed_up(pool, ada)
    await pool.execute("UPDATE sessions SET ended_at = $1, end_reason = 'logout'", NOON)

    await PostgresAccounts(pool).save(replace(ada, is_active=False, updated_at=LATER))

    assert await pool.fetchval("SELECT end_reason FROM sessions") == "logout"
    assert await pool.fetchval("SELECT ended_at FROM sessions") == NOON


async def test_a_sign_in_that_was_faster_is_ended_with_the_others(pool: asyncpg.Pool) -> None:
    """It has locked the account, and its session is not there yet when deactivating begins."""
    ada = an_account()
    await signed_up(pool, ada)
    await pool.execute("DELETE FROM sessions")
    async with pool.acquire() as signing_in, signing_in.transaction():
        await signing_in.execute("UPDATE users SET last_login = $1", LATER)
        deactivating = asyncio.create_task(
            PostgresAccounts(pool).save(replace(ada, is_active=False, updated_at=LATER))
        )
        await until_somebody_waits(pool)
        session = a_session(ada)
        await signing_in.execute(
            "INSERT INTO sessions (id, user_id, remember, created_at, expires_at)"
            " VALUES ($1, $2, false, $3, $4)",
            session.id,
            ada.id,
            session.created_at,
            session.expires_at,
        )
    await deactivating

    assert await pool.fetchval("SELECT end_reason FROM sessions") == "deactivated"


async def test_two_who_take_each_others_name_at_once_do_not_fail(pool: asyncpg.Pool) -> None:
    """Each would wait for the other to let go of a name; the database gives one of them up."""
    accounts = PostgresAccounts(pool)
    ada, eve = an_account("ada"), an_account("eve")
    await signed_up(pool, ada)
    await signed_up(pool, eve)
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("UPDATE users SET username_key = 'free' WHERE id = $1", eve.id)
        saving = asyncio.create_task(accounts.save(replace(ada, username="eve")))
        await until_somebody_waits(pool)
        # The name that it holds is wanted now: each waits for the other.
        with suppress(asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError):
            await other.execute("UPDATE users SET username_key = 'ada' WHERE id = $1", eve.id)
        await transaction.rollback()
    with pytest.raises(UsernameTaken):
        await saving


async def test_nobody_signs_in_to_an_account_that_is_inactive(pool: asyncpg.Pool) -> None:
    ada = an_account()
    await signed_up(pool, ada)
    await PostgresAccounts(pool).save(replace(ada, is_active=False, updated_at=LATER))

    opened = await PostgresSessions(pool).open(
        a_session(ada), a_token(), SignInProof(HASH), at=LATER
    )

    assert opened is None


async def until_somebody_waits(pool: asyncpg.Pool) -> None:
    """For a lock in this database."""
    waiting = """
        SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    async with asyncio.timeout(10):
        while not await pool.fetchval(waiting):
            pass
