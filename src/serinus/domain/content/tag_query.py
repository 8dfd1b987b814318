"""What a list of tags can be filtered and sorted by."""

from collections.abc import Iterable

from serinus.domain.content.listing import (
    RANGE,
    SAME,
    Listing,
    Op,
    Order,
    Position,
    Value,
    out_of_order,
)
from serinus.domain.content.taxonomy import CountedTag, tag_key

FILTERS: dict[str, frozenset[Op]] = {
    "name": SAME | {Op.PREFIX},
    "slug": SAME,
    "usage_count": RANGE,
    "created_at": RANGE,
}

SORTS = ("name", "usage_count", "created_at")

BY_NAME = (Order("name"),)


def unsupported(listing: Listing) -> str | None:
    """What no index can give of all tags."""
    if len(listing.orders) > 1:
        # All unused ones have one count: a second order would sort them anew for each page.
        return "tags are sorted by one of name, usage_count and created_at"
    return out_of_order(listing, frozenset({"usage_count", "created_at"}))


def position(tag: CountedTag, orders: Iterable[Order]) -> Position:
    return Position(tuple(_sorted_by(tag, order.field) for order in orders), tag.id)


def _sorted_by(tag: CountedTag, field: str) -> Value:
    """Names as they are unique: whatever their case and width."""
    value: Value = tag_key(tag.name) if field == "name" else getattr(tag, field)
    return value
