"""Imports on a real database: what is made, what a second run changes, what goes wrong."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.content.import_ports import ImportRunning, Refused
from serinus.application.content.import_report import ImportReport, Made, Result
from serinus.application.content.importing import Importing, ImportOptions
from serinus.domain.content.imported import (
    CommentState,
    Failed,
    ImportedAuthor,
    ImportedCategory,
    ImportedComment,
    ImportedItem,
    ImportedPost,
    ImportedTag,
    Skipped,
)
from serinus.domain.content.post import PostType, Status
from serinus.infrastructure.postgres.importing import PostgresImports
from tests.support.content import NOON

BEFORE = NOON - timedelta(days=3)
Run = Callable[..., Any]


@dataclass
class Items:
    """A source that holds what a test puts into it."""

    held: Sequence[ImportedItem]
    name: str = "test:items"
    read: int = field(default=0)

    def items(self) -> Iterator[ImportedItem]:
        for item in self.held:
            self.read += 1
            yield item

    def position(self) -> tuple[int, int]:
        return self.read, len(self.held)


class Clock:
    """Goes on by a second whenever somebody looks, so that edits come after imports."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


def a_post(address: str = "a.md", **members: Any) -> ImportedPost:
    given: dict[str, Any] = {"title": "Canaries", "content": "They sing.", "author": "Ada"}
    given["date"] = BEFORE
    return ImportedPost(address=address, **given | members)


def a_comment(address: str, parent: str | None = None, **members: Any) -> ImportedComment:
    given: dict[str, Any] = {"author_name": "Bob", "content": "Yes.", "created_at": BEFORE}
    return ImportedComment(address=address, parent=parent, **given | members)


@pytest.fixture
def run(database_url: str) -> Run:
    importing = Importing(PostgresImports(database_url), Clock(), uuid7)

    async def run(*items: ImportedItem, **options: Any) -> ImportReport:
        given = {"source": "test", "author": "nobody"} | options
        return await importing.run(Items(items), ImportOptions(**given))

    return run


async def everything(pool: asyncpg.Pool) -> list[Any]:
    """Every row an import could touch, with the time and transaction it was written in."""
    tables = (
        "users", "posts", "slugs", "tags", "post_tags", "categories", "post_categories",
        "comments", "import_origins",
    )  # fmt: skip
    statements = [f"SELECT xmin, * FROM {table} ORDER BY 2, 3" for table in tables]  # noqa: S608 - constants
    return [await pool.fetch(statement) for statement in statements]


async def test_a_post_is_stored_with_all_it_refers_to(run: Run, pool: asyncpg.Pool) -> None:
    await run(
        a_post(
            slug="Canaries",
            tags=("Birds", "Song"),
            categories=(ImportedCategory(name="News"),),
            former_addresses=("/2020/Canaries.html", "canaries"),
            excerpt="Short.",
            locale="ja",
        )
    )

    row = await pool.fetchrow(
        "SELECT p.*, u.username FROM posts p JOIN users u ON u.id = author_id"
    )
    assert row is not None
    assert (row["slug"], row["title"], row["status"]) == ("canaries", "Canaries", "published")
    assert (row["username"], row["locale"], row["excerpt"]) == ("Ada", "ja", "Short.")
    assert row["created_at"] == row["published_at"] == row["updated_at"] == BEFORE
    slugs = await pool.fetch("SELECT slug FROM slugs ORDER BY slug")
    assert [s["slug"] for s in slugs] == ["2020/Canaries.html", "canaries"]
    tags = await pool.fetch(
        "SELECT name, usage_count FROM tags JOIN post_tags ON tag_id = id ORDER BY position"
    )
    assert [tuple(t) for t in tags] == [("Birds", 1), ("Song", 1)]
    assert await pool.fetchval("SELECT count(*) FROM post_categories") == 1


async def test_the_same_import_again_writes_nothing(run: Run, pool: asyncpg.Pool) -> None:
    items = (
        ImportedTag(name="Lonely"),
        ImportedCategory(name="News"),
        a_post(tags=("Birds",), former_addresses=("old",), comments=(a_comment("c1"),)),
        a_post("b.md", status=Status.DRAFT, date=None),
    )
    await run(*items)
    before = await everything(pool)

    report = await run(*items)

    assert report.posts == {Result.UNCHANGED: 2}
    assert report.comments == {Result.UNCHANGED: 1}
    assert report.made.total() == 0
    assert await everything(pool) == before


