"""Ways along an index to the posts of a page.

The first columns of the index are what is asked for, one value of each; of several values, each
is walked once. What no index can begin with is checked post by post.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from serinus.domain.content.listing import Condition, Listing, Op
from serinus.domain.content.post import PostType, Status
from serinus.domain.content.post_query import Scope
from serinus.infrastructure.postgres.keyset import (
    Arguments,
    Column,
    beyond,
    compare,
    order_by,
)
from serinus.infrastructure.postgres.post_terms import terms_of

DATE = "published_at"
INFINITY = "'infinity'::timestamptz"

#: What has no date, as drafts, comes after everything that has one.
COLUMNS: Mapping[str, Column] = {
    "published_at": Column("p.dated", "timestamptz", INFINITY),
    "created_at": Column("p.created_at", "timestamptz"),
    "updated_at": Column("p.updated_at", "timestamptz"),
    "title": Column("p.title", "text"),
}
#: The same of what a walk has found.
CUT = {name: Column(f"cut.{name}", column.kind) for name, column in COLUMNS.items()}
#: The same of a link from a term, which knows some of its post.
LINKED: Mapping[str, Column] = {DATE: Column("x.dated", "timestamptz", INFINITY)}

PLAIN = {
    "author": ("author_id", "uuid"),
    "locale": ("locale", "text"),
    "type": ("type", "text"),
    "published_at": ("published_at", "timestamptz"),
    "created_at": ("created_at", "timestamptz"),
    "updated_at": ("updated_at", "timestamptz"),
}
#: What scopes say already.
SCOPED = frozenset({"status", "deleted"})
TERMS = frozenset({"tag", "category"})
EXACT = frozenset({"author", "locale", "type"})


@dataclass(slots=True)
class Walk:
    """`among` names what is walked once for each value, `where` everything that is met."""

    columns: Mapping[str, Column]
    table: str
    alias: str
    key: str
    arguments: Arguments
    among: list[str] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    joined: bool = False  # with `p`, for what links do not know

    def same(self, name: str, values: Sequence[object], kind: str = "text") -> None:
        """By the index: one of these values."""
        if len(values) == 1:
            self.where.append(f"{self.alias}.{name} = {self.arguments.add(values[0], kind)}")
            return
        each = f"each_{name}"
        given = self.arguments.add(list(values), f"{kind}[]")
        self.among.append(f"unnest({given}) AS {each} (value)")
        self.where.append(f"{self.alias}.{name} = {each}.value")

    def checked(self, name: str, values: Sequence[object]) -> None:
        """Not by an index: as an expression, so that none is walked that begins with it."""
        given = self.arguments.add(list(values), "text[]")
        self.where.append(f"({self.alias}.{name} || '') = ANY ({given})")

    def rows(self, listing: Listing, limit: str) -> str:
        """Posts `p` with an order and a limit, each once.

        What is sorted by is all that is read on the way: it is in the index.
        """
        start = beyond(listing, self.columns, self.arguments, key=self.key) or "true"
        fields = [order.field for order in listing.orders]
        shown = ", ".join(f"{self.columns[name].sql} AS {name}" for name in fields)
        cut = f"""
            SELECT {self.key} AS id, {shown} FROM {self._source} WHERE {self._met} AND {start}
             ORDER BY {order_by(listing, self.columns, key=self.key)} LIMIT {limit}"""  # noqa: S608
        if self.among:
            found = ", ".join([*self.among, f"LATERAL ({cut}) cut"])
            cut = f"""
                SELECT DISTINCT cut.* FROM {found}
                 ORDER BY {order_by(listing, CUT, key="cut.id")} LIMIT {limit}"""  # noqa: S608
        return f"""
            SELECT p.* FROM ({cut}) cut JOIN posts p ON p.id = cut.id
             ORDER BY {order_by(listing, COLUMNS)}"""  # noqa: S608

    def ids(self, most: int) -> str:
        """Of up to so many posts, in no order."""
        met = ", ".join([*self.among, self._source])
        return f"SELECT {self.key} AS id FROM {met} WHERE {self._met} LIMIT {most}"  # noqa: S608

    @property
    def _source(self) -> str:
        join = " JOIN posts p ON p.id = x.post_id" if self.joined else ""
        return f"{self.table} {self.alias}{join}"

    @property
    def _met(self) -> str:
        return " AND ".join(self.where)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is filtered by, sorted out by what an index can do with it."""

    listing: Listing
    arguments: Arguments
    exact: Mapping[str, Sequence[object]]  # by field: one of these values
    dates: Sequence[Condition]  # on what the list is sorted by first
    term: Condition | None  # whose links are walked along
    rest: Sequence[Condition]

    @classmethod
    def of(cls, listing: Listing, arguments: Arguments) -> "Asked":
        exact: dict[str, Sequence[object]] = {}
        dates: list[Condition] = []
        terms: list[Condition] = []
        rest: list[Condition] = []
        by_date = [order.field for order in listing.orders] == [DATE]
        for condition in listing.conditions:
            name = condition.field
            if name in TERMS and by_date and not terms:
                terms.append(condition)
            elif name in EXACT - exact.keys() and condition.op is not Op.NE:
                exact[name] = condition.values
            elif name == listing.orders[0].field:
                dates.append(condition)
            elif name not in SCOPED:
                rest.append(condition)
        return cls(listing, arguments, exact, dates, terms[0] if terms else None, rest)

    def walk(self, scope: Scope) -> Walk:
        """To the posts of a scope."""
        if scope.deleted:
            return self._along_deleted(scope)
        walk = self._along_links(self.term) if self.term else self._along_posts()
        walk.same("status", [each.value for each in Status if each in scope.statuses])
        authors = self._authors(scope)
        if authors is not None:
            walk.same("author_id", authors, "uuid")
        self._narrow(walk, by_author=authors is not None)
        walk.where += [
            _dated(each, walk.columns[each.field], self.arguments) for each in self.dates
        ]
        return walk

    def _authors(self, scope: Scope) -> Sequence[object] | None:
        asked = self.exact.get("author")
        if scope.author is None:
            return asked
        return [scope.author] if asked is None or scope.author in asked else []

    def _along_posts(self) -> Walk:
        walk = Walk(COLUMNS, "posts", "p", "p.id", self.arguments)
        walk.where.append("p.deleted_at IS NULL")
        return walk

    def _along_deleted(self, scope: Scope) -> Walk:
        """In any order, and checked for everything else: deleted posts are looked at alone."""
        walk = Walk(COLUMNS, "posts", "p", "p.id", self.arguments)
        walk.where.append(met_by([scope], self.listing, self.arguments))
        return walk

    def _along_links(self, condition: Condition) -> Walk:
        term = terms_of(condition, self.arguments)
        walk = Walk(LINKED, term.table, "x", "x.post_id", self.arguments)
        walk.among.append(f"unnest({term.named}) AS term (id)")
        walk.where.append(f"x.{term.column} = term.id")
        return walk

    def _narrow(self, walk: Walk, *, by_author: bool) -> None:
        locales, types = self.exact.get("locale"), self.exact.get("type")
        # An index that begins with an author goes on with the date: nobody wrote so much that
        # the rest could not be checked.
        add = walk.checked if by_author else walk.same
        if locales is not None:
            add("locale", locales)
        rest = [_met(each, self.arguments) for each in self.rest]
        if walk.alias == "x":
            if types is not None:
                rest.append(f"p.type = ANY ({self.arguments.add(list(types), 'text[]')})")
            walk.joined = bool(rest)
        elif types is not None:
            add("type", types)
        elif locales is not None and not by_author:
            walk.same("type", [each.value for each in PostType])  # each is a part of the index
        walk.where += rest


