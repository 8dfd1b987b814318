"""What is found in 12,794 Japanese posts, measured against a look at each of them.

The posts are not part of the project; see `test_real_input.py` for where they are. What was
measured is printed at the end of the run.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median, quantiles
from time import perf_counter
from uuid import UUID

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.content.importing import Importing, ImportOptions
from serinus.domain.content.finding import BY_RELEVANCE, Facet, Findings, Search
from serinus.domain.content.highlighting import Sought, fragment
from serinus.domain.content.listing import Listing
from serinus.domain.content.search_text import UNSPACED
from serinus.infrastructure.postgres.finding import PostgresFinder
from serinus.infrastructure.postgres.first_matches import Limits
from serinus.infrastructure.postgres.importing import PostgresImports
from serinus.infrastructure.sources.jsonl import JsonLinesSource
from tests.infrastructure.test_real_input import LINKS
from tests.support.measured import MEASURED

pytestmark = pytest.mark.skipif(
    not LINKS.is_file(), reason="SERINUS_TEST_DATA: the folder with real input is absent"
)

QUERIES = (
    "非同期処理",
    "アクセシビリティ",
    "東京",
    "使い方",
    "書き方について",
    "ﾊﾟﾌｫｰﾏﾝｽ改善",
    "正規表現",
    "脆弱性",
    "型安全",
    "開発者ツール",
    "ブラウザ間の互換性",
    "入門",
    "Node.js 入門",
    "Vue.jsの",
    "ReactとTypeScript",
    "React hooks",
    "C++",
    "C#",
    ".NET",
    "F#",
)
LETTER = f"[^\\W_{UNSPACED}]"
EVERYTHING = Limits(ranked=20_000, few=20_000)

Times = list[float]


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def contains(query: str) -> Callable[[str], bool]:
    """Whether a text has each part of a query, and no word of it only within a longer one."""
    parts = folded(query).split()
    patterns = []
    for part in parts:
        # `.net` is a word as well, and no part of example.net.
        before = f"(?<!{LETTER})" if re.match(f"{LETTER}|[.]", part) else ""
        # Where words are glued together by `+`, as in node.js+express, they are one word.
        after = f"(?![+]?{LETTER})" if re.match(LETTER, part[-1]) else ""
        patterns.append(re.compile(before + re.escape(part) + after))
    return lambda text: (
        all(part in text for part in parts)
        and all(pattern.search(text) for pattern in patterns)
    )


async def imported(database_url: str) -> None:
    importing = Importing(PostgresImports(database_url), lambda: datetime.now(UTC), uuid7)
    source = JsonLinesSource(LINKS)
    await importing.run(source, ImportOptions(source=source.name, author="importer"))


async def found_by(pool: asyncpg.Pool, query: str) -> Findings:
    """All matches."""
    listing = Listing(orders=BY_RELEVANCE, limit=20_000)
    return await PostgresFinder(pool, EVERYTHING).find(Search(text=query, listing=listing))


async def page_of(pool: asyncpg.Pool, query: str, times: Times) -> tuple[int, int]:
    """How many hits a page has, and how many of them show why."""
    search = Search(
        text=query,
        listing=Listing(orders=BY_RELEVANCE),
        facets=frozenset(Facet),
        passages=True,
    )
    began = perf_counter()
    found = await PostgresFinder(pool).find(search)
    times.append((perf_counter() - began) * 1000)
    sought = Sought.of(query, found.lexemes)
    marked = [
        fragment(hit.title, sought) or (hit.passage and fragment(hit.passage.text, sought))
        for hit in found.page.items
    ]
    return len(marked), sum(each is not None for each in marked)


@pytest.mark.timeout(600)
async def test_every_post_that_contains_what_is_looked_for_is_found(
    database_url: str, pool: asyncpg.Pool, record_property: Callable[[str, object], None]
) -> None:
    await imported(database_url)
    await pool.execute("VACUUM ANALYZE")
    rows = await pool.fetch(
        "SELECT id, concat_ws(E'\\n', title, excerpt, content) AS text FROM posts"
    )
    texts: dict[UUID, str] = {row["id"]: folded(row["text"]) for row in rows}
    tags = [row["name"] for row in await pool.fetch("SELECT name FROM tags ORDER BY name")]
    queries = [*QUERIES, *(tag for tag in tags if len(folded(tag)) > 1)]
    wanted = hit = shown = shown_why = 0
    literal = found_at_all = 0
    times: Times = []
    missed: dict[str, list[str]] = {}
    for query in queries:
        matches = contains(query)
        containing = {id_ for id_, text in texts.items() if matches(text)}
        found = {each.id for each in (await found_by(pool, query)).page.items}
        wanted, hit = wanted + len(containing), hit + len(containing & found)
        found_at_all, literal = found_at_all + len(found), literal + len(containing & found)
        if containing - found:
            missed[query] = [texts[id_][:60] for id_ in sorted(containing - found)[:3]]
        page, why = await page_of(pool, query, times)
        shown, shown_why = shown + page, shown_why + why

    record_property(
        MEASURED,
        f"{len(queries)} queries in {len(texts)} posts: recall {hit}/{wanted},"
        f" precision {literal}/{found_at_all} = {literal / found_at_all:.1%} (others have"
        f" another form of a word, or the words apart), highlights on {shown_why}/{shown}"
        f" hits; a page with facets: median {median(times):.1f} ms,"
        f" 95 % {quantiles(times, n=20)[-1]:.1f} ms, longest {max(times):.1f} ms",
    )
    assert missed == {}
    assert hit == wanted
