"""Bringing comments of another system within our limits."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from serinus.domain.content.import_fitting import clean, is_web_address
from serinus.domain.content.import_titles import shortened
from serinus.domain.content.imported import ImportedComment, Note

ANONYMOUS = "Anonymous"
MAX_AUTHOR_NAME = 245
MAX_EMAIL = 320
MAX_COMMENT = 65_535


def fit_comments(
    comments: Iterable[ImportedComment], *, date: datetime
) -> tuple[list[ImportedComment], list[Note]]:
    """Those that say something, within limits; one without a date gets `date`."""
    notes: list[Note] = []
    fitted: dict[str, ImportedComment] = {}
    for comment in comments:
        content = clean(comment.content).strip()
        if not content:
            notes.append(Note("comment without text left out", f"comment {comment.address}"))
            continue
        if comment.address in fitted:
            notes.append(Note("comment is there twice: the first was kept", comment.address))
            continue
        if len(content) > MAX_COMMENT:
            notes.append(
                Note(f"comment cut to {MAX_COMMENT} characters", f"comment {comment.address}")
            )
        fitted[comment.address] = _fit(comment, shortened(content, MAX_COMMENT), date)
    return list(fitted.values()), notes


def _fit(comment: ImportedComment, content: str, date: datetime) -> ImportedComment:
    email = clean(comment.author_email or "").strip()
    url = clean(comment.author_url or "").strip()
    name = shortened(clean(comment.author_name).strip(), MAX_AUTHOR_NAME)
    return replace(
        comment,
        content=content,
        author_name=name or ANONYMOUS,
        author_email=email if 0 < len(email) <= MAX_EMAIL else None,
        # Shown as a link: nothing but http(s) may get there.
        author_url=url if is_web_address(url) else None,
        created_at=comment.created_at or date,
    )
