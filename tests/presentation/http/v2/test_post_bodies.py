"""Laws of merge patches (RFC 7396) on the text of a post."""

from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.content.post import ContentFormat, Text
from serinus.presentation.http.v2.bodies import decode
from serinus.presentation.http.v2.post_bodies import PostPatch

words = st.text(min_size=1, max_size=10).filter(lambda text: "\0" not in text)
texts = st.builds(
    Text,
    title=words,
    content=words,
    content_format=st.sampled_from(ContentFormat),
    excerpt=st.none() | words,
    locale=st.sampled_from(["en", "ja"]),
    featured_image=st.none() | words,
    meta_title=st.none() | words,
    meta_description=st.none() | words,
)
patches = st.fixed_dictionaries(
    {},
    optional={
        "title": words,
        "content": words,
        "content_format": st.sampled_from([each.value for each in ContentFormat]),
        "excerpt": st.none() | words,
        "locale": st.sampled_from(["en", "ja"]),
        "featured_image": st.none() | words,
        "seo": st.none()
        | st.fixed_dictionaries(
            {}, optional={"title": st.none() | words, "description": st.none() | words}
        ),
    },
)


def patch(body: dict[str, Any]) -> PostPatch:
    decoded = decode(msgspec.json.encode(body), PostPatch)
    assert isinstance(decoded, PostPatch)
    return decoded


def as_document(text: Text) -> dict[str, Any]:
    return {
        "title": text.title,
        "content": text.content,
        "content_format": text.content_format.value,
        "excerpt": text.excerpt,
        "locale": text.locale,
        "featured_image": text.featured_image,
        "seo": {"title": text.meta_title, "description": text.meta_description},
    }


def merged(target: Any, change: Any) -> Any:
    """RFC 7396, section 2, on documents where a nullable member is null, never absent."""
    if not isinstance(change, dict):
        return change
    result = dict(target)
    for name, value in change.items():
        if value is None and isinstance(result[name], dict):
            result[name] = dict.fromkeys(result[name])
        else:
            result[name] = merged(result[name], value)
    return result


@given(texts, patches)
def test_a_patch_does_what_the_rfc_says(text: Text, body: dict[str, Any]) -> None:
    assert as_document(patch(body).edit(text)) == merged(as_document(text), body)


@given(texts, patches)
def test_the_same_patch_twice_changes_nothing_more(text: Text, body: dict[str, Any]) -> None:
    once = patch(body).edit(text)

    assert patch(body).edit(once) == once


@given(texts)
def test_the_empty_patch_changes_nothing(text: Text) -> None:
    assert patch({}).edit(text) == text


@given(texts, texts)
def test_a_whole_document_is_a_patch_to_it(text: Text, other: Text) -> None:
    assert patch(as_document(other)).edit(text) == other


def test_what_may_be_empty_and_is_is_nothing() -> None:
    text = Text(title="t", content="c", excerpt="e", meta_title="m")

    edited = patch({"excerpt": "", "seo": {"title": ""}}).edit(text)

    assert edited == replace(text, excerpt=None, meta_title=None)
