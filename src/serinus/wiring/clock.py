"""The real clock, and ids that sort by it."""

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> UUID:
    """UUIDv7 (RFC 9562, section 5.7)."""
    return uuid7()
