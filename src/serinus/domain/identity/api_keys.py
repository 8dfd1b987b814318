"""API keys: what they look like, and what they let their owner's programs do.

A key is `srn_<id>_<secret><checksum>`. The id (32 hexadecimal digits) is that of the row, and
of the consumer that a canary release assigns; the secret is random; the checksum lets a
mistyped or invented key be refused without asking the database, and leaked ones be told from
look-alikes by scanners.
"""

import hmac
import re
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar, NewType
from uuid import UUID

from serinus.domain.errors import Conflict, NotFound, Violation
from serinus.domain.identity.caller import Scope, UserId

ApiKeyId = NewType("ApiKeyId", UUID)

PREFIX = "srn"
MAX_NAME = 100
MAX_KEYS = 100  # of one user, revoked ones apart
LONGEST_LIFE = timedelta(days=3653)  # ten years: who means longer means no end
SECRET_LENGTH, CHECKSUM_LENGTH = 43, 6  # 256 bits and 32 bits in base 62

ALL_SCOPES: frozenset[str] = frozenset(Scope)

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FORM = re.compile(
    f"{PREFIX}_([0-9a-f]{{32}})_[0-9A-Za-z]{{{SECRET_LENGTH + CHECKSUM_LENGTH}}}", re.ASCII
)


class ApiKeyNotFound(NotFound):
    code: ClassVar = "api_key_not_found"


class TooManyApiKeys(Conflict):
    code: ClassVar = "too_many_api_keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What may be shown of a key. `scopes` in the order they were given."""

    id: ApiKeyId
    user_id: UserId
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


def raw_key(key_id: ApiKeyId, random: int) -> str:
    """The key itself, to be shown once. `random`: 256 random bits."""
    body = f"{PREFIX}_{key_id.hex}_{_base62(random, SECRET_LENGTH)}"
    return body + _checksum(body)


def key_id_in(raw: str) -> ApiKeyId | None:
    """The id that a well-formed key says it has."""
    found = _FORM.fullmatch(raw)
    if found is None or _checksum(raw[:-CHECKSUM_LENGTH]) != raw[-CHECKSUM_LENGTH:]:
        return None
    return ApiKeyId(UUID(found[1]))


def key_hash(raw: str) -> bytes:
    """What is stored. The secret has 256 random bits, so it needs no slow hash."""
    return sha256(raw.encode()).digest()


def is_key(raw: str, stored: bytes) -> bool:
    """In a time that says nothing of where they differ."""
    return hmac.compare_digest(key_hash(raw), stored)


def clean_key_name(name: str) -> str:
    return name.strip()


def key_violations(name: str, scopes: tuple[str, ...]) -> list[Violation]:
    """What is wrong with a new key, its name cleaned."""
    found: list[Violation] = []
    if not 1 <= len(name) <= MAX_NAME:
        code = "too_long" if name else "required"
        text = f"a key has a name of 1 to {MAX_NAME} characters"
        found.append(Violation("name", code, text, {"min": 1, "max": MAX_NAME}))
    if not scopes:
        found.append(Violation("scopes", "required", "a key needs at least one scope"))
    elif not ALL_SCOPES.issuperset(scopes):
        text = f"the scopes are {', '.join(sorted(ALL_SCOPES))}"
        found.append(Violation("scopes", "not_allowed", text))
    return found


def expiry_violations(expires_at: datetime | None, *, at: datetime) -> list[Violation]:
    """None: it does not expire by itself."""
    if expires_at is None or at < expires_at <= at + LONGEST_LIFE:
        return []
    text = "a key expires in the future and within ten years, or never"
    return [Violation("expires_at", "not_allowed", text)]


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
