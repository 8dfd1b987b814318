"""What handlers read from."""

from dataclasses import dataclass

from serinus.application.audit import AuditReader
from serinus.application.content.reading import (
    CategoryReader,
    CommentReader,
    CommentRenderer,
    Finder,
    PostReader,
    Renderer,
    TagReader,
)
from serinus.application.content.revising import RevisionReader
from serinus.application.identity.directory import Directory, KeyDirectory
from serinus.presentation.http.v2.cursors import Cursors


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One dependency for all of it, because of two or more Litestar resolves each in a task.

    That alone would cost a read as much as its statement.
    """

    posts: PostReader
    revisions: RevisionReader
    tags: TagReader
    categories: CategoryReader
    people: Directory
    keys: KeyDirectory
    audit: AuditReader
    finder: Finder
    comments: CommentReader
    render: Renderer
    render_comment: CommentRenderer
    cursors: Cursors
