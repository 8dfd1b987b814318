"""Collections of links, one JSON object a line."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from serinus.domain.content.imported import Failed, ImportedItem, ImportedPost, Skipped
from serinus.infrastructure.sources.jsonl import MAX_LINE, REPEATED, JsonLinesSource

URL = "https://example.org/a"


def read(folder: Path, *lines: Any, locale: str = "") -> list[ImportedItem]:
    file = folder / "links.jsonl"
    texts = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    file.write_bytes(b"\n".join(texts))
    return list(JsonLinesSource(file, locale).items())


def read_one(folder: Path, **members: Any) -> ImportedPost:
    (post,) = read(folder, {"url": URL, "title": "Title", "content": "Text."} | members)
    assert isinstance(post, ImportedPost)
    return post


def test_a_line_becomes_a_post_that_keeps_its_link(tmp_path: Path) -> None:
    post = read_one(tmp_path, date="2011-01-01T00:04:00.000Z", tags=["a", "b"])

    assert (post.address, post.title, post.tags) == (URL, "Title", ("a", "b"))
    assert post.date == datetime(2011, 1, 1, 0, 4, tzinfo=UTC)
    assert post.content == f"Text.\n\nSource: [Title](<{URL}>)"
    assert post.locale == "en"


def test_further_links_and_remarks_are_kept_in_the_language_of_the_text(tmp_path: Path) -> None:
    post = read_one(
        tmp_path,
        content="リリース",
        additionalNote="追記",
        viaURL="https://via.example",
        relatedLinks=[{"title": "[b]*", "url": "https://example.org/b c(d)"}],
        relatedItems=[
            {"URL": "https://e.org", "title": "e.org"},
            "nonsense",
            {"title": "no url"},
        ],
    )

    assert post.locale == "ja"
    assert post.content.split("\n\n") == [
        "リリース",
        "追記",
        f"元の記事: [Title](<{URL}>)",
        "経由: [https://via.example](<https://via.example>)",
        "関連リンク:",
        "- [\\[b\\]\\*](<https://example.org/b%20c(d)>)\n- [e.org](<https://e.org>)",
    ]


def test_what_is_no_web_address_is_shown_and_not_linked(tmp_path: Path) -> None:
    post = read_one(tmp_path, url="javascript:alert(`1`)")

    assert post.content.endswith("Source: Title `javascript:alert(1)`")


def test_the_locale_may_be_given(tmp_path: Path) -> None:
    (post,) = read(tmp_path, {"url": URL, "title": "鳥"}, locale="zh")

    assert isinstance(post, ImportedPost)
    assert post.locale == "zh"


def test_of_items_with_one_address_the_latest_counts(tmp_path: Path) -> None:
    old, new, undated = (
        {"url": URL, "title": title, "date": date}
        for title, date in (("old", "2011-01-01"), ("new", "2012-01-01"), ("undated", ""))
    )

    first, second, third = read(tmp_path, old, new, undated)

    assert first == Skipped(URL, REPEATED, "line 1; kept: line 2")
    assert isinstance(second, ImportedPost)
    assert second.title == "new"
    assert third == Skipped(URL, REPEATED, "line 3; kept: line 2")


def test_of_items_with_one_address_and_date_the_last_counts(tmp_path: Path) -> None:
    items = read(tmp_path, {"url": URL, "title": "a"}, {"url": URL, "title": "b"})

    assert [type(item) for item in items] == [Skipped, ImportedPost]


@pytest.mark.parametrize(
    "line",
    [b"{", b"[1]", b"null", b'"text"', b"caf\xe9", b"[" * 100_000, b'{"title": "no url"}'],
)
def test_a_line_that_cannot_be_read_costs_no_other(tmp_path: Path, line: bytes) -> None:
    bad, good = read(tmp_path, line, {"url": URL})

    assert isinstance(bad, Failed)
    assert bad.address == "line 1"
    assert isinstance(good, ImportedPost)


def test_a_line_beyond_all_bounds_is_passed_over(tmp_path: Path) -> None:
    bad, good = read(tmp_path, b'{"content": "' + b"x" * (2 * MAX_LINE), {"url": URL})

    assert isinstance(bad, Failed)
    assert isinstance(good, ImportedPost)


def test_empty_lines_and_a_byte_order_mark_are_no_items(tmp_path: Path) -> None:
    items = read(tmp_path, b'\xef\xbb\xbf{"url": "u"}', b"", b"  ")

    assert len(items) == 1


def test_an_item_without_title_and_text_is_named_by_its_address(tmp_path: Path) -> None:
    post = read_one(tmp_path, title="", content="")

    assert post.title == "example.org/a"
    assert len(post.notes) == 1


def test_unknown_members_and_dates_are_noted(tmp_path: Path) -> None:
    post = read_one(tmp_path, comment="hm", date="yesterday")

    assert {note.detail for note in post.notes} == {"comment", "yesterday"}


def test_how_much_was_read_is_known(tmp_path: Path) -> None:
    file = tmp_path / "links.jsonl"
    file.write_text('{"url": "a"}\n{"url": "b"}\n')
    source = JsonLinesSource(file)

    positions = [source.position() for _ in source.items()]

    assert positions == [(13, 26), (26, 26)]
    assert source.name == "jsonl:links"
