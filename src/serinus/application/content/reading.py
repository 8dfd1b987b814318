"""Reading what is there. Nothing is decided here, so the edges ask the stores directly."""

from typing import Protocol

from serinus.domain.content.categories import Branch
from serinus.domain.content.finding import Findings, Search, Suggestion
from serinus.domain.content.listing import Listing, Page
from serinus.domain.content.post import Post, PostId
from serinus.domain.content.post_query import Part
from serinus.domain.content.taxonomy import CategoryId, CountedTag, TagId
from serinus.domain.identity.caller import Caller


class PostReader(Protocol):
    """Posts as they are shown. `parts` of them that are not asked for come back empty."""

    async def one(self, post_id: PostId, parts: frozenset[Part]) -> Post:
        """Raise `PostNotFound`. Shows drafts too: `check_may_see` says who sees them."""
        ...

    async def at(self, address: str, parts: frozenset[Part]) -> Post:
        """The post that a slug or an address leads to, or once led to. Raise `PostNotFound`."""
        ...

    async def page(
        self, caller: Caller | None, listing: Listing, parts: frozenset[Part]
    ) -> Page[Post]:
        """What the caller may see: see `domain.content.post_query`."""
        ...


class TagReader(Protocol):
    async def get(self, tag_id: TagId) -> CountedTag:
        """Raise `TagNotFound`."""
        ...

    async def page(self, listing: Listing) -> Page[CountedTag]:
        """See `domain.content.tag_query`."""
        ...


class CategoryReader(Protocol):
    async def get(self, category_id: CategoryId) -> Branch:
        """Raise `CategoryNotFound`."""
        ...

    async def page(self, listing: Listing) -> Page[Branch]:
        """See `domain.content.categories`."""
        ...


class Finder(Protocol):
    """Published posts, whoever asks."""

    async def find(self, search: Search) -> Findings: ...

    async def suggest(self, prefix: str, limit: int) -> list[Suggestion]:
        """Titles of published posts and names of used tags that begin so, sorted."""
        ...


class Renderer(Protocol):
    async def __call__(self, post: Post) -> str:
        """The content of a post as HTML that is safe to show."""
        ...
