"""The statement that reads one page of posts, whatever the filters.

A page is cut from walks, one for each scope, that do not overlap. Each goes along an index,
from where the page begins until it has enough. For what `post_query` offers there is an index
that begins with all that is asked for: nothing is met on the way that is not shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from serinus.domain.content.listing import Counting, Listing
from serinus.domain.content.post import Status
from serinus.domain.content.post_query import Part, Scope
from serinus.infrastructure.postgres.keyset import Arguments, order_by
from serinus.infrastructure.postgres.post_rows import columns_of, users_of
from serinus.infrastructure.postgres.post_walks import COLUMNS, Asked, Walk, met_by

#: Up to so many are counted one by one; beyond, their number is estimated.
COUNTED = {Counting.EXACT: 100_000, Counting.ESTIMATED: 5_000}
SAMPLE = 300  # pages of the table that are looked at for an estimate


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the posts of a page come from."""

    seen: Sequence[Scope]
    listing: Listing
    walks: Sequence[Walk]
    arguments: Arguments

    @classmethod
    def of(cls, seen: Sequence[Scope], listing: Listing, arguments: Arguments) -> "Cut":
        asked = Asked.of(listing, arguments)
        return cls(seen, listing, [asked.walk(scope) for scope in seen], arguments)

    def rows(self) -> str:
        limit = self.arguments.add(self.listing.limit + 1, "integer")
        found = [walk.rows(self.listing, limit) for walk in self.walks]
        if len(found) == 1:
            return found[0]
        return f"""
            SELECT p.* FROM (({") UNION ALL (".join(found)})) p
             ORDER BY {order_by(self.listing, COLUMNS)} LIMIT {limit}"""  # noqa: S608

    def total(self, counting: Counting) -> str:
        """Their number on all pages, at little more than the cost of the first so many."""
        most = COUNTED[counting]
        found = [walk.ids(most + 1) for walk in self.walks]
        # One walk meets no post twice; to sort them would take longer than to find them.
        posts = "*" if len(found) == 1 else "DISTINCT id"
        ids = f"(({') UNION ALL ('.join(found)})) ids"
        return f"""
            SELECT CASE WHEN counted.n <= {most} THEN counted.n
                        ELSE greatest({most + 1}, ({self._estimate()})) END AS total
              FROM (SELECT count({posts}) AS n FROM {ids}) counted"""  # noqa: S608

    def _estimate(self) -> str:
        share = f"""(SELECT least(100, 100.0 * {SAMPLE} / greatest(relpages, 1))::real
                       FROM pg_class WHERE oid = 'posts'::regclass)"""  # noqa: S608
        matching = met_by(self.seen, self.listing, self.arguments)
        return f"""SELECT (count(*) * 100 / {share})::bigint
                     FROM posts p TABLESAMPLE SYSTEM ({share}) WHERE {matching}"""  # noqa: S608


def public_sql(listing: Listing, arguments: Arguments) -> tuple[str, str]:
    """Published posts: rows up to the limit, and the condition on `p` that all of them meet."""
    seen = (Scope(frozenset({Status.PUBLISHED})),)
    return Cut.of(seen, listing, arguments).rows(), met_by(seen, listing, arguments)


def page_sql(
    seen: Sequence[Scope], listing: Listing, parts: frozenset[Part], arguments: Arguments
) -> str:
    """Rows for `post_rows.post_from`; with a count also `total`, and one row at least."""
    cut = Cut.of(seen, listing, arguments)
    page = f"""
        SELECT {columns_of(parts)} FROM ({cut.rows()}) p {users_of(parts)}
         ORDER BY {order_by(listing, COLUMNS)}"""  # noqa: S608 - constants, numbered parameters
    if listing.counting is None:
        return page
    total = cut.total(listing.counting)
    return f"SELECT * FROM ({total}) total LEFT JOIN LATERAL ({page}) page ON true"  # noqa: S608
