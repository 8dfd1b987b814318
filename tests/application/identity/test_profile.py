"""What people do with their own account, where the order of things matters."""

from dataclasses import replace
from uuid import uuid4

import pytest

from serinus.application.identity.authentication import Authenticated, Authentication
from serinus.application.identity.profile import PasswordChange, Profile
from serinus.application.identity.sign_in import SignIn, SignInLimits
from serinus.domain.errors import Invalid, Stale, TooMany
from serinus.domain.identity.accounts import Account
from serinus.domain.identity.caller import SessionId
from serinus.domain.identity.sessions import SessionNotFound
from serinus.infrastructure.memory.rate_limits import MemoryRateLimiter
from tests.support.identity import PASSWORD
from tests.support.whole_v2 import Clock

OTHER = "nine-blue-coats"


@pytest.fixture
async def ada(sign_in: SignIn, authentication: Authentication) -> Authenticated:
    signed_in = await sign_in.register(
        username="ada",
        email="ada@example.org",
        password=PASSWORD,
        first_name="Ada",
        last_name=None,
        client="198.51.100.7",
    )
    return await authentication.identify(
        authorization=f"Bearer {signed_in.tokens.access_token}", api_key=None
    )


def renamed(account: Account) -> Account:
    return replace(account, first_name="Augusta")


def unchanged(account: Account) -> Account:
    return account


async def test_a_change_gives_the_next_version_and_its_time(
    profile: Profile, ada: Authenticated, clock: Clock
) -> None:
    clock.advance(minutes=1)

    changed = await profile.change(ada, renamed, version=1)

    assert (changed.first_name, changed.version) == ("Augusta", 2)
    assert changed.updated_at == clock()
    assert changed.created_at == ada.account.created_at


async def test_a_change_of_what_was_never_seen_is_refused(
    profile: Profile, ada: Authenticated
) -> None:
    with pytest.raises(Stale) as refused:
        await profile.change(ada, renamed, version=7)

    assert refused.value.version == 1


async def test_who_was_read_before_another_change_is_stale(
    profile: Profile, ada: Authenticated
) -> None:
    await profile.change(ada, renamed, version=1)

    with pytest.raises(Stale) as refused:
        await profile.change(ada, lambda a: replace(a, last_name="King"), version=1)

    assert refused.value.version == 2


async def test_a_change_of_nothing_is_no_version(profile: Profile, ada: Authenticated) -> None:
    assert await profile.change(ada, unchanged, version=1) == ada.account


async def test_the_guard_of_the_old_password_stays_with_the_old_address(
    profile: Profile, ada: Authenticated
) -> None:
    limits = SignInLimits(limiter=MemoryRateLimiter(), per_minute=2)
    profile = replace(profile, limits=limits)
    guess = PasswordChange(OTHER, "a wrong guess")

    async def guess_with_address(name: str) -> None:
        await profile.change(
            ada,
            lambda account: replace(account, email=f"{name}@example.org"),
            password=guess,
            version=1,
        )

    for name in ("one", "two"):
        with pytest.raises(Invalid):
            await guess_with_address(name)
    with pytest.raises(TooMany):
        await guess_with_address("three")


async def test_a_new_password_is_the_only_one_from_then_on(
    profile: Profile, sign_in: SignIn, ada: Authenticated
) -> None:
    async def login(password: str) -> None:
        await sign_in.login(
            email="ada@example.org", password=password, remember=False, client="x"
        )

    await profile.change(ada, unchanged, password=PasswordChange(OTHER, PASSWORD), version=1)

    await login(OTHER)
    assert not await sign_in.passwords.verify(
        PASSWORD, await profile.accounts.password_hash(ada.account.id)
    )


async def test_the_new_password_must_not_be_the_new_name(
    profile: Profile, ada: Authenticated
) -> None:
    with pytest.raises(Invalid) as refused:
        await profile.change(
            ada,
            lambda account: replace(account, username=OTHER),
            password=PasswordChange(OTHER, PASSWORD),
            version=1,
        )

    assert [each.code for each in refused.value.violations] == ["same_as_username"]


async def test_a_session_is_ended_by_its_owner_once(
    profile: Profile, ada: Authenticated
) -> None:
    (session,) = await profile.live_sessions(ada.caller)

    await profile.end_session(ada.caller, session.id)

    assert await profile.live_sessions(ada.caller) == []
    for gone in (session.id, SessionId(uuid4())):
        with pytest.raises(SessionNotFound):
            await profile.end_session(ada.caller, gone)


def test_passwords_do_not_show() -> None:
    assert OTHER not in repr(PasswordChange(OTHER, OTHER))
