"""A folder of Markdown files with front matter, as static site generators keep it.

Read from the front matter: title, date, updated, slug, path (or url, permalink), aliases
(redirect_from), draft, status, type, authors (author), tags and categories (also under
`taxonomies`), description (summary, excerpt), image (featured_image), lang (locale),
seo.title, seo.description. The address of an item is its path below the folder.

Beside the files may stand `_authors.yaml` and `_categories.yaml` (lists) and, for
`name.md`, its comments in `name.comments.yaml`; see `sidecars`.
"""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from serinus.domain.content.imported import (
    Failed,
    ImportedCategory,
    ImportedComment,
    ImportedItem,
    ImportedPost,
    Note,
    Skipped,
)
from serinus.domain.content.post import PostType, Status
from serinus.infrastructure.sources.front_matter import (
    BadFrontMatter,
    flag,
    moment,
    split_front_matter,
    table_of,
    text_of,
    words,
)
from serinus.infrastructure.sources.sidecars import (
    AUTHORS,
    CATEGORIES,
    COMMENTS,
    read_authors,
    read_categories,
    read_comments,
)

MAX_FILE = 4 * 1024 * 1024  # bytes: twice what a post may hold
SUFFIXES = {".md", ".markdown"}
SECTION_PAGE = "section page: it lists posts and is none"

_DAY = re.compile(r"(?<!\d)(\d{4})[/-](\d{2})[/-](\d{2})(?!\d)")
_DATED_NAME = re.compile(r"\d{4}-\d{2}-\d{2}[-_]")
# Only languages a name is likely to end with: "crates.io.md" is not written in Ido.
_LANGUAGE = re.compile(
    r"\.((?:ar|bg|cs|da|de|el|en|es|et|fa|fi|fr|he|hi|hr|hu|id|it|ja|ko|lt|lv|nb|nl|pl|pt|ro|ru"
    r"|sk|sl|sr|sv|th|tr|uk|vi|zh)(?:-[A-Z]{2}|-[A-Z][a-z]{3})?)$"
)


class MarkdownSource:
    """`path` is a folder, or one file; `locale` is that of what names none."""

    def __init__(self, path: Path, locale: str = "") -> None:
        self._locale = locale
        whole = path.resolve()
        self._root = whole if whole.is_dir() else whole.parent
        # The folder's own name says too little: many a site keeps its posts in "content".
        self.name = f"markdown:{'/'.join(whole.parts[-2:]).strip('/')}"[:100]
        self._problems: list[Failed] = []
        self._files = sorted(self._below(self._root)) if whole.is_dir() else [whole]
        self._done = 0

    def position(self) -> tuple[int, int]:
        return self._done, len(self._files)

    def items(self) -> Iterator[ImportedItem]:
        self._done = 0
        yield from self._problems
        yield from read_authors(self._root / AUTHORS)
        yield from read_categories(self._root / CATEGORIES)
        for file in self._files:
            item = self._item(file)
            self._done += 1
            if item is not None:
                yield item

    def _below(self, folder: Path) -> Iterator[Path]:
        for parent, folders, files in os.walk(folder, onerror=self._unreadable):
            folders[:] = [name for name in folders if not name.startswith(".")]
            links = [name for name in folders if (Path(parent) / name).is_symlink()]
            yield from (Path(parent) / name for name in files + links if name[0] != ".")

    def _unreadable(self, error: OSError) -> None:
        address = os.path.relpath(error.filename or self._root, self._root)
        self._problems.append(Failed(address, "folder cannot be read", str(error.strerror)))

    def _item(self, file: Path) -> ImportedItem | None:
        """None for a file that belongs to another one."""
        address = file.relative_to(self._root).as_posix()
        if file.name in {AUTHORS, CATEGORIES} or file.name.endswith(COMMENTS):
            return None
        if reason := self._left_out(file):
            return Skipped(address, reason)
        try:
            members, body = split_front_matter(_text(file))
            comments = read_comments(file, address)
            return _Page(address, members, self._locale).post(body, comments)
        except (OSError, UnicodeDecodeError, BadFrontMatter) as error:
            return Failed(address, "file cannot be read", _why(error))

    def _left_out(self, file: Path) -> str:
        """Why a file is no post; empty for one that is."""
        leads_out = not file.resolve().is_relative_to(self._root)
        if file.is_symlink() and (leads_out or file.is_dir()):
            return "symbolic link to a folder, or out of this one"
        if not file.is_file():  # a pipe would never end
            return "not a file"
        if file.suffix.lower() not in SUFFIXES:
            return "not a Markdown file"
        is_section = file.stem == "_index" or file.stem.startswith("_index.")
        return SECTION_PAGE if is_section else ""


