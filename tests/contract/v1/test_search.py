"""GET /search, /search/suggest, /search/stats, POST /search/reindex."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, Person, data, refusal
from tests.contract.v1.engines import SERVED, Engine, serving
from tests.contract.v1.seeding import NOON, plant_post, plant_tag, put_tag
from tests.support.waiting import until

TURNS = 0x5345_5249_4E55_5302  # the lock of those that rebuild the index
WAITING = """
SELECT count(*) > 0 FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture
async def author(people: People) -> Person:
    return await people.a()


async def found(http: httpx.AsyncClient, q: str, **params: Any) -> dict[str, Any]:
    answer = await http.get("/search", params={"q": q, **params})
    results: dict[str, Any] = data(answer)
    return results


async def titles(http: httpx.AsyncClient, q: str, **params: Any) -> list[str]:
    return [hit["title"] for hit in (await found(http, q, **params))["hits"]]


async def suggestions(http: httpx.AsyncClient, prefix: str, **params: Any) -> list[str]:
    answer = await http.get("/search/suggest", params={"prefix": prefix, **params})
    listed: list[str] = data(answer)["suggestions"]
    return listed


async def test_results_have_the_contracts_members_in_their_order(
    http: httpx.AsyncClient, pool: asyncpg.Pool, author: Person
) -> None:
    post_id = await plant_post(pool, author.id, title="Nest boxes", content="For owls.")

    results = await found(http, "owls")

    assert list(results) == ["hits", "total", "took_ms", "facets"]
    (hit,) = results["hits"]
    assert list(hit) == ["id", "title", "doc_type", "excerpt", "score"]
    assert hit["id"] == str(post_id)
    assert (hit["title"], hit["doc_type"], hit["excerpt"]) == (
        "Nest boxes",
        "post",
        "For owls.",
    )
    assert 0 < hit["score"] == round(hit["score"], 6)
    assert results["total"] == 1
    assert isinstance(results["took_ms"], int)
    assert results["facets"] == {"doc_type": {"post": 1, "user": 0}}


async def test_nothing_found_is_an_empty_page(http: httpx.AsyncClient) -> None:
    for nothing in ("owls", "!!!", "\u200b", "梟"):
        results = await found(http, nothing)
        assert (results["hits"], results["total"]) == ([], 0)
        assert results["facets"] == {"doc_type": {"post": 0, "user": 0}}


async def test_no_credentials_are_looked_at(http: httpx.AsyncClient) -> None:
    for headers in ({"Authorization": "Bearer x"}, {"X-API-Key": "srn_x"}):
        for path in ("/search?q=x", "/search/suggest?prefix=x", "/search/stats"):
            data(await http.get(path, headers=headers))


@pytest.mark.parametrize(
    ("q", "matches"),
    [
        ("東京", True),
        ("京都", True),
        ("東都", False),
        ("東京都の", True),
        ("東京の", False),
        ("都", True),
        ("鳥", False),
        ("ｶﾅﾘｱ", True),
        ("カナリア", True),
        ("ナリ", True),
        ("カナリヤ", False),
        ("Node.js", True),
        ("node.js カナリア", True),
        ("Node.jsカナリア", True),
        ("node.js 鳥", False),
        ("c++", True),
        ("C#", False),
        (".NET", True),
        ("net", True),
        ("running", True),
        ("RUNS", True),
        ("\uff32\uff35\uff2e", True),
        ("walks", False),
        ("example.com", True),
        ("ÜBER", True),
        ("ποδός", True),
        ("🐤", True),
    ],
)
async def test_texts_of_any_script_are_found(
    http: httpx.AsyncClient, pool: asyncpg.Pool, author: Person, q: str, *, matches: bool
) -> None:
    content = (
        "東京都のカナリアはNode.jsで鳴く。A C++ bird, and a .NET one. It runs."
        " See https://www.example.com/x. Über ΠΟΔΟΣ. 🐤🐣"
    ).replace("ΠΟΔΟΣ", "ΠΟΔΌΣ")
    await plant_post(pool, author.id, content=content)

    assert (await titles(http, q) == ["Planted"]) is matches


async def test_stop_words_alone_find_titles(
    http: httpx.AsyncClient, pool: asyncpg.Pool, author: Person
) -> None:
    await plant_post(pool, author.id, title="To be, or not to be", content="x")
    await plant_post(pool, author.id, title="Birds", content="To be or not to be.")

    assert await titles(http, "to be or not") == ["To be, or not to be"]
    assert await titles(http, "the birds") == ["Birds"]


