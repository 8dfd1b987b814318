"""What the content use cases need from the outside, in their own words."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from serinus.domain.content.post import Post, PostId

T = TypeVar("T")

Clock = Callable[[], datetime]
NewId = Callable[[], UUID]


@dataclass(frozen=True, slots=True)
class Term:
    """A tag or category by name. `id` is used only if the name is new."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Slugs:
    """A slug to try first. `exact`: no other will do; else `-2`, `-3` ... follow."""

    first: str
    exact: bool


class Posts(Protocol):
    """Where posts are kept, with their slugs, tags and categories."""

    async def get(self, post_id: PostId, *, deleted: bool = False) -> Post:
        """Raise `PostNotFound` when there is none. `deleted`: one that is deleted will do."""
        ...

    async def add(
        self, post: Post, slugs: Slugs, *, tags: Sequence[Term], categories: Sequence[Term]
    ) -> Post:
        """Store a new post and give it as stored. Raise `SlugTaken` when `slugs` is exact."""
        ...

    async def save(
        self,
        post: Post,
        *,
        tags: Sequence[Term] | None = None,
        categories: Sequence[Term] | None = None,
    ) -> Post:
        """Replace the stored post of the same `version`; None leaves terms as they are.

        Gives the post as stored, its version one higher. Raise `Stale` when another writer
        came first, `SlugTaken` when its slug leads to another post, `PostNotFound`.
        A former slug goes on leading to the post.
        """
        ...


class AllOrNothing(Posts, Protocol):
    """Posts of which several can be written as one."""

    async def together(
        self, post_ids: Sequence[PostId], work: Callable[[Posts], Awaitable[T]]
    ) -> T:
        """Give what `work` gives; of what it wrote nothing stays when it raises.

        `post_ids`: what it writes to. It is called again when another writer was faster.
        """
        ...
