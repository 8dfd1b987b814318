"""Highlights are HTML with nothing in it but escaped text and marks."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from serinus.domain.content.finding import Findings, Hit, Passage
from serinus.domain.content.listing import Page
from serinus.domain.content.post import Byline, ContentFormat, PostId
from serinus.domain.identity.caller import UserId
from serinus.presentation.http.v2.search_shapes import AT_ONCE, Highlights, shown

MARKED = re.compile(r"(?:[^<>]|<mark>[^<>]+</mark>)*")

hostile = st.text(
    st.sampled_from("東京owl <>&\"'/markscript;#39amp\u0301\u200b\uff1c\uff1e")
    | st.characters(),
    max_size=300,
)


async def highlights(
    text: str, asked: str, *lexemes: str, content_format: ContentFormat = ContentFormat.MARKDOWN
) -> Highlights:
    hit = Hit(
        id=PostId(uuid7()),
        slug="-",
        title=text,
        excerpt=text,
        locale="en",
        published_at=datetime(2030, 1, 1, tzinfo=UTC),
        author=Byline(UserId(uuid7()), "ada", "Ada"),
        tags=(),
        categories=(),
        score=1.0,
        passage=Passage(text, content_format),
    )
    found = Findings(page=Page((hit,)), capped=False, facets={}, lexemes=lexemes)
    (view,) = await shown(found, asked, frozenset({"highlights"}))
    assert isinstance(view.highlights, Highlights)
    return view.highlights


def without_marks(html: str) -> str:
    return unescape(re.sub("</?mark>", "", html))


@given(text=hostile, asked=hostile, lexemes=st.lists(hostile, max_size=3))
async def test_a_highlight_is_escaped_text_with_marks_and_a_part_of_what_was_written(
    text: str, asked: str, lexemes: list[str]
) -> None:
    told = await highlights(text, asked, *lexemes)

    for each in (told.title, told.excerpt, told.content):
        if each is not None:
            assert MARKED.fullmatch(each)
            assert "<mark>" in each
            assert without_marks(each) in text
    assert told.title is None or without_marks(told.title) == text


@pytest.mark.parametrize(
    ("written", "content_format", "expected"),
    [
        (
            "<b>Owl</b> &amp; owls",
            ContentFormat.HTML,
            "<mark>Owl</mark> &amp; <mark>owls</mark>",
        ),
        ("<owl>x</owl>", ContentFormat.HTML, None),
        (
            "<b>Owl</b>",
            ContentFormat.MARKDOWN,
            "&lt;b&gt;<mark>Owl</mark>&lt;/b&gt;",
        ),
    ],
)
async def test_elements_of_html_are_not_text(
    written: str, content_format: ContentFormat, expected: str | None
) -> None:
    told = await highlights(written, "owl", "owl", content_format=content_format)

    assert told.content == expected


async def test_much_text_is_marked_as_little_is() -> None:
    told: Any = await highlights("x " * AT_ONCE + "owl", "owl", "owl")

    assert told.content.endswith("x <mark>owl</mark>")
