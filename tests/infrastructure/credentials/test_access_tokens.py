"""Access tokens: their exact form, which both engines rely on, and all that must not pass."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from uuid_utils.compat import uuid7

from serinus.domain.identity.caller import SessionId, UserId
from serinus.domain.identity.sessions import InvalidToken
from serinus.infrastructure.credentials.access_tokens import SignedAccessTokens, key_id

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
USER, SESSION = UserId(uuid7()), SessionId(uuid7())
SECRET = "one secret, long enough for tests"


def a_key(secret: str = SECRET) -> Ed25519PrivateKey:
    """As any other implementation would derive it from the words of the specification."""
    info = b"serinus/access-token/ed25519"
    seed = HKDF(SHA256(), 32, salt=None, info=info).derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)


def forged(
    key: Any = None,
    algorithm: str = "EdDSA",
    headers: dict[str, Any] | None = None,
    **claims: Any,
) -> str:
    """A good token, but for what is given. A claim of None is left out."""
    payload = {
        "iss": "serinus",
        "aud": "serinus",
        "sub": str(USER),
        "sid": str(SESSION),
        "iat": int(NOON.timestamp()),
        "exp": int(NOON.timestamp()) + 900,
    } | claims
    return jwt.encode(
        {name: value for name, value in payload.items() if value is not None},
        a_key() if key is None else key,
        algorithm=algorithm,
        headers={"kid": key_id(a_key().public_key())} if headers is None else headers,
    )


@pytest.fixture
def tokens() -> SignedAccessTokens:
    return SignedAccessTokens([SECRET], lifetime=900)


def test_a_token_says_who_and_which_session(tokens: SignedAccessTokens) -> None:
    token = tokens.issue(USER, SESSION, at=NOON)

    assert tokens.read(token, at=NOON) == (USER, SESSION)


def test_a_token_has_the_form_that_both_engines_agree_on(tokens: SignedAccessTokens) -> None:
    token = tokens.issue(USER, SESSION, at=NOON)

    kid = key_id(a_key().public_key())
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "kid": kid, "typ": "JWT"}
    assert len(kid) == 16
    assert jwt.decode(
        token,
        a_key().public_key(),
        algorithms=["EdDSA"],
        audience="serinus",
        options={"verify_exp": False, "verify_iat": False},
    ) == {
        "iss": "serinus",
        "aud": "serinus",
        "sub": str(USER),
        "sid": str(SESSION),
        "iat": int(NOON.timestamp()),
        "exp": int(NOON.timestamp()) + 900,
    }


def test_a_token_of_another_implementation_holds(tokens: SignedAccessTokens) -> None:
    assert tokens.read(forged(), at=NOON) == (USER, SESSION)


def test_a_token_lives_as_long_as_it_says_and_not_a_second_more(
    tokens: SignedAccessTokens,
) -> None:
    token = tokens.issue(USER, SESSION, at=NOON)

    assert tokens.lifetime == 900
    tokens.read(token, at=NOON + timedelta(seconds=899))
    # Again: what is remembered of a token must not outlive it.
    with pytest.raises(InvalidToken):
        tokens.read(token, at=NOON + timedelta(seconds=900))


def test_a_token_of_a_clock_that_is_ahead_holds(tokens: SignedAccessTokens) -> None:
    token = tokens.issue(USER, SESSION, at=NOON + timedelta(seconds=30))

    assert tokens.read(token, at=NOON) == (USER, SESSION)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "other"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"sub": None},
        {"sub": "ada"},
        {"sid": None},
        {"sid": "1"},
        {"sid": 1},
        {"iat": None},
        {"exp": None},
        {"exp": int(NOON.timestamp()) - 1},
    ],
    ids=str,
)
def test_a_token_with_other_claims_does_not_pass(
    tokens: SignedAccessTokens, claims: dict[str, Any]
) -> None:
    with pytest.raises(InvalidToken):
        tokens.read(forged(**claims), at=NOON)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("x", id="no token"),
        pytest.param("a.b.c", id="no JSON"),
        pytest.param("x" * 3000, id="too long"),
        pytest.param("ä.ö.ü", id="no ASCII"),
        pytest.param(forged(a_key("another secret")), id="signed by another"),
        pytest.param(forged(headers={"kid": "0" * 16}), id="a key we do not have"),
        pytest.param(forged(headers={}), id="no key named"),
        pytest.param(forged("", "none"), id="not signed"),
        pytest.param(
            forged(a_key().public_key().public_bytes_raw(), "HS256"),
            id="our public key as a shared secret",
        ),
        pytest.param(forged()[:-4] + "AAAA", id="changed"),
    ],
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_what_we_did_not_sign_does_not_pass(tokens: SignedAccessTokens, token: str) -> None:
    with pytest.raises(InvalidToken):
        tokens.read(token, at=NOON)


def test_keys_can_be_exchanged_in_service() -> None:
    old, new = "the old secret", "the new secret"
    before = SignedAccessTokens([old], lifetime=900)
    during = SignedAccessTokens([new, old], lifetime=900)
    after = SignedAccessTokens([new], lifetime=900)
    early, late = (tokens.issue(USER, SESSION, at=NOON) for tokens in (before, during))

    assert during.read(early, at=NOON) == after.read(late, at=NOON) == (USER, SESSION)
    with pytest.raises(InvalidToken):
        after.read(early, at=NOON)
