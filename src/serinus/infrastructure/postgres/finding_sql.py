"""The statement that finds published posts, and reads all that is shown of a page of them.

The first matches by date, up to a limit, are ranked and counted in facets; `capped` says that
there may be more.
"""

from serinus.domain.content.finding import FILTERS, Facet, Search
from serinus.domain.content.highlighting import literals
from serinus.domain.content.listing import Listing, Order
from serinus.domain.content.post_query import Part
from serinus.infrastructure.postgres.first_matches import (
    COLUMNS,
    MATCHES,
    SCORE,
    Limits,
    first_matches,
)
from serinus.infrastructure.postgres.keyset import Arguments, Column, beyond, order_by
from serinus.infrastructure.postgres.periods import QUERY
from serinus.infrastructure.postgres.post_rows import AUTHOR_COLUMNS, CATEGORIES, TAGS

SAMPLE = 1  # percent of the documents

FACET_VALUES = 10
SHORT = 8_000  # bytes of a post that is read as a whole
PASSAGE = 4_000  # characters of a longer one
LEAD = 1_000  # of these before the first match
SEARCHED = 100_000  # characters of a post that are in the index
LITERALS = 5  # by how many the first match is looked for

SHOWN = {name: Column(name.replace("relevance", "score"), "") for name in COLUMNS}

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
        WITH RECURSIVE {parts.found()}, page AS ({parts.page()}), shown AS ({parts.shown()})
        SELECT head.*, shown.*, {parts.facets(order)}
          FROM (SELECT {parts.capped} AS capped, ranking::text, {parts.total()} AS total
                  FROM query) head
          LEFT JOIN shown ON true
         ORDER BY {order}"""  # noqa: S608 - made of constants; what a caller sends is a parameter


class _Parts:
    def __init__(self, search: Search, limits: Limits, arguments: Arguments) -> None:
        self._search = search
        self._limits = limits
        self._arguments = arguments
        self._text = arguments.add(search.text, "text")
        self._is_ranked = search.listing.orders[0].field == "relevance"
        dated = _by_date(search.listing, limits.looked_through)
        self._first = first_matches(dated, limits, arguments, ranked=self._is_ranked)
        self.capped = self._first.capped

    def found(self) -> str:
        return f"query AS MATERIALIZED ({QUERY.format(text=self._text)}), {self._first.found}"

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
              FROM page c JOIN posts p USING (id) JOIN users u ON u.id = p.author_id
             -- Whatever the index says.
             WHERE p.status = 'published' AND p.deleted_at IS NULL"""  # noqa: S608

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
        matching = f"{self._first.filtered} WHERE {MATCHES}"
        # The sample is taken only when counting came to its end.
        return f"""
            coalesce({self._first.all_counted}, (
                  SELECT CASE WHEN capped.n <= {most} THEN capped.n ELSE greatest({most + 1}, (
                         SELECT count(*) * (100 / {SAMPLE})
                           FROM search_documents d TABLESAMPLE SYSTEM ({SAMPLE}) {matching}))
                         END
                    FROM (SELECT count(*) AS n
                            FROM (SELECT FROM search_documents d {matching} LIMIT {most + 1}) d
                         ) capped))"""  # noqa: S608

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
