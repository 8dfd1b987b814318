"""Who is asking: a guard in front of every operation that needs a signed-in user."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from serinus.application.identity.authentication import Authenticated, Authentication

#: Whoever it is: no credentials were looked at.
AnyoneRequest = Request[None, None, State]
SignedInRequest = Request[Authenticated, None, State]


class SignedInOnly:
    """A guard, because a guard runs before the path and the body are looked at."""

    def __init__(self, authentication: Authentication, *, takes_keys: bool = True) -> None:
        """`takes_keys`: whether an API key will do. If not, it is as if it were not sent."""
        self._authentication = authentication
        self.takes_keys = takes_keys

    def __deepcopy__(self, _: object) -> "SignedInOnly":
        # Litestar copies routers with all they hold; this one leads to a connection pool.
        return self

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
    ) -> None:
        """Raise `MissingCredentials`, `InvalidToken`."""
        connection.scope["user"] = await self._authentication.identify(
            authorization=connection.headers.get("authorization"),
            api_key=connection.headers.get("x-api-key") if self.takes_keys else None,
        )
