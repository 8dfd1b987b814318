"""The statement that finds published posts, and reads all that is shown of a page of them.

Few matches are taken off the index of terms, whatever their dates. Where there are many, the
posts are walked through by date, off an index that fits the filters, until enough of them
match: so what a search costs does not grow with the posts. Either way the first by date, up to
a limit, are ranked and counted in facets; `capped` says that there may be more.

Which way it is, a glimpse at the first posts by date suggests. A walk that finds enough has
found what the index would have given, and reading that is spared: for what nearly every post
has, it takes longer than all the rest.
"""

from dataclasses import dataclass

from serinus.domain.content.finding import FILTERS, Facet, Search
from serinus.domain.content.highlighting import literals
from serinus.domain.content.listing import Counting, Listing, Order
from serinus.domain.content.post_query import Part
from serinus.infrastructure.postgres.keyset import Arguments, Column, beyond, order_by
from serinus.infrastructure.postgres.post_pages import public_sql
from serinus.infrastructure.postgres.post_rows import AUTHOR_COLUMNS, CATEGORIES, TAGS

SAMPLE = 1  # percent of the documents

FACET_VALUES = 10
SHORT = 8_000  # bytes of a post that is read as a whole
PASSAGE = 4_000  # characters of a longer one
LEAD = 1_000  # of these before the first match
SEARCHED = 100_000  # characters of a post that are in the index
LITERALS = 5  # by how many the first match is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a search may cost, in posts.

    Up to `few` matches are all looked at, whatever their dates. Where there are more, so many
    posts as `looked_through` are. Of the matches `ranked` go on. Up to `counted` are counted
    one by one; beyond that it is an estimate. Of `glimpsed` posts so many as `promising` match
    where a walk is worth trying first.
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
SHOWN = {name: Column(name.replace("relevance", "score"), "") for name in COLUMNS}

MATCHES = """
    d.doc_type = 'post' AND d.vector @@ (SELECT matching FROM query)
    AND (cardinality((SELECT runs FROM query)) = 0 OR NOT EXISTS (
         SELECT FROM unnest((SELECT runs FROM query)) AS run WHERE strpos(d.runs, run) = 0))"""
# OFFSET keeps the planner from reading all documents for a join.
WALKED = f"""
    SELECT p.id, p.published_at
      FROM {{posts}} p CROSS JOIN LATERAL (
           SELECT FROM search_documents d WHERE d.id = p.id AND {MATCHES} OFFSET 0) d"""  # noqa: S608
ONE_OF_FEW = "p.id = ANY (ARRAY(SELECT id FROM few))"
SCORE = """(
    SELECT round(ts_rank(d.vector, (SELECT ranking FROM query))::numeric, 6)::float8
      FROM search_documents d WHERE d.doc_type = 'post' AND d.id = c.id)"""
EXCERPT = "(SELECT excerpt FROM search_documents WHERE doc_type = 'post' AND id = c.id)"

# Of each post on its own: OFFSET keeps the planner from joining all posts there are.
TERMS = f"""
    SELECT t.id, t.slug, t.name, n
      FROM (SELECT x.id, count(*) AS n
              FROM candidates c CROSS JOIN LATERAL (
                   SELECT {{column}} AS id FROM {{links}} WHERE post_id = c.id OFFSET 0) x
             GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {FACET_VALUES}) counted
      JOIN {{terms}} t USING (id) ORDER BY n DESC, t.name, t.id"""  # noqa: S608 - constants
FACETS = {
    Facet.TAG: TERMS.format(column="tag_id", links="post_tags", terms="tags"),
    Facet.CATEGORY: TERMS.format(
        column="category_id", links="post_categories", terms="categories"
    ),
    Facet.AUTHOR: f"""
    SELECT u.id, {AUTHOR_COLUMNS}, n
      FROM (SELECT x.id, count(*) AS n
              FROM candidates c CROSS JOIN LATERAL (
                   SELECT author_id AS id FROM posts p WHERE p.id = c.id OFFSET 0) x
             GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {FACET_VALUES}) counted
      JOIN users u USING (id) ORDER BY n DESC, u.username""",  # noqa: S608 - constants
}


def finding_sql(search: Search, limits: Limits, arguments: Arguments) -> str:
    """One row at least: of none, its columns of a hit are null. Facets stand in the first."""
    parts = _Parts(search, limits, arguments)
    order = order_by(search.listing, SHOWN, key="id")
    return f"""
        WITH {parts.found()}, page AS ({parts.page()}), shown AS ({parts.shown()})
        SELECT head.*, shown.*, {parts.facets(order)}
          FROM (SELECT {parts.capped()} AS capped, ranking::text, {parts.total()} AS total
                  FROM query) head
          LEFT JOIN shown ON true
         ORDER BY {order}"""  # noqa: S608 - made of constants; what a caller sends is a parameter


