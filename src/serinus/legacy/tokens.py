"""Access tokens: short-lived JWTs, signed with Ed25519 (RFC 8037). Refresh tokens: random."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

ALGORITHM = "EdDSA"
ISSUER = AUDIENCE = "serinus"


class InvalidToken(Exception):
    """Malformed, forged, for somebody else, or expired."""


@dataclass(frozen=True, slots=True)
class Claims:
    user_id: UUID
    session_id: UUID


class AccessTokens:
    def __init__(self, seeds: tuple[bytes, ...], ttl: int) -> None:
        """Keys from seeds of 32 bytes: the first signs, all verify. `ttl` in seconds."""
        keys = [Ed25519PrivateKey.from_private_bytes(seed) for seed in seeds]
        self.ttl = ttl
        self._signing_key = keys[0]
        self._public_keys = {_key_id(key.public_key()): key.public_key() for key in keys}
        self._headers = {"kid": _key_id(keys[0].public_key())}

    def issue(self, claims: Claims, now: datetime) -> str:
        payload = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(claims.user_id),
            "sid": str(claims.session_id),
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=self.ttl)).timestamp()),
        }
        return jwt.encode(payload, self._signing_key, ALGORITHM, self._headers)

    def read(self, token: str) -> Claims:
        try:
            key = self._public_keys[jwt.get_unverified_header(token)["kid"]]
            payload = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                # Clocks of nodes differ: a token from a second ahead is no forgery.
                options={"require": ["exp", "iat", "sub", "sid"], "verify_iat": False},
            )
            return Claims(UUID(payload["sub"]), UUID(payload["sid"]))
        except (jwt.PyJWTError, LookupError, ValueError, TypeError, AttributeError) as error:
            raise InvalidToken from error


def new_refresh_token() -> str:
    return secrets.token_urlsafe(32)


def refresh_token_hash(token: str) -> bytes:
    """What is stored: who reads the table cannot use it."""
    return hashlib.sha256(token.encode()).digest()


def _key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]
