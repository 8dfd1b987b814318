"""Accounts in PostgreSQL: names are unique, and no change is lost or half made."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.identity.ports import Credentials, NewPassword
from serinus.domain.errors import Stale
from serinus.domain.identity.accounts import AccountNotFound, EmailTaken, UsernameTaken
from serinus.domain.identity.caller import Role, UserId
from serinus.infrastructure.postgres.account_book import PostgresAccountBook
from serinus.infrastructure.postgres.accounts import PostgresAccounts
from serinus.infrastructure.postgres.sessions import PostgresSessions
from tests.support.identity import HASH, NOON, a_session, a_token, an_account, signed_up

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def accounts(pool: asyncpg.Pool) -> PostgresAccounts:
    return PostgresAccounts(pool)


@pytest.fixture
def book(pool: asyncpg.Pool) -> PostgresAccountBook:
    return PostgresAccountBook(pool)


async def stored(pool: asyncpg.Pool, user_id: UserId) -> asyncpg.Record:
    row = await pool.fetchrow("SELECT * FROM users WHERE id = $1", user_id)
    assert row is not None
    return row


async def test_credentials_are_found_by_the_address(
    pool: asyncpg.Pool, accounts: PostgresAccounts
) -> None:
    ada = an_account()
    await signed_up(pool, ada)

    known = Credentials(ada.id, is_active=True, password_hash=HASH)
    assert await accounts.credentials("ada@example.org") == known
    assert await accounts.credentials("eve@example.org") is None
    assert await accounts.password_hash(ada.id) == HASH
    assert await accounts.password_hash(UserId(uuid7())) is None


async def test_saving_replaces_what_was_there_and_counts_the_version(
    pool: asyncpg.Pool, accounts: PostgresAccounts
) -> None:
    ada = an_account()
    await signed_up(pool, ada)
    edited = replace(
        ada,
        username="Countess",
        email="countess@example.org",
        first_name="Ada",
        last_name="Lovelace",
        role=Role.EDITOR,
        email_verified=True,
        updated_at=LATER,
    )

    saved = await accounts.save(edited)

    assert saved == replace(edited, version=2)
    row = await stored(pool, ada.id)
    assert (row["username_key"], row["password_hash"]) == ("countess", HASH)
    assert row["created_at"] == NOON


async def test_who_saves_an_old_version_is_told_the_newer_one(
    pool: asyncpg.Pool, accounts: PostgresAccounts
) -> None:
    ada = an_account()
    await signed_up(pool, ada)
    await accounts.save(replace(ada, first_name="Ada"))

    with pytest.raises(Stale) as stale:
        await accounts.save(replace(ada, first_name="Eve"))

    assert stale.value.version == 2
    assert (await stored(pool, ada.id))["first_name"] == "Ada"


async def test_of_many_writers_with_one_version_exactly_one_wins(
    pool: asyncpg.Pool, accounts: PostgresAccounts
) -> None:
    ada = an_account()
    await signed_up(pool, ada)

    answers = await asyncio.gather(
        *(accounts.save(replace(ada, first_name=f"{n}")) for n in range(8)),
        return_exceptions=True,
    )

    assert [type(each) for each in answers].count(Stale) == 7
    assert {each.version for each in answers if isinstance(each, Stale)} == {2}
    assert (await stored(pool, ada.id))["version"] == 2


async def test_an_account_that_is_not_there_is_not_made(accounts: PostgresAccounts) -> None:
    with pytest.raises(AccountNotFound):
        await accounts.save(an_account())


async def test_a_name_of_somebody_else_stays_theirs(
    pool: asyncpg.Pool, accounts: PostgresAccounts
) -> None:
    ada, eve = an_account(), an_account("Eve")
    await signed_up(pool, ada)
    await signed_up(pool, eve)

    with pytest.raises(UsernameTaken):
        await accounts.save(replace(eve, username="ADA"))
    with pytest.raises(EmailTaken):
        await accounts.save(replace(eve, email=ada.email))
    assert (await stored(pool, eve.id))["version"] == 1


async def test_a_new_password_ends_every_other_session_of_the_account(
    pool: asyncpg.Pool, accounts: PostgresAccounts
) -> None:
    ada, eve = an_account(), an_account("eve")
    here, other = await signed_up(pool, ada), await signed_up(pool, eve)
    sessions = PostgresSessions(pool)
    elsewhere = a_session(ada)
    await pool.execute(
        "INSERT INTO sessions (id, user_id, remember, created_at, expires_at)"
        " VALUES ($1, $2, false, $3, $4)",
        elsewhere.id,
        ada.id,
        NOON,
        elsewhere.expires_at,
    )

    saved = await accounts.save(
        replace(ada, updated_at=LATER), password=NewPassword("$argon2id$new", keep=here.id)
    )

    assert saved.version == 2
    assert await accounts.password_hash(ada.id) == "$argon2id$new"
    assert await sessions.live_account(here.id, ada.id, at=LATER)
    assert await sessions.live_account(other.id, eve.id, at=LATER)
    assert await sessions.live_account(elsewhere.id, ada.id, at=LATER) is None
    ended = await pool.fetchrow("SELECT * FROM sessions WHERE id = $1", elsewhere.id)
    assert ended is not None
    assert (ended["ended_at"], ended["end_reason"]) == (LATER, "password_changed")


async def test_without_a_new_password_all_sessions_go_on(
    pool: asyncpg.Pool, accounts: PostgresAccounts
) -> None:
    ada = an_account()
    session = await signed_up(pool, ada)

    await accounts.save(replace(ada, first_name="Ada"))

    assert await PostgresSessions(pool).live_account(session.id, ada.id, at=LATER)


async def test_a_new_book_is_empty_and_then_has_the_newest_first(
    book: PostgresAccountBook,
) -> None:
    assert await book.is_empty()
    ada, eve = an_account(), an_account("eve", created_at=LATER, updated_at=LATER)
    ada, eve = replace(ada, last_login=None), replace(eve, last_login=None)

    await book.add(ada, HASH)
    await book.add(eve, HASH)

    assert await book.newest() == [eve, ada]
    assert not await book.is_empty()


async def test_a_book_has_each_name_and_each_address_once(book: PostgresAccountBook) -> None:
    await book.add(an_account(), HASH)

    with pytest.raises(UsernameTaken):
        await book.add(an_account("ADA", email="other@example.org"), HASH)
    with pytest.raises(EmailTaken):
        await book.add(an_account("other", email="ada@example.org"), HASH)


async def test_a_password_set_by_an_operator_ends_all_sessions(
    pool: asyncpg.Pool, book: PostgresAccountBook
) -> None:
    ada = an_account()
    session = await signed_up(pool, ada, token=a_token())

    changed = await book.set_password(ada.email, "$argon2id$new", at=LATER)

    assert changed == replace(ada, updated_at=LATER, version=2)
    assert (await stored(pool, ada.id))["password_hash"] == "$argon2id$new"
    assert await PostgresSessions(pool).live_account(session.id, ada.id, at=LATER) is None


async def test_an_address_leads_to_a_name(book: PostgresAccountBook) -> None:
    await book.add(an_account(), HASH)

    assert await book.username("ada@example.org") == "ada"


async def test_a_password_is_set_for_nobody_who_is_not_there(
    book: PostgresAccountBook,
) -> None:
    with pytest.raises(AccountNotFound):
        await book.username("eve@example.org")
    with pytest.raises(AccountNotFound):
        await book.set_password("eve@example.org", HASH, at=NOON)