async def test_only_what_is_public_is_found(
    http: httpx.AsyncClient, pool: asyncpg.Pool, author: Person
) -> None:
    await plant_post(pool, author.id, title="owl 1", status="draft")
    await plant_post(pool, author.id, title="owl 2", status="archived")
    await plant_post(pool, author.id, title="owl 3", status="scheduled", scheduled_at=NOON)
    await plant_post(pool, author.id, title="owl 4", deleted_at=NOON)
    await plant_post(pool, author.id, title="owl 5", type="page")
    await pool.execute("UPDATE users SET first_name = 'Owl', is_active = false")

    assert await titles(http, "owl") == ["owl 5"]


async def test_the_index_follows_what_happens_to_a_post(
    http: httpx.AsyncClient, author: Person, people: People
) -> None:
    admin = await people.a(Role.ADMIN)
    draft = await author.wrote("An owl", content="first")
    path = f"/posts/{draft['id']}"

    assert await titles(http, "owl") == []
    data(await author.post(f"{path}/publish"))
    assert await titles(http, "owl") == ["An owl"]
    data(await author.put(path, title="A wren"))
    assert (await titles(http, "owl"), await titles(http, "wren")) == ([], ["A wren"])
    data(await author.put(path, content="second", excerpt="in brief"))
    assert (await titles(http, "first"), await titles(http, "second")) == ([], ["A wren"])
    assert (await found(http, "brief"))["hits"][0]["excerpt"] == "in brief"
    data(await author.put(path, published=False))
    assert await titles(http, "wren") == []
    data(await author.put(path, published=True))
    assert await titles(http, "wren") == ["A wren"]
    data(await admin.delete(path))
    assert await titles(http, "wren") == []


async def test_accounts_are_found_by_their_names_while_they_are_active(
    http: httpx.AsyncClient, pool: asyncpg.Pool, people: People
) -> None:
    ada, admin = await people.a(), await people.a(Role.ADMIN)
    path = f"/users/{ada.id}"

    data(await admin.put(path, username="Ada99", first_name="Ada", last_name="Lovelace"))
    (hit,) = (await found(http, "lovelace"))["hits"]
    assert (hit["id"], hit["doc_type"]) == (str(ada.id), "user")
    assert (hit["title"], hit["excerpt"]) == ("Ada99", "Ada Lovelace")
    data(await admin.put(path, username="Bea", first_name="", last_name=""))
    assert await titles(http, "lovelace") == []
    assert (await found(http, "bea"))["hits"][0]["excerpt"] is None
    data(await admin.delete(path))
    assert await titles(http, "bea") == []
    data(await admin.put(path, is_active=True))
    assert await titles(http, "bea") == ["Bea"]


async def test_addresses_are_never_found(http: httpx.AsyncClient, author: Person) -> None:
    assert await titles(http, author.username) == [author.username]
    assert await titles(http, f"{author.id}@example.org") == []
    assert await titles(http, "example.org") == []


async def test_titles_weigh_more_than_excerpts_and_these_more_than_contents(
    http: httpx.AsyncClient, pool: asyncpg.Pool, author: Person
) -> None:
    for word in ("owl", "梟の森"):
        await plant_post(pool, author.id, title="content", content=word)
        await plant_post(pool, author.id, title="often", content=f"{word} {word}. {word}.")
        await plant_post(pool, author.id, title="excerpt", excerpt=word, content="x")
        await plant_post(pool, author.id, title=f"{word} in title", content="x")

        order = [f"{word} in title", "excerpt", "often", "content"]
        assert await titles(http, word) == order
        assert await titles(http, word, sort_order="asc") == order[::-1]


async def test_hits_are_sorted_as_asked(
    http: httpx.AsyncClient, pool: asyncpg.Pool, author: Person
) -> None:
    for title, age in (("b owl", 2), ("A owl", 3), ("ß owl", 1)):
        await plant_post(pool, author.id, title=title, created_at=NOON - timedelta(days=age))

    by_title, by_age = ["ß owl", "b owl", "A owl"], ["ß owl", "b owl", "A owl"]
    assert await titles(http, "owl", sort_by="title") == by_title
    assert await titles(http, "owl", sort_by="title", sort_order="ASC") == by_title[::-1]
    assert await titles(http, "owl", sort_by="created_at", sort_order="up") == by_age
    assert await titles(http, "owl", sort_by="created_at", sort_order="asc") == by_age[::-1]
    unknown = await found(http, "owl", sort_by="Title")
    assert unknown["hits"] == (await found(http, "owl"))["hits"]


