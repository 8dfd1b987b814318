"""WordPress exports (WXR 1.0 to 1.2), read as a stream.

The namespace of WordPress is written with `http` or `https`, and with the version of the
format; names are compared without it. A first pass collects what posts refer to and the file
may hold later: authors and attachments. The address of an item is its id on that site.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from serinus.domain.content.import_titles import plain
from serinus.domain.content.imported import (
    Failed,
    ImportedAuthor,
    ImportedCategory,
    ImportedItem,
    ImportedTag,
    Skipped,
)
from serinus.infrastructure.sources.wxr_items import Site, post_from
from serinus.infrastructure.sources.wxr_names import child_text, local_name, slug_in

MAX_ITEM = 32 * 1024 * 1024  # bytes between the ends of two items
REFUSED = "document types and entities are refused"
SHALLOW = 3  # rss, channel and what stands in it


class _Unreadable(Exception):
    """Reading ends here; the text says why."""


class _Bounded:
    """A file that refuses to be read on and on without an item being finished."""

    def __init__(self, opened: BinaryIO) -> None:
        self._opened = opened
        self.total = 0
        self._since_item = 0

    def read(self, size: int = -1) -> bytes:
        chunk = self._opened.read(size if 0 < size <= 65_536 else 65_536)
        self.total += len(chunk)
        self._since_item += len(chunk)
        if self._since_item > MAX_ITEM:
            raise _Unreadable(f"an item of more than {MAX_ITEM} bytes: the rest is lost")
        return chunk

    def item_finished(self) -> None:
        self._since_item = 0


class WordPressSource:
    """`locale` is that of a site that names none; English is what every new site names."""

    def __init__(self, path: Path, locale: str = "") -> None:
        self._path = path
        self._locale = locale
        self._size = path.stat().st_size
        self._read = 0
        self._site = self._survey()
        self.name = f"wxr:{self._site.address or path.stem}"[:100]

    def position(self) -> tuple[int, int]:
        return self._read, self._size

    def items(self) -> Iterator[ImportedItem]:
        for login, (first, last) in self._site.authors.items():
            yield ImportedAuthor(username=login, first_name=first, last_name=last)
        yield from self._site.categories
        for element in self._elements():
            if isinstance(element, Failed):
                yield element
            elif (item := self._item(element)) is not None:
                yield item

    def _item(self, element: Element) -> ImportedItem | None:
        if local_name(element) == "item":
            return self._content(element)
        if local_name(element) == "tag" and (name := child_text(element, "tag_name")):
            return ImportedTag(name=plain(name))
        return None

    def _content(self, item: Element) -> ImportedItem:
        kind = child_text(item, "post_type") or "post"
        address = f"{kind}/{child_text(item, 'post_id') or child_text(item, 'guid')}"
        if kind not in {"post", "page"}:
            return Skipped(address, f"{kind}: not content", plain(child_text(item, "title")))
        if address.endswith("/"):
            return Failed(child_text(item, "link") or address, "no id to find it again by")
        status = child_text(item, "status")
        if status in {"trash", "auto-draft"}:
            return Skipped(address, f"status {status}", plain(child_text(item, "title")))
        return post_from(item, address, self._site)

    def _survey(self) -> Site:
        """What stands before or behind the posts and that they refer to."""
        site = Site(locale=self._locale)
        for element in self._elements():
            if isinstance(element, Failed):
                break
            _note_down(element, site)
        site.categories = [c for c in site.categories if c.name]
        return site

    def _elements(self) -> Iterator[Element | Failed]:
        """The children of the channel, one after the other; then why it ended early, if so."""
        with self._path.open("rb") as opened:
            bounded = _Bounded(opened)
            try:
                yield from self._parsed(bounded)
            except ParseError as error:
                line, _ = error.position
                yield Failed(
                    f"line {line}", "not well-formed XML: the rest is lost", str(error)
                )
            except (DefusedXmlException, _Unreadable) as error:
                reason = REFUSED if isinstance(error, DefusedXmlException) else str(error)
                yield Failed(f"{self._path.name}, byte {bounded.total}", reason)

    def _parsed(self, bounded: _Bounded) -> Iterator[Element]:
        path: list[Element] = []
        for event, element in iterparse(bounded, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                if not path and local_name(element) != "rss":
                    raise _Unreadable("not a WordPress export")
                path.append(element)
                continue
            path.pop()
            if len(path) == SHALLOW - 1:
                bounded.item_finished()
                self._read = bounded.total
                yield element
                path[-1].clear()  # else the whole file would pile up in the channel


def _note_down(element: Element, site: Site) -> None:
    match local_name(element):
        case "base_blog_url":
            parts = urlsplit(element.text or "")
            site.address = f"{parts.netloc}{parts.path.rstrip('/')}"
        case "language" if not site.locale:
            language = (element.text or "").strip()
            site.locale = "" if language in {"en", "en-US"} else language
        case "author":
            _note_author(element, site)
        case "category":
            site.categories.append(_category(element))
        case "item" if child_text(element, "post_type") == "attachment":
            url = child_text(element, "attachment_url")
            site.attachments[child_text(element, "post_id")] = url
        case _:
            pass


def _note_author(element: Element, site: Site) -> None:
    login = child_text(element, "author_login")
    first = child_text(element, "author_first_name")
    last = child_text(element, "author_last_name")
    if not first and not last:
        first = child_text(element, "author_display_name")
    site.authors[login] = (first or None, last or None)
    site.logins[child_text(element, "author_email").lower()] = login


def _category(element: Element) -> ImportedCategory:
    return ImportedCategory(
        name=plain(child_text(element, "cat_name")),
        slug=slug_in(child_text(element, "category_nicename")),
        parent=slug_in(child_text(element, "category_parent")),
        description=plain(child_text(element, "category_description")) or None,
    )
