"""/api/v1/auth: registering, signing in and out, and one's own profile."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from serinus.legacy import accounts, login_sessions
from serinus.legacy.account_forms import Login, Refresh, Register
from serinus.legacy.acting import client_address
from serinus.legacy.authentication import HasSession
from serinus.legacy.envelope import Done, Envelope, too_many
from serinus.legacy.request_body import json_body
from serinus.legacy.resources import Resources, Session, Shared
from serinus.legacy.schemas import AuthSuccess, UserInfo

router = APIRouter(prefix="/api/v1/auth")


@router.post("/register", status_code=HTTPStatus.CREATED)
async def register(
    request: Request,
    form: Annotated[Register, Depends(json_body(Register))],
    session: Session,
    shared: Shared,
) -> Envelope[AuthSuccess]:
    await _check_limit(request, shared, form.email)
    user = await accounts.open_account(session, shared.passwords, form)
    return Envelope(
        data=await login_sessions.begin(session, shared.tokens, user, remember=False)
    )


@router.post("/login")
async def login(
    request: Request,
    form: Annotated[Login, Depends(json_body(Login))],
    session: Session,
    shared: Shared,
) -> Envelope[AuthSuccess]:
    await _check_limit(request, shared, form.email)
    user = await accounts.prove(session, shared.passwords, form)
    user.last_login = datetime.now(UTC)
    remember = bool(form.remember_me)
    return Envelope(
        data=await login_sessions.begin(session, shared.tokens, user, remember=remember)
    )


@router.post("/refresh")
async def refresh(
    form: Annotated[Refresh, Depends(json_body(Refresh))], session: Session, shared: Shared
) -> Envelope[AuthSuccess]:
    success = await login_sessions.refresh(session, shared.tokens, form.refresh_token)
    return Envelope(data=success)


@router.post("/logout")
async def logout(caller: HasSession, session: Session) -> Envelope[Done]:
    await login_sessions.end(session, caller.session_id)
    return Envelope(data=Done(message="Logged out successfully"))


@router.get("/profile")
async def profile(caller: HasSession) -> Envelope[UserInfo]:
    return Envelope(data=UserInfo.of(caller.user))


async def _check_limit(request: Request, shared: Resources, account: str) -> None:
    if shared.configuration.login_limit is None:
        return
    wait = await shared.configuration.login_limit(client_address(request), account)
    if wait is not None:
        raise too_many(wait)
