"""Laws and examples of slugs."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.content.slug import MAX_LENGTH, candidates, slugify


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("  C++ & C#  ", "c-c"),
        ("カナリアは歌う。", "カナリアは歌う"),
        ("\uff26\uff35\uff2c\uff2c width", "full-width"),
        ("हिन्दी में", "हिन्दी-में"),
        ("snake_case", "snake_case"),
        ("Ünïcödé", "ünïcödé"),
        ("½ price", "1-2-price"),
        ("!!!", ""),
        ("___", ""),
        ("", ""),
    ],
)
def test_a_title_gives_its_slug(title: str, slug: str) -> None:
    assert slugify(title) == slug


@given(st.text())
def test_a_slug_is_short_trimmed_and_readable_or_nothing(text: str) -> None:
    slug = slugify(text)

    assert len(slug) <= MAX_LENGTH
    assert slug == slug.strip("-")
    assert "--" not in slug
    assert not any(c.isspace() or c in "/?#%&" for c in slug)
    assert slug == "" or any(c.isalnum() for c in slug)


@given(st.text())
def test_a_slug_is_its_own_slug(text: str) -> None:
    slug = slugify(text)

    assert slugify(slug) == slug


@given(st.text(min_size=1, max_size=200).map(slugify).filter(bool), st.integers(2, 300))
def test_candidates_differ_and_stay_within_the_length(slug: str, count: int) -> None:
    found = list(islice(candidates(slug), count))

    assert found[0] == slug
    assert len(set(found)) == count
    assert all(len(each) <= MAX_LENGTH for each in found)
