"""Keyset pagination in SQL.

Text of a statement comes from the constants of this package; whatever a client sent goes into
`Arguments` and is named by number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg

from serinus.domain.content.listing import Count, Listing, Op, Order, Position

LAST = "\U0010ffff"  # no text holds it

_SIGNS = {Op.EQ: "=", Op.GT: ">", Op.GTE: ">=", Op.LT: "<", Op.LTE: "<="}


@dataclass(slots=True)
class Arguments:
    """The parameters of one statement."""

    values: list[object] = field(default_factory=list)

    def add(self, value: object, kind: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{kind}"


@dataclass(frozen=True, slots=True)
class Column:
    """Something to sort by. `nothing` stands for NULL in a position, above every value."""

    sql: str
    kind: str
    nothing: str | None = None

    def value(self, value: object, arguments: Arguments) -> str:
        named = arguments.add(value, self.kind)
        return f"coalesce({named}, {self.nothing})" if self.nothing else named


def order_by(listing: Listing, columns: Mapping[str, Column], *, key: str = "p.id") -> str:
    """As it is read: a page before a position is read backwards. `key` breaks ties."""
    terms = [f"{columns[order.field].sql} {_way(order, listing)}" for order in listing.orders]
    return ", ".join([*terms, f"{key} {_way(listing.orders[0], listing)}"])


def beyond(
    listing: Listing,
    columns: Mapping[str, Column],
    arguments: Arguments,
    *,
    key: str = "p.id",
) -> str | None:
    """The condition that items lie on the far side of `after` or `before`."""
    start = listing.after or listing.before
    if start is None:
        return None
    keys = [
        *_keys(listing, start, columns, arguments),
        (key, _sign(listing.orders[0], listing), arguments.add(start.id, "uuid")),
    ]
    if len({way for _, way, _ in keys}) == 1:
        # One row comparison, which an index on the same columns answers by itself.
        left, right = ", ".join(k[0] for k in keys), ", ".join(k[2] for k in keys)
        return f"({left}) {keys[0][1]} ({right})"
    first, way, value = keys[0]
    # The first condition is implied by the others; it is what an index can begin at.
    return f"({first} {way}= {value} AND ({_unequal(keys)}))"


def compare(column: str, op: Op, values: Sequence[object], kind: str, to: Arguments) -> str:
    """A condition on a plain column, for `PREFIX` in the order of characters: COLLATE "C"."""
    match op:
        case Op.NULL:
            return f"{column} IS {'' if values[0] else 'NOT '}NULL"
        case Op.IN:
            return f"{column} = ANY ({to.add(list(values), kind + '[]')})"
        case Op.NE:
            return f"{column} <> {to.add(values[0], kind)}"
        case Op.PREFIX:
            first, last = to.add(values[0], kind), to.add(f"{values[0]}{LAST}", kind)
            return f"({column} >= {first} AND {column} < {last})"
        case _:
            return f"{column} {_SIGNS[op]} {to.add(values[0], kind)}"


def _keys(
    listing: Listing,
    start: Position,
    columns: Mapping[str, Column],
    arguments: Arguments,
) -> list[tuple[str, str, str]]:
    """Expression, comparison and value for what a position was sorted by."""
    return [
        (
            columns[order.field].sql,
            _sign(order, listing),
            columns[order.field].value(value, arguments),
        )
        for order, value in zip(listing.orders, start.values, strict=True)
    ]


def _unequal(keys: Sequence[tuple[str, str, str]]) -> str:
    """`a < x OR (a = x AND (b > y OR ...))`."""
    (expression, way, value), *rest = keys
    beyond_first = f"{expression} {way} {value}"
    if not rest:
        return beyond_first
    return f"{beyond_first} OR ({expression} = {value} AND ({_unequal(rest)}))"


def _way(order: Order, listing: Listing) -> str:
    return "DESC" if order.descending is listing.forward else "ASC"


def _sign(order: Order, listing: Listing) -> str:
    return "<" if order.descending is listing.forward else ">"


def count_of(rows: Sequence[asyncpg.Record], listing: Listing) -> Count | None:
    """Where all are counted, whatever was asked for. Each row has the `total`."""
    return Count(rows[0]["total"], exact=True) if listing.counting else None
