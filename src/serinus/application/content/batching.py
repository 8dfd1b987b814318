"""Several writes of posts in one request: all of them or none, or each on its own."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from serinus.application.content.editing import Editing
from serinus.application.content.ports import AllOrNothing, Posts
from serinus.domain.content.post import Post, PostId
from serinus.domain.errors import Conflict, SerinusError, Unavailable


@dataclass(frozen=True, slots=True)
class Operation:
    """`apply` is asked again when another writer was faster. `post_id`: None for a new post."""

    post_id: PostId | None
    apply: Callable[[Editing], Awaitable[Post]]


class BatchRefused(Conflict):
    """Nothing was done, because of one operation, counted from 0, and its `cause`."""

    code: ClassVar = "batch_refused"

    def __init__(self, index: int, cause: SerinusError) -> None:
        super().__init__(f"nothing was done: operation {index} was refused")
        self.index = index
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Batching:
    editing: Editing
    posts: AllOrNothing

    async def all_or_none(self, operations: Sequence[Operation]) -> list[Post]:
        """The posts as they were stored. Each operation sees what those before it did.

        Raise `BatchRefused` for the first one that cannot be done.
        """

        async def work(posts: Posts) -> list[Post]:
            editing = replace(self.editing, posts=posts)
            return [
                await _told(number, operation.apply(editing))
                for number, operation in enumerate(operations)
            ]

        ids = [each.post_id for each in operations if each.post_id is not None]
        return await self.posts.together(ids, work)

    async def one_by_one(self, operations: Sequence[Operation]) -> list[Post | SerinusError]:
        """What became of each. None is tried any more once the store does not answer."""
        found: list[Post | SerinusError] = []
        for operation in operations:
            if found and isinstance(found[-1], Unavailable):
                found.append(found[-1])
                continue
            try:
                found.append(await operation.apply(self.editing))
            except SerinusError as refused:
                found.append(refused)
        return found


async def _told(number: int, operation: Awaitable[Post]) -> Post:
    try:
        return await operation
    except Unavailable:
        raise
    except SerinusError as refused:
        raise BatchRefused(number, refused) from refused
