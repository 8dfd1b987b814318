"""Which filters of a list of posts go together, and what it can then be sorted by.

Only what an index can answer is offered: a page costs the same however many posts there are,
and however few of them match. Status goes with everything.
"""

from collections.abc import Mapping
from math import prod

from serinus.domain.content.listing import Listing, Op
from serinus.domain.content.post_query import SORTS

#: Filters by equality, and the first sort of each combination of them.
COMBINATIONS: Mapping[frozenset[str], tuple[str, ...]] = {
    frozenset(): SORTS,
    frozenset({"author"}): SORTS,
    frozenset({"locale"}): ("published_at",),
    frozenset({"type"}): ("published_at",),
    frozenset({"locale", "type"}): ("published_at",),
    frozenset({"tag"}): ("published_at",),
    frozenset({"tag", "author"}): ("published_at",),
    frozenset({"tag", "locale"}): ("published_at",),
    frozenset({"category"}): ("published_at",),
    frozenset({"category", "author"}): ("published_at",),
    frozenset({"category", "locale"}): ("published_at",),
}
#: Each value of `in` is looked up by itself, with each of another filter.
MOST_VALUES = 50

SCOPED = frozenset({"status", "deleted"})
RANGES = frozenset({"published_at", "created_at", "updated_at"})
TERMS = frozenset({"tag", "category"})


def unsupported(listing: Listing) -> str | None:
    """What is wrong with the combination, and what can be done instead."""
    same = [each.field for each in listing.conditions if each.field not in RANGES | SCOPED]
    together = frozenset(same)
    if _is_of_deleted(listing) and len(listing.conditions) > 1:
        return "a list of deleted posts has no other filters"
    sort = listing.orders[0].field
    if len(same) > len(together):
        return "filter by each of author, category, locale, tag and type once"
    if together not in COMBINATIONS:
        return f"filters by {_listed(together)} cannot be combined; {_possible(together)}"
    if sort not in COMBINATIONS[together]:
        known = _listed(COMBINATIONS[together])
        return f"filtered by {_listed(together)}, posts can be sorted by {known} first"
    if together & TERMS and len(listing.orders) > 1:
        return f"filtered by {_listed(together)}, posts can be sorted by published_at alone"
    return _unsupported_range(listing) or _too_many(listing)


def _is_of_deleted(listing: Listing) -> bool:
    return any(each.field == "deleted" and each.values[0] for each in listing.conditions)


def _unsupported_range(listing: Listing) -> str | None:
    sort = listing.orders[0].field
    for condition in listing.conditions:
        if condition.field in RANGES - {sort}:
            return f"a filter by {condition.field} needs sort={condition.field}"
    return None


def _too_many(listing: Listing) -> str | None:
    several = [len(each.values) for each in listing.conditions if each.op is Op.IN]
    if prod(several) > MOST_VALUES and len(several) > 1:
        return f"filters with `in` make more than {MOST_VALUES} combinations of values"
    return None


def _possible(together: frozenset[str]) -> str:
    """The combinations that come nearest."""
    most = max(len(each & together) for each in COMBINATIONS)
    nearest = [
        each for each in COMBINATIONS if len(each & together) == most and each <= together
    ]
    return f"possible are {', or '.join(_listed(each) for each in nearest)}"


def _listed(names: frozenset[str] | tuple[str, ...]) -> str:
    *first, last = sorted(names)
    return f"{', '.join(first)} and {last}" if first else last
