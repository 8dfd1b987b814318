"""What is found is found once, in order, completely, and at a bounded cost."""

import re
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serinus.domain.content.finding import (
    BY_RELEVANCE,
    SORTS,
    Facet,
    Findings,
    Hit,
    Search,
    position,
)
from serinus.domain.content.listing import Condition, Count, Counting, Listing, Op
from serinus.domain.content.post_query import Part
from serinus.infrastructure.postgres.finding import PostgresFinder
from serinus.infrastructure.postgres.first_matches import Limits
from tests.contract.v1.seeding import NOON, plant_post, plant_tag, put_tag
from tests.support.content import ADA, add_author

law = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

MANY = 3_000
EVERYTHING = Limits()
#: Nothing is few: everything is walked through.
WALKED = Limits(few=0)
#: All posts of these tests.
ENGLISH = (Condition("locale", Op.EQ, ("en",)),)


@pytest.fixture
async def author(pool: asyncpg.Pool) -> UUID:
    await add_author(pool)
    return ADA.id


words = st.lists(st.sampled_from(["owl", "owls", "梟", "東京都", "京都", "night"]), max_size=5)
posts = st.tuples(words, words, st.integers(0, 3), st.booleans(), st.booleans())


async def plant(pool: asyncpg.Pool, author: UUID, drawn: list[Any]) -> None:
    await pool.execute("DELETE FROM posts")
    await pool.execute("DELETE FROM tags")
    tag = await plant_tag(pool, "bird", "bird")
    for title, content, day, is_published, is_tagged in drawn:
        post = await plant_post(
            pool,
            author,
            title=" ".join(title) or "-",
            content=" ".join(content) or "-",
            status="published" if is_published else "draft",
            # Many of a day: ids must break the ties.
            published_at=NOON + timedelta(days=day) if is_published else None,
        )
        if is_tagged:
            await put_tag(pool, post, tag)


async def walk(finder: PostgresFinder, search: Search, *, backward: bool) -> list[Hit]:
    """All hits, page by page."""
    hits: list[Hit] = []
    listing = search.listing
    if backward:
        # From a place behind everything.
        last = (await walk(finder, search, backward=False))[-1:]
        if not last:
            return []
        hits = last
        listing = _from(listing, before=position(last[0], listing.orders))
    while True:
        found = await finder.find(_of(search, listing))
        hits = [*found.page.items, *hits] if backward else [*hits, *found.page.items]
        if not (found.page.earlier if backward else found.page.later):
            return hits
        if backward:
            listing = _from(listing, before=position(hits[0], listing.orders))
        else:
            listing = _from(listing, after=position(hits[-1], listing.orders))


def _from(listing: Listing, **where: Any) -> Listing:
    return Listing(
        orders=listing.orders, conditions=listing.conditions, limit=listing.limit, **where
    )


def _of(search: Search, listing: Listing) -> Search:
    return Search(text=search.text, listing=listing)


@law
@given(
    drawn=st.lists(posts, max_size=10),
    text=st.sampled_from(["owl", "梟", "東京都", "owl night"]),
    sort=st.sampled_from(list(SORTS)),
    size=st.integers(1, 4),
    conditions=st.sampled_from(
        [
            (),
            ENGLISH,
            (Condition("tag", Op.EQ, ("bird",)),),
            (Condition("tag", Op.IN, ("-", "bird")),),
        ]
    ),
)
async def test_page_by_page_each_hit_comes_once_and_in_order_whichever_way_it_is_found(
    *,
    pool: asyncpg.Pool,
    author: UUID,
    drawn: list[Any],
    text: str,
    sort: str,
    size: int,
    conditions: tuple[Condition, ...],
) -> None:
    await plant(pool, author, drawn)
    listing = Listing(orders=(SORTS[sort],), conditions=conditions, limit=size)
    search = Search(text=text, listing=listing)

    walks = [
        await walk(PostgresFinder(pool, limits), search, backward=backward)
        for limits in (EVERYTHING, WALKED)
        for backward in (False, True)
    ]

    first = walks[0]
    assert all(each == first for each in walks)
    assert {hit.id for hit in first} == await matching(pool, text, conditions)
    assert len({hit.id for hit in first}) == len(first)
    keys = [(position(hit, listing.orders).values, hit.id) for hit in first]
    ordered = pairwise(keys if sort == "published_at" else keys[::-1])
    assert all(a < b for a, b in ordered)


