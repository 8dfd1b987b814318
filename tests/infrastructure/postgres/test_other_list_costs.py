"""A page of whatever else is listed costs the same, however much there is of it."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations, product
from uuid import UUID

import psycopg
import pytest
from asyncpg.pool import PoolConnectionProxy

from serinus.application import audit
from serinus.application.identity import directory
from serinus.domain.content import categories, comments, post_query, revision, tag_query
from serinus.domain.content.comments import CommentStatus
from serinus.domain.content.listing import Condition, Listing, Op, Order, Position, Value
from serinus.domain.content.post import PostId
from serinus.domain.identity.caller import Caller, Role, SessionId, UserId
from serinus.infrastructure.postgres.account_pages import keys_sql, users_sql
from serinus.infrastructure.postgres.api_keys import SHOWN
from serinus.infrastructure.postgres.audit_log import page_sql as audit_sql
from serinus.infrastructure.postgres.categories import page_sql as categories_sql
from serinus.infrastructure.postgres.comment_pages import queue_sql, under_post_sql
from serinus.infrastructure.postgres.keyset import Arguments
from serinus.infrastructure.postgres.pool import open_pool
from serinus.infrastructure.postgres.post_history import page_sql as revisions_sql
from serinus.infrastructure.postgres.post_pages import page_sql as posts_sql
from serinus.infrastructure.postgres.sessions import ACCOUNT
from serinus.infrastructure.postgres.tags import page_sql as tags_sql
from tests.support.databases import Clones
from tests.support.identity import NOON
from tests.support.statements import cost_of

NUMBER = 20_000
#: Pages of 8 kB for 20 of anything. To find them among all takes thousands.
BUDGET = 500
MIDDLE = 9_000
Way = tuple[Position | None, Position | None]  # after, or before
THEN = NOON + timedelta(seconds=MIDDLE)

# A second apart; number 1 has most of everything, number 77 a thousandth.
PLANTED = """
CREATE FUNCTION id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT lpad(to_hex(n), 32, '0')::uuid
$$;
CREATE FUNCTION owner(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT id(CASE WHEN n % 1000 = 77 THEN 77 ELSE 1 END)
$$;
CREATE VIEW n AS
    SELECT n, '2030-01-01 12:00Z'::timestamptz + n * interval '1 second' AS at
      FROM generate_series(1, 20000) n;
-- Nobody is told, searches or is put on record here.
ALTER TABLE users DISABLE TRIGGER USER;
ALTER TABLE tags DISABLE TRIGGER USER;
ALTER TABLE categories DISABLE TRIGGER USER;
ALTER TABLE posts DISABLE TRIGGER USER;
ALTER TABLE comments DISABLE TRIGGER USER;
ALTER TABLE api_keys DISABLE TRIGGER USER;
INSERT INTO users (id, username, username_key, email, role, is_active, created_at, updated_at)
SELECT id(n), 'User-' || n, 'user-' || n, 'user-' || n || '@example.org',
       CASE WHEN n % 1000 = 0 THEN 'editor' ELSE 'subscriber' END, n % 1000 <> 1, at, at FROM n;
INSERT INTO tags (id, name, name_key, slug, usage_count, created_at, updated_at)
SELECT id(n), 'Tag ' || n, 'tag ' || n, 'tag-' || n,
       CASE WHEN n % 2 = 0 THEN 0 ELSE n % 300 END, at, at FROM n;
INSERT INTO categories (id, parent_id, name, slug, lineage, created_at, updated_at)
SELECT id(n), id(above), 'Category ' || n, 'category-' || n,
       CASE WHEN above IS NULL THEN ARRAY[id(n)] ELSE ARRAY[id(above), id(n)] END, at, at
  FROM (SELECT n, at, CASE WHEN n > 1 AND n % 2 = 1
                           THEN CASE WHEN n % 1000 = 501 THEN 77 ELSE 1 END END AS above
          FROM n) n;
INSERT INTO slugs (slug, post_id, created_at) SELECT 'post-' || n, id(n), at FROM n;
INSERT INTO posts (id, slug, title, content, status, author_id, published_at, deleted_at,
                   created_at, updated_at)
SELECT id(n), 'post-' || n, 'Post ' || n, '-', 'published', owner(n), at,
       CASE WHEN n > 100 THEN at END, at, at FROM n;
INSERT INTO comments (id, post_id, author_id, author_name, content, status, lineage, deleted_at,
                      created_at, updated_at)
SELECT id(n), id(CASE WHEN n % 1000 = 5 THEN 77 ELSE 1 END), owner(n), 'One', '-',
       CASE WHEN n % 1000 = 3 THEN 'spam' WHEN n % 2 = 0 THEN 'approved' ELSE 'pending' END,
       ARRAY[id(n)], CASE WHEN n % 10 = 9 THEN at END, at, at FROM n;
INSERT INTO audit_log (id, at, user_id, via, action, entity, entity_id, changes)
SELECT id(n), at, owner(n), CASE WHEN n % 1000 = 2 THEN 'cli' WHEN n % 2 = 0 THEN 'v2' END,
       CASE WHEN n % 1000 = 4 THEN 'deleted' ELSE 'updated' END,
       CASE WHEN n % 1000 = 5 THEN 'tag' ELSE 'post' END,
       CASE WHEN n % 20 = 0 THEN id(1) ELSE id(n) END, '{}' FROM n;
INSERT INTO api_keys (id, user_id, name, key_hash, scopes, created_at, revoked_at)
SELECT id(n), owner(n), 'Key', sha256(n::text::bytea), '{posts:read}', at,
       CASE WHEN n % 2 = 0 THEN at END FROM n;
INSERT INTO post_revisions (post_id, number, type, author_id, slug, title, content_bytes,
                            content_format, status, locale, tags, categories, created_at,
                            updated_at)
SELECT id(1), n, 'post', id(1), 'post', 'Post', 1, 'markdown', 'draft', 'en', '[]', '[]', at, at
  FROM n;
UPDATE posts SET version = 20001 WHERE id = id(1);
"""
VACUUM = """VACUUM (ANALYZE) users, tags, categories, posts, comments, audit_log, api_keys,
            post_revisions"""


BUSY, RARE, NONE = UUID(int=1), UUID(int=77), UUID(int=NUMBER * 10)
SOMETHING = UUID(int=MIDDLE)
ROOT = Caller(UserId(UUID(int=3)), Role.SUPER_ADMIN, SessionId(BUSY))
AUTHORS = [Caller(UserId(each), Role.AUTHOR, SessionId(each)) for each in (BUSY, RARE, NONE)]
IDS = (BUSY, RARE, NONE)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A list: its statement, what is offered, and what is asked of it."""

    sql: Callable[[Listing, Arguments], str]
    filters: Mapping[str, frozenset[Op]] = field(default_factory=dict)
    values: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    #: What something in the middle is sorted by.
    sorts: Mapping[str, Value]
    unsupported: Callable[[Listing], str | None] = lambda _: None
    always: tuple[Condition, ...] = ()
    middle: UUID = SOMETHING

    def conditions(self) -> Iterator[Condition]:
        for name, ops in self.filters.items():
            for op in ops | {Op.EQ} - {Op.NULL}:
                match op:
                    case Op.IN:
                        yield Condition(name, op, tuple(self.values[name]))
                    case Op.NULL:
                        yield Condition(name, op, (True,))
                        yield Condition(name, op, (False,))
                    case _:
                        yield from (Condition(name, op, (each,)) for each in self.values[name])

    def listings(self) -> Iterator[Listing]:
        """One filter at a time in every way, and each two together."""
        alone: list[tuple[Condition, ...]] = [(), *((each,) for each in self.conditions())]
        together = list(combinations(self.conditions(), 2))
        for sort, value in self.sorts.items():
            at = Position((value,), self.middle)
            ways: list[Way] = [(None, None), (at, None), (None, at)]
            for descending, way, conditions in product((True, False), ways, alone):
                yield self.listing(Order(sort, descending), conditions, way)
            for conditions in together:
                for way in ways[:2]:
                    yield self.listing(Order(sort, descending=True), conditions, way)

    def listing(self, order: Order, conditions: tuple[Condition, ...], way: Way) -> Listing:
        after, before = way
        conditions = (*self.always, *conditions)
        return Listing(orders=(order,), conditions=conditions, after=after, before=before)


def under_post(caller: Caller | None, post: UUID) -> Kind:
    return Kind(
        sql=lambda listing, to: under_post_sql(caller, PostId(post), listing, to),
        filters=comments.FILTERS,
        values={"parent": (SOMETHING, NONE)},
        sorts={"thread": (SOMETHING,), "created_at": THEN},
        unsupported=comments.unsupported,
    )


def deleted_posts(caller: Caller) -> Kind:
    deleted = (Condition("deleted", Op.EQ, (True,)),)
    seen = post_query.scopes(caller, deleted)
    return Kind(
        sql=lambda listing, to: posts_sql(seen, listing, frozenset(), to),
        sorts={
            "published_at": THEN,
            "created_at": THEN,
            "updated_at": THEN,
            "title": f"Post {MIDDLE}",
        },
        always=deleted,
    )


def keys_of(owner: UUID) -> Kind:
    return Kind(
        sql=lambda listing, to: keys_sql(SHOWN, UserId(owner), listing, to),
        sorts={"created_at": THEN},
    )


KINDS = {
    "tags": Kind(
        sql=tags_sql,
        filters=tag_query.FILTERS,
        values={
            "name": ("Tag 1", "Tag 9000", "Tag"),
            "slug": ("tag-9000", "none"),
            "usage_count": (0, 299, 5000),
            "created_at": (THEN, NOON),
        },
        sorts={"name": f"tag {MIDDLE}", "usage_count": 0, "created_at": THEN},
        unsupported=tag_query.unsupported,
    ),
    "categories": Kind(
        sql=categories_sql,
        filters=categories.FILTERS,
        values={
            "parent": IDS,
            "name": ("Category", "Category 9000", "None"),
            "slug": ("category-9000", "none"),
            "created_at": (THEN, NOON),
        },
        sorts={
            "tree": (BUSY, UUID(int=MIDDLE + 1)),
            "name": f"Category {MIDDLE}",
            "created_at": THEN,
        },
        unsupported=categories.unsupported,
    ),
    "users": Kind(
        sql=lambda listing, to: users_sql(ACCOUNT, listing, to),
        filters=directory.USER_FILTERS,
        values={
            "role": (Role.SUBSCRIBER, Role.EDITOR, Role.ADMIN),
            "active": (True, False),
            "username": ("user-1", "user", "USER-9000"),
            "email": ("user-9000@example.org", "none@example.org"),
            "created_at": (THEN, NOON),
        },
        sorts={"username": f"user-{MIDDLE}", "created_at": THEN},
        unsupported=directory.user_unsupported,
    ),
    "comments": Kind(
        sql=queue_sql,
        filters=comments.QUEUE_FILTERS,
        values={"status": tuple(CommentStatus), "post": IDS, "author": IDS},
        sorts={"created_at": THEN},
        unsupported=comments.queue_unsupported,
    ),
    "audit": Kind(
        sql=audit_sql,
        filters=audit.FILTERS,
        values={
            "user": IDS,
            "entity": ("post", "tag", "comment"),
            "entity_id": IDS,
            "action": ("updated", "deleted", "created"),
            "via": ("v2", "cli", "v1"),
            "at": (THEN, NOON),
        },
        sorts={"at": THEN},
        unsupported=audit.unsupported,
    ),
    "revisions": Kind(
        sql=lambda listing, to: revisions_sql(PostId(BUSY), listing, to),
        sorts=dict.fromkeys(revision.SORTS, MIDDLE),
        middle=BUSY,
    ),
    **{f"keys of {owner.int}": keys_of(owner) for owner in IDS},
    **{
        f"comments of {post.int} for {caller and caller.id.int}": under_post(caller, post)
        for caller in (None, ROOT, *AUTHORS)
        for post in (BUSY, RARE)
    },
    **{
        f"deleted posts for {caller.id.int}": deleted_posts(caller)
        for caller in (ROOT, *AUTHORS)
    },
}


@pytest.fixture(scope="module")
def planted_url(clones: Clones) -> Iterator[str]:
    url = clones.take()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(PLANTED)
        connection.execute(VACUUM)
    yield url
    clones.drop(url)


@pytest.fixture
async def database(planted_url: str) -> AsyncIterator[PoolConnectionProxy]:
    pool = await open_pool(planted_url, size=1)
    async with pool.acquire() as connection:
        # What a connection reads once, to know how these work.
        await connection.execute("SELECT tags_of_post(id(1)), categories_of_post(id(1))")
        yield connection
    await pool.close()


# What is best for one value need not be for another: in the second mode none is known.
@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_page_costs_the_same_whatever_is_asked_for(
    database: PoolConnectionProxy, kind: str, mode: str
) -> None:
    await database.execute(f"SET plan_cache_mode = {mode}")

    assert [each async for each in dear(database, KINDS[kind])] == []


async def dear(database: PoolConnectionProxy, asked: Kind) -> AsyncIterator[object]:
    """What costs more, or reads a table from end to end."""
    for listing in asked.listings():
        if asked.unsupported(listing) is None:
            arguments = Arguments()
            sql = asked.sql(listing, arguments)
            cost = await cost_of(database, sql, *arguments.values)
            if cost.buffers > BUDGET or cost.scanned:
                yield listing, cost.buffers, cost.scanned
