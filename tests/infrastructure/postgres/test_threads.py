"""Threads of comments: their order, what is counted below each, and many writers at once."""

import asyncio
import random
import shutil
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from serinus.application.content.ports import Slugs
from serinus.domain.content.comments import (
    Comment,
    CommentId,
    CommentNotFound,
    CommentStatus,
    DuplicateComment,
    Guest,
    position,
)
from serinus.domain.content.listing import Count, Counting, Listing, Order
from serinus.domain.content.post import Byline, PostId
from serinus.domain.errors import Stale
from serinus.domain.identity.caller import Caller, Role, UserId
from serinus.infrastructure.postgres.comments import PostgresComments
from serinus.infrastructure.postgres.migrations.revisions import MIGRATIONS
from serinus.infrastructure.postgres.migrations.runner import migrate
from serinus.infrastructure.postgres.pool import open_pool
from serinus.infrastructure.postgres.posts import PostgresPosts
from tests.support.content import ADA, NOON, a_caller, a_post, add_author

BOB = Byline(UserId(uuid7()), "bob", "bob")
CALLERS = [None, a_caller(Role.SUBSCRIBER, BOB.id), a_caller(Role.EDITOR, UserId(uuid7()))]
GUEST = Guest("Guest", "guest@example.org")

INSERT = """
INSERT INTO comments (id, post_id, parent_id, author_name, content, status, created_at,
                      updated_at)
SELECT id, $3, parent_id, 'Guest', 'Yes.', $4, $5, $5
  FROM unnest($1::uuid[], $2::uuid[]) AS n (id, parent_id)
"""

# What the lineage and the answers of every comment have to be, found out the long way.
WRONG = """
WITH RECURSIVE placed (id, lineage) AS (
    SELECT id, ARRAY[id] FROM comments WHERE parent_id IS NULL
     UNION ALL
    SELECT c.id, p.lineage[:99] || c.id FROM placed p JOIN comments c ON c.parent_id = p.id
), counted AS (
    SELECT above.id, count(*) AS answers
      FROM placed JOIN comments c USING (id),
           unnest(placed.lineage[:cardinality(placed.lineage) - 1]) AS above (id)
     WHERE c.status = 'approved' AND c.deleted_at IS NULL
     GROUP BY above.id
)
SELECT c.id FROM comments c LEFT JOIN placed USING (id) LEFT JOIN counted USING (id)
 WHERE c.lineage IS DISTINCT FROM placed.lineage OR c.answers <> coalesce(counted.answers, 0)
"""


async def publish(pool: asyncpg.Pool) -> PostId:
    post = a_post().published(at=NOON)
    await PostgresPosts(pool).add(post, Slugs(post.id.hex, exact=True), tags=(), categories=())
    return post.id


@pytest.fixture
async def post(pool: asyncpg.Pool) -> PostId:
    await add_author(pool)
    await add_author(pool, BOB)
    return await publish(pool)


@pytest.fixture
def comments(pool: asyncpg.Pool) -> PostgresComments:
    return PostgresComments(pool)


