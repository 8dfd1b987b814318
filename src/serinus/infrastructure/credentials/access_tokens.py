"""Access tokens: JWTs (RFC 9068's idea, its claims cut to ours) signed with Ed25519.

Both engines make and accept them, so every name here is fixed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from serinus.domain.identity.caller import SessionId, UserId
from serinus.domain.identity.sessions import InvalidToken
from serinus.infrastructure.credentials.derivation import derive

PURPOSE = b"serinus/access-token/ed25519"
ALGORITHM = "EdDSA"
NAME = "serinus"  # issuer and audience
MAX_LENGTH = 2048  # characters; ours have about 400
REMEMBERED = 2048  # tokens

# Times are checked against the clock we are given, and on every use; the rest holds for good.
_OPTIONS: Any = {
    "require": ["iss", "aud", "sub", "sid", "iat", "exp"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


@dataclass(frozen=True, slots=True)
class _Claims:
    user_id: UserId
    session_id: SessionId
    expires: int  # seconds since the epoch


class SignedAccessTokens:
    """The first of `secrets` signs; all verify, so that keys can be exchanged in service."""

    def __init__(self, secrets: Sequence[str], *, lifetime: int) -> None:
        keys = [
            Ed25519PrivateKey.from_private_bytes(derive(secret, PURPOSE)) for secret in secrets
        ]
        self._signing = keys[0]
        self._header = {"kid": key_id(keys[0].public_key())}
        self._verifying = {key_id(key.public_key()): key.public_key() for key in keys}
        self._lifetime = lifetime
        # A client sends one token many times, and verifying it costs more than all else here.
        self._claims = lru_cache(maxsize=REMEMBERED)(self._verified)

    @property
    def lifetime(self) -> int:
        return self._lifetime

    def issue(self, user_id: UserId, session_id: SessionId, *, at: datetime) -> str:
        issued = int(at.timestamp())
        claims = {
            "iss": NAME,
            "aud": NAME,
            "sub": str(user_id),
            "sid": str(session_id),
            "iat": issued,
            "exp": issued + self._lifetime,
        }
        return jwt.encode(claims, self._signing, algorithm=ALGORITHM, headers=self._header)

    def read(self, token: str, *, at: datetime) -> tuple[UserId, SessionId]:
        claims = self._claims(token)
        if claims.expires <= at.timestamp():
            raise InvalidToken("the access token has expired")
        return claims.user_id, claims.session_id

    def _verified(self, token: str) -> _Claims:
        if len(token) > MAX_LENGTH:
            raise InvalidToken("this is not an access token")
        try:
            key = self._verifying[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token, key, algorithms=[ALGORITHM], audience=NAME, issuer=NAME, options=_OPTIONS
            )
            return _Claims(
                UserId(UUID(claims["sub"])), SessionId(UUID(claims["sid"])), int(claims["exp"])
            )
        except (
            jwt.InvalidTokenError,
            KeyError,
            ValueError,
            TypeError,
            AttributeError,
        ) as error:
            raise InvalidToken("the access token does not hold") from error


def key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]
