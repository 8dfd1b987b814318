"""Posts as clients of v2 see them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from serinus.domain.content.post import ContentFormat, Post, PostType, Status
from serinus.domain.content.post_query import Part
from serinus.domain.content.reading_time import reading_minutes
from serinus.domain.content.taxonomy import Category, Tag
from serinus.presentation.http.v2.describing import about
from serinus.presentation.http.v2.list_queries import Members

BASE = "/api/v2/posts"


class Author(Struct, frozen=True):
    id: UUID
    username: str
    name: Annotated[
        str, about("first and last name, else the user name", example="Naoko Torii")
    ]


class Term(Struct, frozen=True):
    """A tag or a category, as it stands under a post."""

    id: UUID
    slug: str
    name: str


class Seo(Struct, frozen=True):
    title: Annotated[str | None, about("at most 60 characters")]
    description: Annotated[str | None, about("at most 160 characters")]


class PostView(Struct, frozen=True, kw_only=True):
    """A post. Members that were not asked for are absent."""

    id: UUID | UnsetType = UNSET
    type: PostType | UnsetType = UNSET
    slug: str | UnsetType = UNSET
    title: Annotated[str, about("1 to 255 characters")] | UnsetType = UNSET
    content: str | UnsetType = UNSET
    content_format: ContentFormat | UnsetType = UNSET
    html: Annotated[str, about("the content, rendered and sanitised")] | UnsetType = UNSET
    excerpt: str | UnsetType | None = UNSET
    status: Status | UnsetType = UNSET
    locale: Annotated[str, about("BCP 47", example="ja")] | UnsetType = UNSET
    author: Author | UnsetType = UNSET
    tags: list[Term] | UnsetType = UNSET
    categories: list[Term] | UnsetType = UNSET
    featured_image: str | UnsetType | None = UNSET
    seo: Seo | UnsetType = UNSET
    reading_minutes: int | UnsetType = UNSET
    version: Annotated[int, about("grows with every change")] | UnsetType = UNSET
    created_at: datetime | UnsetType = UNSET
    updated_at: datetime | UnsetType = UNSET
    published_at: datetime | UnsetType | None = UNSET
    scheduled_at: datetime | UnsetType | None = UNSET


MEMBERS = Members(
    "post",
    PostView.__struct_fields__,
    relations=("author", "tags", "categories", "html"),
    on_request=frozenset({"html"}),
)

#: Members that cost something to read, and what of the post each needs.
NEEDS: Mapping[str, Part] = {
    "content": Part.CONTENT,
    "html": Part.CONTENT,
    "reading_minutes": Part.CONTENT,
    "author": Part.AUTHOR,
    "tags": Part.TAGS,
    "categories": Part.CATEGORIES,
}


def parts_of(members: frozenset[str]) -> frozenset[Part]:
    return frozenset(NEEDS[member] for member in members & NEEDS.keys())


def shown(post: Post, members: frozenset[str], html: str | None = None) -> PostView:
    """`html` is there when it is one of the members."""
    if members is MEMBERS.default:
        return _all_of(post)
    made = {name: make(post) for name, make in _MADE.items() if name in members}
    return PostView(**made, html=UNSET if html is None else html)


def _all_of(post: Post) -> PostView:
    """What `_MADE` would give for the members shown by default, made in one go."""
    text = post.text
    return PostView(
        id=post.id,
        type=post.type,
        slug=post.slug,
        title=text.title,
        content=text.content,
        content_format=text.content_format,
        excerpt=text.excerpt,
        status=post.status,
        locale=text.locale,
        author=_author(post),
        tags=_terms(post.tags),
        categories=_terms(post.categories),
        featured_image=text.featured_image,
        seo=_seo(post),
        reading_minutes=reading_minutes(text.content),
        version=post.version,
        created_at=post.created_at,
        updated_at=post.updated_at,
        published_at=post.published_at,
        scheduled_at=post.scheduled_at,
    )


def _author(post: Post) -> Author:
    return Author(post.author.id, post.author.username, post.author.name)


def _terms(terms: tuple[Tag, ...] | tuple[Category, ...]) -> list[Term]:
    return [Term(term.id, term.slug, term.name) for term in terms]


def _seo(post: Post) -> Seo:
    return Seo(post.text.meta_title, post.text.meta_description)


_MADE: Mapping[str, Callable[[Post], Any]] = {
    "id": lambda post: post.id,
    "type": lambda post: post.type,
    "slug": lambda post: post.slug,
    "title": lambda post: post.text.title,
    "content": lambda post: post.text.content,
    "content_format": lambda post: post.text.content_format,
    "excerpt": lambda post: post.text.excerpt,
    "status": lambda post: post.status,
    "locale": lambda post: post.text.locale,
    "author": _author,
    "tags": lambda post: _terms(post.tags),
    "categories": lambda post: _terms(post.categories),
    "featured_image": lambda post: post.text.featured_image,
    "seo": _seo,
    "reading_minutes": lambda post: reading_minutes(post.text.content),
    "version": lambda post: post.version,
    "created_at": lambda post: post.created_at,
    "updated_at": lambda post: post.updated_at,
    "published_at": lambda post: post.published_at,
    "scheduled_at": lambda post: post.scheduled_at,
}
