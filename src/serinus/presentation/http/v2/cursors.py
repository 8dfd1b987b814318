"""Cursors: where a page of a list ends, sealed so that nobody makes one up.

A cursor holds the position of an item and a fingerprint of the list it came from. It is good
for that list alone: under other filters the same position would mean something else.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

import msgspec

from serinus.domain.content.listing import Listing, Position
from serinus.presentation.http.v2.refusals import Malformed

SEAL_BYTES = 16  # of HMAC-SHA256
MAX_LENGTH = 4000  # characters; a title of 255 makes 1,400 at most


class CursorInvalid(Malformed):
    """Damaged, made up, or sealed with a key that is no longer in use."""

    code: ClassVar = "cursor_invalid"


class CursorMismatch(Malformed):
    """A good cursor of another list."""

    code: ClassVar = "cursor_mismatch"


def fingerprint(resource: str, listing: Listing) -> bytes:
    """The same for lists that differ in nothing but the page."""
    conditions = sorted(
        [each.field, each.op, *sorted(str(value) for value in each.values)]
        for each in listing.conditions
    )
    orders = [[order.field, order.descending] for order in listing.orders]
    told = msgspec.json.encode([resource, conditions, orders])
    return hashlib.blake2b(told, digest_size=8).digest()


class Cursors:
    """The first key seals; cursors of all keys open."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    def seal(self, position: Position, fingerprint: bytes) -> str:
        content = msgspec.msgpack.encode(
            [fingerprint, position.id.bytes, list(position.values)]
        )
        sealed = _seal(self._keys[0], content) + content
        return urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, text: str, fingerprint: bytes, *, parameter: str) -> Position:
        """Raise `CursorInvalid`, `CursorMismatch`."""
        content = self._content(text)
        if content is None:
            raise CursorInvalid(
                "this is not a cursor of ours; start again without it", parameter=parameter
            )
        theirs, id_, values = msgspec.msgpack.decode(content)
        if theirs != fingerprint:
            raise CursorMismatch(
                "this cursor belongs to a list with other filters or another order",
                parameter=parameter,
            )
        return Position(tuple(values), UUID(bytes=id_))

    def _content(self, text: str) -> bytes | None:
        """What is in a cursor whose seal is good."""
        if len(text) > MAX_LENGTH or not text.isascii():
            return None
        try:
            sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            return None
        seal, content = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
        good = [hmac.compare_digest(seal, _seal(key, content)) for key in self._keys]
        return content if any(good) else None


def _seal(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, "sha256")[:SEAL_BYTES]