async def test_what_changed_at_its_source_is_updated(run: Run, pool: asyncpg.Pool) -> None:
    await run(a_post(tags=("Old", "Kept"), categories=(ImportedCategory(name="Old"),)))

    report = await run(
        a_post(title="New", tags=("Kept", "New"), status=Status.DRAFT, former_addresses=("x",))
    )

    assert report.posts == {Result.UPDATED: 1}
    row = await pool.fetchrow("SELECT * FROM posts")
    assert row is not None
    assert (row["title"], row["slug"], row["version"]) == ("New", "canaries", 2)
    assert (row["status"], row["published_at"]) == ("draft", None)
    tags = await pool.fetch(
        "SELECT name FROM tags t JOIN post_tags ON tag_id = t.id ORDER BY position"
    )
    assert [t["name"] for t in tags] == ["Kept", "New"]
    assert await pool.fetchval("SELECT sum(usage_count) FROM tags") == 0
    assert await pool.fetchval("SELECT count(*) FROM post_categories") == 0
    assert await pool.fetchval("SELECT count(*) FROM slugs") == 2


async def edit(pool: asyncpg.Pool, at: datetime = NOON + timedelta(days=1)) -> None:
    await pool.execute(
        "UPDATE posts SET content = 'By hand', version = version + 1, updated_at = $1", at
    )


async def test_what_a_person_edited_here_is_left_and_reported(
    run: Run, pool: asyncpg.Pool
) -> None:
    await run(a_post())
    await edit(pool)

    report = await run(a_post(title="New"))

    assert report.posts == {Result.KEPT: 1}
    assert report.remarks[0].reason == "edited here since: left as it is"
    assert await pool.fetchval("SELECT content FROM posts") == "By hand"


async def test_an_edit_here_of_what_did_not_change_there_is_nothing_to_report(
    run: Run, pool: asyncpg.Pool
) -> None:
    await run(a_post())
    await edit(pool)

    report = await run(a_post())

    assert report.posts == {Result.UNCHANGED: 1}
    assert report.remarks == []


async def test_the_source_wins_when_told_to(run: Run, pool: asyncpg.Pool) -> None:
    await run(a_post())
    await edit(pool, at=NOON + timedelta(seconds=5))

    assert (await run(a_post(), overwrite=True)).posts == {Result.UPDATED: 1}
    assert await pool.fetchval("SELECT content FROM posts") == "They sing."


@pytest.mark.parametrize(
    "statement", ["UPDATE posts SET deleted_at = now()", "DELETE FROM posts"]
)
async def test_what_was_deleted_here_stays_deleted_until_told_otherwise(
    run: Run, pool: asyncpg.Pool, statement: str
) -> None:
    post = a_post(comments=(a_comment("c1"),))
    await run(post)
    await pool.execute(statement)

    same = await run(post)
    changed = await run(replace(post, title="New"))
    forced = await run(replace(post, title="New"), overwrite=True)

    assert same.posts == {Result.UNCHANGED: 1}
    assert changed.posts == {Result.KEPT: 1}
    assert changed.remarks[0].reason == "deleted here since: left as it is"
    assert forced.posts[Result.KEPT] == 0
    live = await pool.fetch("SELECT title FROM posts WHERE deleted_at IS NULL")
    assert [p["title"] for p in live] == ["New"]
    assert await pool.fetchval("SELECT count(*) FROM comments WHERE deleted_at IS NULL") == 1


async def test_a_slug_that_is_taken_gets_a_number_and_a_note(
    run: Run, pool: asyncpg.Pool
) -> None:
    report = await run(*(a_post(f"{n}.md") for n in range(12)), a_post("x", title="!?"))

    slugs = await pool.fetch("SELECT slug FROM posts ORDER BY id")
    expected = ["canaries", *(f"canaries-{n}" for n in range(2, 13)), "post"]
    assert [s["slug"] for s in slugs] == expected
    assert [r.detail for r in report.remarks] == expected[1:12]


async def test_wanted_slugs_that_look_numbered_do_not_collide(
    run: Run, pool: asyncpg.Pool
) -> None:
    await run(a_post("1", slug="a-2"), a_post("2", slug="a"), a_post("3", slug="a"))

    slugs = {row["slug"] for row in await pool.fetch("SELECT slug FROM posts")}
    assert slugs == {"a", "a-2", "a-2-2"}


async def test_an_old_address_never_steals_from_another_post(
    run: Run, pool: asyncpg.Pool
) -> None:
    report = await run(
        a_post("1", slug="one", former_addresses=("shared", "two")),
        a_post("2", slug="two", former_addresses=("shared", "one", "own")),
    )

    rows = await pool.fetch(
        "SELECT s.slug, p.slug AS leads FROM slugs s JOIN posts p ON p.id = post_id"
    )
    assert {r["slug"]: r["leads"] for r in rows} == {
        "one": "one", "two": "two", "shared": "one", "own": "two",
    }  # fmt: skip
    assert {(r.address, r.detail) for r in report.remarks} == {
        ("1", "two"), ("2", "shared"), ("2", "one"),
    }  # fmt: skip
    assert report.made[Made.REDIRECTS] == 2


