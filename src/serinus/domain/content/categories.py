"""Categories in their own right: a tree, in which a post may hang at any place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from serinus.domain.content.listing import (
    ANY,
    RANGE,
    SAME,
    Listing,
    Op,
    Order,
    Position,
    out_of_order,
)
from serinus.domain.content.taxonomy import MAX_CATEGORY_LENGTH, CategoryId, clean_name
from serinus.domain.errors import Conflict, Invalid, NotFound, Violation

MAX_DESCRIPTION = 2000
MAX_DEPTH = 10  # levels, the top one included; imported trees may be deeper


class CategoryNotFound(NotFound):
    code: ClassVar = "category_not_found"


class CategoryTaken(Conflict):
    """Another category has this slug."""

    code: ClassVar = "category_taken"


class CategoryCycle(Conflict):
    """It would be below itself."""

    code: ClassVar = "category_cycle"


class CategoryHasChildren(Conflict):
    code: ClassVar = "category_has_children"


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A category with its place. `lineage` and `path`: ids and slugs from the top to itself."""

    id: CategoryId
    parent_id: CategoryId | None
    slug: str
    name: str
    description: str | None
    lineage: tuple[UUID, ...] = ()
    path: tuple[str, ...] = ()
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def depth(self) -> int:
        return len(self.lineage)


FILTERS: dict[str, frozenset[Op]] = {
    "parent": ANY | {Op.NULL},
    "slug": SAME,
    "name": ANY | {Op.PREFIX},
    "created_at": RANGE,
}

SORTS = ("tree", "name", "created_at")

#: Depth first: each category stands between its parent and what is below itself.
AS_TREE = (Order("tree"),)


def unsupported(listing: Listing) -> str | None:
    """What no index can give of all categories."""
    parents = [each for each in listing.conditions if each.field == "parent"]
    if len(listing.orders) > 1:
        return "categories are sorted by one of tree, name and created_at"
    if len(parents) > 1 or any(each.values == (False,) for each in parents):
        return "filter[parent] is given once; filter[parent][null] is true"
    return out_of_order(listing, frozenset({"created_at"}))


def position(branch: Branch, orders: Iterable[Order]) -> Position:
    return Position(
        tuple(
            branch.lineage if order.field == "tree" else getattr(branch, order.field)
            for order in orders
        ),
        branch.id,
    )


def category_violations(name: str, description: str | None) -> list[Violation]:
    found: list[Violation] = []
    if not 1 <= len(clean_name(name)) <= MAX_CATEGORY_LENGTH:
        text = f"a category has 1 to {MAX_CATEGORY_LENGTH} characters"
        params = {"min": 1, "max": MAX_CATEGORY_LENGTH}
        found.append(Violation("name", "invalid_length", text, params))
    if description is not None and len(description) > MAX_DESCRIPTION:
        text = f"at most {MAX_DESCRIPTION} characters"
        found.append(Violation("description", "too_long", text, {"max": MAX_DESCRIPTION}))
    return found


def no_such_parent() -> Invalid:
    return Invalid([Violation("parent_id", "not_found", "there is no such category")])


def too_deep() -> Invalid:
    text = f"categories are at most {MAX_DEPTH} deep"
    return Invalid([Violation("parent_id", "too_deep", text, {"max": MAX_DEPTH})])
