"""Who sent this request."""

from dataclasses import dataclass

from serinus.application.identity.ports import AccessTokens, Clock, Sessions
from serinus.domain.errors import SerinusError
from serinus.domain.identity.accounts import Account
from serinus.domain.identity.caller import Caller
from serinus.domain.identity.sessions import InvalidToken, MissingCredentials


@dataclass(frozen=True, slots=True)
class Authenticated:
    caller: Caller
    account: Account


@dataclass(frozen=True, slots=True)
class Authentication:
    tokens: AccessTokens
    sessions: Sessions
    now: Clock

    async def identify(
        self, *, authorization: str | None, api_key: str | None
    ) -> Authenticated:
        """From the values of the two headers. Raise `MissingCredentials`, `InvalidToken`."""
        if authorization is None and api_key is not None:
            raise InvalidToken("there is no such API key")
        token = _bearer(authorization)
        at = self.now()
        user_id, session_id = self.tokens.read(token, at=at)
        account = await self.sessions.live_account(session_id, user_id, at=at)
        if account is None:
            raise InvalidToken("the session is over")
        return Authenticated(Caller(account.id, account.role, session_id), account)

    async def may_override(self, authorization: str | None, api_key: str | None) -> bool:
        """Whether the sender may choose the arm of a release that answers them."""
        try:
            known = await self.identify(authorization=authorization, api_key=api_key)
        except SerinusError:
            # A request is never refused for asking; it is answered by its ordinary arm.
            return False
        return "release:override" in known.caller.scopes


def _bearer(authorization: str | None) -> str:
    """The token of an `Authorization` value (RFC 6750, section 2.1)."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or " " in token:
        raise MissingCredentials("sign in and send the access token as a bearer token")
    return token
