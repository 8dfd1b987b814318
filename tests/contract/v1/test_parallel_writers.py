"""Both engines, contract v2 and batches write the same posts at once, and nothing is lost."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

from serinus.application.content.batching import Batching, BatchRefused, Operation
from serinus.application.content.editing import Changes, Editing
from serinus.domain.content.post import NothingToRestore, Post, PostId
from serinus.domain.errors import Stale
from serinus.domain.identity.caller import Caller, Role, SessionId, UserId
from serinus.infrastructure.postgres.posts import PostgresPosts
from tests.contract.v1.clients import People, Person
from tests.contract.v1.engines import serving
from tests.infrastructure.postgres.test_posts_concurrency import MISDATED, RECOUNTED, USAGE
from tests.support.engines import needs_engine_v1

STEPS = 12  # of each writer
TAGS = ["a", "b", "c++", "鳥"]
HISTORY = """
SELECT p.version, p.title, array_agg(r.number ORDER BY r.number) AS numbers
  FROM posts p JOIN post_revisions r ON r.post_id = p.id WHERE p.id = $1
 GROUP BY p.id
"""
ASTRAY = "SELECT FROM posts p JOIN slugs s USING (slug) WHERE s.post_id <> p.id"

Written = Counter[UUID]


@needs_engine_v1
async def test_every_change_of_every_writer_is_one_version_and_every_tag_is_counted(
    database_url: str, pool: asyncpg.Pool
) -> None:
    async with serving("v1", database_url) as v1, serving("v2", database_url) as v2:
        author = await People(v1, pool).a(Role.EDITOR)
        posts = [
            UUID((await author.wrote(f"Post {n}", tags=TAGS[:2], published=True))["id"])
            for n in range(3)
        ]
        written: Written = Counter()
        await asyncio.gather(
            through_v1(author, posts, written, random.Random(1)),  # noqa: S311 - the same steps
            through_v1(author.at(v2), posts, written, random.Random(2)),  # noqa: S311 - likewise
            through_v2(pool, author, posts, written, random.Random(3)),  # noqa: S311 - likewise
            in_batches(pool, author, posts, written, random.Random(4)),  # noqa: S311 - likewise
        )

    for post in posts:
        row = await pool.fetchrow(HISTORY, post)
        assert row is not None
        assert row["version"] == 1 + written[post]
        assert row["numbers"] == list(range(1, row["version"]))
    assert await pool.fetch(USAGE) == await pool.fetch(RECOUNTED)
    assert await pool.fetch(MISDATED) == []
    assert await pool.fetch(ASTRAY) == []


async def through_v1(
    author: Person, posts: list[UUID], written: Written, chance: random.Random
) -> None:
    for step in range(STEPS):
        post = chance.choice(posts)
        change: dict[str, Any] = chance.choice(
            [
                {"tags": chance.sample(TAGS, 2)},
                {"title": f"t{step}", "tags": chance.sample(TAGS, 3), "category": "C"},
                {"published": chance.random() < 0.5},
                {"slug": f"s{chance.randrange(4)}"},
            ]
        )
        answer = await author.put(f"/posts/{post}", **change)
        assert answer.status_code in {200, 409}, answer.text  # the slug may be another's
        written[post] += answer.status_code == 200


async def through_v2(
    pool: asyncpg.Pool,
    author: Person,
    posts: list[UUID],
    written: Written,
    chance: random.Random,
) -> None:
    editing, caller = Editing(PostgresPosts(pool), now, uuid7), caller_of(author)
    for _ in range(STEPS):
        post = PostId(chance.choice(posts))
        version = (await editing.posts.get(post)).version
        changes = Changes(tags=chance.sample(TAGS, 2), publish=chance.choice([True, None]))
        try:
            stored = await editing.change(caller, post, changes, version=version)
        except Stale as stale:  # somebody came first, and was not overwritten
            if stale.version <= version:
                raise
            continue
        assert stored.version == version + 1
        written[post] += 1


async def in_batches(
    pool: asyncpg.Pool,
    author: Person,
    posts: list[UUID],
    written: Written,
    chance: random.Random,
) -> None:
    store = PostgresPosts(pool)
    batching, caller = Batching(Editing(store, now, uuid7), store), caller_of(author)
    for _ in range(STEPS // 2):
        chosen = [PostId(post) for post in chance.sample(posts, 2)]
        operations = [operation(caller, post, chance) for post in chosen]
        try:
            await batching.all_or_none(operations)
        except BatchRefused as refused:
            if not isinstance(refused.cause, NothingToRestore):
                raise
            continue
        written.update(chosen)


def operation(caller: Caller, post: PostId, chance: random.Random) -> Operation:
    tags = chance.sample(TAGS, 2)
    way = chance.choice(["retag", "archive", "restore", "publish"])

    async def apply(editing: Editing) -> Post:
        match way:
            case "retag":
                return await editing.change(caller, post, Changes(tags=tags))
            case "archive":
                return await editing.archive(caller, post)
            case "restore":
                return await editing.restore(caller, post)
            case _:
                return await editing.publish(caller, post)

    return Operation(post, apply)


def caller_of(author: Person) -> Caller:
    return Caller(UserId(author.id), Role.EDITOR, SessionId(author.session_id))


def now() -> datetime:
    return datetime.now(UTC)