def a_comment(post: PostId, parent: Comment | None = None, **members: Any) -> Comment:
    comment = Comment(
        id=CommentId(uuid7()),
        post_id=post,
        parent_id=parent.id if parent else None,
        author=GUEST,
        content=f"comment {uuid7()}",
        status=CommentStatus.APPROVED,
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(comment, **members)


async def insert(
    pool: asyncpg.Pool, post: PostId, pairs: list[tuple[UUID, UUID | None]]
) -> None:
    ids, parents = zip(*pairs, strict=True)
    await pool.execute(INSERT, ids, parents, post, "approved", NOON)


@dataclass
class Thread:
    """The comments of a post as Python has them: parents before their children."""

    comments: list[Comment] = field(default_factory=list)

    def in_order(self, parent: UUID | None = None) -> Iterator[Comment]:
        for each in sorted(self.comments, key=lambda comment: comment.id):
            if each.parent_id == parent:
                yield each
                yield from self.in_order(each.id)

    def answered(self, comment: Comment) -> bool:
        approved = CommentStatus.APPROVED
        below = list(self.in_order(comment.id))
        return any(each.status is approved and each.deleted_at is None for each in below)

    def seen(self, caller: Caller | None) -> list[UUID]:
        return [
            each.id for each in self.in_order() if each.seen_by(caller) or self.answered(each)
        ]


@st.composite
def threads(draw: st.DrawFn) -> Thread:
    thread = Thread()
    for _ in range(draw(st.integers(0, 14))):
        parent = draw(st.sampled_from([None, *thread.comments]))
        thread.comments.append(
            a_comment(
                PostId(uuid7()),
                parent,
                author=draw(st.sampled_from([GUEST, BOB])),
                status=draw(st.sampled_from(CommentStatus)),
                deleted_at=draw(st.sampled_from([None, None, NOON])),
            )
        )
    return thread


async def read(
    comments: PostgresComments, caller: Caller | None, post: PostId, listing: Listing
) -> list[UUID]:
    """All pages from the first to the last, which must be the same on the way back."""
    page, _ = await comments.under(caller, post, listing)
    found = list(page.items)
    while page.later:
        start = position(page.items[-1], listing.orders)
        page, _ = await comments.under(caller, post, replace(listing, after=start))
        found += page.items
    back = list(page.items)
    while page.earlier:
        end = position(page.items[0], listing.orders)
        page, _ = await comments.under(caller, post, replace(listing, before=end))
        back = [*page.items, *back]
    assert back == found
    return [each.id for each in found]


def examples(count: int) -> list[tuple[Thread, Caller | None, Listing]]:
    """Hypothesis runs synchronous functions: it makes the examples, the loop stays ours."""
    found: list[tuple[Thread, Caller | None, Listing]] = []

    @settings(max_examples=count, deadline=None, database=None)
    @given(threads(), st.sampled_from(CALLERS), st.booleans(), st.integers(1, 5))
    def collect(thread: Thread, caller: Caller | None, backwards: bool, limit: int) -> None:  # noqa: FBT001
        orders = (Order("thread", backwards),)
        listing = Listing(orders=orders, limit=limit, counting=Counting.EXACT)
        found.append((thread, caller, listing))

    collect()
    return found


async def test_pages_of_a_thread_hold_each_comment_once_depth_first(
    pool: asyncpg.Pool, post: PostId, comments: PostgresComments
) -> None:
    for thread, caller, listing in examples(30):
        under = await publish(pool)
        for each in thread.comments:
            stored = await comments.add(replace(each, post_id=under, deleted_at=None))
            if each.deleted_at is not None:
                await comments.save(stored.deleted(at=each.deleted_at))
        seen = thread.seen(caller)
        expected = seen[::-1] if listing.orders[0].descending else seen

        assert await read(comments, caller, under, listing) == expected
        page, _ = await comments.under(caller, under, listing)
        assert page.count == Count(len(seen), exact=True)


async def test_answers_are_counted_right_whoever_writes_at_the_same_time(
    pool: asyncpg.Pool, post: PostId, comments: PostgresComments
) -> None:
    chance = random.Random(7)  # noqa: S311 - a test
    known: list[Comment] = [await comments.add(a_comment(post)) for _ in range(3)]

    async def once() -> None:
        found, _ = await comments.get(chance.choice(known).id)
        if chance.random() < 0.4 and found.depth < 8:
            status = chance.choice(list(CommentStatus))
            known.append(await comments.add(a_comment(post, found, status=status)))
        elif chance.random() < 0.1 and found.deleted_at is None:
            await comments.save(found.deleted(at=NOON))
        elif found.deleted_at is None:
            status = chance.choice(list(CommentStatus))
            await comments.save(found.judged(status, at=NOON))

    async def moderator() -> None:
        for _ in range(20):
            try:
                await once()
            except (Stale, CommentNotFound):  # somebody was faster
                continue

    await asyncio.gather(*(moderator() for _ in range(8)))

    assert len(known) > 20
    assert await pool.fetch(WRONG) == []


async def test_what_triggers_count_is_on_record_as_nobody_s_change(
    pool: asyncpg.Pool, post: PostId, comments: PostgresComments
) -> None:
    top = await comments.add(a_comment(post))
    answer = await comments.add(a_comment(post, top, status=CommentStatus.PENDING))

    await comments.save(answer.judged(CommentStatus.APPROVED, at=NOON))

    rows = await pool.fetch(
        "SELECT entity_id, action FROM audit_log WHERE entity = 'comment' ORDER BY at, id"
    )
    assert [(row["entity_id"], row["action"]) for row in rows] == [
        (top.id, "created"),
        (answer.id, "created"),
        (answer.id, "approved"),
    ]
    assert (await comments.get(top.id))[0].answers == 1


async def test_imports_may_move_threads_and_take_comments_back(
    pool: asyncpg.Pool, post: PostId
) -> None:
    a, b, c, d, e = (uuid7() for _ in range(5))
    await insert(pool, post, [(a, None), (b, a), (c, b), (d, None), (e, d)])
    move = (
        "UPDATE comments c SET parent_id = m.parent, status = m.status"
        "  FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS m (id, parent, status)"
        " WHERE c.id = m.id"
    )

    await pool.execute(move, [b, d], [e, None], ["spam", "approved"])
    assert await pool.fetch(WRONG) == []
    await pool.execute(move, [b, d, a], [None, c, e], ["approved", "rejected", "approved"])
    assert await pool.fetch(WRONG) == []
    await pool.execute("DELETE FROM comments WHERE id = $1", a)
    assert await pool.fetch(WRONG) == []
    with pytest.raises(asyncpg.CheckViolationError, match="below itself"):
        await pool.execute(move, [b], [e], ["approved"])


async def test_a_statement_may_bring_answers_before_what_they_answer(
    pool: asyncpg.Pool, post: PostId
) -> None:
    ids = [uuid7() for _ in range(20)]
    chain = list(zip(ids, [None, *ids[:-1]], strict=True))
    random.Random(7).shuffle(chain)  # noqa: S311 - a test

    await insert(pool, post, chain)

    assert await pool.fetch(WRONG) == []


async def test_what_is_deeper_than_an_index_holds_stands_side_by_side(
    pool: asyncpg.Pool, post: PostId
) -> None:
    ids = [uuid7() for _ in range(110)]

    await insert(pool, post, list(zip(ids, [None, *ids[:-1]], strict=True)))

    assert await pool.fetch(WRONG) == []
    assert await pool.fetchval("SELECT max(cardinality(lineage)) FROM comments") == 100


async def test_deleting_a_post_for_good_takes_its_threads_along(
    pool: asyncpg.Pool, post: PostId
) -> None:
    a, b = uuid7(), uuid7()
    await insert(pool, post, [(a, None), (b, a)])

    await pool.execute("DELETE FROM posts WHERE id = $1", post)

    assert await pool.fetchval("SELECT count(*) FROM comments") == 0


async def outcomes(*tried: Awaitable[object]) -> list[type]:
    found = await asyncio.gather(*tried, return_exceptions=True)
    return sorted((type(each) for each in found), key=lambda kind: kind.__name__)


async def test_of_two_moderators_one_is_told_that_the_other_was_first(
    post: PostId, comments: PostgresComments
) -> None:
    comment = await comments.add(a_comment(post, status=CommentStatus.PENDING))

    found = await outcomes(
        comments.save(comment.judged(CommentStatus.APPROVED, at=NOON)),
        comments.save(comment.judged(CommentStatus.SPAM, at=NOON)),
    )

    assert found == [Comment, Stale]


@pytest.mark.parametrize("author", [GUEST, BOB])
async def test_of_the_same_words_at_the_same_time_one_is_kept(
    post: PostId, comments: PostgresComments, author: Byline | Guest
) -> None:
    same: dict[str, Any] = {
        "author": author,
        "content": "First!",
        "status": CommentStatus.PENDING,
    }

    found = await outcomes(*(comments.add(a_comment(post, **same)) for _ in range(5)))

    assert found == [Comment, *[DuplicateComment] * 4]
    later = NOON + timedelta(minutes=1)
    await comments.add(a_comment(post, **same, created_at=later))


async def test_threads_of_before_are_put_in_order(
    blank_database_url: str, tmp_path: Path
) -> None:
    before = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    for step in (before / "versions").glob("*.*"):
        if step.name >= "0009":
            step.unlink()
    await asyncio.to_thread(migrate, blank_database_url, migrations=before)
    pool = await open_pool(blank_database_url)
    await add_author(pool, ADA)
    a, b, c = uuid7(), uuid7(), uuid7()
    await insert(pool, await publish(pool), [(c, b), (b, a), (a, None)])

    await asyncio.to_thread(migrate, blank_database_url)

    assert await pool.fetch(WRONG) == []
    assert await pool.fetchval("SELECT answers FROM comments WHERE id = $1", a) == 2
    await pool.close()
