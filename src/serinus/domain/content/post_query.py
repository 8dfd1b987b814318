"""What a list of posts can be filtered and sorted by, and which of them somebody sees."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from serinus.domain.content.listing import (
    ANY,
    RANGE,
    SAME,
    Condition,
    Op,
    Order,
    Position,
    Value,
)
from serinus.domain.content.post import Post, Status
from serinus.domain.identity.caller import Caller, Role, UserId

FILTERS: dict[str, frozenset[Op]] = {
    "status": SAME,
    "type": SAME,
    "author": ANY,
    "tag": ANY,
    "category": ANY,
    "locale": ANY,
    "published_at": RANGE | {Op.NULL},
    "created_at": RANGE,
    "updated_at": RANGE,
    "deleted": frozenset({Op.EQ}),
}

SORTS = ("published_at", "created_at", "updated_at", "title")

NEWEST_FIRST = (Order("published_at", descending=True),)


class Part(StrEnum):
    """What of a post costs something to read. A part not asked for comes back empty."""

    CONTENT = "content"
    AUTHOR = "author"
    TAGS = "tags"
    CATEGORIES = "categories"


EVERYTHING = frozenset(Part)


@dataclass(frozen=True, slots=True)
class Scope:
    """Posts in one of these states, and only one's own if `author` is given."""

    statuses: frozenset[Status]
    author: UserId | None = None
    deleted: bool = False


def scopes(caller: Caller | None, conditions: Sequence[Condition]) -> tuple[Scope, ...]:
    """What the caller may see (`domain.content.post.may_see`) of the states asked for.

    Scopes do not overlap. None at all means that there is nothing to see. Deleted posts are
    seen by those who may see drafts, and only where they are asked for.
    """
    wanted = _statuses(conditions)
    public = wanted & {Status.PUBLISHED}
    asked = {bool(each.values[0]) for each in conditions if each.field == "deleted"}
    deleted = True in asked
    if deleted and False in asked:
        found = []
    elif caller is None:
        found = [] if deleted else [Scope(public)]
    elif caller.role.at_least(Role.EDITOR):
        found = [Scope(wanted, deleted=deleted)]
    elif deleted:
        found = [Scope(wanted, caller.id, deleted=True)]
    else:
        found = [Scope(public), Scope(wanted - public, caller.id)]
    return tuple(scope for scope in found if scope.statuses)


def _statuses(conditions: Iterable[Condition]) -> frozenset[Status]:
    wanted = frozenset(Status)
    for condition in conditions:
        if condition.field == "status":
            named = frozenset(Status(str(value)) for value in condition.values)
            wanted = wanted - named if condition.op is Op.NE else wanted & named
    return wanted


def position(post: Post, orders: Iterable[Order]) -> Position:
    return Position(tuple(_sorted_by(post, order.field) for order in orders), post.id)


def _sorted_by(post: Post, field: str) -> Value | None:
    value: Value | None = post.text.title if field == "title" else getattr(post, field)
    return value
