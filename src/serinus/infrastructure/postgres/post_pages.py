"""The statement that reads one page of posts, whatever the filters.

A page is cut from up to four branches that do not overlap, each with an order and a limit of
its own, so that each can walk an index and stop: what is public and what is the caller's own;
and, with a filter by tag or category, the few posts of a rare one or the walk to a common one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serinus.domain.content.listing import Condition, Counting, Listing, Op
from serinus.domain.content.post import Status
from serinus.domain.content.post_query import Part, Scope
from serinus.domain.content.taxonomy import tag_key
from serinus.infrastructure.postgres.keyset import (
    Arguments,
    Column,
    beyond,
    compare,
    order_by,
)
from serinus.infrastructure.postgres.post_rows import columns_of, users_of

#: Up to so many posts of a tag are collected and sorted; the posts of a tag that has more are
#: met soon enough on a walk through all posts in order. Either alone would be slow for the
#: other kind of tag, and no plan made in advance can know which kind it is.
FEW = 2000

#: Up to so many are counted one by one when an estimate will do.
COUNTED = 10_000
SAMPLE = 1  # percent of the table, beyond that

INFINITY = "'infinity'::timestamptz"

PUBLIC_COLUMNS: Mapping[str, Column] = {
    "published_at": Column("p.published_at", "timestamptz", INFINITY),
    "created_at": Column("p.created_at", "timestamptz"),
    "updated_at": Column("p.updated_at", "timestamptz"),
    "title": Column("p.title", "text"),
}
COLUMNS: Mapping[str, Column] = {
    **PUBLIC_COLUMNS,
    "published_at": Column(f"coalesce(p.published_at, {INFINITY})", "timestamptz", INFINITY),
}
PLAIN = {
    "type": ("p.type", "text"),
    "author": ("p.author_id", "uuid"),
    "locale": ("p.locale", "text"),
    "published_at": ("p.published_at", "timestamptz"),
    "created_at": ("p.created_at", "timestamptz"),
    "updated_at": ("p.updated_at", "timestamptz"),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """A filter by tag or category: how the terms are named, and where their posts are."""

    named: str
    table: str
    column: str
    excluded: bool

    @property
    def met(self) -> str:
        """Asked of one post after the other: OFFSET keeps the planner from a join."""
        return f"""EXISTS (SELECT FROM {self.table} x
            WHERE x.post_id = p.id AND x.{self.column} = ANY ({self.named}) OFFSET 0)"""

    @property
    def condition(self) -> str:
        return f"NOT {self.met}" if self.excluded else self.met

    @property
    def few(self) -> str:
        return f"""few AS MATERIALIZED (
            SELECT ARRAY(SELECT x.post_id FROM {self.table} x
                          WHERE x.{self.column} = ANY ({self.named}) LIMIT {FEW + 1}) AS ids
        )"""  # noqa: S608 - constants

    def branches(self) -> tuple[str, str]:
        ids = "(SELECT ids FROM few)"
        return (
            f"cardinality({ids}) <= {FEW} AND p.id = ANY ({ids}::uuid[])",
            f"cardinality({ids}) > {FEW} AND {self.met}",
        )


def page_sql(
    seen: Sequence[Scope], listing: Listing, parts: frozenset[Part], arguments: Arguments
) -> str:
    """Rows for `post_rows.post_from`; with a count also `total`, and one row at least."""
    where = ["p.deleted_at IS NULL"]
    terms: list[Terms] = []
    for condition in listing.conditions:
        if condition.field in {"tag", "category"}:
            terms.append(_terms(condition, arguments))
        elif condition.field != "status":  # which is in the scopes
            column, kind = PLAIN[condition.field]
            where.append(compare(column, condition.op, condition.values, kind, arguments))
    first = next((term for term in terms if not term.excluded), None)
    where += [term.condition for term in terms if term is not first]
    columns = PUBLIC_COLUMNS if all(map(_is_public, seen)) else COLUMNS
    page = f"""
        SELECT {columns_of(parts)}
          FROM ({_cut(seen, listing, where, first, arguments)}) p {users_of(parts)}
         ORDER BY {order_by(listing, columns)}"""  # noqa: S608 - constants, and numbered parameters
    if listing.counting is not None:
        page = _counted(page, listing.counting, _matching(seen, where, first, arguments))
    return f"WITH {first.few} {page}" if first else page


def _cut(
    seen: Sequence[Scope],
    listing: Listing,
    where: list[str],
    first: Terms | None,
    arguments: Arguments,
) -> str:
    limit = arguments.add(listing.limit + 1, "integer")
    branches: list[str] = []
    for scope in seen:
        columns = PUBLIC_COLUMNS if _is_public(scope) else COLUMNS
        start = beyond(listing, columns, arguments)
        conditions = [*where, _scope(scope, arguments), *([start] if start else [])]
        order = order_by(listing, columns)
        branches += [
            f"SELECT p.* FROM posts p WHERE {' AND '.join([*conditions, *one])}"  # noqa: S608
            f" ORDER BY {order} LIMIT {limit}"
            for one in ([[each] for each in first.branches()] if first else [[]])
        ]
    if len(branches) == 1:
        return branches[0]
    columns = PUBLIC_COLUMNS if all(map(_is_public, seen)) else COLUMNS
    return f"""
        SELECT p.* FROM (({") UNION ALL (".join(branches)})) p
         ORDER BY {order_by(listing, columns)} LIMIT {limit}"""  # noqa: S608


def _matching(
    seen: Sequence[Scope], where: list[str], first: Terms | None, arguments: Arguments
) -> str:
    scope = " OR ".join(_scope(each, arguments) for each in seen)
    conditions = [*where, f"({scope})", *([first.condition] if first else [])]
    return " AND ".join(conditions)


def _counted(page: str, counting: Counting, matching: str) -> str:
    total = f"SELECT count(*) AS total FROM posts p WHERE {matching}"  # noqa: S608
    if counting is Counting.ESTIMATED:
        # The sample is taken only when the capped count reached its cap.
        total = f"""
            SELECT CASE WHEN capped.n <= {COUNTED} THEN capped.n ELSE greatest(
                       {COUNTED + 1},
                       (SELECT count(*) * (100 / {SAMPLE})
                          FROM posts p TABLESAMPLE SYSTEM ({SAMPLE}) WHERE {matching}))
                   END AS total
              FROM (SELECT count(*) AS n
                      FROM (SELECT FROM posts p WHERE {matching} LIMIT {COUNTED + 1}) p) capped
        """  # noqa: S608
    return f"SELECT * FROM ({total}) total LEFT JOIN LATERAL ({page}) page ON true"  # noqa: S608


def _scope(scope: Scope, arguments: Arguments) -> str:
    # Statuses as literals, from an enumeration: only so can a partial index be chosen.
    named = ", ".join(f"'{status.value}'" for status in Status if status in scope.statuses)
    if len(scope.statuses) == len(Status):
        condition = "true"
    elif len(scope.statuses) == 1:
        condition = f"p.status = {named}"
    else:
        condition = f"p.status IN ({named})"
    if scope.author is None:
        return condition
    return f"({condition} AND p.author_id = {arguments.add(scope.author, 'uuid')})"


def _is_public(scope: Scope) -> bool:
    return scope.statuses == {Status.PUBLISHED}


def _terms(condition: Condition, arguments: Arguments) -> Terms:
    values = [str(value) for value in condition.values]
    excluded = condition.op is Op.NE
    slugs = arguments.add(values, "text[]")
    if condition.field == "category":
        named = f"ARRAY(SELECT id FROM categories WHERE slug = ANY ({slugs}))"  # noqa: S608
        return Terms(named, "post_categories", "category_id", excluded)
    keys = arguments.add([tag_key(value) for value in values], "text[]")
    named = f"""ARRAY(SELECT id FROM tags WHERE slug = ANY ({slugs})
                       UNION SELECT id FROM tags WHERE name_key = ANY ({keys}))"""  # noqa: S608
    return Terms(named, "post_tags", "tag_id", excluded)
