"""The query parameters of lists and items, for the OpenAPI document."""

from collections.abc import Iterator, Mapping
from typing import Any

from serinus.domain.content.listing import DEFAULT_LIMIT, MAX_LIMIT, Counting, Op
from serinus.presentation.http.v2.list_queries import Lists, Members

Parameter = dict[str, Any]

OPERATORS = {
    Op.EQ: "equal",
    Op.NE: "not equal",
    Op.IN: "one of several, separated by commas",
    Op.GT: "greater, or later",
    Op.GTE: "greater, later or equal",
    Op.LT: "less, or earlier",
    Op.LTE: "less, earlier or equal",
    Op.NULL: "true: has none; false: has one",
    Op.PREFIX: "begins with",
}


def described_list(rules: Lists) -> Mapping[str, Any]:
    """For `opt`: what a list takes."""
    parameters = [*_paging(rules), *_members(rules.members), *_filters(rules)]
    return {"parameters": parameters, "offered": rules.offered}


def table(first: str, second: str, rows: Mapping[str, str]) -> str:
    """In Markdown."""
    lines = [f"| {first} | {second} |", "|---|---|"]
    return "\n".join([*lines, *(f"| {one} | {other} |" for one, other in rows.items())])


def described_item(members: Members) -> Mapping[str, Any]:
    """For `opt`: what an item takes."""
    return {"parameters": list(_members(members))}


def _paging(rules: Lists) -> Iterator[Parameter]:
    order = ",".join(f"{'-' * order.descending}{order.field}" for order in rules.order)
    size = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    yield described_query("limit", "How many on a page.", size)
    yield described_query("after", "The cursor `page.next` of the page before.")
    yield described_query("before", "The cursor `page.prev` of the page after.")
    known = ", ".join(f"`{name}`" for name in rules.sorts)
    text = f"Comma-separated: {known}; `-` before one reverses it. Ids break ties."
    yield described_query("sort", text, {"type": "string", "default": order})
    counts = {"type": "string", "enum": [each.value for each in Counting]}
    yield described_query("count", "Say how many there are on all pages together.", counts)


def _members(members: Members) -> Iterator[Parameter]:
    known = ", ".join(f"`{name}`" for name in members.all)
    yield described_query(
        f"fields[{members.name}]", f"Show only these, comma-separated: {known}."
    )
    if members.relations:
        known = ", ".join(f"`{name}`" for name in members.relations)
        shown = ",".join(name for name in members.relations if name in members.default)
        text = f"Of {known} show only these, comma-separated."
        yield described_query("include", text, {"type": "string", "default": shown})


def _filters(rules: Lists) -> Iterator[Parameter]:
    for name, (field, op) in rules.filtered.items():
        if name.endswith(f"[{Op.EQ}]"):
            continue  # the same as without an operator
        yield described_query(name, f"Only those whose `{field}` is: {OPERATORS[op]}.")


def described_query(
    name: str,
    text: str,
    schema: Mapping[str, Any] | None = None,
    *,
    required: bool = False,
) -> Parameter:
    return {
        "name": name,
        "in": "query",
        "description": text,
        "required": required,
        "schema": dict(schema or {"type": "string"}),
    }
