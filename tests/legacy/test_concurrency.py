"""Writers at the same time: none fails, none is lost, none waits for ever."""

import asyncio
from typing import Any

import asyncpg
import httpx

from tests.legacy.engine import Engine, Person, configuration, running


async def at_once(*calls: Any) -> list[httpx.Response]:
    return list(await asyncio.gather(*calls))


def statuses(answers: list[httpx.Response]) -> set[int]:
    return {answer.status_code for answer in answers}


async def create(engine: Engine, author: Person, **members: Any) -> httpx.Response:
    body = {"title": "Same title", "content": "c", "published": True, **members}
    return await engine.call("POST", "/posts", author, body)


async def counted(engine: Engine) -> dict[str, tuple[int, int]]:
    """Stored and true usage of each tag."""
    rows = await engine.execute(
        """
        SELECT t.name, t.usage_count, count(p.id) AS used
          FROM tags t LEFT JOIN post_tags pt ON pt.tag_id = t.id
          LEFT JOIN posts p ON p.id = pt.post_id
                           AND p.status = 'published' AND p.deleted_at IS NULL
         GROUP BY t.id
        """
    )
    return {row["name"]: (row["usage_count"], row["used"]) for row in rows}


async def somebody_waits(engine: Engine) -> None:
    waiting = """
        SELECT FROM pg_stat_activity
         WHERE wait_event_type = 'Lock' AND datname = current_database()
    """
    async with asyncio.timeout(10):
        while not await engine.execute(waiting):
            pass


async def test_many_create_posts_with_the_same_new_tags(engine: Engine) -> None:
    author = await engine.person()
    names = ["zeta", "alpha", "C++", "C#", "C", "++", "--", "mid"]
    orders = [names[n % 8 :] + names[: n % 8] for n in range(20)]

    answers = await at_once(*(create(engine, author, tags=order) for order in orders))

    assert statuses(answers) == {201}
    assert [answer.json()["data"]["tags"] for answer in answers] == orders
    assert await counted(engine) == dict.fromkeys(names, (20, 20))
    slugs = await engine.execute("SELECT DISTINCT slug FROM tags")
    assert len(slugs) == len(names)


async def test_many_create_posts_with_the_same_title(engine: Engine) -> None:
    author = await engine.person()

    answers = await at_once(*(create(engine, author) for _ in range(20)))

    assert statuses(answers) == {201}
    rows = await engine.execute("SELECT slug FROM posts")
    expected = {"same-title", *(f"same-title-{n}" for n in range(2, 21))}
    assert {row["slug"] for row in rows} == expected


async def test_many_create_posts_in_the_same_new_category(engine: Engine) -> None:
    author = await engine.person()

    answers = await at_once(*(create(engine, author, category="News") for _ in range(20)))

    assert statuses(answers) == {201}
    assert len(await engine.execute("SELECT FROM categories")) == 1


async def test_of_many_that_want_one_slug_one_gets_it(engine: Engine) -> None:
    author = await engine.person()

    answers = await at_once(*(create(engine, author, slug="mine") for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 7]
    refused = {answer.json()["error"] for answer in answers if answer.status_code == 409}
    assert refused == {"Slug already in use"}


async def test_every_change_of_one_post_counts(engine: Engine) -> None:
    author = await engine.person()
    post = await engine.post(author, tags=["a", "b"], published=True)
    path = f"/posts/{post['id']}"
    wanted = [["a", "b", "c"], ["c", "a"], ["b"], ["d", "c", "b", "a"], []] * 3

    answers = await at_once(
        *(engine.call("PUT", path, author, {"tags": tags}) for tags in wanted),
        *(engine.call("POST", f"{path}/publish", author) for _ in range(3)),
        *(engine.call("PUT", path, author, {"published": False}) for _ in range(3)),
    )

    assert statuses(answers) == {200}
    (row,) = await engine.execute("SELECT version FROM posts")
    assert row["version"] == 1 + len(answers)
    positions = await engine.execute("SELECT position FROM post_tags ORDER BY position")
    assert [row["position"] for row in positions] == list(range(len(positions)))
    assert all(stored == true for stored, true in (await counted(engine)).values())


async def test_posts_that_swap_their_tags_do_not_block_each_other(engine: Engine) -> None:
    author = await engine.person()
    posts = [await engine.post(author, tags=["a"], published=True) for _ in range(6)]
    swaps = [["a", "b"], ["b", "a"], ["c"], ["b", "c", "a"], ["a"]]

    answers = await at_once(
        *(
            engine.call("PUT", f"/posts/{post['id']}", author, {"tags": swaps[(n + m) % 5]})
            for m in range(8)
            for n, post in enumerate(posts)
        ),
        *(engine.call("DELETE", f"/posts/{post['id']}", author) for post in posts[:2]),
    )

    assert statuses(answers) <= {200, 404}
    assert all(stored == true for stored, true in (await counted(engine)).values())


async def test_who_gives_way_in_a_deadlock_writes_after_all(engine: Engine) -> None:
    author = await engine.person()
    post = await engine.post(author, tags=["a", "b"], published=True)
    first, last = await engine.execute("SELECT id FROM tags ORDER BY id")
    lock = "SELECT FROM tags WHERE id = $1 FOR NO KEY UPDATE"
    holder = await asyncpg.connect(engine.url)
    async with holder.transaction():
        await holder.execute(lock, last["id"])
        change = asyncio.create_task(
            engine.call("PUT", f"/posts/{post['id']}", author, {"tags": ["b"]})
        )
        await somebody_waits(engine)
        # Who has waited for longer is the first to look for a circle, and gives way.
        await holder.execute(lock, first["id"])
    await holder.close()

    answer = await change

    assert (answer.status_code, answer.json()["data"]["tags"]) == (200, ["b"])
    (written,) = await engine.execute("SELECT version FROM posts")
    assert written["version"] == 2


async def test_more_requests_than_connections_wait_their_turn(database_url: str) -> None:
    async with running(configuration(database_url, pool_size=2)) as engine:
        author = await engine.person()
        await engine.post(author)

        answers = await at_once(*(engine.call("GET", "/posts", author) for _ in range(30)))

        assert statuses(answers) == {200}


async def test_a_request_that_is_given_up_gives_its_connection_back(engine: Engine) -> None:
    author = await engine.person()
    path = f"/posts/{(await engine.post(author))['id']}"
    holder = await asyncpg.connect(engine.url)
    async with holder.transaction():
        await holder.execute("SELECT FROM posts FOR UPDATE")
        change = asyncio.create_task(engine.call("PUT", path, author, {"title": "t"}))
        await somebody_waits(engine)

        change.cancel()
        await asyncio.wait([change])
    await holder.close()

    assert change.cancelled()
    assert engine.pool.checkedout() == 0
    assert (await engine.data("GET", path, author))["title"] == "A title"
