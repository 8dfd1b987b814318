"""Changing accounts, where the order of things matters."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from serinus.application.identity.people import Changes, People
from serinus.domain.errors import Forbidden, Invalid, SerinusError, Stale
from serinus.domain.identity.accounts import Account, AccountNotFound, UsernameTaken
from serinus.domain.identity.api_keys import ALL_SCOPES
from serinus.domain.identity.caller import Caller, Role, UserId
from serinus.domain.identity.sessions import InvalidToken
from serinus.infrastructure.postgres.accounts import PostgresAccounts
from serinus.infrastructure.postgres.people import PostgresPeople
from tests.support.identity import an_account, signed_up
from tests.support.whole_v2 import Clock

Operation = Callable[[People, Caller, UserId], Awaitable[object]]

OPERATIONS: dict[str, Operation] = {
    "change": lambda people, caller, user_id: people.change(caller, user_id, Changes()),
    "deactivate": lambda people, caller, user_id: people.deactivate(caller, user_id),
    "give a role": lambda people, caller, user_id: people.give_role(
        caller, user_id, Role.AUTHOR
    ),
}
each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


@pytest.fixture
def people(pool: asyncpg.Pool, clock: Clock) -> People:
    return People(PostgresPeople(pool), PostgresAccounts(pool), clock)


@pytest.fixture
async def admin(pool: asyncpg.Pool) -> Caller:
    return asking(await stored(pool, an_account("root", role=Role.ADMIN)))


@pytest.fixture
async def ada(pool: asyncpg.Pool) -> Account:
    return await stored(pool, an_account("ada", first_name="Ada", email_verified=True))


async def stored(pool: asyncpg.Pool, account: Account) -> Account:
    """Members that nobody has who has just signed up, too."""
    await signed_up(pool, account)
    return await PostgresAccounts(pool).save(account)


def asking(account: Account) -> Caller:
    """By a key that was given everything."""
    return Caller(account.id, account.role, None, ALL_SCOPES)


def by_key(caller: Caller, *scopes: str) -> Caller:
    return replace(caller, granted=frozenset(scopes))


def named(**members: Any) -> Changes:
    return Changes(edit=lambda account: replace(account, **members))


async def test_a_change_gives_the_next_version_and_its_time(
    people: People, admin: Caller, ada: Account, clock: Clock
) -> None:
    clock.advance(minutes=1)
    changes = replace(named(username=" Ada L ", email="L@example.org"), role=Role.EDITOR)

    changed = await people.change(admin, ada.id, changes, version=ada.version)

    assert changed == replace(
        ada,
        username="Ada L",
        email="l@example.org",
        email_verified=False,
        role=Role.EDITOR,
        updated_at=clock(),
        version=ada.version + 1,
    )
    assert await people.reader.get(ada.id) == changed


async def test_a_change_of_nothing_is_one_all_the_same(
    people: People, ada: Account, clock: Clock
) -> None:
    clock.advance(minutes=1)

    changed = await people.change(asking(ada), ada.id, Changes())

    assert changed == replace(ada, updated_at=clock(), version=ada.version + 1)


@each_operation
async def test_who_is_not_there_is_not_found(
    people: People, admin: Caller, operation: Operation
) -> None:
    with pytest.raises(AccountNotFound):
        await operation(people, admin, UserId(uuid4()))


@each_operation
async def test_a_key_needs_the_scope_even_for_ones_own_account(
    people: People, admin: Caller, operation: Operation
) -> None:
    with pytest.raises(Forbidden):
        await operation(people, by_key(admin, "users:read", "posts:write"), admin.id)
    await operation(people, by_key(admin, "users:admin"), admin.id)


async def test_a_key_gives_its_owner_no_more_than_their_role(
    people: People, ada: Account
) -> None:
    key = by_key(asking(ada), "users:admin")

    with pytest.raises(Forbidden):
        await people.change(key, ada.id, Changes(role=Role.ADMIN))
    with pytest.raises(Forbidden):
        await people.give_role(key, ada.id, Role.SUBSCRIBER)
    assert (await people.change(key, ada.id, named(first_name="A"))).first_name == "A"


async def test_who_gives_no_roles_learns_of_no_account(people: People, ada: Account) -> None:
    with pytest.raises(Forbidden):
        await people.give_role(asking(ada), UserId(uuid4()), Role.SUBSCRIBER)


@each_operation
async def test_nobody_changes_whoever_is_above_them(
    people: People, admin: Caller, pool: asyncpg.Pool, operation: Operation
) -> None:
    owner = await stored(pool, an_account("owner", role=Role.SUPER_ADMIN))

    with pytest.raises(Forbidden):
        await operation(people, admin, owner.id)


async def test_a_role_that_is_lost_gives_no_right_to_take_it_back(
    people: People, admin: Caller
) -> None:
    """The request came in before the role was taken, and comes to it afterwards."""
    await people.give_role(admin, admin.id, Role.AUTHOR)

    with pytest.raises(Forbidden):
        await people.give_role(admin, admin.id, Role.ADMIN)
    with pytest.raises(Forbidden):
        await people.change(admin, admin.id, Changes(active=True))


@each_operation
async def test_an_inactive_account_does_not_bring_itself_back(
    people: People, admin: Caller, operation: Operation
) -> None:
    await people.deactivate(admin, admin.id)

    with pytest.raises(InvalidToken):
        await operation(people, admin, admin.id)
    with pytest.raises(InvalidToken):
        await people.change(admin, admin.id, Changes(active=True))


@each_operation
async def test_a_session_that_is_over_changes_nothing(
    people: People, pool: asyncpg.Pool, clock: Clock, operation: Operation
) -> None:
    """It went on when the request was let in."""
    root = an_account("root")
    session = await signed_up(pool, root)
    root = await PostgresAccounts(pool).save(replace(root, role=Role.ADMIN))
    caller = Caller(root.id, root.role, session.id)
    await people.change(caller, root.id, Changes())

    clock.advance(hours=24)

    with pytest.raises(InvalidToken):
        await operation(people, caller, root.id)


async def test_a_change_of_what_was_never_seen_is_refused(
    people: People, admin: Caller, ada: Account
) -> None:
    refused: list[Awaitable[object]] = [
        people.change(admin, ada.id, Changes(), version=1),
        people.give_role(admin, ada.id, Role.EDITOR, version=1),
        people.deactivate(admin, ada.id, version=1),
    ]
    for change in refused:
        with pytest.raises(Stale) as stale:
            await change
        assert stale.value.version == ada.version


async def test_everything_wrong_with_what_is_changed_is_told_at_once(
    people: People, ada: Account
) -> None:
    wrong = named(username="x", email="x", first_name="x" * 101)

    with pytest.raises(Invalid) as refused:
        await people.change(asking(ada), ada.id, wrong)

    fields = [violation.field for violation in refused.value.violations]
    assert fields == ["username", "email", "first_name"]


async def test_what_an_import_left_there_keeps_nobody_from_changing_the_rest(
    people: People, admin: Caller, pool: asyncpg.Pool
) -> None:
    odd = await stored(pool, an_account("a@b", email="nobody@localhost"))

    changed = await people.change(admin, odd.id, named(first_name="Odd"))

    assert (changed.username, changed.first_name) == ("a@b", "Odd")


async def test_a_name_of_somebody_else_stays_theirs(
    people: People, ada: Account, pool: asyncpg.Pool
) -> None:
    await stored(pool, an_account("eve"))

    with pytest.raises(UsernameTaken):
        await people.change(asking(ada), ada.id, named(username="EVE"))


async def test_nothing_is_written_where_something_is_refused(
    people: People, admin: Caller, ada: Account
) -> None:
    refused: list[tuple[Caller, Changes]] = [
        (asking(ada), Changes(role=Role.SUBSCRIBER)),
        (admin, replace(named(first_name="x"), role=Role.SUPER_ADMIN)),
        (admin, named(last_name="x" * 101)),
    ]
    for caller, changes in refused:
        with pytest.raises(SerinusError):
            await people.change(caller, ada.id, changes)

    assert await people.reader.get(ada.id) == ada
