"""Who is asking, found out before anything of the request is read.

Every operation needs a signed-in caller unless it says otherwise: `opt=VISITORS` where nobody
has to be signed in but a caller sees more, `opt=OPEN` where nobody is looked at,
`opt=IN_SESSION` where an API key is not enough.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from litestar import Request
from litestar.di import Provide
from litestar.types import ASGIApp, Receive, Scope, Send

from serinus.application.acting import Via, acting_as
from serinus.application.identity.authentication import Authenticated, Authentication
from serinus.domain.identity.caller import Caller
from serinus.presentation.http.asgi import header
from serinus.presentation.http.origin import client_address, guest

AnyRequest = Request[Any, Any, Any]


class Access(StrEnum):
    SESSION = "session"
    CALLER = "caller"
    VISITOR = "visitor"
    OPEN = "open"


VISITORS: dict[str, Any] = {"access": Access.VISITOR}
OPEN: dict[str, Any] = {"access": Access.OPEN}
IN_SESSION: dict[str, Any] = {"access": Access.SESSION}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Puts `Authenticated` or None into the scope, as `user`.

    Raise `Unauthenticated`; `Forbidden` for an API key where it takes a session.

    Credentials that are shown must hold, even where none are needed: an answer for nobody
    would hide from a client that its token has expired.
    """

    app: ASGIApp
    authentication: Authentication

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with acting_as(guest(cast("dict[str, Any]", scope), Via.V2)):
            scope["user"] = await self._known(scope)
            await self.app(scope, receive, send)

    async def _known(self, scope: Scope) -> Authenticated | None:
        access = access_to(scope)
        if access is Access.OPEN:
            return None
        raw = cast("dict[str, Any]", scope)
        authorization, api_key = header(raw, b"authorization"), header(raw, b"x-api-key")
        if access is Access.VISITOR and authorization is None and api_key is None:
            return None
        known = await self.authentication.identify(
            authorization=None if authorization is None else authorization.decode("latin-1"),
            api_key=None if api_key is None else api_key.decode("latin-1"),
        )
        if access is Access.SESSION:
            known.caller.own_session()
        return known


def access_to(scope: Scope) -> Access:
    return Access(scope["route_handler"].opt.get("access", Access.CALLER))


def check_may_read(request: AnyRequest, scope: str) -> Caller | None:
    """Who reads, if they said so. Raise `Forbidden` for an API key without the scope."""
    visitor = visitor_of(request)
    if visitor is not None:
        visitor.need(scope)
    return visitor


def _client(request: AnyRequest) -> str:
    return client_address(cast("dict[str, Any]", request.scope))


def _signed_in(request: AnyRequest) -> Authenticated:
    return cast("Authenticated", request.scope["user"])


def _caller(request: AnyRequest) -> Caller:
    return _signed_in(request).caller


def visitor_of(request: AnyRequest) -> Caller | None:
    known = cast("Authenticated | None", request.scope["user"])
    return known.caller if known else None


#: `signed_in: NamedDependency[Authenticated]`, `caller: NamedDependency[Caller]`,
#: `visitor: NamedDependency[Caller | None]`, `client: NamedDependency[str]`, the address
DEPENDENCIES = {
    "signed_in": Provide(_signed_in, sync_to_thread=False),
    "caller": Provide(_caller, sync_to_thread=False),
    "visitor": Provide(visitor_of, sync_to_thread=False),
    "client": Provide(_client, sync_to_thread=False),
}
