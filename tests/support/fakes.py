"""In-memory ports. `tests/infrastructure` holds them to the same contract as the real ones."""

import copy
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from serinus.application.content.ports import Posts, Slugs, Term
from serinus.domain.content.post import Byline, Post, PostId, PostNotFound
from serinus.domain.content.slug import SlugTaken, candidates, slugify
from serinus.domain.content.taxonomy import (
    Category,
    CategoryId,
    CountedTag,
    Tag,
    TagId,
    TagNotFound,
    TagTaken,
    clean_name,
    tag_key,
)
from serinus.domain.errors import Stale
from serinus.domain.identity.caller import UserId

T = TypeVar("T")


@dataclass
class MemoryPosts:
    authors: dict[UserId, Byline] = field(default_factory=dict)
    rows: dict[PostId, Post] = field(default_factory=dict)
    slugs: dict[str, PostId] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)  # by key
    categories: dict[str, Category] = field(default_factory=dict)  # by slug

    async def get(self, post_id: PostId, *, deleted: bool = False) -> Post:
        found = self.rows.get(post_id)
        if found is None or (found.deleted_at is not None and not deleted):
            raise PostNotFound(f"no post {post_id}")
        return found

    async def add(
        self, post: Post, slugs: Slugs, *, tags: Sequence[Term], categories: Sequence[Term]
    ) -> Post:
        if slugs.exact and slugs.first in self.slugs:
            raise SlugTaken(f"{slugs.first} leads to another post")
        slug = next(slug for slug in candidates(slugs.first) if slug not in self.slugs)
        self.slugs[slug] = post.id
        self.rows[post.id] = replace(
            post,
            slug=slug,
            author=self.authors[post.author.id],
            tags=self._tags(tags),
            categories=self._categories(categories),
        )
        return self.rows[post.id]

    async def save(
        self,
        post: Post,
        *,
        tags: Sequence[Term] | None = None,
        categories: Sequence[Term] | None = None,
    ) -> Post:
        stored = await self._of_version(post.id, post.version)
        if self.slugs.setdefault(post.slug, post.id) != post.id:
            raise SlugTaken(f"{post.slug} leads to another post")
        self.rows[post.id] = replace(
            post,
            version=post.version + 1,
            author=stored.author,
            tags=stored.tags if tags is None else self._tags(tags),
            categories=stored.categories
            if categories is None
            else self._categories(categories),
        )
        return self.rows[post.id]

    async def together(
        self,
        post_ids: Sequence[PostId],
        work: Callable[[Posts], Awaitable[T]],
    ) -> T:
        kept = copy.deepcopy((self.rows, self.slugs, self.tags, self.categories))
        try:
            return await work(self)
        except BaseException:
            self.rows, self.slugs, self.tags, self.categories = kept
            raise

    async def _of_version(self, post_id: PostId, version: int) -> Post:
        stored = await self.get(post_id, deleted=True)
        if stored.version != version:
            raise Stale((await self.get(post_id)).version)
        return stored

    def _tags(self, terms: Sequence[Term]) -> tuple[Tag, ...]:
        return tuple(dict.fromkeys(self._tag(term) for term in terms))

    def _tag(self, term: Term) -> Tag:
        key = tag_key(term.name)
        if key not in self.tags:
            taken = {tag.slug for tag in self.tags.values()}
            slugs = candidates(slugify(term.name) or "tag")
            slug = next(slug for slug in slugs if slug not in taken)
            self.tags[key] = Tag(TagId(term.id), slug, clean_name(term.name))
        return self.tags[key]

    def _categories(self, terms: Sequence[Term]) -> tuple[Category, ...]:
        return tuple(dict.fromkeys(self._category(term) for term in terms))

    def _category(self, term: Term) -> Category:
        slug = slugify(term.name) or "category"
        new = Category(CategoryId(term.id), slug, clean_name(term.name))
        return self.categories.setdefault(slug, new)


@dataclass
class MemoryTags:
    rows: dict[TagId, CountedTag] = field(default_factory=dict)

    async def get(self, tag_id: TagId) -> CountedTag:
        if tag_id not in self.rows:
            raise TagNotFound(f"no tag {tag_id}")
        return self.rows[tag_id]

    async def add(self, tag: CountedTag, slugs: Slugs) -> CountedTag:
        taken = {other.slug for other in self.rows.values()}
        free = next(slug for slug in candidates(slugs.first) if slug not in taken)
        return self._put(replace(tag, slug=slugs.first if slugs.exact else free))

    async def save(self, tag: CountedTag) -> CountedTag:
        await self._of_version(tag.id, tag.version)
        return self._put(replace(tag, version=tag.version + 1))

    async def delete(self, tag_id: TagId, version: int) -> None:
        await self._of_version(tag_id, version)
        del self.rows[tag_id]

    async def merge(self, tag: CountedTag, into: TagId) -> CountedTag:
        kept = await self.get(into)
        await self.delete(tag.id, tag.version)
        return kept

    async def _of_version(self, tag_id: TagId, version: int) -> None:
        stored = await self.get(tag_id)
        if stored.version != version:
            raise Stale(stored.version)

    def _put(self, tag: CountedTag) -> CountedTag:
        for other in self.rows.values():
            same = tag_key(other.name) == tag_key(tag.name) or other.slug == tag.slug
            if other.id != tag.id and same:
                raise TagTaken("another tag has this name or this slug")
        self.rows[tag.id] = tag
        return tag
