"""What the engine issues and accepts; engine v2 must read it too."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from serinus.legacy.tokens import AccessTokens, Claims, InvalidToken
from tests.legacy.engine import FORMER_SEED, SEED

NOW = datetime.now(UTC)
CLAIMS = Claims(uuid4(), uuid4())


def key(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


def key_id(seed: bytes) -> str:
    return hashlib.sha256(key(seed).public_key().public_bytes_raw()).hexdigest()[:16]


def signed(header: dict[str, Any] | None = None, **changes: Any) -> str:
    payload = {
        "iss": "serinus",
        "aud": "serinus",
        "sub": str(CLAIMS.user_id),
        "sid": str(CLAIMS.session_id),
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 86_400,  # made when a run begins, which may take long
    } | changes
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, key(SEED), "EdDSA", header or {"kid": key_id(SEED)})


@pytest.fixture
def tokens() -> AccessTokens:
    return AccessTokens((SEED, FORMER_SEED), ttl=900)


def test_a_token_has_the_agreed_header_and_claims(tokens: AccessTokens) -> None:
    token = tokens.issue(CLAIMS, NOW)

    assert jwt.get_unverified_header(token) == {
        "alg": "EdDSA",
        "kid": key_id(SEED),
        "typ": "JWT",
    }
    issued = int(NOW.timestamp())
    payload = jwt.decode(token, options={"verify_signature": False})
    assert payload == {
        "iss": "serinus",
        "aud": "serinus",
        "sub": str(CLAIMS.user_id),
        "sid": str(CLAIMS.session_id),
        "iat": issued,
        "exp": payload["exp"],
    }
    assert 900 <= payload["exp"] - issued <= 901


def test_what_is_issued_can_be_read(tokens: AccessTokens) -> None:
    assert tokens.read(tokens.issue(CLAIMS, datetime.now(UTC))) == CLAIMS
    assert tokens.read(signed()) == CLAIMS


def test_every_key_verifies(tokens: AccessTokens) -> None:
    former = AccessTokens((FORMER_SEED,), ttl=900)

    assert tokens.read(former.issue(CLAIMS, datetime.now(UTC))) == CLAIMS
    with pytest.raises(InvalidToken):
        former.read(tokens.issue(CLAIMS, datetime.now(UTC)))


def test_a_clock_that_is_ahead_is_no_forgery(tokens: AccessTokens) -> None:
    assert tokens.read(tokens.issue(CLAIMS, datetime.now(UTC) + timedelta(seconds=5))) == CLAIMS


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "é.è.ê",
        signed(exp=int(NOW.timestamp()) - 1),
        signed(iss="somebody"),
        signed(aud="somebody"),
        signed(sub="nobody"),
        signed(sub=None),
        signed(sid=None),
        signed(sid=7),
        signed(exp=None),
        signed(aud=None),
        signed(iss=None),
        signed({"kid": "unknown"}),
        signed({"kid": key_id(FORMER_SEED)}),
        signed({"typ": "JWT"}),
        signed()[:-4] + "AAAA",
        jwt.encode({"sub": "x"}, "k" * 32, "HS256", {"kid": key_id(SEED)}),
        jwt.encode({"sub": "x"}, "", "none", {"kid": key_id(SEED)}),
    ],
)
def test_anything_else_is_refused(tokens: AccessTokens, token: str) -> None:
    with pytest.raises(InvalidToken):
        tokens.read(token)
