"""How many there are on all pages of a list together, exactly or about."""

from serinus.domain.content.listing import Counting

#: Up to so many are counted one by one when an estimate will do.
COUNTED = 10_000
SAMPLE = 1  # percent of the table, beyond that


def counted(page: str, counting: Counting, table: str, matching: str) -> str:
    """The page with a `total`, and one row at least. `matching`: a condition on `table`."""
    total = f"SELECT count(*) AS total FROM {table} WHERE {matching}"  # noqa: S608 - constants and numbered parameters
    if counting is Counting.ESTIMATED:
        # The sample is taken only when the capped count reached its cap.
        total = f"""
            SELECT CASE WHEN capped.n <= {COUNTED} THEN capped.n ELSE greatest(
                       {COUNTED + 1},
                       (SELECT count(*) * (100 / {SAMPLE})
                          FROM {table} TABLESAMPLE SYSTEM ({SAMPLE}) WHERE {matching}))
                   END AS total
              FROM (SELECT count(*) AS n
                      FROM (SELECT FROM {table} WHERE {matching} LIMIT {COUNTED + 1}) p) capped
        """  # noqa: S608 - likewise
    return f"SELECT * FROM ({total}) total LEFT JOIN LATERAL ({page}) page ON true"  # noqa: S608