async def test_one_author_in_two_spellings_is_one_account_without_a_password(
    run: Run, pool: asyncpg.Pool
) -> None:
    await run(
        ImportedAuthor(username="ADA", first_name="Ada"), a_post("1", author="\uff21\uff44a")
    )
    await run(a_post("2", author="ada", co_authors=("Bob",)), a_post("3", author=""))

    rows = await pool.fetch("SELECT * FROM users")
    assert {(r["username"], r["email"]) for r in rows} == {
        ("ADA", "ada@imported.invalid"),
        ("Bob", "bob@imported.invalid"),
        ("nobody", "nobody@imported.invalid"),
    }
    assert {(r["role"], r["password_hash"], r["is_active"]) for r in rows} == {
        ("author", None, True)
    }


async def test_an_account_that_is_there_becomes_the_author(
    run: Run, pool: asyncpg.Pool
) -> None:
    await pool.execute(
        "INSERT INTO users (id, username, username_key, email, role, created_at, updated_at)"
        " VALUES ($1, 'Ada', 'ada', 'ada@example.org', 'admin', $2, $2)",
        uuid7(),
        NOON,
    )

    report = await run(a_post())

    assert report.made[Made.AUTHORS] == 0
    assert await pool.fetchval("SELECT count(*) FROM users") == 1


async def test_tags_that_share_a_slug_stay_two(run: Run, pool: asyncpg.Pool) -> None:
    await run(a_post(tags=("C++", "C#", "c", "++")))

    rows = await pool.fetch("SELECT name, slug FROM tags ORDER BY name_key")
    assert {r["name"] for r in rows} == {"C++", "C#", "c", "++"}
    assert {r["slug"] for r in rows} == {"c", "c-2", "c-3", "tag"}


async def test_categories_form_their_tree_in_whatever_order_they_come(
    run: Run, pool: asyncpg.Pool
) -> None:
    report = await run(
        ImportedCategory(name="Leaf", slug="leaf", parent="twig"),
        ImportedCategory(name="Twig", slug="twig", parent="tree"),
        ImportedCategory(name="Tree", slug="tree"),
        ImportedCategory(name="Round", slug="round", parent="round"),
        ImportedCategory(name="Orphan", slug="orphan", parent="gone"),
        ImportedCategory(name=" "),
    )
    await run(ImportedCategory(name="Late", slug="late", parent="leaf"))

    rows = await pool.fetch(
        "SELECT c.slug, p.slug AS parent"
        "  FROM categories c LEFT JOIN categories p ON p.id = c.parent_id"
    )
    assert {r["slug"]: r["parent"] for r in rows} == {
        "leaf": "twig", "twig": "tree", "tree": None, "late": "leaf",
        "round": None, "orphan": None,
    }  # fmt: skip
    assert report.failed == 1


async def test_comments_keep_their_thread_and_state(run: Run, pool: asyncpg.Pool) -> None:
    comments = (
        a_comment("3", "2", author="Ada", author_name="Ada"),
        a_comment("2", "1", state=CommentState.PENDING),
        a_comment("1"),
        a_comment("4", "gone", state=CommentState.SPAM),
    )

    report = await run(a_post(comments=comments))

    rows = await pool.fetch(
        "SELECT o.address, c.status, p.address AS parent, c.author_id IS NOT NULL AS known"
        "  FROM import_origins o JOIN comments c ON c.id = o.target_id"
        "  LEFT JOIN import_origins p ON p.target_id = c.parent_id ORDER BY 1"
    )
    assert [tuple(r) for r in rows] == [
        ("1", "approved", None, False),
        ("2", "pending", "1", False),
        ("3", "approved", "2", True),
        ("4", "spam", None, False),
    ]
    assert report.comments == {Result.CREATED: 4}
    assert [r.reason for r in report.remarks] == ["comment answers one that is not there"]


async def test_new_and_changed_comments_reach_a_post_that_did_not_change(
    run: Run, pool: asyncpg.Pool
) -> None:
    await run(a_post(comments=(a_comment("1"), a_comment("2"))))
    await pool.execute(
        "UPDATE comments SET status = 'rejected', updated_at = $1 WHERE id = "
        "(SELECT target_id FROM import_origins WHERE address = '2')",
        NOON + timedelta(days=1),
    )

    report = await run(
        a_post(
            comments=(
                a_comment("1", content="Changed."),
                a_comment("2", content="Changed."),
                a_comment("3", "1"),
            )
        )
    )

    assert report.posts == {Result.UNCHANGED: 1}
    assert report.comments == {Result.UPDATED: 1, Result.KEPT: 1, Result.CREATED: 1}
    contents = await pool.fetch("SELECT content FROM comments ORDER BY content")
    assert [c["content"] for c in contents] == ["Changed.", "Yes.", "Yes."]


