"""Looking for what matches from the newest post to the oldest, or back: period by period.

A document has the periods of its date among its lexemes, so that the index alone answers what
matches in one of them. What many posts have is found in a few days; what few have, soon in
years: a period of the next level is eight times as long.
"""

from serinus.domain.content.listing import Listing

#: Levels of periods: 8**5 seconds are 9 hours, 8**10 are 34 years. The first one has 3 days.
SHORTEST, FIRST, LONGEST = 5, 6, 10
#: Up to this level each post of a period is compared with a lexeme of which the beginning is
#: asked for: to gather all that begin so, as the index has to, takes longer than three days.
COMPARED = 6
#: How many more than are missing may be expected of a period.
TOO_MUCH = 2
#: This part of all is not too much, however few are missing: many short periods cost more.
LEAST = 8

#: What a text asks for, and whether for all lexemes that begin with something.
QUERY = r"SELECT *, matching::text ~ ''':\*' AS has_prefix FROM search_query({text})"
RUNS_MATCH = """
    (cardinality((SELECT runs FROM query)) = 0 OR NOT EXISTS (
     SELECT FROM unnest((SELECT runs FROM query)) AS run WHERE strpos(d.runs, run) = 0))"""
IS_GATHERED = f"(s.level > {COMPARED} OR NOT (SELECT has_prefix FROM query))"  # noqa: S608
MATCHES_IN_PERIOD = f"""
    d.doc_type = 'post'
    AND d.vector @@ (
        SELECT CASE WHEN {IS_GATHERED} THEN matching && period ELSE period END
          FROM query, quote_literal(search_period(s.level, at.second)) AS lexeme,
               CAST(lexeme AS tsquery) AS period)
    AND CASE WHEN {IS_GATHERED} THEN true ELSE d.vector @@ (SELECT matching FROM query) END
    AND {RUNS_MATCH}"""  # noqa: S608 - constants


def steps_sql(dated: Listing, enough: int, scores: str) -> str:
    """`steps`, each with arrays of ids, dates and scores, until these are more than enough.

    A step begins at the next post there is, so that times without any cost nothing. `query`
    comes before them.
    """
    (order,) = dated.orders
    if order.descending:
        start, beyond, way, end = "infinity", "<", "DESC", "0"
    else:
        start, beyond, way, end = "-infinity", ">=", "ASC", "1"
    begun = "coalesce(s.begun, at.second)"
    edge = f"((at.second >> 3 * s.level) + {end}) << 3 * s.level"
    return f"""
        steps AS (
            SELECT {FIRST} AS level, NULL::bigint AS begun, '{start}'::timestamptz AS edge,
                   0::bigint AS total, '{{}}'::uuid[] AS ids, '{{}}'::timestamptz[] AS dates,
                   '{{}}'::float8[] AS scores
             UNION ALL
            SELECT {_next_level(enough, f"abs({begun} - ({edge}))")}, {begun},
                   to_timestamp({edge}), s.total + found.n, found.ids, found.dates, found.scores
              FROM steps s
             CROSS JOIN LATERAL (
                   SELECT search_second(p.dated) AS second FROM posts p
                    WHERE p.status = 'published' AND p.deleted_at IS NULL
                      AND p.dated {beyond} s.edge
                    ORDER BY p.dated {way} LIMIT 1) at
             CROSS JOIN LATERAL (
                   SELECT count(*) AS n, array_agg(d.id) AS ids,
                          array_agg(d.published_at) AS dates, {scores} AS scores
                     FROM search_documents d
                    WHERE {MATCHES_IN_PERIOD} AND d.published_at {beyond} s.edge) found
             WHERE s.total <= {enough}
        )"""  # noqa: S608 - constants and numbers


def _next_level(enough: int, passed: str) -> str:
    """How long the next period is: from how many matches came in the seconds that passed."""
    come = "(s.total + found.n)"
    wanted = f"greatest({enough} + 1 - {come}, {enough} / {LEAST}, 1)"
    expected = f"floor(log(8, {TOO_MUCH} * {wanted} * {passed} / {come}))::integer"
    # Without any matches it is longer by one level, and never by more.
    return f"""greatest({SHORTEST}, least({LONGEST}, s.level + 1,
                   CASE WHEN {come} > 0 THEN {expected} END))"""
