"""What stands beside Markdown files in files of its own: authors, categories, comments.

_authors.yaml        - {username: mika, first_name: Mika, last_name: Mori}
_categories.yaml     - {name: Field notes, slug: field-notes, parent: journal, description: ..}
post.comments.yaml   - {id: 1, author: Aki, date: 2026-01-02, text: .., status: approved,
                        parent: 1, username: mika, email: .., url: ..}
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from serinus.domain.content.imported import (
    CommentState,
    Failed,
    ImportedAuthor,
    ImportedCategory,
    ImportedComment,
)
from serinus.infrastructure.sources.front_matter import (
    BadFrontMatter,
    load_yaml,
    moment,
    text_of,
)

AUTHORS = "_authors.yaml"
CATEGORIES = "_categories.yaml"
COMMENTS = ".comments.yaml"
MAX_FILE = 4 * 1024 * 1024  # bytes


def read_authors(file: Path) -> Iterator[ImportedAuthor | Failed]:
    for entry in _entries(file):
        if isinstance(entry, Failed):
            yield entry
        elif name := text_of(entry, "username"):
            yield ImportedAuthor(
                username=name,
                first_name=text_of(entry, "first_name") or None,
                last_name=text_of(entry, "last_name") or None,
            )


def read_categories(file: Path) -> Iterator[ImportedCategory | Failed]:
    for entry in _entries(file):
        if isinstance(entry, Failed):
            yield entry
        else:
            yield ImportedCategory(
                name=text_of(entry, "name"),
                slug=text_of(entry, "slug"),
                parent=text_of(entry, "parent"),
                description=text_of(entry, "description") or None,
            )


def read_comments(post: Path, address: str) -> tuple[ImportedComment, ...]:
    """Of the post in this file, whose address theirs begin with. Raise `BadFrontMatter`."""
    file = post.with_name(f"{post.stem}{COMMENTS}")
    if not file.is_file() or file.is_symlink():
        return ()
    loaded = load_yaml(_text(file)) or []
    if not isinstance(loaded, list) or not all(isinstance(e, dict) for e in loaded):
        raise BadFrontMatter(f"{file.name} is not a list of comments")
    numbered = enumerate(loaded, start=1)
    return tuple(_comment(address, text_of(e, "id") or str(n), e) for n, e in numbered)


def _comment(post: str, number: str, entry: Mapping[str, object]) -> ImportedComment:
    parent = text_of(entry, "parent")
    return ImportedComment(
        address=f"{post}#{number}",
        parent=f"{post}#{parent}" if parent else None,
        author=text_of(entry, "username") or None,
        author_name=text_of(entry, "author", "username"),
        author_email=text_of(entry, "email") or None,
        author_url=text_of(entry, "url") or None,
        content=text_of(entry, "text"),
        state=_state(text_of(entry, "status")),
        created_at=moment(entry.get("date")),
    )


def _state(given: str) -> CommentState:
    """Approved only if it says so: what nobody looked at waits for somebody."""
    try:
        return CommentState(given.lower())
    except ValueError:
        return CommentState.PENDING


def _entries(file: Path) -> Iterator[Mapping[str, object] | Failed]:
    if not file.is_file() or file.is_symlink():
        return
    try:
        loaded = load_yaml(_text(file)) or []
    except (OSError, UnicodeDecodeError, BadFrontMatter) as error:
        yield Failed(file.name, "file cannot be read", str(error))
        return
    for entry in loaded if isinstance(loaded, list) else [loaded]:
        if isinstance(entry, dict):
            yield entry
        else:
            yield Failed(file.name, "entry is not a list of names and values", str(entry)[:80])


def _text(file: Path) -> str:
    with file.open("rb") as opened:
        content = opened.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise BadFrontMatter(f"{file.name} has more than {MAX_FILE} bytes")
    return content.decode("utf-8-sig")
