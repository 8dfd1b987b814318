"""What a list of tags can be filtered and sorted by."""

from collections.abc import Iterable

from serinus.domain.content.listing import RANGE, SAME, Op, Order, Position
from serinus.domain.content.taxonomy import CountedTag

FILTERS: dict[str, frozenset[Op]] = {
    "name": SAME | {Op.PREFIX},
    "slug": SAME | {Op.PREFIX},
    "usage_count": RANGE,
    "created_at": RANGE,
}

SORTS = ("name", "usage_count", "created_at")

BY_NAME = (Order("name"),)


def position(tag: CountedTag, orders: Iterable[Order]) -> Position:
    return Position(tuple(getattr(tag, order.field) for order in orders), tag.id)
