"""/api/v1/auth: registration, sign-in, and the caller's own profile."""

from typing import cast

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.types import Guard

from serinus.domain.errors import Invalid, Violation
from serinus.domain.identity.accounts import clean_email
from serinus.presentation.http.asgi import Scope
from serinus.presentation.http.origin import client_address
from serinus.presentation.http.v1.envelope import Envelope, Message, ok
from serinus.presentation.http.v1.reading import body_of
from serinus.presentation.http.v1.services import V1Services
from serinus.presentation.http.v1.shapes import (
    AuthSuccess,
    Login,
    Refresh,
    Register,
    UserInfo,
)
from serinus.presentation.http.v1.signed_in import AnyoneRequest, SignedInRequest


@post(
    "/register",
    opt={"takes": Register, "needs": ["username", "email", "password"], "failures": [409]},
)
async def register(
    request: AnyoneRequest, services: NamedDependency[V1Services]
) -> Envelope[AuthSuccess]:
    """Create an account of the role Subscriber, and sign it in."""
    sent = await body_of(request, Register)
    signed_in = await services.sign_in.register(
        username=sent.username or "",
        email=sent.email or "",
        password=sent.password or "",
        first_name=sent.first_name,
        last_name=sent.last_name,
        client=client_address(cast("Scope", request.scope)),
    )
    return ok(AuthSuccess.of(signed_in))


@post(
    "/login",
    status_code=200,
    opt={"takes": Login, "needs": ["email", "password"], "failures": [401]},
)
async def login(
    request: AnyoneRequest, services: NamedDependency[V1Services]
) -> Envelope[AuthSuccess]:
    """Sign in. `remember_me` lets the refresh token live longer."""
    sent = await body_of(request, Login)
    email = clean_email(sent.email or "")
    _require(email=email, password=sent.password)
    signed_in = await services.sign_in.login(
        email=email,
        password=sent.password or "",
        remember=bool(sent.remember_me),
        client=client_address(cast("Scope", request.scope)),
    )
    return ok(AuthSuccess.of(signed_in))


@post(
    "/refresh",
    status_code=200,
    opt={"takes": Refresh, "needs": ["refresh_token"], "failures": [401]},
)
async def refresh(
    request: AnyoneRequest, services: NamedDependency[V1Services]
) -> Envelope[AuthSuccess]:
    """Both tokens rotate. Using an old one again ends the session."""
    sent = await body_of(request, Refresh)
    _require(refresh_token=sent.refresh_token)
    return ok(AuthSuccess.of(await services.sign_in.refresh(sent.refresh_token or "")))


@post("/logout", status_code=200)
async def logout(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[Message]:
    """End the session, its access tokens included."""
    await services.sign_in.logout(request.user.caller)
    return ok(Message("Logged out successfully"))


@get("/profile")
async def profile(request: SignedInRequest) -> Envelope[UserInfo]:
    """The caller's own account."""
    return ok(UserInfo.own(request.user.account))


def routers(with_session: Guard) -> list[Router]:
    return [
        Router("/auth", route_handlers=[register, login, refresh]),
        Router("/auth", route_handlers=[logout, profile], guards=[with_session]),
    ]


def _require(**members: str | None) -> None:
    missing = [name for name, value in members.items() if not value]
    if missing:
        raise Invalid([Violation(name, "required", "this is required") for name in missing])
