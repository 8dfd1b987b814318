"""What both engines write through contract v1 is kept, version by version."""

from itertools import pairwise
from typing import Any

import asyncpg

from serinus.domain.content.listing import Listing
from serinus.domain.content.post import Post, PostId
from serinus.domain.content.revision import NEWEST_FIRST, Revision
from serinus.domain.identity.caller import Role
from serinus.infrastructure.postgres.post_history import PostgresPostHistory
from tests.contract.v1.clients import People, data

CHANGES: list[dict[str, Any]] = [
    {"tags": ["b", "c"], "title": "Second"},
    {"tags": [], "category": "", "published": True},
    {"content": "other", "tags": ["c", "a"], "category": "Elsewhere"},
    {"published": False, "slug": "moved"},
    {},
    {"tags": ["a"]},
]


async def test_every_version_shows_what_was_shown_then(
    people: People, pool: asyncpg.Pool
) -> None:
    author = await people.a(Role.AUTHOR)
    shown = [await author.wrote(tags=["a", "b"], category="News", excerpt="e")]
    path = f"/posts/{shown[0]['id']}"
    shown += [data(await author.put(path, **change)) for change in CHANGES]
    shown.append(data(await author.post(f"{path}/publish")))

    found, listed = await history(pool, PostId(shown[0]["id"]), len(shown))

    assert [as_v1(each) for each in found] == [without_id(each) for each in shown]
    assert [each.number for each in listed] == list(range(len(shown), 0, -1))
    assert all(each.by is not None and each.at for each in listed)
    assert {each.via for each in listed} == {"v1"}
    assert all(later.at >= earlier.at for later, earlier in pairwise(listed))


async def test_a_deleted_post_keeps_what_it_was(people: People, pool: asyncpg.Pool) -> None:
    author = await people.a(Role.AUTHOR)
    post = await author.wrote(tags=["a"], published=True)
    await author.delete(f"/posts/{post['id']}")

    row = await pool.fetchrow("SELECT number, tags, deleted_at FROM post_revisions")

    assert row is not None
    assert [row["number"], row["tags"][0]["name"], row["deleted_at"]] == [1, "a", None]


async def history(
    pool: asyncpg.Pool, post_id: PostId, versions: int
) -> tuple[list[Post], list[Revision]]:
    store = PostgresPostHistory(pool)
    _, found = await store.several(post_id, *range(1, versions + 1))
    _, page = await store.page(post_id, Listing(orders=NEWEST_FIRST, limit=100))
    return [found[number + 1].post for number in range(versions)], list(page.items)


def as_v1(post: Post) -> dict[str, Any]:
    return {
        "title": post.text.title,
        "content": post.text.content,
        "excerpt": post.text.excerpt,
        "status": post.status.value,
        "author_id": str(post.author.id),
        "tags": [tag.name for tag in post.tags],
        "metadata": {
            "meta_title": post.text.meta_title,
            "meta_description": post.text.meta_description,
            "categories": [category.name for category in post.categories],
        },
    }


def without_id(shown: dict[str, Any]) -> dict[str, Any]:
    times = {"id", "created_at", "updated_at", "published_at"}
    return {name: value for name, value in shown.items() if name not in times}