async def test_published_in_the_future_is_scheduled(run: Run, pool: asyncpg.Pool) -> None:
    later = NOON + timedelta(days=30)
    await run(a_post(date=later), a_post("b", status=Status.ARCHIVED), a_post("c", date=None))

    rows = await pool.fetch("SELECT status, published_at, scheduled_at FROM posts ORDER BY id")
    assert tuple(rows[0]) == ("scheduled", None, later)
    assert tuple(rows[1]) == ("archived", BEFORE, None)
    assert rows[2]["status"] == "published"
    assert rows[2]["published_at"] > NOON


async def test_a_dry_run_reports_the_same_and_keeps_nothing(
    run: Run, pool: asyncpg.Pool
) -> None:
    items = [
        *(
            a_post(f"{n}.md", tags=("Birds",), comments=(a_comment(f"c{n}"),))
            for n in range(250)
        ),
        Skipped("s", "section page"),
        Failed("f", "not UTF-8"),
        a_post("0.md"),
    ]
    empty = await everything(pool)

    rehearsal = await run(*items, dry_run=True)
    kept = await everything(pool)
    report = await run(*items)

    assert kept == empty
    assert (rehearsal.posts, rehearsal.comments, rehearsal.made) == (
        report.posts,
        report.comments,
        report.made,
    )
    assert rehearsal.remarks == report.remarks
    assert report.posts == {Result.CREATED: 250, Result.SKIPPED: 2, Result.FAILED: 1}


async def test_an_item_the_database_refuses_costs_no_other(
    run: Run, pool: asyncpg.Pool
) -> None:
    await pool.execute(
        "ALTER TABLE posts ADD CHECK (title <> 'Evil');"
        "ALTER TABLE tags ADD CHECK (name <> 'Evil')"
    )

    report = await run(
        ImportedTag(name="Evil"),
        ImportedTag(name="Good"),
        *(a_post(f"{n}.md") for n in range(5)),
        a_post("evil.md", title="Evil"),
        a_post("large.md", content="x" * 2_097_153),
    )

    assert report.posts == {Result.CREATED: 5, Result.FAILED: 3}
    failed = {r.address: r.reason for r in report.remarks if r.result is Result.FAILED}
    assert failed["evil.md"] == "refused by the database"
    assert failed["large.md"] == "the content has more than 2097152 bytes"
    assert await pool.fetchval("SELECT count(*) FROM posts") == 5
    assert await pool.fetchval("SELECT name FROM tags") == "Good"


async def test_two_imports_never_run_at_once(database_url: str, run: Run) -> None:
    async with PostgresImports(database_url).session(dry_run=True):
        with pytest.raises(ImportRunning):
            await run(a_post())

    assert (await run(a_post())).posts == {Result.CREATED: 1}


async def test_an_import_that_was_cut_short_goes_on_when_run_again(
    run: Run, pool: asyncpg.Pool, database_url: str
) -> None:
    class Endless(Items):
        def items(self) -> Iterator[ImportedItem]:
            yield from super().items()
            raise KeyboardInterrupt

    many = [a_post(f"{n}.md") for n in range(450)]
    importing = Importing(PostgresImports(database_url), Clock(), uuid7)
    with pytest.raises(KeyboardInterrupt):
        await importing.run(Endless(many), ImportOptions(source="test", author="nobody"))
    assert await pool.fetchval("SELECT count(*) FROM posts") == 400

    report = await run(*many)

    assert report.posts == {Result.UNCHANGED: 400, Result.CREATED: 50}


async def test_pages_are_counted_for_themselves(run: Run) -> None:
    report = await run(a_post(), a_post("about", type=PostType.PAGE))

    assert report.posts == {Result.CREATED: 1}
    assert report.pages == {Result.CREATED: 1}


async def test_many_posts_gather_statistics_for_the_triggers_that_count(
    run: Run, pool: asyncpg.Pool
) -> None:
    await run(*(a_post(f"{n}.md", tags=("Birds",)) for n in range(401)))

    assert await pool.fetchval("SELECT reltuples FROM pg_class WHERE relname = 'posts'") >= 200
    assert await pool.fetchval("SELECT usage_count FROM tags") == 401


async def test_a_refusal_says_whether_it_may_pass() -> None:
    assert Refused("in the way", passing=True).passing
    assert not Refused("never").passing
