"""Reading what is there. Nothing is decided here, so the edges ask the stores directly."""

from typing import Protocol

from serinus.domain.content.categories import Branch
from serinus.domain.content.comments import Comment, CommentId, Ground
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


class CommentReader(Protocol):
    async def get(self, comment_id: CommentId) -> tuple[Comment, Ground]:
        """Raise `CommentNotFound`. `Ground.seen_by` and `Comment.seen_by` say who sees it."""
        ...

    async def under(
        self, caller: Caller | None, post_id: PostId, listing: Listing
    ) -> tuple[Page[Comment], Ground]:
        """What the caller may see under a post, and in the order of threads also what only
        keeps its place there. `Ground.seen_by` says who sees the post. Raise `PostNotFound`.
        """
        ...

    async def queue(self, listing: Listing) -> Page[Comment]:
        """All that are not deleted, for moderators."""
        ...


class Renderer(Protocol):
    async def __call__(self, post: Post) -> str:
        """The content of a post as HTML that is safe to show."""
        ...


class CommentRenderer(Protocol):
    def __call__(self, content: str) -> str:
        """What a comment says as HTML that is safe to show."""
        ...
