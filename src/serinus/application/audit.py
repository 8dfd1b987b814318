"""The audit log: what was written, by whom and from where. The store keeps it by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from serinus.domain.content.listing import RANGE, Listing, Op, Order, Page, Position


class Action(StrEnum):
    """What was done; `UPDATED` is whatever has no name of its own."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    RESTORED = "restored"
    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    SCHEDULED = "scheduled"
    ARCHIVED = "archived"
    APPROVED = "approved"
    REJECTED = "rejected"
    MARKED_AS_SPAM = "marked_as_spam"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - not one
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    REVOKED = "revoked"
    PRUNED = "pruned"


class Entity(StrEnum):
    """What it was done to."""

    USER = "user"
    SESSION = "session"
    API_KEY = "api_key"
    POST = "post"
    TAG = "tag"
    CATEGORY = "category"
    COMMENT = "comment"
    AUDIT_LOG = "audit_log"


@dataclass(frozen=True, slots=True)
class AuditUser:
    """`username` is None when there is no such user any more."""

    id: UUID
    username: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One change of one thing. `entity_id` is None for many at once.

    Without `user` it was a guest, or the service itself; without `via`, SQL typed by hand.
    `changes` has a member for everything that is different since:
    `{"title": {"before": "a", "after": "b"}}`.
    """

    id: UUID
    at: datetime
    action: str
    entity: str
    entity_id: UUID | None
    version: int | None
    user: AuditUser | None
    api_key_id: UUID | None
    via: str | None
    address: str | None
    request_id: str | None
    changes: Mapping[str, Mapping[str, Any]]


#: Each has an index, so one of them is taken at a time, beside a span of time.
EXCLUSIVE = ("user", "entity", "entity_id", "action", "via")

FILTERS: dict[str, frozenset[Op]] = {
    "user": frozenset({Op.EQ}),
    "entity": frozenset({Op.EQ}),
    "entity_id": frozenset({Op.EQ}),
    "action": frozenset({Op.EQ}),
    "via": frozenset({Op.EQ, Op.NULL}),
    "at": RANGE,
}
SORTS = ("at",)
NEWEST_FIRST = (Order("at", descending=True),)


class AuditReader(Protocol):
    async def page(self, listing: Listing) -> Page[Entry]: ...


def position(entry: Entry) -> Position:
    return Position((entry.at,), entry.id)


def too_many(listing: Listing) -> tuple[str, str] | None:
    """Two filters that no index serves together. What one entity is, its id says already."""
    given = [c.field for c in listing.conditions if c.field in EXCLUSIVE]
    if len(set(given)) < 2 or set(given) == {"entity", "entity_id"}:
        return None
    return given[0], next(field for field in given if field != given[0])


def unsupported(listing: Listing) -> str | None:
    """What no index can give of all entries."""
    if together := too_many(listing):
        first, second = together
        return f"filter[{first}] and filter[{second}] are not taken together"
    if any(each.op is Op.NULL and each.values == (False,) for each in listing.conditions):
        return "filter[via][null] is true"
    return None
