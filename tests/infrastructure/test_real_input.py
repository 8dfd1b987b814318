"""Three sets of other people's content, imported whole.

They are not part of the project. `SERINUS_TEST_DATA` says where they are; the default is a
folder beside the checkout.
"""

import json
import os
import re
import tomllib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.content.import_ports import ImportSource
from serinus.application.content.import_report import ImportReport, Made, Result
from serinus.application.content.importing import Importing, ImportOptions
from serinus.infrastructure.postgres.importing import PostgresImports
from serinus.infrastructure.sources.jsonl import REPEATED, JsonLinesSource
from serinus.infrastructure.sources.markdown import SECTION_PAGE, MarkdownSource
from serinus.infrastructure.sources.wxr import WordPressSource

REPOSITORY = Path(__file__).parents[2]
DATA = REPOSITORY / os.environ.get("SERINUS_TEST_DATA", "../shared/data")
BLOG = DATA / "rust-blog" / "content"
LINKS = DATA / "jser-info.jsonl"
EXPORT = DATA / "wordpress-theme-unit-test.xml"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="SERINUS_TEST_DATA: the folder with real input is absent"
)

Run = Callable[[ImportSource], Awaitable[ImportReport]]

WRONG_COUNTS = """
SELECT count(*) FROM tags t
 WHERE usage_count <> (SELECT count(*) FROM post_tags pt JOIN posts p ON p.id = pt.post_id
                        WHERE pt.tag_id = t.id AND p.status = 'published')
"""
STORED = """
SELECT o.address, p.* FROM posts p JOIN import_origins o ON o.target_id = p.id
"""


@pytest.fixture
def run(database_url: str) -> Run:
    importing = Importing(PostgresImports(database_url), lambda: datetime.now(UTC), uuid7)

    async def run(source: ImportSource) -> ImportReport:
        return await importing.run(source, ImportOptions(source=source.name, author="importer"))

    return run


def front_matter(file: Path) -> dict[str, Any]:
    found = re.match(r"\+\+\+\n(.*?)\n\+\+\+", file.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return tomllib.loads(found[1])


async def test_a_blog_of_746_posts_is_imported_whole_and_once(
    run: Run, pool: asyncpg.Pool
) -> None:
    report = await run(MarkdownSource(BLOG))
    again = await run(MarkdownSource(BLOG))

    assert report.posts == {Result.CREATED: 746, Result.SKIPPED: 3}
    skipped = [r.reason for r in report.remarks if r.result is Result.SKIPPED]
    assert skipped == [SECTION_PAGE] * 3
    assert again.posts == {Result.UNCHANGED: 746, Result.SKIPPED: 3}
    assert await pool.fetchval("SELECT count(*) FROM posts") == 746
    # 163 spellings apart, and the one for the page that names nobody.
    assert await pool.fetchval("SELECT count(*) FROM users") == 164


async def test_every_old_address_of_the_blog_leads_to_its_post(
    run: Run, pool: asyncpg.Pool
) -> None:
    report = await run(MarkdownSource(BLOG))

    rows = await pool.fetch(
        "SELECT s.slug, p.title FROM slugs s JOIN posts p ON p.id = post_id"
    )
    leads = {row["slug"]: row["title"] for row in rows}
    aliases = 0
    for file in BLOG.rglob("*.md"):
        members = front_matter(file)
        if file.stem != "_index" and "path" in members:
            old = members.get("aliases", [])
            aliases += len(old)
            assert {leads[a] for a in (members["path"], *old)} == {members["title"].strip()}
    assert aliases == 735
    assert report.made[Made.REDIRECTS] == 735 + 745


async def test_a_collection_of_12887_links_becomes_a_post_for_each_address(
    run: Run, pool: asyncpg.Pool
) -> None:
    report = await run(JsonLinesSource(LINKS))
    again = await run(JsonLinesSource(LINKS))

    assert report.posts == {Result.CREATED: 12_794, Result.SKIPPED: 93}
    assert again.posts == {Result.UNCHANGED: 12_794, Result.SKIPPED: 93}
    assert {r.reason for r in report.remarks if r.result is Result.SKIPPED} == {REPEATED}
    assert sum(r.reason.startswith("no title") for r in report.remarks) == 5
    assert await pool.fetchval(WRONG_COUNTS) == 0


async def test_no_text_link_or_date_of_the_collection_is_lost(
    run: Run, pool: asyncpg.Pool
) -> None:
    await run(JsonLinesSource(LINKS))

    latest: dict[str, dict[str, Any]] = {}
    for line in LINKS.read_bytes().splitlines():
        item = json.loads(line)
        if item["url"] not in latest or latest[item["url"]]["date"] <= item["date"]:
            latest[item["url"]] = item
    posts = {row["address"]: row for row in await pool.fetch(STORED)}
    assert set(posts) == set(latest)
    for url, item in latest.items():
        post = posts[url]
        links = [url, *(link["url"] for link in item.get("relatedLinks", []))]
        assert item["content"].strip() in post["content"]
        assert all(link in post["content"] for link in links)
        assert post["published_at"] == datetime.fromisoformat(item["date"])


async def test_a_wordpress_export_keeps_posts_pages_threads_and_moderation(
    run: Run, pool: asyncpg.Pool
) -> None:
    report = await run(WordPressSource(EXPORT))
    again = await run(WordPressSource(EXPORT))

    assert report.posts == {Result.CREATED: 58, Result.SKIPPED: 107}
    assert report.pages == {Result.CREATED: 21}
    assert report.comments == {Result.CREATED: 33}
    assert again.posts == {Result.UNCHANGED: 58, Result.SKIPPED: 107}
    assert again.pages == {Result.UNCHANGED: 21}
    assert again.comments == {Result.UNCHANGED: 33}
    rows = await pool.fetch(
        "SELECT status, count(*), count(parent_id) FROM comments GROUP BY 1"
    )
    assert {tuple(row) for row in rows} == {("approved", 30, 9), ("pending", 3, 1)}
    categories = await pool.fetchrow("SELECT count(*), count(parent_id) FROM categories")
    assert categories is not None
    assert tuple(categories) == (68, 10)
    rows = await pool.fetch("SELECT status, count(*) FROM posts GROUP BY 1")
    assert {tuple(row) for row in rows} == {("published", 76), ("draft", 2), ("scheduled", 1)}
    assert await pool.fetchval("SELECT max(length(title)) FROM posts WHERE title = ''") is None
    assert await pool.fetchval(WRONG_COUNTS) == 0
