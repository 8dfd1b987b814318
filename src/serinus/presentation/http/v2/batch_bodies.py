"""A batch as clients of v2 send it, and what became of it."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from serinus.application.content.batching import Operation
from serinus.application.content.editing import Editing
from serinus.domain.content.post import Post, PostId, schedule_violations
from serinus.domain.errors import Violation
from serinus.domain.identity.caller import Caller
from serinus.presentation.http.v2.bodies import Body
from serinus.presentation.http.v2.body_problems import within
from serinus.presentation.http.v2.describing import about
from serinus.presentation.http.v2.post_bodies import (
    FirstStatus,
    NewPost,
    PostPatch,
    Schedule,
    pointing,
)
from serinus.presentation.http.v2.post_shapes import PostView
from serinus.presentation.http.v2.problems import Problem

MAX_OPERATIONS = 100

Version = Annotated[int, about("the version that you saw, as `If-Match` says it")]


class CreateOperation(Body, frozen=True, kw_only=True, tag="create", tag_field="op"):
    data: NewPost


class UpdateOperation(Body, frozen=True, kw_only=True, tag="update", tag_field="op"):
    """A JSON merge patch."""

    id: UUID
    version: Version
    data: PostPatch


class ScheduleOperation(Body, frozen=True, kw_only=True, tag="schedule", tag_field="op"):
    id: UUID
    version: Version | None = None
    data: Schedule


class PublishOperation(Body, frozen=True, kw_only=True, tag="publish", tag_field="op"):
    id: UUID
    version: Version | None = None


class UnpublishOperation(Body, frozen=True, kw_only=True, tag="unpublish", tag_field="op"):
    id: UUID
    version: Version | None = None


class ArchiveOperation(Body, frozen=True, kw_only=True, tag="archive", tag_field="op"):
    id: UUID
    version: Version | None = None


class RestoreOperation(Body, frozen=True, kw_only=True, tag="restore", tag_field="op"):
    id: UUID
    version: Version | None = None


class DeleteOperation(Body, frozen=True, kw_only=True, tag="delete", tag_field="op"):
    id: UUID
    version: Version | None = None


OperationBody: TypeAlias = (
    CreateOperation
    | UpdateOperation
    | ScheduleOperation
    | PublishOperation
    | UnpublishOperation
    | ArchiveOperation
    | RestoreOperation
    | DeleteOperation
)


class Batch(Body, frozen=True, kw_only=True):
    """Operations are done in their order, and each sees what those before it did."""

    operations: Annotated[tuple[OperationBody, ...], about(f"1 to {MAX_OPERATIONS}")]
    atomic: Annotated[bool, about("all or none; false: each on its own")] = True

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        number = len(given.get("operations", [None]))
        if 1 <= number <= MAX_OPERATIONS:
            return []
        code = "too_many" if number else "required"
        text = f"1 to {MAX_OPERATIONS} operations"
        return [Violation("operations", code, text, {"min": 1, "max": MAX_OPERATIONS})]

    def too_late(self, now: datetime) -> Iterator[Violation]:
        """Times that cannot be scheduled for."""
        for number, each in enumerate(self.operations):
            if isinstance(each, ScheduleOperation):
                found = schedule_violations(each.data.at, now=now)
                yield from within(f"/operations/{number}/data", found)


class BatchResult(Struct, frozen=True, kw_only=True):
    """What became of one operation."""

    status: Annotated[int, about("as of the same operation in a request of its own")]
    id: Annotated[UUID, about("of the post")] | UnsetType = UNSET
    version: Annotated[int, about("that is stored now")] | UnsetType = UNSET
    data: Annotated[PostView, about("the post, without its content")] | UnsetType = UNSET
    error: Annotated[Problem, about("why it was not done")] | UnsetType = UNSET


class BatchAnswer(Struct, frozen=True, kw_only=True):
    results: Annotated[list[BatchResult], about("in the order of the operations")]
    applied: Annotated[int, about("how many were done")]


#: What does an operation that has no data.
ACTIONS: Mapping[type[Body], Callable[..., Awaitable[Post]]] = {
    PublishOperation: Editing.publish,
    UnpublishOperation: Editing.unpublish,
    ArchiveOperation: Editing.archive,
    RestoreOperation: Editing.restore,
    DeleteOperation: Editing.delete,
}


def meant(each: OperationBody, caller: Caller) -> Operation:
    """What an operation asks for."""
    if isinstance(each, CreateOperation):
        return Operation(None, partial(_create, caller, each.data))
    return Operation(PostId(each.id), partial(_change, caller, each))


async def _create(caller: Caller, data: NewPost, editing: Editing) -> Post:
    with pointing():
        return await editing.create(
            caller,
            data.text,
            slug=data.slug,
            tags=data.tags,
            categories=data.categories,
            publish=data.status is FirstStatus.PUBLISHED,
        )


async def _change(caller: Caller, each: OperationBody, editing: Editing) -> Post:
    assert not isinstance(each, CreateOperation)  # noqa: S101 - it has no id to change
    post_id, version = PostId(each.id), each.version
    match each:
        case UpdateOperation():
            with pointing():
                return await editing.change(caller, post_id, each.data.changes, version=version)
        case ScheduleOperation():
            return await editing.schedule(caller, post_id, each.data.at, version=version)
        case _:
            return await ACTIONS[type(each)](editing, caller, post_id, version=version)