async def matching(
    pool: asyncpg.Pool, text: str, conditions: tuple[Condition, ...]
) -> set[UUID]:
    """Asked of every post, in the words of the index and no others."""
    rows = await pool.fetch(
        """
        SELECT p.id, EXISTS (SELECT FROM post_tags WHERE post_id = p.id) AS is_tagged
          FROM posts p, search_query($1) AS query,
               search_terms(p.title, p.excerpt, p.content) AS terms
         WHERE p.status = 'published' AND terms.vector @@ query.matching
           AND NOT EXISTS (SELECT FROM unnest(query.runs) AS r WHERE strpos(terms.runs, r) = 0)
        """,
        text,
    )
    tagged = any(each.field == "tag" for each in conditions)
    return {row["id"] for row in rows if row["is_tagged"] or not tagged}


async def find(pool: asyncpg.Pool, limits: Limits, text: str, **members: Any) -> Findings:
    listing = Listing(**{"orders": BY_RELEVANCE} | members)
    return await PostgresFinder(pool, limits).find(Search(text=text, listing=listing))


async def test_of_too_many_matches_the_newest_are_ranked_and_that_is_told(
    pool: asyncpg.Pool, author: UUID
) -> None:
    for number in range(6):
        title = "owl" if number == 0 else f"{number}"
        at = NOON + timedelta(days=number)
        await plant_post(pool, author, title=title, content="owl", published_at=at)

    async def found(
        limits: Limits, sort: str = "relevance", conditions: Any = ENGLISH
    ) -> tuple[str, bool]:
        orders = (SORTS[sort],)
        told = await find(pool, limits, "owl", orders=orders, conditions=conditions)
        return "".join(hit.title for hit in told.page.items), told.capped

    for conditions in ((), ENGLISH):
        among = partial(found, conditions=conditions)
        assert await among(EVERYTHING) == ("owl54321", False)
        assert await among(Limits(ranked=6)) == ("owl54321", False)
        assert await among(Limits(ranked=5)) == ("54321", True)
        assert await among(Limits(ranked=3)) == ("543", True)
        assert await among(Limits(ranked=3, few=5)) == ("543", True)
        assert await among(Limits(ranked=3), "published_at") == ("owl12", True)
        assert await among(Limits(ranked=3, few=5), "published_at") == ("owl12", True)
        assert await among(Limits(ranked=3, few=5), "-published_at") == ("543", True)
        assert await among(Limits(few=5, looked_through=6)) == ("owl54321", False)
    # The last one that is looked through is one more: so it is known that there is one.
    assert await found(Limits(few=5, looked_through=3)) == ("5432", True)


#: Seconds, days, years and decades apart, on either side of 1970.
moments = st.one_of(
    st.integers(-10, 10),
    st.builds(lambda days: days * 86_400, st.integers(-50, 50)),
    st.integers(-4_000_000_000, 4_000_000_000),
)


@law
@given(
    dates=st.lists(moments, max_size=12),
    text=st.sampled_from(["owl", "梟", "東京都"]),
    ranked=st.integers(1, 5),
    sort=st.sampled_from(["-published_at", "published_at"]),
)
async def test_the_first_matches_by_date_are_found_however_the_dates_lie(
    *, pool: asyncpg.Pool, author: UUID, dates: list[int], text: str, ranked: int, sort: str
) -> None:
    await pool.execute("DELETE FROM posts")
    planted: list[tuple[datetime, UUID]] = []
    for seconds in dates:
        at = NOON + timedelta(seconds=seconds)
        post = await plant_post(pool, author, content="owl 梟 東京都", published_at=at)
        planted.append((at, post))

    found = await find(pool, Limits(ranked=ranked), text, orders=(SORTS[sort],), limit=100)

    first = [id_ for _, id_ in sorted(planted, reverse=sort.startswith("-"))][:ranked]
    assert [hit.id for hit in found.page.items] == first
    assert found.capped == (len(planted) > ranked)


async def test_a_common_word_is_read_of_some_days_only(filled: asyncpg.Pool) -> None:
    explained: Any = Explained(filled, "EXPLAIN (ANALYZE, TIMING OFF)")
    search = Search(text="owl", listing=Listing(orders=BY_RELEVANCE))

    found = await PostgresFinder(explained, Limits(ranked=300)).find(search)

    assert found.capped
    read = re.findall(
        r"Bitmap Heap Scan on search_documents.* rows=(\d+)\S* loops=(\d+)", explained.plan
    )
    assert read
    assert sum(int(rows) * int(loops) for rows, loops in read) < 1_000


