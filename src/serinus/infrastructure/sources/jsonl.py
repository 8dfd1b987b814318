"""A collection of links, one JSON object a line: title, url, content, date, tags, relatedLinks.

The address of an item is its `url`. When several items have one url the one with the latest
date counts (of equal dates the last): what was written later was written knowing the former.
The links are kept as Markdown below the text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from serinus.domain.content.import_fitting import TITLE_MADE, clean
from serinus.domain.content.import_titles import contains_japanese
from serinus.domain.content.imported import (
    Failed,
    ImportedItem,
    ImportedPost,
    Note,
    Skipped,
)
from serinus.infrastructure.sources.front_matter import moment, text_of, words

MAX_LINE = 8 * 1024 * 1024  # bytes
REPEATED = "the same address again: the item with the latest date was kept"

_KNOWN = {"title", "url", "content", "date", "tags", "relatedLinks", "relatedItems", "viaURL"}
_KNOWN |= {"additionalNote"}
_NEVER = ""  # sorts before every date


class JsonLinesSource:
    """`locale` empty: Japanese where kana or kanji stand, else English."""

    def __init__(self, path: Path, locale: str = "") -> None:
        self._path = path
        self._locale = locale
        self.name = f"jsonl:{path.stem}"[:100]
        self._size = path.stat().st_size
        self._read = 0

    def position(self) -> tuple[int, int]:
        return self._read, self._size

    def items(self) -> Iterator[ImportedItem]:
        newest = self._newest()
        self._read = 0
        for number, line in self._lines():
            self._read += len(line)
            parsed = _parsed(number, line)
            if parsed is not None:
                yield self._item(number, parsed, newest)

    def _item(
        self, number: int, parsed: Mapping[str, object] | Failed, newest: Mapping[bytes, int]
    ) -> ImportedItem:
        if isinstance(parsed, Failed):
            return parsed
        url = text_of(parsed, "url")
        if not url:
            return Failed(f"line {number}", "no url: nothing would find it again")
        kept = newest.get(_key(url), number)
        if kept != number:
            return Skipped(url, REPEATED, f"line {number}; kept: line {kept}")
        return _post(url, parsed, self._locale)

    def _newest(self) -> Mapping[bytes, int]:
        """The line that counts for each url. Hashes, so that a big file needs little memory."""
        found: dict[bytes, tuple[str, int]] = {}
        for number, line in self._lines():
            parsed = _parsed(number, line)
            if isinstance(parsed, dict) and (url := text_of(parsed, "url")):
                date = moment(parsed.get("date"))
                mine = (date.isoformat() if date else _NEVER, number)
                found[_key(url)] = max(mine, found.get(_key(url), mine))
        return {key: number for key, (_, number) in found.items()}

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        with self._path.open("rb") as opened:
            number = 0
            while line := opened.readline(MAX_LINE + 1):
                number += 1
                yield number, line
                if len(line) > MAX_LINE:
                    _skip_line(opened)


def _skip_line(opened: BinaryIO) -> None:
    while (rest := opened.readline(MAX_LINE)) and not rest.endswith(b"\n"):
        pass


def _key(url: str) -> bytes:
    return blake2b(url.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _parsed(number: int, line: bytes) -> dict[str, object] | Failed | None:
    """None for an empty line."""
    if len(line) > MAX_LINE:
        return Failed(f"line {number}", f"line of more than {MAX_LINE} bytes")
    try:
        text = line.decode("utf-8-sig").strip()
        parsed = json.loads(text) if text else None
    except UnicodeDecodeError as error:
        return Failed(
            f"line {number}", "line cannot be read", f"not UTF-8 (byte {error.start})"
        )
    except (ValueError, RecursionError) as error:
        return Failed(f"line {number}", "line cannot be read", f"not valid JSON: {error}")
    if not text or isinstance(parsed, dict):
        return parsed
    return Failed(f"line {number}", "line cannot be read", "not a JSON object")


def _post(url: str, parsed: Mapping[str, object], locale: str) -> ImportedPost:
    title, text = text_of(parsed, "title"), text_of(parsed, "content")
    remark = text_of(parsed, "additionalNote")
    own_words = "\n\n".join(part for part in (text, remark) if part)
    locale = locale or ("ja" if contains_japanese(title + own_words) else "en")
    date = moment(parsed.get("date"))
    return ImportedPost(
        address=url,
        title=title or ("" if own_words else re.sub(r"^https?://", "", url)),
        content="\n\n".join(part for part in (own_words, _links(url, parsed, locale)) if part),
        locale=locale,
        date=date,
        tags=words(parsed.get("tags")),
        notes=tuple(_notes(parsed, date, named=bool(title or own_words))),
    )


def _notes(
    parsed: Mapping[str, object], date: datetime | None, *, named: bool
) -> Iterator[Note]:
    if not named:
        yield Note(TITLE_MADE, "the address")
    if date is None and parsed.get("date"):
        yield Note("date cannot be read", str(parsed["date"])[:50])
    unknown = sorted(name for name, value in parsed.items() if value and name not in _KNOWN)
    if unknown:
        yield Note("members left out: unknown here", ", ".join(unknown)[:200])


def _links(url: str, parsed: Mapping[str, object], locale: str) -> str:
    japanese = locale.startswith("ja")
    source = _link(text_of(parsed, "title"), url)
    lines = [f"{'元の記事:' if japanese else 'Source:'} {source}"]
    if via := text_of(parsed, "viaURL"):
        lines.append(f"{'経由:' if japanese else 'Via:'} {_link('', via)}")
    related = [*_related(parsed, "relatedLinks"), *_related(parsed, "relatedItems")]
    if related:
        heading = "関連リンク:" if japanese else "Related links:"
        lines.append("\n".join([heading, "", *(f"- {link}" for link in related)]))
    return "\n\n".join(lines)


def _related(parsed: Mapping[str, object], name: str) -> Iterator[str]:
    links = parsed.get(name)
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and (url := text_of(link, "url", "URL")):
            yield _link(text_of(link, "title"), url)


def _link(title: str, url: str) -> str:
    """A Markdown link; what is no http(s) address is shown, not linked."""
    url = clean(url)
    if not re.match(r"https?://", url):
        return f"{_escaped(title)} `{url.replace('`', '')}`".strip()
    target = re.sub(r"[\s<>\\]", lambda c: "".join(f"%{b:02X}" for b in c[0].encode()), url)
    return f"[{_escaped(title) or _escaped(url)}](<{target}>)"


def _escaped(text: str) -> str:
    return re.sub(r"([\\\[\]`*_<>])", r"\\\1", " ".join(text.split()))
