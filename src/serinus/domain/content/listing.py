"""Lists that are read in pages: which part of what, in which order.

Pages are cut by position (keyset pagination), not by number: an item that is added or removed
elsewhere moves nothing between two pages.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")

#: A tuple is a place in a tree: the ids from the root to an item.
Value = str | int | float | bool | UUID | datetime | tuple[UUID, ...]

MAX_LIMIT = 100
DEFAULT_LIMIT = 20


class Op(StrEnum):
    EQ = "eq"
    NE = "ne"
    IN = "in"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    NULL = "null"
    PREFIX = "prefix"


ANY = frozenset({Op.EQ, Op.IN})
SAME = ANY | {Op.NE}
RANGE = frozenset({Op.EQ, Op.GT, Op.GTE, Op.LT, Op.LTE})


@dataclass(frozen=True, slots=True)
class Condition:
    """`values` has one value, for `IN` one or more, for `NULL` a boolean."""

    field: str
    op: Op
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Order:
    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """Where an item stands: what it is sorted by, and its id. None sorts after every value."""

    values: tuple[Value | None, ...]
    id: UUID


class Counting(StrEnum):
    EXACT = "exact"
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True)
class Count:
    value: int
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which part of a list. At most one of `after` and `before` is given.

    Ids break ties, in the direction of the first order.
    """

    orders: tuple[Order, ...]
    conditions: tuple[Condition, ...] = ()
    limit: int = DEFAULT_LIMIT
    after: Position | None = None
    before: Position | None = None
    counting: Counting | None = None

    @property
    def forward(self) -> bool:
        return self.before is None


def out_of_order(listing: Listing, spans: frozenset[str]) -> str | None:
    """Why no index serves a range of one thing in the order of another.

    `spans`: the fields of which any condition leaves many; a beginning of anything does.
    """
    first = listing.orders[0].field
    for condition in listing.conditions:
        is_range = condition.op is Op.PREFIX or condition.field in spans
        if is_range and condition.field != first:
            return f"a range of {condition.field} is for lists that are sorted by it first"
    return None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`earlier`, `later`: whether there is more before the first item and after the last."""

    items: tuple[T, ...]
    earlier: bool = False
    later: bool = False
    count: Count | None = field(default=None, kw_only=True)

    @classmethod
    def cut(cls, found: list[T], listing: Listing, count: Count | None = None) -> "Page[T]":
        """From up to `limit + 1` items, in the direction in which they were read."""
        more = len(found) > listing.limit
        items = tuple(found[: listing.limit])
        if listing.forward:
            came = listing.after is not None and bool(items)
            return cls(items, earlier=came, later=more, count=count)
        return cls(items[::-1], earlier=more, later=bool(items), count=count)