async def test_ties_are_broken_by_id_in_the_same_direction(
    http: httpx.AsyncClient, pool: asyncpg.Pool, author: Person
) -> None:
    for number in (3, 1, 2):
        await plant_post(pool, author.id, id=UUID(int=100 + number), title="owl")

    async def numbers(**params: str) -> list[int]:
        hits = (await found(http, "owl", **params))["hits"]
        return [UUID(hit["id"]).int - 100 for hit in hits]

    for sort in ("relevance", "created_at", "title"):
        assert await numbers(sort_by=sort) == [3, 2, 1]
        assert await numbers(sort_by=sort, sort_order="asc") == [1, 2, 3]


async def test_pages_hold_every_hit_once(
    http: httpx.AsyncClient, pool: asyncpg.Pool, author: Person
) -> None:
    for number in range(7):
        await plant_post(pool, author.id, title=f"owl {number}")

    pages = [await found(http, "owl", limit=3, offset=offset) for offset in (0, 3, 6, 9)]

    assert [len(page["hits"]) for page in pages] == [3, 3, 1, 0]
    assert {page["total"] for page in pages} == {7}
    assert len({hit["id"] for page in pages for hit in page["hits"]}) == 7
    far = await found(http, "owl", offset="9" * 30)
    assert (far["hits"], far["total"]) == ([], 7)


async def test_of_very_many_hits_the_newest_are_ranked_and_the_others_follow_all_counted(
    http: httpx.AsyncClient, pool: asyncpg.Pool
) -> None:
    await pool.execute(
        """
        INSERT INTO search_documents (doc_type, id, title, title_key, created_at, runs, vector)
        SELECT 'post', gen_random_uuid(), n, n, to_timestamp(n), '', $1
          FROM generate_series(1, 1020) AS n
        """,
        "'owl':1A",
    )

    pages = [await found(http, "owl", limit=100, offset=n) for n in (900, 1_000)]

    assert [page["total"] for page in pages] == [1_020, 1_020]
    ranked, others = [page["hits"] for page in pages]
    assert {hit["score"] for hit in ranked} == {ranked[0]["score"]} != {0}
    assert {hit["score"] for hit in others} == {0}
    assert {int(hit["title"]) for hit in others} == set(range(1, 21))
    (oldest, *_) = (await found(http, "owl", sort_order="asc", limit=1))["hits"]
    assert oldest == others[-1]


async def test_facets_count_every_type_whichever_is_asked_for(
    http: httpx.AsyncClient, pool: asyncpg.Pool, author: Person
) -> None:
    await pool.execute("UPDATE users SET first_name = 'Owl'")
    for _ in range(2):
        await plant_post(pool, author.id, title="owl")

    for doc_type, total in (("post", 2), ("USER", 1), (None, 3)):
        params = {} if doc_type is None else {"doc_type": doc_type}
        results = await found(http, "owl", **params)
        assert (results["total"], len(results["hits"])) == (total, total)
        assert results["facets"] == {"doc_type": {"post": 2, "user": 1}}


async def test_an_excerpt_is_the_beginning_of_the_content_where_there_is_none(
    http: httpx.AsyncClient, pool: asyncpg.Pool, author: Person
) -> None:
    content = "\u3000owl\n\n\t flies " + "\n" * 5000 + "far " * 100
    await plant_post(pool, author.id, content=content)

    (hit,) = (await found(http, "owl"))["hits"]

    assert hit["excerpt"] == " ".join(content.split())[:200].rstrip()


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "q"),
        ("q=", "q"),
        ("q=%20%E3%80%80", "q"),
        ("q=%00", "q"),
        (f"q={'x' * 201}", "q"),
        # Eighteen characters each, once normalised.
        (f"q={'%EF%B7%BA' * 12}", "q"),
        ("q=x&limit=-1", "limit"),
        ("q=x&limit=x", "limit"),
        ("q=x&offset=1.0", "offset"),
        ("q=x&doc_type=", "doc_type"),
        ("q=x&doc_type=page", "doc_type"),
        ("doc_type=page&offset=x&limit=x", "q"),
        ("doc_type=page&offset=x&limit=x&q=x", "limit"),
        ("doc_type=page&offset=x&q=x", "offset"),
    ],
)
async def test_what_cannot_be_read_is_refused(
    http: httpx.AsyncClient, query: str, name: str
) -> None:
    refused = (400, f"Invalid query parameter: {name}")

    assert refusal(await http.get(f"/search?{query}")) == refused


async def test_limits_are_mild(
    http: httpx.AsyncClient, pool: asyncpg.Pool, author: Person
) -> None:
    for number in range(105):
        await plant_post(pool, author.id, title=f"owl {number:03}")

    for given, counted in (("", 20), ("0", 20), ("7", 7), ("100", 100), ("5000", 100)):
        params = {"limit": given} if given else {}
        assert len(await titles(http, "owl", **params)) == counted
        expected = 10 if counted == 20 else counted
        assert len(await suggestions(http, "owl", **params)) == expected
    assert len(await titles(http, "x" * 200)) == 0


