"""Titles and languages for content that comes without them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.content.import_titles import (
    UNTITLED,
    contains_japanese,
    guess_locale,
    plain,
    plain_title,
    shortened,
    title_for,
)
from serinus.domain.content.post import ContentFormat

MARKDOWN, HTML = ContentFormat.MARKDOWN, ContentFormat.HTML


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("## A heading\n\nText.", "A heading"),
        ("> - *Quoted* `point`", "Quoted point"),
        ("```\ncode\n```", "code"),
        ("\n\n[A link](https://example.org) and more", "A link and more"),
        ("鳥を見た。とても小さかった。", "鳥を見た"),
        ("One sentence. And another.", "One sentence"),
        ("Version 1.5 is out", "Version 1.5 is out"),
    ],
)
def test_a_title_is_made_of_the_first_words(content: str, title: str) -> None:
    assert title_for(content, MARKDOWN, "slug") == title


def test_a_title_made_of_a_long_sentence_ends_with_a_whole_word() -> None:
    title = title_for("word " * 40, MARKDOWN, "")

    assert title == "word " * 11 + "word…"


def test_a_title_made_of_a_sentence_without_spaces_is_cut_at_sixty_characters() -> None:
    assert title_for("鳥" * 100, MARKDOWN, "") == "鳥" * 59 + "…"


def test_a_title_made_of_html_has_no_tags() -> None:
    assert title_for("<p>Fish &amp; <b>chips</b></p>", HTML, "") == "Fish & chips"


def test_without_words_the_title_comes_from_the_slug() -> None:
    assert title_for("", MARKDOWN, "hello-big_world") == "Hello big world"


def test_without_anything_the_title_says_so() -> None:
    assert title_for("---\n***", MARKDOWN, "") == UNTITLED


def test_a_tag_inside_a_word_leaves_no_gap_in_a_title() -> None:
    assert plain_title("E<sup>2</sup> &#8211; <em>x</em>") == "E2 \u2013 x"


def test_what_only_looks_like_a_tag_stays_in_the_title() -> None:
    assert (
        plain_title('~`!@#$%^&*()-_=+{}[]/;:"?,.> <3 a<b')
        == '~`!@#$%^&*()-_=+{}[]/;:"?,.> <3 a<b'
    )


def test_plain_text_has_no_comments() -> None:
    assert plain("a<!-- wp:more\n-->b") == "a b"


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_a_shortened_text_keeps_its_limit(text: str, limit: int) -> None:
    short = shortened(text, limit)

    assert len(short) <= limit
    assert short == text or short.endswith("…")


def test_a_cut_never_parts_a_letter_from_its_marks() -> None:
    assert shortened("abe\u0301f", 4) == "ab…"


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("Rust 1.0 and こんにちは among many English words that go on and on and on", "en"),
        ("Node.js 12.0.0のリリース", "ja"),
        ("", "en"),
        ("123", "en"),
    ],
)
def test_a_language_is_guessed_by_the_share_of_its_letters(text: str, locale: str) -> None:
    assert guess_locale(text) == locale


def test_one_kana_is_japanese_enough_to_be_found() -> None:
    assert contains_japanese("React の")
    assert not contains_japanese("React")
