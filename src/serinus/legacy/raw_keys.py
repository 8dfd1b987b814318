"""API keys as clients hold them: `srn_<id>_<secret><checksum>`.

The id is that of the row. The checksum tells a mistyped or invented key without a query.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from uuid import UUID

SECRET, CHECKSUM = 43, 6  # characters: 256 and 32 bits in base 62
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
FORM = re.compile(rf"(srn_([0-9a-f]{{32}})_[0-9A-Za-z]{{{SECRET}}})([0-9A-Za-z]{{{CHECKSUM}}})")


def new_raw_key(key_id: UUID) -> str:
    body = f"srn_{key_id.hex}_{_base62(secrets.randbits(256), SECRET)}"
    return body + _checksum(body)


def key_id_in(raw_key: str) -> UUID | None:
    """The id in a well-formed key."""
    form = FORM.fullmatch(raw_key)
    if form is None or _checksum(form[1]) != form[3]:
        return None
    return UUID(form[2])


def key_hash(raw_key: str) -> bytes:
    """What is stored. No slow hash: nobody guesses 256 random bits."""
    return hashlib.sha256(raw_key.encode()).digest()


def is_key(raw_key: str, stored: bytes) -> bool:
    """Takes as long wherever the two differ."""
    return hmac.compare_digest(key_hash(raw_key), stored)


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), CHECKSUM)


def _base62(number: int, length: int) -> str:
    text = ""
    while len(text) < length:
        number, digit = divmod(number, len(DIGITS))
        text = DIGITS[digit] + text
    return text
