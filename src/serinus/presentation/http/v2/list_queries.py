"""Queries of lists: paging, `filter[...]`, `sort`, `fields[...]`, `include` and `count`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from msgspec import UNSET

from serinus.domain.content.listing import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    Condition,
    Counting,
    Listing,
    Op,
    Order,
    Page,
    Position,
)
from serinus.presentation.http.v2 import lists
from serinus.presentation.http.v2.cursors import Cursors, fingerprint
from serinus.presentation.http.v2.query_values import (
    Parse,
    boolean,
    integer,
    member_of,
    one_of,
    several,
    text,
)
from serinus.presentation.http.v2.refusals import (
    InvalidParameter,
    UnknownParameter,
    UnsupportedCombination,
)

T = TypeVar("T")
V = TypeVar("V")

PAGING = ("limit", "after", "before", "sort", "count")


@dataclass(frozen=True)
class Members:
    """What of a resource is shown: `fields[name]=` narrows, `include=` chooses relations.

    Without `fields` everything is shown but the members that are made only on request; without
    `include` all relations are. A member that is not shown is absent, not null.
    """

    name: str
    all: tuple[str, ...]
    relations: tuple[str, ...] = ()
    on_request: frozenset[str] = frozenset()

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        return (self._fields, "include") if self.relations else (self._fields,)

    @cached_property
    def default(self) -> frozenset[str]:
        return frozenset(self.all) - self.on_request

    @property
    def _fields(self) -> str:
        return f"fields[{self.name}]"

    def chosen(self, given: Mapping[str, str]) -> frozenset[str]:
        """Raise `InvalidParameter` for a member that there is not."""
        if not given.keys() & self.parameters:
            return self.default
        shown = self.default
        if "include" in given:
            shown -= frozenset(self.relations)
        if self._fields in given:
            shown = frozenset(_names(self._fields, given[self._fields], self.all))
        return shown | set(_names("include", given.get("include", ""), self.relations))


def _names(name: str, value: str, known: Sequence[str]) -> Iterator[str]:
    """The empty list is written as an empty value."""
    for part in several(name, value, one_of(known)) if value else ():
        yield str(part)


@dataclass(frozen=True)
class Lists:
    """The white list of one list. Nothing outside it reaches a store."""

    members: Members
    filters: Mapping[str, frozenset[Op]]
    values: Mapping[str, Parse]
    sorts: tuple[str, ...]
    order: tuple[Order, ...]
    #: What is wrong with a combination of filters and sort, where not all are offered.
    unsupported: Callable[[Listing], str | None] = lambda _: None
    #: What is offered instead, in Markdown, for the document.
    offered: str = ""

    @cached_property
    def filtered(self) -> dict[str, tuple[str, Op]]:
        """Field and operator behind each `filter[...]` there is."""
        found = {f"filter[{name}]": (name, Op.EQ) for name in self.filters}
        for name, ops in self.filters.items():
            found |= {f"filter[{name}][{op}]": (name, op) for op in Op if op in ops}
        return found

    @cached_property
    def known(self) -> tuple[str, ...]:
        return (*PAGING, *self.members.parameters, *self.filtered)

    def listing(
        self, given: Mapping[str, str], cursors: Cursors, within: tuple[Condition, ...] = ()
    ) -> Listing:
        """`within`: conditions that the path of the list sets.

        Raise `UnknownParameter`, `InvalidParameter`, `UnsupportedCombination`.
        And `CursorInvalid`, `CursorMismatch`.
        """
        check_known(given, self.known)
        listing = Listing(
            conditions=(*within, *self._conditions(given)),
            orders=self._orders(given["sort"]) if "sort" in given else self.order,
            limit=limit_of(given),
            counting=Counting(member_of(Counting)("count", given["count"]))
            if "count" in given
            else None,
        )
        if (reason := self.unsupported(listing)) is not None:
            raise UnsupportedCombination(reason)
        return self._from_where(listing, given, cursors)

    def shown(
        self,
        page: Page[T],
        data: list[V],
        listing: Listing,
        cursors: Cursors,
        position: Callable[[T], Position],
    ) -> lists.Listing[V]:
        """`data`: the items of the page as they are shown."""

        def sealed(item: T) -> str:
            return cursors.seal(position(item), self.mark(listing))

        return lists.Listing(
            data=data,
            page=lists.Page(
                next=sealed(page.items[-1]) if page.later else None,
                prev=sealed(page.items[0]) if page.earlier else None,
                limit=listing.limit,
            ),
            count=lists.Count(page.count.value, page.count.exact) if page.count else UNSET,
        )

    def mark(self, listing: Listing) -> bytes:
        return fingerprint(self.members.name, listing)

    def _from_where(
        self, listing: Listing, given: Mapping[str, str], cursors: Cursors
    ) -> Listing:
        if "after" in given and "before" in given:
            raise InvalidParameter("give after or before, not both", parameter="before")
        if "after" in given:
            found = cursors.open(given["after"], self.mark(listing), parameter="after")
            return replace(listing, after=found)
        if "before" in given:
            found = cursors.open(given["before"], self.mark(listing), parameter="before")
            return replace(listing, before=found)
        return listing

    def _conditions(self, given: Mapping[str, str]) -> Iterator[Condition]:
        for name, value in given.items():
            if name not in self.filtered:
                continue
            field, op = self.filtered[name]
            parse = self.values[field]
            match op:
                case Op.IN:
                    yield Condition(field, op, several(name, value, parse))
                case Op.NULL:
                    yield Condition(field, op, (boolean(name, value),))
                case Op.PREFIX:
                    yield Condition(field, op, (text(name, value),))
                case _:
                    yield Condition(field, op, (parse(name, value),))

    def _orders(self, value: str) -> tuple[Order, ...]:
        orders = [
            Order(one_of(self.sorts)("sort", part.removeprefix("-")), part.startswith("-"))
            for part in value.split(",")
        ]
        if len({order.field for order in orders}) < len(orders):
            raise InvalidParameter("sort by each field once", parameter="sort")
        return tuple(orders)


def check_known(given: Mapping[str, str], known: Sequence[str]) -> None:
    """Raise `UnknownParameter`."""
    for name in given:
        if name not in known:
            raise UnknownParameter(name, known)


def limit_of(given: Mapping[str, str], default: int = DEFAULT_LIMIT) -> int:
    if "limit" not in given:
        return default
    value = integer("limit", given["limit"])
    if not 1 <= value <= MAX_LIMIT:
        raise InvalidParameter(f"limit is 1 to {MAX_LIMIT}", parameter="limit")
    return value
