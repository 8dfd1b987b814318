"""What an operator does to accounts."""

from datetime import timedelta

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.identity.administration import Administration
from serinus.domain.errors import Invalid
from serinus.domain.identity.accounts import AccountNotFound, EmailTaken, UsernameTaken
from serinus.domain.identity.caller import Role
from serinus.infrastructure.postgres.account_book import PostgresAccountBook
from serinus.infrastructure.postgres.accounts import PostgresAccounts
from serinus.infrastructure.postgres.sessions import PostgresSessions
from tests.support.identity import NOON, PASSWORD, an_account, signed_up
from tests.support.whole_v2 import Clock, password_hashes

NEW = "nine-blue-boats"


@pytest.fixture
def administration(pool: asyncpg.Pool) -> Administration:
    return Administration(
        PostgresAccountBook(pool), password_hashes(), frozenset({"password1"}), Clock(), uuid7
    )


async def test_an_account_can_sign_in_with_the_role_it_was_given(
    pool: asyncpg.Pool, administration: Administration
) -> None:
    made = await administration.create(
        username=" Ada ", email=" ADA@example.org", password=PASSWORD, role=Role.EDITOR
    )

    assert (made.username, made.email, made.role) == ("Ada", "ada@example.org", Role.EDITOR)
    assert (made.created_at, made.last_login) == (NOON, None)
    assert await PostgresAccountBook(pool).newest() == [made]
    known = await PostgresAccounts(pool).credentials("ada@example.org")
    assert known is not None
    assert await password_hashes().verify(PASSWORD, known.password_hash)


async def test_an_operator_is_told_everything_wrong_at_once(
    administration: Administration,
) -> None:
    with pytest.raises(Invalid) as refused:
        await administration.create(username="ab", email="x", password="x", role=Role.AUTHOR)

    fields = [found.field for found in refused.value.violations]
    assert fields == ["username", "email", "password"]


async def test_an_account_that_exists_is_not_made_again(
    administration: Administration,
) -> None:
    ada = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}
    await administration.create(**ada, role=Role.AUTHOR)

    with pytest.raises(UsernameTaken):
        await administration.create(**ada | {"email": "e@example.org"}, role=Role.AUTHOR)
    with pytest.raises(EmailTaken):
        await administration.create(**ada | {"username": "eve"}, role=Role.AUTHOR)


async def test_a_new_password_ends_all_sessions(
    pool: asyncpg.Pool, administration: Administration
) -> None:
    ada = an_account()
    session = await signed_up(pool, ada)

    changed = await administration.set_password(email=" ADA@example.org ", password=NEW)

    assert (changed.id, changed.version) == (ada.id, 2)
    known = await PostgresAccounts(pool).credentials(ada.email)
    assert known is not None
    assert await password_hashes().verify(NEW, known.password_hash)
    at = NOON + timedelta(seconds=1)
    assert await PostgresSessions(pool).live_account(session.id, ada.id, at=at) is None


@pytest.mark.parametrize("password", ["x", "password1", "Password1", "x" * 129])
async def test_an_operator_sets_no_password_that_can_be_guessed(
    pool: asyncpg.Pool, administration: Administration, password: str
) -> None:
    await signed_up(pool, an_account())

    with pytest.raises(Invalid):
        await administration.set_password(email="ada@example.org", password=password)


async def test_nobody_gets_a_password_who_is_not_there(administration: Administration) -> None:
    with pytest.raises(AccountNotFound):
        await administration.set_password(email="ada@example.org", password=NEW)


async def test_no_password_is_the_name_of_its_account(
    pool: asyncpg.Pool, administration: Administration
) -> None:
    await signed_up(pool, an_account("Ada Lovelace", email="ada@example.org"))

    with pytest.raises(Invalid):
        await administration.create(
            username="Eve Lovelace",
            email="eve@example.org",
            password="eve lovelace",
            role=Role.AUTHOR,
        )
    with pytest.raises(Invalid):
        await administration.set_password(email="ada@example.org", password="ada lovelace")