class _Parts:
    def __init__(self, search: Search, limits: Limits, arguments: Arguments) -> None:
        self._search = search
        self._limits = limits
        self._arguments = arguments
        self._text = arguments.add(search.text, "text")
        self._dated = _by_date(search.listing, limits.looked_through)
        self._are_common = self._seem_common(search.listing)
        self._are_few = f"""(CASE WHEN {self._are_common} THEN false
            ELSE (SELECT count(*) FROM few) <= {limits.few} END)"""  # noqa: S608 - numbers
        walk, self._met = public_sql(self._dated, arguments)
        self._walk = f"SELECT p.id, p.published_at FROM ({walk}) p"  # noqa: S608 - constants

    def found(self) -> str:
        """The first matches by date, as `candidates`. What nothing asks for is never read."""
        limits, by_date = self._limits, order_by(self._dated, COLUMNS, key="c.id")
        return f"""
            query AS MATERIALIZED (SELECT * FROM search_query({self._text})),
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
                       {SCORE if self._is_ranked else "NULL::float8"} AS score
                  FROM (SELECT * FROM met c ORDER BY {by_date} LIMIT {limits.ranked}) c
            )"""  # noqa: S608 - constants and numbered parameters

    def capped(self) -> str:
        """Posts may have been looked through in vain, too."""
        return f"""
            CASE WHEN (SELECT count(*) FROM met) > {self._limits.ranked} THEN true
                 WHEN {self._are_few} THEN false
            ELSE (SELECT count(*) FROM looked) > {self._limits.looked_through} END"""  # noqa: S608

    def _seem_common(self, listing: Listing) -> str:
        # The first posts of a term are known only when all of them are.
        if any(each.field in {"tag", "category"} for each in listing.conditions):
            return "false"
        return f"""(CASE WHEN (SELECT count(*) FROM glimpsed) >= {self._limits.promising}
            THEN (SELECT count(*) FROM walked) > {self._limits.ranked} ELSE false END)"""  # noqa: S608

    def page(self) -> str:
        listing, arguments = self._search.listing, self._arguments
        start = beyond(listing, COLUMNS, arguments, key="c.id") or "true"
        return f"""
            SELECT * FROM candidates c WHERE {start}
             ORDER BY {order_by(listing, COLUMNS, key="c.id")}
             LIMIT {arguments.add(listing.limit + 1, "integer")}"""  # noqa: S608

    def shown(self) -> str:
        parts = self._search.parts
        return f"""
            SELECT p.id, p.slug, p.title, {EXCERPT} AS excerpt, p.locale, p.published_at,
                   p.author_id, {AUTHOR_COLUMNS},
                   {TAGS if Part.TAGS in parts else "NULL"} AS tags,
                   {CATEGORIES if Part.CATEGORIES in parts else "NULL"} AS categories,
                   {"c.score" if self._is_ranked else SCORE} AS score,
                   {self._passage() if self._search.passages else "NULL"} AS passage,
                   p.content_format
              FROM page c JOIN posts p USING (id) JOIN users u ON u.id = p.author_id"""  # noqa: S608

    def facets(self, order: str) -> str:
        first = f"row_number() OVER (ORDER BY {order}) = 1"
        values = (
            f"""CASE WHEN {first} THEN ARRAY(SELECT ROW (f.*) FROM ({FACETS[facet]}) f) END
                AS facet_{facet}"""  # noqa: S608 - constants
            for facet in sorted(self._search.facets)
        )
        return ", ".join(values) or "NULL AS no_facets"

    def total(self) -> str:
        counting = self._search.listing.counting
        if counting is None:
            return "NULL::bigint"
        most = self._limits.most_counted(counting)
        # Documents are of published posts alone; only filters ask for these themselves.
        filtered = f"JOIN posts p ON p.id = d.id AND {self._met}" if self._is_filtered else ""
        matching = f"{filtered} WHERE {MATCHES}"
        # The sample is taken only when counting came to its end.
        return f"""
            CASE WHEN {self._are_few} THEN (
                 SELECT count(*) FROM posts p WHERE {ONE_OF_FEW} AND {self._met})
            ELSE (SELECT CASE WHEN capped.n <= {most} THEN capped.n ELSE greatest({most + 1}, (
                         SELECT count(*) * (100 / {SAMPLE})
                           FROM search_documents d TABLESAMPLE SYSTEM ({SAMPLE}) {matching}))
                         END
                    FROM (SELECT count(*) AS n
                            FROM (SELECT FROM search_documents d {matching} LIMIT {most + 1}) d
                         ) capped) END"""  # noqa: S608

    @property
    def _is_ranked(self) -> bool:
        return self._search.listing.orders[0].field == "relevance"

    @property
    def _is_filtered(self) -> bool:
        return bool(self._dated.conditions)

    def _passage(self) -> str:
        """Of a long post what is around the first place where a term stands as it is typed."""
        terms = self._arguments.add(literals(self._search.text, LITERALS), "text[]")
        return f"""
            CASE WHEN octet_length(p.content) <= {SHORT} THEN p.content
            ELSE substr(p.content, greatest(1, coalesce((
                 SELECT min(nullif(strpos(begun.text, term), 0))
                   FROM (SELECT lower(left(p.content, {SEARCHED})) AS text OFFSET 0) begun,
                        unnest({terms}) AS term), 1) - {LEAD}), {PASSAGE}) END"""  # noqa: S608


def _by_date(listing: Listing, limit: int) -> Listing:
    """In which order matches are taken: the newest first, the oldest only if asked for."""
    (order,) = listing.orders
    dated = Order("published_at", descending=order.descending)
    filters = tuple(each for each in listing.conditions if each.field in FILTERS)
    return Listing(orders=(dated,), conditions=filters, limit=limit)
