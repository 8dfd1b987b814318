"""Keys for the programs of an account: who may make them, and what is made."""

from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.identity.api_keys import IssuedKey, KeyRing
from serinus.application.identity.authentication import Authentication
from serinus.application.identity.sign_in import SignIn
from serinus.domain.errors import Forbidden, Invalid
from serinus.domain.identity.accounts import Account, AccountNotFound
from serinus.domain.identity.api_keys import ApiKeyNotFound
from serinus.domain.identity.caller import Caller, Role, UserId
from serinus.domain.identity.sessions import InvalidToken, Session
from serinus.infrastructure.postgres.api_keys import PostgresApiKeys
from tests.support.identity import an_account, signed_up
from tests.support.whole_v2 import Clock

MINUTE = timedelta(minutes=1)


@pytest.fixture
def key_ring(pool: asyncpg.Pool, clock: Clock) -> KeyRing:
    return KeyRing(PostgresApiKeys(pool), clock, uuid7, lambda: 2**256 - 1)


@pytest.fixture
def ada() -> Account:
    return an_account(role=Role.ADMIN)


@pytest.fixture(autouse=True)
async def session(pool: asyncpg.Pool, ada: Account) -> Session:
    return await signed_up(pool, ada)


@pytest.fixture
def caller(ada: Account, session: Session) -> Caller:
    return Caller(ada.id, ada.role, session.id)


async def a_key(key_ring: KeyRing, owner: Account, *scopes: str) -> IssuedKey:
    return await key_ring.issue(owner.id, name="Deploy", scopes=scopes or ("posts:read",))


async def test_a_key_is_cleaned_and_kept(key_ring: KeyRing, caller: Caller) -> None:
    issued = await key_ring.create(
        caller, name=" Deploy ", scopes=["posts:write", "posts:read", "posts:write"]
    )

    assert issued.key.name == "Deploy"
    assert issued.key.scopes == ("posts:write", "posts:read")
    assert issued.key.expires_at is None
    assert list(await key_ring.own(caller)) == [issued.key]


async def test_a_key_is_not_told_by_its_representation(
    key_ring: KeyRing, ada: Account, clock: Clock
) -> None:
    issued = await a_key(key_ring, ada)
    live = await key_ring.keys.live(issued.key.id, b"", at=clock())

    assert live is not None
    assert issued.raw not in repr(issued)
    assert repr(live.key_hash) not in repr(live)


async def test_what_is_wrong_with_a_key_is_told_at_once(
    key_ring: KeyRing, caller: Caller, clock: Clock
) -> None:
    with pytest.raises(Invalid) as refused:
        await key_ring.create(caller, name="", scopes=["nothing"], expires_at=clock())

    fields = [violation.field for violation in refused.value.violations]
    assert fields == ["name", "scopes", "expires_at"]


async def test_a_key_ends_with_its_time(
    key_ring: KeyRing, authentication: Authentication, caller: Caller, clock: Clock
) -> None:
    issued = await key_ring.create(
        caller, name="n", scopes=["posts:read"], expires_at=clock() + MINUTE
    )
    clock.advance(seconds=59)
    await authentication.identify(authorization=None, api_key=issued.raw)

    clock.advance(seconds=1)

    with pytest.raises(InvalidToken):
        await authentication.identify(authorization=None, api_key=issued.raw)


async def test_a_key_neither_makes_nor_lists_nor_revokes_keys(
    key_ring: KeyRing, authentication: Authentication, ada: Account
) -> None:
    issued = await a_key(key_ring, ada, "keys:admin")
    known = await authentication.identify(authorization=None, api_key=issued.raw)

    with pytest.raises(Forbidden):
        await key_ring.create(known.caller, name="n", scopes=["posts:read"])
    with pytest.raises(Forbidden):
        await key_ring.own(known.caller)
    with pytest.raises(Forbidden):
        await key_ring.revoke(known.caller, issued.key.id)


async def test_a_session_that_is_over_makes_no_key(
    key_ring: KeyRing, sign_in: SignIn, caller: Caller
) -> None:
    await sign_in.logout(caller)

    with pytest.raises(InvalidToken):
        await key_ring.create(caller, name="n", scopes=["posts:read"])
    assert await key_ring.own(caller) == []


async def test_others_keys_cannot_be_revoked(
    key_ring: KeyRing, ada: Account, caller: Caller
) -> None:
    issued = await a_key(key_ring, ada)

    with pytest.raises(ApiKeyNotFound):
        await key_ring.revoke(replace(caller, id=UserId(uuid7())), issued.key.id)
    await key_ring.revoke(caller, issued.key.id)
    with pytest.raises(ApiKeyNotFound):
        await key_ring.revoke(caller, issued.key.id)


async def test_nobody_has_no_keys(key_ring: KeyRing) -> None:
    with pytest.raises(AccountNotFound):
        await a_key(key_ring, an_account())


async def test_who_shows_a_key_acts_for_its_owner_within_its_scopes(
    key_ring: KeyRing, authentication: Authentication, ada: Account
) -> None:
    issued = await a_key(key_ring, ada, "posts:read", "release:override")

    known = await authentication.identify(authorization=None, api_key=f" {issued.raw} ")

    assert known.account == ada
    assert known.key_id == issued.key.id
    assert known.caller.scopes == {"posts:read", "release:override"}
    assert known.caller.session_id is None


@pytest.mark.parametrize(
    ("role", "scope", "may"),
    [
        (Role.ADMIN, "release:override", True),
        (Role.ADMIN, "release:steer", False),
        (Role.EDITOR, "release:override", False),
    ],
)
async def test_an_arm_is_chosen_by_keys_that_were_given_it_and_owners_who_may(
    key_ring: KeyRing,
    authentication: Authentication,
    pool: asyncpg.Pool,
    ada: Account,
    role: Role,
    scope: str,
    *,
    may: bool,
) -> None:
    await pool.execute("UPDATE users SET role = $1", role)
    issued = await a_key(key_ring, ada, scope)

    assert await authentication.may_override(None, issued.raw) is may