async def test_titles_and_tags_are_suggested_by_their_beginning(
    http: httpx.AsyncClient, pool: asyncpg.Pool, author: Person
) -> None:
    first = await plant_post(pool, author.id, title="\uff2fwls at night")
    await plant_post(pool, author.id, title="Owls at night")
    await plant_post(pool, author.id, title="Owls at night")
    await plant_post(pool, author.id, title="owlet", status="draft")
    await plant_post(pool, author.id, title="Night owls")
    used = await plant_tag(pool, "OWL", "owl")
    await put_tag(pool, first, used)
    await plant_tag(pool, "owl-like", "owl-like")

    assert await suggestions(http, "owl") == ["OWL", "Owls at night", "\uff2fwls at night"]
    assert await suggestions(http, "\uff2f\uff37\uff2c", limit="1") == ["OWL"]
    assert await suggestions(http, "owls ") == ["Owls at night", "\uff2fwls at night"]
    assert await suggestions(http, "%") == []


@pytest.mark.parametrize("prefix", ["", "%20", "%00", "x" * 201])
async def test_a_suggestion_needs_a_beginning(http: httpx.AsyncClient, prefix: str) -> None:
    refused = (400, "Invalid query parameter: prefix")

    assert refusal(await http.get(f"/search/suggest?prefix={prefix}")) == refused
    assert refusal(await http.get("/search/suggest")) == refused


async def test_stats_count_what_can_be_found(
    http: httpx.AsyncClient, pool: asyncpg.Pool, author: Person
) -> None:
    await plant_post(pool, author.id)
    await plant_post(pool, author.id)
    await plant_post(pool, author.id, status="draft")

    stats = data(await http.get("/search/stats"))

    assert list(stats.items()) == [("total_documents", 3), ("post_count", 2), ("user_count", 1)]


async def test_reindexing_repairs_the_index(
    http: httpx.AsyncClient, pool: asyncpg.Pool, people: People
) -> None:
    admin = await people.a(Role.ADMIN)
    for number in range(120):
        await plant_post(pool, admin.id, title=f"owl {number}")
    lost = await plant_post(pool, admin.id, title="A wren")
    await pool.execute("UPDATE search_documents SET vector = '', runs = '' WHERE id = $1", lost)
    await pool.execute("DELETE FROM search_documents WHERE doc_type = 'user'")
    await pool.execute("DELETE FROM search_documents WHERE title = 'owl 7'")
    assert await titles(http, "wren") == []

    assert data(await admin.post("/search/reindex"), 202) == {"message": "Reindexing started"}

    # Accounts come last.
    await until(lambda: titles(http, admin.username))
    assert await titles(http, "wren") == ["A wren"]
    assert await titles(http, "owl 7") == ["owl 7"]


@pytest.mark.parametrize("role", [Role.EDITOR, Role.SUBSCRIBER])
async def test_only_administrators_reindex(people: People, role: Role) -> None:
    somebody = await people.a(role)

    refused = (403, "Insufficient permissions")
    assert refusal(await somebody.post("/search/reindex")) == refused


@pytest.mark.parametrize(
    ("role", "permission", "status"),
    [
        (Role.ADMIN, "search:reindex", 202),
        (Role.ADMIN, "posts:read", 403),
        (Role.EDITOR, "search:reindex", 403),
    ],
)
async def test_a_key_reindexes_when_both_it_and_its_owner_may(
    http: httpx.AsyncClient, people: People, role: Role, permission: str, status: int
) -> None:
    owner = await people.a(role)
    key = data(await owner.post("/api-keys", name="cron", permissions=[permission]), 201)

    answer = await http.post("/search/reindex", headers={"X-API-Key": key["raw_key"]})

    assert answer.status_code == status


async def test_reindexing_needs_somebody_signed_in(http: httpx.AsyncClient) -> None:
    refused = (401, "Missing or malformed authorization header.")

    assert refusal(await http.post("/search/reindex")) == refused


@pytest.mark.parametrize("engine", SERVED)
async def test_shutting_down_does_not_wait_for_reindexing(
    engine: Engine, database_url: str, pool: asyncpg.Pool
) -> None:
    async with (
        pool.acquire() as rebuilder,
        rebuilder.transaction(),
        asyncio.timeout(10),
        serving(engine, database_url) as http,
    ):
        await rebuilder.execute("SELECT pg_advisory_xact_lock($1)", TURNS)
        admin = await People(http, pool).a(Role.ADMIN)
        data(await admin.post("/search/reindex"), 202)
        await until(lambda: pool.fetchval(WAITING))
