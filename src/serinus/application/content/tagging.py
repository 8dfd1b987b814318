"""What editors do with tags in their own right. Writing a post makes tags as well."""

from dataclasses import dataclass, replace
from typing import Protocol

from serinus.application.content.ports import Clock, NewId, Slugs
from serinus.domain.content.slug import slugify
from serinus.domain.content.taxonomy import CountedTag, TagId, clean_name, tag_violations
from serinus.domain.errors import Stale, Violation, refuse
from serinus.domain.identity.caller import Caller

FALLBACK_SLUG = "tag"  # for a name without a letter or digit
MAX_SLUG = 255
SCOPE = "taxonomy:write"


class Tags(Protocol):
    """Where tags are kept. `usage_count` is not written: it follows from posts."""

    async def get(self, tag_id: TagId) -> CountedTag:
        """Raise `TagNotFound`."""
        ...

    async def add(self, tag: CountedTag, slugs: Slugs) -> CountedTag:
        """Raise `TagTaken`."""
        ...

    async def save(self, tag: CountedTag) -> CountedTag:
        """Replace the tag of the same version. Raise `Stale`, `TagTaken`, `TagNotFound`."""
        ...

    async def delete(self, tag_id: TagId, version: int) -> None:
        """Take it off its posts, too. Raise `Stale`, `TagNotFound`."""
        ...

    async def merge(self, tag: CountedTag, into: TagId) -> CountedTag:
        """Give its posts the other tag instead, and that one back.

        Raise `Stale`, `TagNotFound`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Tagging:
    tags: Tags
    now: Clock
    new_id: NewId

    async def create(self, caller: Caller, name: str, *, slug: str | None = None) -> CountedTag:
        """Raise `Forbidden`, `Invalid`, `TagTaken`."""
        caller.need(SCOPE)
        refuse(naming_violations(name, slug))
        at = self.now()
        tag = CountedTag(
            id=TagId(self.new_id()),
            slug="",
            name=clean_name(name),
            usage_count=0,
            created_at=at,
            updated_at=at,
            version=1,
        )
        slugs = Slugs(slugify(slug or name) or FALLBACK_SLUG, exact=slug is not None)
        return await self.tags.add(tag, slugs)

    async def rename(
        self,
        caller: Caller,
        tag_id: TagId,
        *,
        name: str | None = None,
        slug: str | None = None,
        version: int | None = None,
    ) -> CountedTag:
        """What is None stays. Raise like `create`, and `TagNotFound`, `Stale`."""
        tag = await self._seen(caller, tag_id, version)
        refuse(naming_violations(tag.name if name is None else name, slug))
        return await self.tags.save(
            replace(
                tag,
                name=tag.name if name is None else clean_name(name),
                slug=tag.slug if slug is None else slugify(slug),
                updated_at=self.now(),
            )
        )

    async def delete(
        self, caller: Caller, tag_id: TagId, *, version: int | None = None
    ) -> None:
        """Raise `Forbidden`, `TagNotFound`, `Stale`."""
        tag = await self._seen(caller, tag_id, version)
        await self.tags.delete(tag.id, tag.version)

    async def merge(
        self, caller: Caller, tag_id: TagId, into: TagId, *, version: int | None = None
    ) -> CountedTag:
        """Raise `Forbidden`, `Invalid`, `TagNotFound`, `Stale`."""
        tag = await self._seen(caller, tag_id, version)
        if tag.id == into:
            refuse([Violation("into", "not_allowed", "a tag is not merged into itself")])
        return await self.tags.merge(tag, into)

    async def _seen(self, caller: Caller, tag_id: TagId, version: int | None) -> CountedTag:
        caller.need(SCOPE)
        tag = await self.tags.get(tag_id)
        if version is not None and version != tag.version:
            raise Stale(tag.version)
        return tag


def naming_violations(name: str, slug: str | None) -> list[Violation]:
    """Everything wrong with how a tag is to be called."""
    found = [replace(each, field="name") for each in tag_violations([name])]
    return found + slug_violations(slug)


def slug_violations(slug: str | None) -> list[Violation]:
    """What is wrong with a slug that somebody chose."""
    if slug is not None and len(slug) > MAX_SLUG:
        text = f"at most {MAX_SLUG} characters"
        return [Violation("slug", "too_long", text, {"max": MAX_SLUG})]
    if slug is not None and not slugify(slug):
        return [Violation("slug", "invalid_format", "no letter or digit in it")]
    return []