class _Page:
    """One file's front matter, turned into the members of a post."""

    def __init__(self, address: str, members: Mapping[str, object], locale: str) -> None:
        self._address = address
        self._members = members
        self._path = text_of(members, "path", "url", "permalink").strip("/")
        file = Path(address)
        language = _LANGUAGE.search(file.stem)
        self._language = language[1] if language else locale
        stem = _LANGUAGE.sub("", file.stem)
        is_folder = stem == "index" and file.parent.name
        self._stem = file.parent.name if is_folder else stem
        self._notes: list[Note] = []

    def post(self, body: str, comments: tuple[ImportedComment, ...]) -> ImportedPost:
        members, extra = self._members, table_of(self._members, "extra")
        authors = words(members.get("authors")) or words([members.get("author")])
        seo = table_of(members, "seo")
        return ImportedPost(
            address=self._address,
            type=PostType.PAGE if text_of(members, "type") == "page" else PostType.POST,
            title=text_of(members, "title"),
            slug=self._slug(),
            content=body.strip("\n"),
            excerpt=text_of(members, "excerpt", "summary", "description") or None,
            status=self._status(),
            locale=text_of(members, "lang", "locale", "language") or self._language,
            date=self._date(),
            updated=moment(members.get("updated") or members.get("lastmod")),
            author=authors[0] if authors else "",
            co_authors=authors[1:],
            tags=self._names("tags"),
            categories=tuple(ImportedCategory(name=n) for n in self._names("categories")),
            former_addresses=self._former_addresses(),
            featured_image=text_of(members, "featured_image", "image")
            or text_of(extra, "image")
            or None,
            meta_title=text_of(seo, "title") or None,
            meta_description=text_of(seo, "description") or None,
            comments=comments,
            notes=tuple(self._notes),
        )

    def _slug(self) -> str:
        return (
            text_of(self._members, "slug")
            or self._path.rsplit("/", 1)[-1]
            or _undated(self._stem)
        )

    def _status(self) -> Status:
        given = text_of(self._members, "status").lower()
        if flag(self._members.get("draft")) or self._members.get("published") is False:
            return Status.DRAFT
        if not given:
            return Status.PUBLISHED
        try:
            return Status(given)
        except ValueError:
            self._notes.append(Note("unknown status: became a draft", given[:50]))
            return Status.DRAFT

    def _date(self) -> datetime | None:
        given = self._members.get("date")
        date = moment(given)
        if given is not None and date is None:
            self._notes.append(Note("date cannot be read", str(given)[:50]))
        return date or _day_in(self._path) or _day_in(self._address)

    def _names(self, kind: str) -> tuple[str, ...]:
        taxonomies = table_of(self._members, "taxonomies")
        return words(self._members.get(kind)) or words(taxonomies.get(kind))

    def _former_addresses(self) -> tuple[str, ...]:
        aliases = words(self._members.get("aliases")) or words(
            self._members.get("redirect_from")
        )
        return tuple(dict.fromkeys(a for a in (self._path, *aliases) if a.strip("/")))


def _text(file: Path) -> str:
    with file.open("rb") as opened:
        content = opened.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise BadFrontMatter(f"the file has more than {MAX_FILE} bytes")
    return content.decode("utf-8-sig")


def _day_in(path: str) -> datetime | None:
    found = _DAY.search(path)
    return moment("-".join(found.groups())) if found else None


def _undated(stem: str) -> str:
    return _DATED_NAME.sub("", stem) or stem


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or "input or output error"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 (byte {error.start})"
    return str(error)
