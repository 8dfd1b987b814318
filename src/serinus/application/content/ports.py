"""What the content use cases need from the outside, in their own words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from serinus.domain.content.post import Post, PostId

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

    async def get(self, post_id: PostId) -> Post:
        """Raise `PostNotFound` when there is none, or it is deleted."""
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

    async def delete(self, post_id: PostId, version: int, *, at: datetime) -> None:
        """Hide the post; it stays restorable. Raise `Stale`, `PostNotFound`."""
        ...