async def test_counting_is_bounded_and_says_when_it_estimates(
    pool: asyncpg.Pool, author: UUID
) -> None:
    for _ in range(6):
        await plant_post(pool, author, title="owl")

    async def count(counting: Counting, limits: Limits) -> Count | None:
        return (await find(pool, limits, "owl", counting=counting, limit=1)).page.count

    assert await count(Counting.EXACT, EVERYTHING) == Count(6, exact=True)
    assert await count(Counting.EXACT, Limits(few=3)) == Count(6, exact=True)
    assert await count(Counting.EXACT, Limits(few=3, counted=6)) == Count(6, exact=True)
    assert await count(Counting.ESTIMATED, EVERYTHING) == Count(6, exact=True)
    estimates = [
        await count(Counting.EXACT, Limits(few=3, counted=5)),
        await count(Counting.ESTIMATED, Limits(few=5)),
    ]
    assert all(each and each.value >= 6 and not each.exact for each in estimates)
    assert (await find(pool, EVERYTHING, "owl")).page.count is None


@pytest.fixture
async def filled(pool: asyncpg.Pool, author: UUID) -> asyncpg.Pool:
    tag = await plant_tag(pool, "owl", "owl")
    await pool.execute(
        """
        WITH made AS (
            INSERT INTO posts (id, author_id, slug, title, content, status, created_at,
                               updated_at, published_at)
            SELECT gen_random_uuid(), $2, 'owl-' || n, format('Owl %s of %s 東京都', n, n % 7),
                   'x', 'published', $3, $3,
                   $3::timestamptz + n * interval '1 hour'
              FROM generate_series(1, $1) AS n
            RETURNING id, slug
        ), named AS (
            INSERT INTO slugs (slug, post_id, created_at) SELECT slug, id, $3 FROM made
        )
        INSERT INTO post_tags (post_id, tag_id, position) SELECT id, $4, 0 FROM made
        """,
        MANY,
        author,
        NOON,
        tag,
    )
    for table in ("posts", "post_tags", "search_documents"):
        await pool.execute(f"VACUUM ANALYZE {table}")
    return pool


class Explained:
    """A pool that keeps the plan of what was asked for."""

    def __init__(self, pool: asyncpg.Pool, explain: str = "EXPLAIN") -> None:
        self._pool = pool
        self._explain = explain
        self.plan = ""

    async def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        rows = await self._pool.fetch(f"{self._explain} {sql}", *arguments)
        self.plan = "\n".join(row[0] for row in rows)
        return await self._pool.fetch(sql, *arguments)


@pytest.mark.parametrize("limits", [EVERYTHING, Limits(few=100)], ids=["few", "many"])
@pytest.mark.parametrize("sort", SORTS)
async def test_no_search_reads_all_documents(
    filled: asyncpg.Pool, sort: str, limits: Limits
) -> None:
    tagged = Condition("tag", Op.EQ, ("owl",))
    for text in ("owl 5", "東京都", "京"):
        for conditions in ((), ENGLISH, (tagged,)):
            explained: Any = Explained(filled)
            search = Search(
                text=text,
                listing=Listing(orders=(SORTS[sort],), conditions=conditions),
                parts=frozenset({Part.TAGS, Part.CATEGORIES}),
                facets=frozenset(Facet),
                passages=True,
            )

            found = await PostgresFinder(explained, limits).find(search)

            assert len(found.page.items) == 20
            assert "search_documents_vector" in explained.plan
            assert "Seq Scan on search_documents" not in explained.plan


async def test_suggestions_are_read_off_two_indexes(filled: asyncpg.Pool) -> None:
    explained: Any = Explained(filled)

    suggested = await PostgresFinder(explained).suggest("OWL", 2)

    assert [each.text for each in suggested] == ["owl", "Owl 1 of 1 東京都"]
    assert "using search_documents_title" in explained.plan
    assert "Seq Scan on search_documents" not in explained.plan


async def test_a_match_deep_in_a_long_post_is_in_its_passage(
    pool: asyncpg.Pool, author: UUID
) -> None:
    for title, content in {
        "deep": "x " * 40_000 + "The Canaries of 東京都." + " y" * 40_000,
        "short": "The canaries.",
        "beyond": "canary " + "x" * 2_000_000,
    }.items():
        await plant_post(pool, author, title=title, content=content)
    search = Search(text="canary", listing=Listing(orders=BY_RELEVANCE), passages=True)

    found = await PostgresFinder(pool).find(search)

    passages = {hit.title: hit.passage.text for hit in found.page.items if hit.passage}
    assert "The Canaries of 東京都." in passages["deep"]
    assert passages["short"] == "The canaries."
    assert passages["beyond"].startswith("canary x")
    assert all(len(text) <= 8_000 for text in passages.values())
