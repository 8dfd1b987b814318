"""Who sent a request, by what stands in its headers."""

import asyncpg
import pytest

from serinus.application.identity.authentication import Authentication
from serinus.application.identity.sign_in import SignedIn, SignIn
from serinus.domain.identity.caller import Role
from serinus.domain.identity.sessions import InvalidToken, MissingCredentials
from tests.support.identity import PASSWORD
from tests.support.whole_v2 import Clock


@pytest.fixture
async def ada(sign_in: SignIn) -> SignedIn:
    return await sign_in.register(
        username="ada",
        email="ada@example.org",
        password=PASSWORD,
        first_name=None,
        last_name=None,
        client="198.51.100.7",
    )


async def give_role(pool: asyncpg.Pool, role: Role) -> None:
    await pool.execute("UPDATE users SET role = $1", role)


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER {}", "  Bearer   {}  "])
async def test_a_bearer_token_is_known_however_the_scheme_is_written(
    authentication: Authentication, ada: SignedIn, form: str
) -> None:
    known = await authentication.identify(
        authorization=form.format(ada.tokens.access_token), api_key=None
    )

    assert known.account == ada.account
    assert known.caller.session_id == ada.tokens.session_id


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "{}", "Bearer {} more", "Token {}"]
)
async def test_without_a_bearer_token_nobody_is_known(
    authentication: Authentication, ada: SignedIn, header: str | None
) -> None:
    filled = header and header.format(ada.tokens.access_token)

    with pytest.raises(MissingCredentials):
        await authentication.identify(authorization=filled, api_key=None)


@pytest.mark.parametrize("token", ["x", "a.b.c", "\x00", "é", "." * 5000])
async def test_what_is_no_token_of_ours_is_refused(
    authentication: Authentication, token: str
) -> None:
    with pytest.raises(InvalidToken):
        await authentication.identify(authorization=f"Bearer {token}", api_key=None)


async def test_an_api_key_that_nobody_was_given_is_refused(
    authentication: Authentication,
) -> None:
    with pytest.raises(InvalidToken):
        await authentication.identify(authorization=None, api_key="srn_x")


async def test_a_bearer_token_counts_beside_an_api_key(
    authentication: Authentication, ada: SignedIn
) -> None:
    bearer = f"Bearer {ada.tokens.access_token}"

    known = await authentication.identify(authorization=bearer, api_key="srn_x")

    assert known.account.username == "ada"


async def test_a_token_ends_with_its_time_and_with_its_session(
    authentication: Authentication, sign_in: SignIn, ada: SignedIn, clock: Clock
) -> None:
    bearer = f"Bearer {ada.tokens.access_token}"
    known = await authentication.identify(authorization=bearer, api_key=None)
    clock.advance(seconds=899)
    await authentication.identify(authorization=bearer, api_key=None)

    clock.advance(seconds=1)
    with pytest.raises(InvalidToken):
        await authentication.identify(authorization=bearer, api_key=None)

    clock.advance(seconds=-10)
    await sign_in.logout(known.caller)
    with pytest.raises(InvalidToken):
        await authentication.identify(authorization=bearer, api_key=None)


@pytest.mark.parametrize("role", Role)
async def test_the_arm_of_a_release_is_chosen_by_administrators_alone(
    authentication: Authentication, ada: SignedIn, pool: asyncpg.Pool, role: Role
) -> None:
    await give_role(pool, role)

    may = await authentication.may_override(f"Bearer {ada.tokens.access_token}", None)

    assert may is role.at_least(Role.ADMIN)


@pytest.mark.parametrize("headers", [(None, None), ("Bearer x", None), (None, "srn_x")])
async def test_who_is_not_known_chooses_no_arm_and_is_not_refused(
    authentication: Authentication, headers: tuple[str | None, str | None]
) -> None:
    assert await authentication.may_override(*headers) is False


async def test_without_a_database_nobody_chooses_an_arm(
    authentication: Authentication, ada: SignedIn, pool: asyncpg.Pool
) -> None:
    await give_role(pool, Role.ADMIN)
    await pool.close()

    assert await authentication.may_override(f"Bearer {ada.tokens.access_token}", None) is False


async def test_a_token_proves_nothing_for_the_session_of_somebody_else(
    authentication: Authentication, sign_in: SignIn, ada: SignedIn, clock: Clock
) -> None:
    eve = await sign_in.register(
        username="eve",
        email="eve@example.org",
        password=PASSWORD,
        first_name=None,
        last_name=None,
        client="198.51.100.8",
    )
    forged = authentication.tokens.issue(eve.account.id, ada.tokens.session_id, at=clock())

    with pytest.raises(InvalidToken):
        await authentication.identify(authorization=f"Bearer {forged}", api_key=None)
