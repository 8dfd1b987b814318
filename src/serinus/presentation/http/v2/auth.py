"""/api/v2/auth: signing up, in, on and out."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, post
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.params import JSONBody

from serinus.application.identity.sign_in import SignedIn, SignIn
from serinus.domain.errors import Invalid, TooMany, Violation
from serinus.domain.identity.accounts import (
    EmailTaken,
    UsernameTaken,
)
from serinus.domain.identity.caller import Caller
from serinus.domain.identity.sessions import InvalidCredentials, InvalidToken, TokenReused
from serinus.presentation.http.v2.accounts import (
    Email,
    Name,
    NewPassword,
    User,
    UserName,
    member_violations,
    shown,
)
from serinus.presentation.http.v2.authentication import IN_SESSION, OPEN
from serinus.presentation.http.v2.bodies import Body
from serinus.presentation.http.v2.describing import about, refuses

Password = Annotated[str, about("", format="password", example="seven-red-hats")]
OPAQUE = "9Pq0yA1Yw6rXG0y2mJ3rS7m1bTnU5vC4kZ8dQeLfHgE"


class Registration(Body, frozen=True):
    """A new account. It starts as a subscriber."""

    username: UserName
    email: Email
    password: NewPassword
    first_name: Name | None = None
    last_name: Name | None = None

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        return member_violations(given)


class Login(Body, frozen=True):
    email: Email
    password: Password
    remember_me: Annotated[bool, about("the session lasts 30 days, not 24 hours")] = False


class Refresh(Body, frozen=True):
    refresh_token: Annotated[str, about("the newest one of its session", example=OPAQUE)]


class SignedInView(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to stay signed in. Every refresh token can be used once."""

    access_token: Annotated[str, about("for `Authorization: Bearer`")]
    token_type: Annotated[str, about("", example="Bearer")] = "Bearer"  # noqa: S105 - a scheme
    expires_in: Annotated[int, about("seconds until the access token expires", example=900)]
    refresh_token: Annotated[str, about("for `POST /api/v2/auth/refresh`", example=OPAQUE)]
    session_id: UUID
    user: User


@post(
    "/register",
    status_code=201,
    opt=OPEN | refuses(Invalid, UsernameTaken, EmailTaken, TooMany),
    response_headers=[
        ResponseHeader(
            "Location", documentation_only=True, description="the new account's profile"
        )
    ],
)
async def register(
    data: JSONBody[Registration],
    sign_in: NamedDependency[SignIn],
    client: NamedDependency[str],
) -> Response[SignedInView]:
    """Create an account and sign it in."""
    signed_in = await sign_in.register(
        username=data.username,
        email=data.email,
        password=data.password,
        first_name=data.first_name,
        last_name=data.last_name,
        client=client,
    )
    return _answer(signed_in, status=201, Location="/api/v2/users/me")


@post("/login", status_code=200, opt=OPEN | refuses(InvalidCredentials, TooMany))
async def login(
    data: JSONBody[Login], sign_in: NamedDependency[SignIn], client: NamedDependency[str]
) -> Response[SignedInView]:
    """Sign in with an e-mail address and a password."""
    return _answer(
        await sign_in.login(
            email=data.email, password=data.password, remember=data.remember_me, client=client
        )
    )


@post("/refresh", status_code=200, opt=OPEN | refuses(InvalidToken, TokenReused))
async def refresh(
    data: JSONBody[Refresh], sign_in: NamedDependency[SignIn]
) -> Response[SignedInView]:
    """Exchange a refresh token for the next one, and a new access token.

    A token that is used twice was stolen by one of the two: the whole session ends.
    """
    return _answer(await sign_in.refresh(data.refresh_token))


@post("/logout", status_code=204, opt=IN_SESSION)
async def logout(caller: NamedDependency[Caller], sign_in: NamedDependency[SignIn]) -> None:
    """End the session. Its access tokens stop working at once."""
    await sign_in.logout(caller)


def _answer(signed_in: SignedIn, status: int = 200, **headers: str) -> Response[SignedInView]:
    view = SignedInView(
        access_token=signed_in.tokens.access_token,
        expires_in=signed_in.tokens.expires_in,
        refresh_token=signed_in.tokens.refresh_token,
        session_id=signed_in.tokens.session_id,
        user=shown(signed_in.account),
    )
    # RFC 6749, section 5.1: nothing on the way may keep tokens.
    return Response(view, status_code=status, headers={"Cache-Control": "no-store"} | headers)


router = Router(
    "/api/v2/auth", route_handlers=[register, login, refresh, logout], tags=["auth"]
)
