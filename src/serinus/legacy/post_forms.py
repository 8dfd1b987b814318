"""Bodies of creating and updating a post."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from serinus.legacy.names import clean_name
from serinus.legacy.rules import RequestBody, RequiredText, broken, length, trimmed
from serinus.legacy.slugs import slugify

MAX_CONTENT = 2 * 1024 * 1024  # bytes of UTF-8
MAX_TAGS, MAX_TAG_LENGTH = 20, 50
MAX_URL = 2048


def _has_text(content: str) -> str:
    if not content.strip():
        raise broken("Content cannot be empty")
    if len(content.encode()) > MAX_CONTENT:
        raise broken(f"Content must be less than {MAX_CONTENT} bytes")
    return content


def _has_a_word(slug: str) -> str:
    # An empty one counts as absent.
    if slug and not slugify(slug):
        raise broken("Slug must contain letters or digits")
    return slug


def _are_tags(names: list[str]) -> list[str]:
    if len(names) > MAX_TAGS:
        raise broken("Too many tags")
    cleaned = [clean_name(name) for name in names]
    if not all(1 <= len(name) <= MAX_TAG_LENGTH for name in cleaned):
        raise broken("Tag must be between 1 and 50 characters")
    return cleaned


def _is_image_address(url: str) -> str:
    # An empty one counts as none.
    if url and not (len(url) <= MAX_URL and _is_absolute_http(url)):
        raise broken("Featured image must be a valid URL")
    return url


def _is_absolute_http(url: str) -> bool:
    if any(map(str.isspace, url)):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:  # an IPv6 address whose bracket is not closed
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


Title = length(1, 255, "Title must be between 1 and 255 characters")
Content = AfterValidator(_has_text)


class UpdatePost(RequestBody):
    """Absent or null: unchanged. Empty text clears what may be empty."""

    title: Annotated[str, trimmed, Title] | None = None
    content: Annotated[str, Content] | None = None
    excerpt: (
        Annotated[str, length(0, 500, "Excerpt must be less than 500 characters")] | None
    ) = None
    slug: (
        Annotated[
            str,
            length(0, 255, "Slug must be less than 255 characters"),
            AfterValidator(_has_a_word),
        ]
        | None
    ) = None
    published: bool | None = None
    tags: Annotated[list[str], AfterValidator(_are_tags)] | None = None
    category: (
        Annotated[str, AfterValidator(clean_name), length(0, 100, "Category name too long")]
        | None
    ) = None
    featured_image: Annotated[str, AfterValidator(_is_image_address)] | None = None
    meta_title: (
        Annotated[str, length(0, 60, "Meta title must be less than 60 characters")] | None
    ) = None
    meta_description: (
        Annotated[str, length(0, 160, "Meta description must be less than 160 characters")]
        | None
    ) = None


class CreateAdminPost(RequestBody):
    title: Annotated[RequiredText, trimmed, Title] = ""
    content: Annotated[RequiredText, Content] = ""
    published: bool | None = None


class CreatePost(UpdatePost):
    """Absent, null or empty: none, where the member may be missing."""

    title: Annotated[RequiredText, trimmed, Title] = ""
    content: Annotated[RequiredText, Content] = ""
