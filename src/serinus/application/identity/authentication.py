"""Who sent this request."""

from dataclasses import dataclass

from serinus.application import acting
from serinus.application.identity.api_keys import ApiKeys
from serinus.application.identity.ports import AccessTokens, Clock, Sessions
from serinus.domain.errors import SerinusError
from serinus.domain.identity.accounts import Account
from serinus.domain.identity.api_keys import ApiKeyId, is_key, key_hash, key_id_in
from serinus.domain.identity.caller import Caller
from serinus.domain.identity.sessions import InvalidToken, MissingCredentials


@dataclass(frozen=True, slots=True)
class Authenticated:
    """`key_id`: of the API key that was shown, if it was not a token."""

    caller: Caller
    account: Account
    key_id: ApiKeyId | None = None


@dataclass(frozen=True, slots=True)
class Authentication:
    tokens: AccessTokens
    sessions: Sessions
    api_keys: ApiKeys
    now: Clock

    async def identify(
        self, *, authorization: str | None, api_key: str | None
    ) -> Authenticated:
        """From the values of the two headers. Raise `MissingCredentials`, `InvalidToken`.

        The key is looked at only where there is no `Authorization`.
        """
        if authorization is None and api_key is not None:
            return await self._by_key(api_key.strip())
        token = _bearer(authorization)
        at = self.now()
        user_id, session_id = self.tokens.read(token, at=at)
        account = await self.sessions.live_account(session_id, user_id, at=at)
        if account is None:
            raise InvalidToken("the session is over")
        acting.identified(account.id)
        return Authenticated(Caller(account.id, account.role, session_id), account)

    async def _by_key(self, shown: str) -> Authenticated:
        """One text for every way to be wrong: which keys there are is nobody's business."""
        key_id = key_id_in(shown)
        found = key_id and await self.api_keys.live(key_id, key_hash(shown), at=self.now())
        if not found or not is_key(shown, found.key_hash):
            raise InvalidToken("there is no such API key, or it holds no longer")
        account = found.account
        acting.identified(account.id, key_id)
        return Authenticated(
            Caller(account.id, account.role, None, found.scopes), account, key_id
        )

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
