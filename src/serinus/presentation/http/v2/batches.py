"""/api/v2/posts/batch: many writes in one request."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from litestar import Request, Response, post
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from serinus.application.content.batching import Batching, BatchRefused
from serinus.domain.content.post import Post
from serinus.domain.errors import Forbidden, SerinusError, Stale, refuse
from serinus.domain.identity.caller import Caller
from serinus.presentation.http.asgi import Scope
from serinus.presentation.http.v2 import caching, problems
from serinus.presentation.http.v2.batch_bodies import (
    Batch,
    BatchAnswer,
    BatchResult,
    CreateOperation,
    DeleteOperation,
    OperationBody,
    meant,
)
from serinus.presentation.http.v2.body_problems import broken_rules
from serinus.presentation.http.v2.describing import refuses
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.post_shapes import MEMBERS, shown

#: A batch may name a hundred posts of two megabytes each, and its author has them.
BRIEF = MEMBERS.default - {"content"}


@post("/batch", status_code=200, opt=refuses(Forbidden, BatchRefused))
async def batch_posts(
    request: Request[Any, Any, Any],
    data: JSONBody[Batch],
    caller: Given[Caller],
    batching: Given[Batching],
) -> Response[BatchAnswer]:
    """Write up to 100 posts in one request.

    With `atomic`, as by default, all operations are done or none is: the first one that cannot
    be done is told as the problem `batch_refused`. Without it each is done on its own, and says
    what became of it. What is wrong with the bodies is told for all of them at once, before
    anything is written.
    """
    caller.need("posts:write")
    refuse([*broken_rules(data), *data.too_late(batching.editing.now())])
    operations = [meant(each, caller) for each in data.operations]
    found: Sequence[Post | SerinusError]
    if data.atomic:
        found = await batching.all_or_none(operations)
    else:
        found = await batching.one_by_one(operations)
    scope = cast("Scope", request.scope)
    results = [
        _done(each, outcome) if isinstance(outcome, Post) else _failed(at, each, outcome, scope)
        for at, (each, outcome) in enumerate(zip(data.operations, found, strict=True))
    ]
    applied = sum(isinstance(outcome, Post) for outcome in found)
    return caching.answer(BatchAnswer(results=results, applied=applied), caching.private())


def _done(each: OperationBody, stored: Post) -> BatchResult:
    match each:
        case CreateOperation():
            status = 201
        case DeleteOperation():
            return BatchResult(status=204, id=stored.id, version=stored.version)
        case _:
            status = 200
    return BatchResult(
        status=status, id=stored.id, version=stored.version, data=shown(stored, BRIEF)
    )


def _failed(at: int, each: OperationBody, error: SerinusError, scope: Scope) -> BatchResult:
    problem = problems.problem_of(error, scope)
    if problem.errors:
        problem = replace(problem, errors=problems.items_within(at, error))
    post_id: UUID | UnsetType = UNSET if isinstance(each, CreateOperation) else each.id
    version: int | UnsetType = error.version if isinstance(error, Stale) else UNSET
    return BatchResult(status=problem.status, id=post_id, version=version, error=problem)
