"""Slugs and names: what engine v1 keeps of a title, and what it takes for the same."""

import unicodedata
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.legacy.names import distinct_tags
from serinus.legacy.slugs import MAX_LENGTH, numbered, slugify


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("  Many -- separators  ", "many-separators"),
        ("snake_case stays", "snake_case-stays"),
        ("日本語の題名", "日本語の題名"),
        ("हिन्दी में", "हिन्दी-में"),
        ("\uff26\uff35\uff2c\uff2c width ①", "full-width-1"),
        ("Straße in ÅRHUS", "straße-in-århus"),
        ("a" * 79 + " b", "a" * 79),
        ("!?", ""),
        ("___", ""),
        ("", ""),
    ],
)
def test_a_slug_keeps_letters_digits_and_marks_of_any_script(text: str, slug: str) -> None:
    assert slugify(text) == slug


@given(st.text())
def test_a_slug_is_made_of_words_and_is_never_too_long(text: str) -> None:
    slug = slugify(text)

    assert len(slug) <= MAX_LENGTH
    assert slug == slug.strip("-")
    assert "--" not in slug
    kinds = {unicodedata.category(c)[0] for c in slug.replace("-", "").replace("_", "")}
    assert kinds <= {"L", "N", "M"}
    assert not slug or any(map(str.isalnum, slug))


@given(st.text(alphabet="ab-", min_size=1, max_size=MAX_LENGTH))
def test_numbered_slugs_differ_and_never_grow_too_long(slug: str) -> None:
    candidates = list(islice(numbered(slug), 120))

    assert candidates[0] == slug
    assert len(set(candidates[1:])) == 119
    assert all(len(candidate) <= MAX_LENGTH for candidate in candidates)


def test_the_second_slug_is_number_two() -> None:
    assert list(islice(numbered("post"), 3)) == ["post", "post-2", "post-3"]


def test_of_several_spellings_of_a_tag_the_first_stays_in_its_place() -> None:
    assert distinct_tags(["Rust", " b ", "RUST", "\uff32\uff35\uff33\uff34"]) == {
        "rust": "Rust",
        "b": "b",
    }
