"""The statement that reads one page of posts, whatever the filters.

A page is cut from up to four branches that do not overlap, each with an order and a limit of
its own, so that each can walk an index and stop: what is public and what is the caller's own.
With a filter by tag or category, the newest come off an index of the term's own. In any other
order they are the few posts of a rare term, or met on a walk through all posts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serinus.domain.content.listing import Condition, Counting, Listing, Op
from serinus.domain.content.post import PostType, Status
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

DATE = "published_at"
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
LINKED: Mapping[str, Column] = {DATE: Column("x.published_at", "timestamptz", INFINITY)}
PLAIN = {
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
    def joined(self) -> str:
        """Asked of all posts at once."""
        return f"""p.id IN (SELECT x.post_id FROM {self.table} x
            WHERE x.{self.column} = ANY ({self.named}))"""  # noqa: S608 - constants

    @property
    def few(self) -> str:
        return f"""few AS MATERIALIZED (
            SELECT ARRAY(SELECT x.post_id FROM {self.table} x
                          WHERE x.{self.column} = ANY ({self.named}) LIMIT {FEW + 1}) AS ids
        )"""  # noqa: S608 - constants

    def ways(self) -> tuple[str, str]:
        """To the posts of rare terms, and to those of common ones."""
        ids = "(SELECT ids FROM few)"
        return (
            f"cardinality({ids}) <= {FEW} AND p.id = ANY ({ids}::uuid[])",
            f"cardinality({ids}) > {FEW} AND {self.met}",
        )


def page_sql(
    seen: Sequence[Scope], listing: Listing, parts: frozenset[Part], arguments: Arguments
) -> str:
    """Rows for `post_rows.post_from`; with a count also `total`, and one row at least."""
    where, terms = _conditions(listing, arguments)
    first = next((term for term in terms if not term.excluded), None)
    where += [term.condition for term in terms if term is not first]
    cut = _Cut(seen, listing, where, first, arguments)
    page = f"""
        SELECT {columns_of(parts)} FROM ({cut.rows()}) p {users_of(parts)}
         ORDER BY {order_by(listing, cut.columns)}"""  # noqa: S608 - constants, numbered parameters
    if listing.counting is not None:
        page = _counted(page, listing.counting, cut.matching())
    return f"WITH {first.few} {page}" if first else page


def public_sql(listing: Listing, arguments: Arguments) -> tuple[str, str]:
    """Published posts, sorted by date: rows up to a limit, and the condition they meet."""
    where, terms = _conditions(listing, arguments)
    first = next((term for term in terms if not term.excluded), None)
    others = [*where, *(term.condition for term in terms if term is not first)]
    cut = _Cut((Scope(frozenset({Status.PUBLISHED})),), listing, others, first, arguments)
    met = [*where, *(term.condition for term in terms), "p.status = 'published'"]
    return cut.rows(), " AND ".join(met)


def _conditions(listing: Listing, arguments: Arguments) -> tuple[list[str], list[Terms]]:
    where: list[str] = []
    terms: list[Terms] = []
    for condition in listing.conditions:
        match condition.field:
            case "tag" | "category":
                terms.append(_terms(condition, arguments))
            case "status" | "deleted":
                pass  # are in the scopes
            case "type":
                where.append(_type(condition))
            case field:
                column, kind = PLAIN[field]
                where.append(compare(column, condition.op, condition.values, kind, arguments))
    return where, terms


def _type(condition: Condition) -> str:
    # Literals from an enumeration, for the partial index on pages.
    named = ", ".join(f"'{PostType(str(value)).value}'" for value in condition.values)
    return f"p.type {'NOT IN' if condition.op is Op.NE else 'IN'} ({named})"


@dataclass(frozen=True, slots=True)
class _Cut:
    """What is read: posts in these scopes that meet `where` and carry one of `terms`."""

    seen: Sequence[Scope]
    listing: Listing
    where: Sequence[str]
    terms: Terms | None
    arguments: Arguments

    @property
    def columns(self) -> Mapping[str, Column]:
        return PUBLIC_COLUMNS if all(scope.is_public for scope in self.seen) else COLUMNS

    def rows(self) -> str:
        limit = self.arguments.add(self.listing.limit + 1, "integer")
        branches = [sql for scope in self.seen for sql in self._branches(scope, limit)]
        if len(branches) == 1:
            return branches[0]
        return f"""
            SELECT p.* FROM (({") UNION ALL (".join(branches)})) p
             ORDER BY {order_by(self.listing, self.columns)} LIMIT {limit}"""  # noqa: S608

    def matching(self) -> str:
        """The condition that counts, whatever the page."""
        scope = " OR ".join(_scope(each, self.arguments) for each in self.seen)
        carried = [self.terms.joined] if self.terms else []
        return " AND ".join([*self.where, f"({scope})", *carried])

    def _branches(self, scope: Scope, limit: str) -> list[str]:
        within = [*self.where, _scope(scope, self.arguments)]
        if self.terms is None:
            return [self._walk(scope, within, limit)]
        if scope.is_public and [order.field for order in self.listing.orders] == [DATE]:
            return [self._listed(self.terms, within, limit)]
        if scope.author is not None:  # few enough to ask each
            return [self._walk(scope, [*within, self.terms.met], limit)]
        return [self._walk(scope, [*within, way], limit) for way in self.terms.ways()]

    def _walk(self, scope: Scope, where: Sequence[str], limit: str) -> str:
        columns = PUBLIC_COLUMNS if scope.is_public else COLUMNS
        start = beyond(self.listing, columns, self.arguments) or "true"
        return f"""
            SELECT p.* FROM posts p WHERE {" AND ".join(where)} AND {start}
             ORDER BY {order_by(self.listing, columns)} LIMIT {limit}"""  # noqa: S608

    def _listed(self, terms: Terms, where: Sequence[str], limit: str) -> str:
        """The newest of each term, off its own index, then the newest of those."""
        key = "x.post_id"
        start = beyond(self.listing, LINKED, self.arguments, key=key) or "true"
        return f"""
            SELECT p.* FROM (
                SELECT DISTINCT link.post_id
                  FROM unnest({terms.named}) AS term (id) CROSS JOIN LATERAL (
                    SELECT x.post_id
                      FROM {terms.table} x JOIN posts p ON p.id = x.post_id
                     WHERE x.{terms.column} = term.id AND x.published_at IS NOT NULL
                       AND {" AND ".join(where)} AND {start}
                     ORDER BY {order_by(self.listing, LINKED, key=key)} LIMIT {limit}
                  ) link
            ) link JOIN posts p ON p.id = link.post_id
             ORDER BY {order_by(self.listing, PUBLIC_COLUMNS)} LIMIT {limit}"""  # noqa: S608


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
    condition = f"p.deleted_at IS {'NOT ' if scope.deleted else ''}NULL"
    # Statuses as literals, from an enumeration: only so can a partial index be chosen.
    named = ", ".join(f"'{status.value}'" for status in Status if status in scope.statuses)
    if len(scope.statuses) == 1:
        condition += f" AND p.status = {named}"
    elif len(scope.statuses) < len(Status):
        condition += f" AND p.status IN ({named})"
    if scope.author is not None:
        condition += f" AND p.author_id = {arguments.add(scope.author, 'uuid')}"
    return condition


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
