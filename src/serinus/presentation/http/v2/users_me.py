"""/api/v2/users/me: one's own profile, password and sessions."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, delete, get, patch
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Struct, UnsetType

from serinus.application.identity.authentication import Authenticated
from serinus.application.identity.profile import PasswordChange, Profile
from serinus.domain.errors import Forbidden, Invalid, Stale, TooMany, Violation
from serinus.domain.identity.accounts import (
    Account,
    EmailTaken,
    UsernameTaken,
)
from serinus.domain.identity.caller import Caller, SessionId
from serinus.domain.identity.sessions import SessionNotFound
from serinus.presentation.http.v2.accounts import (
    Email,
    Name,
    NewPassword,
    User,
    UserName,
    member_violations,
    shown,
)
from serinus.presentation.http.v2.authentication import IN_SESSION
from serinus.presentation.http.v2.bodies import Body
from serinus.presentation.http.v2.conditional import etag, seen_version
from serinus.presentation.http.v2.describing import about, refuses
from serinus.presentation.http.v2.lists import Listing, Page
from serinus.presentation.http.v2.refusals import PreconditionRequired

MAX_SESSIONS = 100
ETAG = ResponseHeader("ETag", documentation_only=True, description="the version, for If-Match")


class ProfilePatch(Body, frozen=True):
    """A JSON merge patch: what is left out stays, null clears."""

    username: UserName | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    first_name: Name | UnsetType | None = UNSET
    last_name: Name | UnsetType | None = UNSET
    password: NewPassword | UnsetType = UNSET
    current_password: (
        Annotated[str, about("needed with `password`", format="password")] | UnsetType
    ) = UNSET

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        return member_violations(given)

    def edit(self, account: Account) -> Account:
        members = ("username", "email", "first_name", "last_name")
        given = {name: getattr(self, name) for name in members}
        return replace(
            account, **{name: value for name, value in given.items() if value is not UNSET}
        )

    def password_change(self) -> PasswordChange | None:
        if self.password is UNSET:
            return None
        current = self.current_password
        return PasswordChange(self.password, None if current is UNSET else current)


class SessionView(Struct, frozen=True, kw_only=True):
    """One sign-in that is still good."""

    id: UUID
    current: Annotated[bool, about("whether this request belongs to it")]
    remember_me: bool
    created_at: datetime
    expires_at: Annotated[datetime, about("unless it is refreshed before")]


@get("/", opt=refuses(Forbidden), response_headers=[ETAG])
async def show_me(signed_in: NamedDependency[Authenticated]) -> Response[User]:
    """Your own account."""
    signed_in.caller.need("users:read")
    return _answer(signed_in.account)


@patch(
    "/",
    opt=refuses(
        PreconditionRequired, Stale, Invalid, UsernameTaken, EmailTaken, TooMany, Forbidden
    ),
    response_headers=[ETAG],
)
async def change_me(
    request: Request[Any, Any, Any],
    data: JSONBody[ProfilePatch],
    signed_in: NamedDependency[Authenticated],
    profile: NamedDependency[Profile],
) -> Response[User]:
    """Change your own account. A new password ends all your other sessions."""
    account = await profile.change(
        signed_in, data.edit, password=data.password_change(), version=seen_version(request)
    )
    return _answer(account)


@get("/sessions", opt=IN_SESSION)
async def list_my_sessions(
    caller: NamedDependency[Caller], profile: NamedDependency[Profile]
) -> Response[Listing[SessionView]]:
    """Where you are signed in, newest first."""
    sessions = [
        SessionView(
            id=session.id,
            current=session.id == caller.session_id,
            remember_me=session.remember,
            created_at=session.created_at,
            expires_at=session.expires_at,
        )
        for session in await profile.live_sessions(caller)
    ]
    page = Page(next=None, prev=None, limit=MAX_SESSIONS)
    return Response(Listing(data=sessions, page=page), headers=PRIVATE)


@delete("/sessions/{session_id:uuid}", opt=IN_SESSION | refuses(SessionNotFound))
async def end_my_session(
    session_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    profile: NamedDependency[Profile],
) -> None:
    """Sign out somewhere else."""
    await profile.end_session(caller, SessionId(session_id))


PRIVATE = {"Cache-Control": "private, no-store"}


def _answer(account: Account) -> Response[User]:
    return Response(shown(account), headers=PRIVATE | {"ETag": etag(account.version)})


router = Router(
    "/api/v2/users/me",
    route_handlers=[show_me, change_me, list_my_sessions, end_my_session],
    tags=["users"],
)
