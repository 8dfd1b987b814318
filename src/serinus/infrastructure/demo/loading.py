"""Filling an empty database with the demo content.

The files under `content` are an example of what `serinus import markdown` reads. Their dates
are moved so that the newest post is always a few days old, and one lies a week ahead.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from serinus.application.content.import_ports import ImportRunning
from serinus.application.content.import_report import Result
from serinus.application.content.importing import Importing, ImportOptions
from serinus.domain.content.imported import ImportedItem, ImportedPost
from serinus.infrastructure.sources.markdown import MarkdownSource

SOURCE = "demo"
CONTENT = Path(__file__).parent / "content"
WRITTEN_FOR = datetime(2026, 4, 1, tzinfo=UTC)
"""The day on which the files' dates would be right as they stand."""


class DemoSource:
    """The files, as if `today` were the day they were written for."""

    name = SOURCE

    def __init__(self, today: datetime) -> None:
        self._files = MarkdownSource(CONTENT)
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
        self._shift = midnight - WRITTEN_FOR

    def position(self) -> tuple[int, int]:
        return self._files.position()

    def items(self) -> Iterator[ImportedItem]:
        for item in self._files.items():
            yield _moved(item, self._shift) if isinstance(item, ImportedPost) else item


async def load_demo(importing: Importing) -> int:
    """The number of posts and pages loaded: none unless there is no post at all.

    Another process that is loading them at this moment is left to it.
    """
    if await importing.store.has_posts():
        return 0
    source = DemoSource(importing.now())
    try:
        report = await importing.run(source, ImportOptions(source=SOURCE, author="kawara"))
    except ImportRunning:
        return 0
    return report.posts[Result.CREATED] + report.pages[Result.CREATED]


def _moved(post: ImportedPost, by: timedelta) -> ImportedPost:
    return replace(
        post,
        date=post.date and post.date + by,
        comments=tuple(
            replace(comment, created_at=comment.created_at and comment.created_at + by)
            for comment in post.comments
        ),
    )
