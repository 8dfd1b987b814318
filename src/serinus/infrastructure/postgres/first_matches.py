"""The first posts by date that match a search, up to a limit, as CTEs of its statement.

Among all posts they are looked for period by period, off the index alone.

Among those that filters let through, few matches are taken off the index of terms, whatever
their dates. Where there are many, the posts are walked through by date, off an index that fits
the filters, until enough of them match: so what a search costs does not grow with the posts.
Which way it is, a glimpse at the first posts by date suggests. A walk that finds enough has
found what the index would have given, and reading that is spared: for what nearly every post
has, it takes longer than all the rest.
"""

from dataclasses import dataclass
from typing import Protocol

from serinus.domain.content.listing import Counting, Listing
from serinus.infrastructure.postgres.keyset import Arguments, Column, order_by
from serinus.infrastructure.postgres.periods import RUNS_MATCH, steps_sql
from serinus.infrastructure.postgres.post_pages import public_sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a search may cost, in posts.

    Of the matches `ranked` go on. Up to `counted` are counted one by one; beyond that it is an
    estimate. Among some of the posts, up to `few` matches are all looked at, whatever their
    dates. Where there are more, so many posts as `looked_through` are. Of `glimpsed` posts so
    many as `promising` match where a walk is worth trying first.
    """

    ranked: int = 1_000
    few: int = 5_000
    looked_through: int = 10_000
    glimpsed: int = 50
    promising: int = 10  # matches in a glimpse
    counted: int = 20_000

    def most_counted(self, counting: Counting) -> int:
        return self.counted if counting is Counting.EXACT else self.few


COLUMNS = {
    "relevance": Column("c.score", "float8"),
    "published_at": Column("c.published_at", "timestamptz"),
}

MATCHES = f"""
    d.doc_type = 'post' AND d.vector @@ (SELECT matching FROM query) AND {RUNS_MATCH}"""  # noqa: S608
# To six decimals. By way of `numeric` the thousand of them would cost half as much again.
RANK = "floor(ts_rank(d.vector, (SELECT ranking FROM query))::float8 * 1e6 + 0.5) / 1e6"
SCORE = f"""(
    SELECT {RANK}
      FROM search_documents d WHERE d.doc_type = 'post' AND d.id = c.id)"""  # noqa: S608 - constants

# OFFSET keeps the planner from reading all documents for a join.
WALKED = f"""
    SELECT p.id, p.published_at
      FROM {{posts}} p CROSS JOIN LATERAL (
           SELECT FROM search_documents d WHERE d.id = p.id AND {MATCHES} OFFSET 0) d"""  # noqa: S608
ONE_OF_FEW = "p.id = ANY (ARRAY(SELECT id FROM few))"


class FirstMatches(Protocol):
    """Makes `candidates`, those that go on, with scores where these count."""

    @property
    def found(self) -> str:
        """The CTEs, after `query`."""
        ...

    @property
    def capped(self) -> str:
        """Whether there may be more than `candidates`."""
        ...

    @property
    def all_counted(self) -> str:
        """The number of all matches; null where it takes more to know it."""
        ...

    @property
    def filtered(self) -> str:
        """What narrows documents `d` to posts that filters let through."""
        ...


def first_matches(
    dated: Listing, limits: Limits, arguments: Arguments, *, ranked: bool
) -> FirstMatches:
    """Of the posts that meet `dated`, in its order."""
    if dated.conditions:
        return _AmongSome(dated, limits, arguments, ranked=ranked)
    return _AmongAll(dated, limits, ranked=ranked)


class _AmongAll:
    filtered = ""  # documents are of published posts alone

    def __init__(self, dated: Listing, limits: Limits, *, ranked: bool) -> None:
        by_date = order_by(dated, COLUMNS, key="c.id")
        scores = f"array_agg({RANK})" if ranked else "NULL::float8[]"
        self.found = f"""
            {steps_sql(dated, limits.ranked, scores)},
            candidates AS MATERIALIZED (
                SELECT c.id, c.published_at, c.score
                  FROM steps s, unnest(s.ids, s.dates, s.scores) AS c (id, published_at, score)
                 ORDER BY {by_date} LIMIT {limits.ranked}
            )"""  # noqa: S608 - constants and numbers
        total = "(SELECT max(total) FROM steps)"
        self.capped = f"{total} > {limits.ranked}"
        self.all_counted = f"CASE WHEN NOT {self.capped} THEN {total} END"


class _AmongSome:
    """What nothing asks for is never read."""

    def __init__(
        self, dated: Listing, limits: Limits, arguments: Arguments, *, ranked: bool
    ) -> None:
        self._dated = dated
        self._limits = limits
        self._ranked = ranked
        walk, self._met = public_sql(dated, arguments)
        self._walk = f"SELECT p.id, p.published_at FROM ({walk}) p"  # noqa: S608 - constants
        self._are_common = self._seem_common()
        self._are_few = f"""(CASE WHEN {self._are_common} THEN false
            ELSE (SELECT count(*) FROM few) <= {limits.few} END)"""  # noqa: S608 - numbers

    @property
    def found(self) -> str:
        limits, by_date = self._limits, order_by(self._dated, COLUMNS, key="c.id")
        return f"""
            looked AS MATERIALIZED ({self._walk}),
            glimpsed AS MATERIALIZED (
                {WALKED.format(posts=f"(SELECT * FROM looked LIMIT {limits.glimpsed})")}
            ),
            walked AS MATERIALIZED (
                {WALKED.format(posts="looked")} LIMIT {limits.ranked + 1}
            ),
            few AS MATERIALIZED (
                SELECT d.id FROM search_documents d
                 WHERE NOT {self._are_common} AND {MATCHES} LIMIT {limits.few + 1}
            ),
            met AS MATERIALIZED (
                (SELECT c.id, c.published_at
                   FROM (SELECT p.* FROM posts p
                          WHERE {self._are_few} AND {ONE_OF_FEW} AND {self._met}) c
                  ORDER BY {by_date} LIMIT {limits.ranked + 1})
                UNION ALL
                SELECT id, published_at FROM walked WHERE NOT {self._are_few}
            ),
            candidates AS MATERIALIZED (
                SELECT c.id, c.published_at,
                       {SCORE if self._ranked else "NULL::float8"} AS score
                  FROM (SELECT * FROM met c ORDER BY {by_date} LIMIT {limits.ranked}) c
            )"""  # noqa: S608 - constants and numbered parameters

    @property
    def capped(self) -> str:
        """Posts may have been looked through in vain, too."""
        return f"""
            CASE WHEN (SELECT count(*) FROM met) > {self._limits.ranked} THEN true
                 WHEN {self._are_few} THEN false
            ELSE (SELECT count(*) FROM looked) > {self._limits.looked_through} END"""  # noqa: S608

    @property
    def all_counted(self) -> str:
        return f"""
            CASE WHEN {self._are_few} THEN (
                 SELECT count(*) FROM posts p WHERE {ONE_OF_FEW} AND {self._met}) END"""  # noqa: S608

    @property
    def filtered(self) -> str:
        return f"JOIN posts p ON p.id = d.id AND {self._met}"

    def _seem_common(self) -> str:
        # The first posts of a term are known only when all of them are.
        if any(each.field in {"tag", "category"} for each in self._dated.conditions):
            return "false"
        return f"""(CASE WHEN (SELECT count(*) FROM glimpsed) >= {self._limits.promising}
            THEN (SELECT count(*) FROM walked) > {self._limits.ranked} ELSE false END)"""  # noqa: S608
