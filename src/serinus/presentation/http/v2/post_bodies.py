"""Posts as clients of v2 send them: a new one, and a merge patch."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from serinus.application.content.editing import Changes, writing_violations
from serinus.domain.content.post import ContentFormat, Text
from serinus.domain.errors import Invalid, Violation
from serinus.presentation.http.v2.bodies import Body
from serinus.presentation.http.v2.describing import about

Title = Annotated[str, about("1 to 255 characters", example="カナリアは歌う")]
Content = Annotated[str, about("up to 2 MiB of UTF-8", example="Canaries *sing*.")]
Excerpt = Annotated[str | None, about("at most 500 characters")]
Locale = Annotated[str, about("BCP 47", example="ja")]
Image = Annotated[str | None, about("an http(s) address", format="uri")]
Slug = Annotated[str, about("any letters and digits; it is brought into the form of slugs")]
Tags = Annotated[tuple[str, ...], about("names; new ones are made", example=["birds", "歌"])]
Categories = Annotated[tuple[str, ...], about("slugs or names; new ones are made")]

#: Where the violations of the domain are in our bodies, when not under their own name.
POINTERS: Mapping[str, str] = {
    "meta_title": "/seo/title",
    "meta_description": "/seo/description",
}

#: Nothing is wrong with it: what is said about a text made from it is about what was given.
GOOD = Text(title="-", content="-")


class FirstStatus(StrEnum):
    """What a post can begin as."""

    DRAFT = "draft"
    PUBLISHED = "published"


class NewSeo(Body, frozen=True, kw_only=True):
    title: Annotated[str | None, about("at most 60 characters")] = None
    description: Annotated[str | None, about("at most 160 characters")] = None


class SeoPatch(Body, frozen=True, kw_only=True):
    title: Annotated[str | None, about("at most 60 characters")] | UnsetType = UNSET
    description: Annotated[str | None, about("at most 160 characters")] | UnsetType = UNSET


class NewPost(Body, frozen=True, kw_only=True):
    """Without a slug, the title gives one."""

    title: Title
    content: Content
    content_format: ContentFormat = ContentFormat.MARKDOWN
    slug: Slug | None = None
    excerpt: Excerpt = None
    locale: Locale = "en"
    featured_image: Image = None
    seo: NewSeo | None = None
    tags: Tags = ()
    categories: Categories = ()
    status: FirstStatus = FirstStatus.DRAFT

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        return _violations(given)

    @property
    def text(self) -> Text:
        return Text(
            title=self.title,
            content=self.content,
            content_format=self.content_format,
            excerpt=self.excerpt or None,
            locale=self.locale,
            featured_image=self.featured_image or None,
            meta_title=(self.seo and self.seo.title) or None,
            meta_description=(self.seo and self.seo.description) or None,
        )


class PostPatch(Body, frozen=True, kw_only=True):
    """A JSON merge patch: what is left out stays, null clears."""

    title: Title | UnsetType = UNSET
    content: Content | UnsetType = UNSET
    content_format: ContentFormat | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    excerpt: Excerpt | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    featured_image: Image | UnsetType = UNSET
    seo: SeoPatch | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    categories: Categories | UnsetType = UNSET

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        return _violations(given)

    @property
    def changes(self) -> Changes:
        return Changes(
            edit=self.edit,
            slug=None if self.slug is UNSET else self.slug,
            tags=None if self.tags is UNSET else self.tags,
            categories=None if self.categories is UNSET else self.categories,
        )

    def edit(self, text: Text) -> Text:
        return _edited(text, {name: getattr(self, name) for name in self.__struct_fields__})


class Schedule(Body, frozen=True, kw_only=True):
    at: Annotated[datetime, about("in the future, with its zone")]


@contextmanager
def pointing() -> Iterator[None]:
    """Lets what the domain refuses point into our bodies."""
    try:
        yield
    except Invalid as refused:
        raise Invalid(_pointed(refused.violations)) from refused


def _pointed(violations: Iterable[Violation]) -> list[Violation]:
    return [replace(each, field=POINTERS.get(each.field, each.field)) for each in violations]


def _violations(given: Mapping[str, Any]) -> list[Violation]:
    return _pointed(
        writing_violations(
            _edited(GOOD, given),
            given.get("slug"),
            given.get("tags", ()),
            given.get("categories", ()),
        )
    )


def _edited(text: Text, given: Mapping[str, Any]) -> Text:
    """RFC 7396, for the members of a text. What may be empty and is, is nothing."""
    changes: dict[str, Any] = {
        name: given[name]
        for name in ("title", "content", "content_format", "locale")
        if given.get(name, UNSET) is not UNSET
    }
    for name in ("excerpt", "featured_image"):
        if given.get(name, UNSET) is not UNSET:
            changes[name] = given[name] or None
    seo = given.get("seo", UNSET)
    for member in () if seo is UNSET else ("title", "description"):
        value = None if seo is None else getattr(seo, member)
        if value is not UNSET:
            changes[f"meta_{member}"] = value or None
    return replace(text, **changes)
