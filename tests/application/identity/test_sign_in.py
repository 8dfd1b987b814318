"""Signing up, in, on and out, where the order of things matters."""

from dataclasses import dataclass, field, replace

import asyncpg
import pytest

from serinus.application.identity.ports import Credentials, Passwords
from serinus.application.identity.sign_in import SignedIn, SignIn, SignInLimits, token_hash
from serinus.domain.errors import Invalid, TooMany
from serinus.domain.identity.accounts import EmailTaken, UsernameTaken
from serinus.domain.identity.caller import Caller, Role
from serinus.domain.identity.sessions import InvalidCredentials, InvalidToken, TokenReused
from serinus.infrastructure.memory.rate_limits import MemoryRateLimiter
from serinus.infrastructure.postgres.accounts import PostgresAccounts
from tests.support.identity import NOON, PASSWORD
from tests.support.whole_v2 import Clock

HOME = "198.51.100.7"


async def register(sign_in: SignIn, username: str = "ada", **members: str) -> SignedIn:
    given = {"email": f"{username}@example.org", "password": PASSWORD, "client": HOME}
    return await sign_in.register(
        username=username, first_name=None, last_name=None, **given | members
    )


async def login(sign_in: SignIn, password: str = PASSWORD, client: str = HOME) -> SignedIn:
    return await sign_in.login(
        email="ada@example.org", password=password, remember=False, client=client
    )


def limited(sign_in: SignIn, per_minute: int) -> SignIn:
    limits = SignInLimits(limiter=MemoryRateLimiter(), per_minute=per_minute)
    return replace(sign_in, limits=limits)


async def test_who_registers_is_a_subscriber_signed_in_now(sign_in: SignIn) -> None:
    signed_in = await register(sign_in, "  Ada ", email=" ADA@Example.org ")

    account = signed_in.account
    assert (account.username, account.email) == ("Ada", "ada@example.org")
    assert (account.role, account.is_active) == (Role.SUBSCRIBER, True)
    assert account.created_at == account.last_login == NOON
    assert signed_in.tokens.expires_in == 900


async def test_what_is_shown_after_registering_is_what_is_stored(sign_in: SignIn) -> None:
    registered = await register(sign_in)

    assert (await login(sign_in)).account == registered.account


@dataclass
class Counting:
    """Hashes of ours, counted."""

    passwords: Passwords
    hashed: int = 0
    verified: list[str | None] = field(default_factory=list)

    async def hash(self, password: str) -> str:
        self.hashed += 1
        return await self.passwords.hash(password)

    async def verify(self, password: str, stored: str | None) -> bool:
        self.verified.append(stored)
        return await self.passwords.verify(password, stored)

    def outdated(self, stored: str) -> bool:
        return self.passwords.outdated(stored)


async def test_nothing_is_hashed_for_a_registration_that_cannot_be(sign_in: SignIn) -> None:
    counting = Counting(sign_in.passwords)

    with pytest.raises(Invalid):
        await register(replace(sign_in, passwords=counting), "ad")

    assert counting.hashed == 0


async def test_a_name_is_taken_however_it_is_written(sign_in: SignIn) -> None:
    await register(sign_in, "Ada")

    with pytest.raises(UsernameTaken):
        await register(sign_in, "\uff21DA", email="other@example.org")
    with pytest.raises(EmailTaken):
        await register(sign_in, "other", email="ADA@example.org")


async def test_a_hash_is_verified_even_where_nobody_is_known(sign_in: SignIn) -> None:
    counting = Counting(sign_in.passwords)

    with pytest.raises(InvalidCredentials):
        await login(replace(sign_in, passwords=counting))

    assert counting.verified == [None]


async def test_of_an_inactive_account_a_right_password_is_not_told_from_a_wrong_one(
    sign_in: SignIn, pool: asyncpg.Pool
) -> None:
    await register(sign_in)
    await pool.execute("UPDATE users SET is_active = false")
    counting = Counting(sign_in.passwords)

    with pytest.raises(InvalidCredentials):
        await login(replace(sign_in, passwords=counting))

    # Verified against a hash of nobody's, so that it is wrong, and told as late as if it were.
    assert counting.verified == [None]


