"""The same small world under both engines, and what they may differ in."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from serinus.domain.identity.caller import Role
from serinus.domain.release.volatile import masked
from serinus.infrastructure.postgres.pool import open_pool
from tests.contract.v1.clients import People, Person
from tests.contract.v1.engines import Engine, serving
from tests.contract.v1.seeding import NOON, plant_post, plant_tag, put_tag

HEADERS = ("content-type", "allow", "retry-after", "www-authenticate")
PEOPLE = {role: UUID(int=number) for number, role in enumerate(Role, 1)}
OTHER_AUTHOR = UUID(int=7)
BIRDS, SONG = UUID(int=21), UUID(int=22)
POSTS: list[dict[str, Any]] = [
    {"title": "Published", "tags": [BIRDS, SONG], "excerpt": "E", "meta_title": "M"},
    {"title": "Draft", "status": "draft", "tags": [SONG]},
    {"title": "Archived", "status": "archived", "published_at": NOON},
    {"title": "Never out", "status": "archived"},
    {"title": "Scheduled", "status": "scheduled", "scheduled_at": NOON},
    {"title": "Deleted", "deleted_at": NOON, "tags": [BIRDS]},
    {"title": "Page", "type": "page", "content_format": "html", "content": "<p>Hi</p>"},
    {"title": "Another's", "author_id": OTHER_AUTHOR, "tags": [BIRDS], "slug": "anothers"},
    {"title": "Another's draft", "author_id": OTHER_AUTHOR, "status": "draft"},
    {"title": "金糸雀", "locale": "ja", "published_at": NOON + timedelta(days=1)},
]


def post_id(number: int) -> UUID:
    return UUID(int=100 + number)


@dataclass(frozen=True)
class Copy:
    """One engine on a world of its own. Requests may say `{last}`: what was created last."""

    http: httpx.AsyncClient
    pool: asyncpg.Pool
    people: dict[Role | None, Person]

    async def send(self, role: Role | None, method: str, path: str, **request: Any) -> object:
        """The answer as far as both engines must agree about it. No role: nobody signed in."""
        if "{last}" in path:
            last = await self.pool.fetchval("SELECT id FROM posts ORDER BY id DESC LIMIT 1")
            path = path.replace("{last}", str(last))
        headers = {**(self.people[role].headers if role else {}), **request.pop("headers", {})}
        answer = await self.http.request(method, path, headers=headers, **request)
        return comparable(answer, written=True)

    async def contents(self) -> list[list[tuple[Any, ...]]]:
        """What was stored, but for generated ids and times."""
        rows = [await self.pool.fetch(statement) for statement in CONTENTS]
        return [[tuple(row) for row in found] for found in rows]

    async def forget(self) -> None:
        # Of so few rows, deleting is faster than truncating.
        await self.pool.execute("DELETE FROM posts; DELETE FROM tags; DELETE FROM categories")


CONTENTS = [
    """
    SELECT title, slug, content, excerpt, status, type, content_format, locale, author_id,
           featured_image, meta_title, meta_description, version,
           published_at IS NULL, scheduled_at IS NULL, deleted_at IS NULL
      FROM posts ORDER BY slug
    """,
    """
    SELECT s.slug, p.slug FROM slugs s JOIN posts p ON p.id = s.post_id
     ORDER BY s.slug
    """,
    "SELECT name, name_key, slug, usage_count FROM tags ORDER BY slug",
    "SELECT name, slug, parent_id FROM categories ORDER BY slug",
    """
    SELECT p.slug, t.slug, position
      FROM post_tags JOIN posts p ON p.id = post_id JOIN tags t ON t.id = tag_id
     ORDER BY 1, 3
    """,
    """
    SELECT p.slug, c.slug, position
      FROM post_categories JOIN posts p ON p.id = post_id
      JOIN categories c ON c.id = category_id
     ORDER BY 1, 3
    """,
    """
    SELECT username, username_key, email, first_name, last_name, role, is_active,
           email_verified, last_login IS NULL, created_at = updated_at, version
      FROM users ORDER BY username_key
    """,
    "SELECT remember, end_reason, count(*) FROM sessions GROUP BY 1, 2 ORDER BY 1, 2",
]


def comparable(answer: httpx.Response, *, written: bool) -> object:
    headers = {name: answer.headers.get(name) for name in HEADERS}
    body = answer.json() if answer.content else None
    return answer.status_code, headers, list(body or ()), masked(body, written=written)


@asynccontextmanager
async def copy(engine: Engine, database_url: str) -> AsyncIterator[Copy]:
    async with AsyncExitStack() as stack:
        pool = await open_pool(database_url, size=2)
        stack.push_async_callback(pool.close)
        http = await stack.enter_async_context(serving(engine, database_url))
        yield Copy(http, pool, await populate(http, pool))


async def populate(http: httpx.AsyncClient, pool: asyncpg.Pool) -> dict[Role | None, Person]:
    """The world of `PEOPLE` and `POSTS`."""
    makers = People(http, pool)
    people: dict[Role | None, Person] = {
        role: await makers.a(role, user_id) for role, user_id in PEOPLE.items()
    }
    await makers.a(Role.AUTHOR, OTHER_AUTHOR)
    await plant_tag(pool, "Birds", "birds", id=BIRDS)
    await plant_tag(pool, "Song", "song", id=SONG)
    for number, columns in enumerate(POSTS):
        planted = {"author_id": PEOPLE[Role.CONTRIBUTOR], **columns}
        tags = planted.pop("tags", [])
        at = NOON + timedelta(minutes=number % 4)
        await plant_post(
            pool,
            planted.pop("author_id"),
            **{"id": post_id(number), "created_at": at, "updated_at": at, **planted},
        )
        for position, tag_id in enumerate(tags):
            await put_tag(pool, post_id(number), tag_id, position)
    return people