def met_by(scopes: Sequence[Scope], listing: Listing, arguments: Arguments) -> str:
    """What all posts `p` of a list meet, and no others."""
    met = [f"({' OR '.join(_seen(scope, arguments) for scope in scopes)})"]
    met += [_met(each, arguments) for each in listing.conditions if each.field not in SCOPED]
    return " AND ".join(met)


def _seen(scope: Scope, arguments: Arguments) -> str:
    seen = [f"p.deleted_at IS {'NOT ' if scope.deleted else ''}NULL"]
    if len(scope.statuses) < len(Status):
        seen.append(f"p.status = ANY ({arguments.add(sorted(scope.statuses), 'text[]')})")
    if scope.author is not None:
        seen.append(f"p.author_id = {arguments.add(scope.author, 'uuid')}")
    return " AND ".join(seen)


def _met(condition: Condition, arguments: Arguments) -> str:
    """By a post `p`."""
    if condition.field in TERMS:
        return terms_of(condition, arguments).condition
    column, kind = PLAIN[condition.field]
    return compare(f"p.{column}", condition.op, condition.values, kind, arguments)


def _dated(condition: Condition, column: Column, arguments: Arguments) -> str:
    """On the column as the index has it."""
    if condition.op is Op.NULL:
        return f"{column.sql} {'=' if condition.values[0] else '<'} {column.nothing}"
    met = compare(column.sql, condition.op, condition.values, column.kind, arguments)
    return f"{met} AND {column.sql} < {column.nothing}" if column.nothing else met
