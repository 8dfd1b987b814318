"""Writing comments, changing them, and what moderators do with them."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from serinus.application.content.discussing import Discussing
from serinus.domain.content.comments import (
    Comment,
    CommentId,
    CommentNotFound,
    CommentsClosed,
    CommentStatus,
    DuplicateComment,
)
from serinus.domain.content.post import PostId, PostNotFound
from serinus.domain.errors import Forbidden, Stale
from serinus.domain.identity.caller import Caller
from serinus.domain.identity.sessions import MissingCredentials
from serinus.presentation.http.v2 import caching
from serinus.presentation.http.v2.authentication import VISITORS
from serinus.presentation.http.v2.comment_shapes import (
    CommentPatch,
    CommentView,
    NewComment,
    written,
)
from serinus.presentation.http.v2.conditional import seen_version, version_if_sent
from serinus.presentation.http.v2.describing import refuses
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.refusals import MalformedHeader, PreconditionRequired

AnyRequest = Request[Any, Any, Any]

BASE = "/api/v2/comments"


@post(
    "/posts/{post_id:uuid}/comments",
    opt={
        **VISITORS,
        **refuses(
            MissingCredentials, Forbidden, PostNotFound, CommentsClosed, DuplicateComment
        ),
    },
    response_headers=[caching.LOCATION, caching.ETAG],
)
async def create_comment(
    post_id: FromPath[UUID],
    data: JSONBody[NewComment],
    visitor: Given[Caller | None],
    client: Given[str],
    discussing: Given[Discussing],
) -> Response[CommentView]:
    """Comment on a published post.

    It waits for a moderator, unless its author is one or wrote the post. Guests write where
    this service lets them.
    """
    draft = data.draft(visitor)
    comment = await discussing.write(visitor, PostId(post_id), draft, client=client)
    return _written(comment, visitor, status=201, location=f"{BASE}/{comment.id}")


@patch(
    "/comments/{comment_id:uuid}",
    opt=refuses(PreconditionRequired, MalformedHeader, Stale, CommentNotFound, Forbidden),
    response_headers=[caching.ETAG],
)
async def change_comment(
    request: AnyRequest,
    comment_id: FromPath[UUID],
    data: JSONBody[CommentPatch],
    caller: Given[Caller],
    discussing: Given[Discussing],
) -> Response[CommentView]:
    """Change a comment while it waits, or within 15 minutes; then it waits again."""
    version = seen_version(request)
    content = None if data.content is UNSET else data.content
    comment = await discussing.edit(caller, CommentId(comment_id), content, version=version)
    return _written(comment, caller)


@delete(
    "/comments/{comment_id:uuid}",
    opt=refuses(Stale, CommentNotFound, MalformedHeader, Forbidden),
)
async def delete_comment(
    request: AnyRequest,
    comment_id: FromPath[UUID],
    caller: Given[Caller],
    discussing: Given[Discussing],
) -> None:
    """Take a comment away. While there are answers to it, its place is kept."""
    version = version_if_sent(request)
    await discussing.delete(caller, CommentId(comment_id), version=version)


def _judging(status: CommentStatus, action: str, text: str) -> Any:  # noqa: ANN401 - a handler
    async def judge(
        request: AnyRequest,
        comment_id: FromPath[UUID],
        caller: Given[Caller],
        discussing: Given[Discussing],
    ) -> Response[CommentView]:
        version = version_if_sent(request)
        comment = await discussing.judge(caller, CommentId(comment_id), status, version=version)
        return _written(comment, caller)

    judge.__name__, judge.__doc__ = f"{action}_comment", text
    return post(
        f"/comments/{{comment_id:uuid}}/{action}",
        status_code=200,
        opt=refuses(Stale, CommentNotFound, MalformedHeader, Forbidden),
        response_headers=[caching.ETAG],
    )(judge)


approve_comment = _judging(
    CommentStatus.APPROVED, "approve", "Show a comment to everybody who sees its post."
)
reject_comment = _judging(CommentStatus.REJECTED, "reject", "Show a comment to nobody.")
mark_comment_as_spam = _judging(CommentStatus.SPAM, "spam", "Hide a comment as spam.")


def _written(
    comment: Comment,
    caller: Caller | None,
    *,
    status: int = 200,
    location: str | None = None,
) -> Response[CommentView]:
    headers = caching.private() | ({"Location": location} if location else {})
    view = written(comment, caller)
    return caching.answer(view, headers, version=comment.version, status=status)