class Overtaken(PostgresAccounts):
    """Somebody stores another hash right after this sign-in has read the old one."""

    def __init__(self, pool: asyncpg.Pool, hashes: list[str]) -> None:
        super().__init__(pool)
        self.pool, self.hashes = pool, hashes

    async def credentials(self, email: str) -> Credentials | None:
        known = await super().credentials(email)
        if self.hashes:
            await self.pool.execute("UPDATE users SET password_hash = $1", self.hashes.pop())
        return known


async def test_two_who_sign_in_at_once_both_succeed_though_one_upgrades_the_hash(
    sign_in: SignIn, pool: asyncpg.Pool
) -> None:
    await register(sign_in)
    better = await sign_in.passwords.hash(PASSWORD)
    overtaken = Overtaken(pool, [better])

    signed_in = await login(replace(sign_in, accounts=overtaken))

    assert signed_in.account.username == "ada"


async def test_a_password_that_was_changed_meanwhile_opens_nothing(
    sign_in: SignIn, pool: asyncpg.Pool
) -> None:
    await register(sign_in)
    another = await sign_in.passwords.hash("nine-blue-coats")
    overtaken = Overtaken(pool, [another])

    with pytest.raises(InvalidCredentials):
        await login(replace(sign_in, accounts=overtaken))

    assert await pool.fetchval("SELECT count(*) FROM sessions") == 1


async def test_an_account_that_never_rests_is_not_tried_for_ever(
    sign_in: SignIn, pool: asyncpg.Pool
) -> None:
    await register(sign_in)
    hashes = [await sign_in.passwords.hash(PASSWORD) for _ in range(3)]

    with pytest.raises(InvalidCredentials):
        await login(replace(sign_in, accounts=Overtaken(pool, hashes)))

    assert len(hashes) == 1


async def test_an_address_may_try_so_often_a_minute(sign_in: SignIn) -> None:
    sign_in = limited(sign_in, 2)
    await register(sign_in, "ada")
    await register(sign_in, "eve")

    with pytest.raises(TooMany) as refused:
        await register(sign_in, "mia")

    assert refused.value.retry_after > 0
    await register(sign_in, "mia", client="198.51.100.8")


async def test_an_account_may_be_tried_so_often_a_minute(sign_in: SignIn) -> None:
    sign_in = limited(sign_in, 2)
    for client in ("a", "b"):
        with pytest.raises(InvalidCredentials):
            await login(sign_in, client=client)

    with pytest.raises(TooMany):
        await login(sign_in, client="c")


async def test_a_limit_of_nothing_is_none(sign_in: SignIn) -> None:
    sign_in = limited(sign_in, 0)
    for number in range(12):
        await register(sign_in, f"ada{number}")


async def test_a_session_goes_on_by_its_newest_token_alone(sign_in: SignIn) -> None:
    first = await register(sign_in)

    second = await sign_in.refresh(first.tokens.refresh_token)

    assert second.tokens.session_id == first.tokens.session_id
    with pytest.raises(TokenReused):
        await sign_in.refresh(first.tokens.refresh_token)
    with pytest.raises(InvalidToken):
        await sign_in.refresh(second.tokens.refresh_token)


async def test_a_session_that_is_not_refreshed_is_over_in_time(
    sign_in: SignIn, clock: Clock
) -> None:
    signed_in = await register(sign_in)
    clock.advance(hours=23)
    signed_in = await sign_in.refresh(signed_in.tokens.refresh_token)
    clock.advance(hours=23)
    signed_in = await sign_in.refresh(signed_in.tokens.refresh_token)

    clock.advance(hours=24)

    with pytest.raises(InvalidToken):
        await sign_in.refresh(signed_in.tokens.refresh_token)


async def test_a_session_is_signed_out_of_once(sign_in: SignIn) -> None:
    signed_in = await register(sign_in)
    caller = Caller(signed_in.account.id, Role.SUBSCRIBER, signed_in.tokens.session_id)

    await sign_in.logout(caller)

    with pytest.raises(InvalidToken):
        await sign_in.logout(caller)


async def test_no_token_is_stored_or_shown(sign_in: SignIn, pool: asyncpg.Pool) -> None:
    tokens = (await register(sign_in)).tokens

    stored = await pool.fetchval("SELECT token_hash FROM refresh_tokens")
    assert stored == token_hash(tokens.refresh_token)
    assert tokens.refresh_token not in repr(tokens)
    assert tokens.access_token not in repr(tokens)
