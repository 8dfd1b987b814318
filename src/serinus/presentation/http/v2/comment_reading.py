"""Reading comments: under a post, one by its id, and the queue of moderators."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath

from serinus.domain.content import comments
from serinus.domain.content.comments import (
    MODERATE,
    CommentId,
    CommentNotFound,
    CommentStatus,
)
from serinus.domain.content.listing import Condition, Op
from serinus.domain.content.post import PostId, PostNotFound
from serinus.domain.errors import Forbidden
from serinus.domain.identity.caller import Caller
from serinus.presentation.http.v2 import caching, query_values
from serinus.presentation.http.v2.authentication import VISITORS, check_may_read
from serinus.presentation.http.v2.comment_shapes import MEMBERS, CommentView, cached, shown
from serinus.presentation.http.v2.cursors import CursorInvalid, CursorMismatch
from serinus.presentation.http.v2.describing import refuses
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.list_parameters import described_item, described_list, table
from serinus.presentation.http.v2.list_queries import Lists, check_known
from serinus.presentation.http.v2.lists import Listing
from serinus.presentation.http.v2.reading import Reading
from serinus.presentation.http.v2.refusals import MalformedHeader, UnsupportedCombination

AnyRequest = Request[Any, Any, Any]

UNREADABLE = (CursorInvalid, CursorMismatch, UnsupportedCombination, MalformedHeader)

UNDER_POST = Lists(
    MEMBERS,
    filters=comments.FILTERS,
    values={"parent": query_values.identifier},
    sorts=comments.SORTS,
    order=comments.AS_THREAD,
    unsupported=comments.unsupported,
    offered=table(
        "Filtered by",
        "Sorted by one of",
        {"nothing": "`thread`, `created_at`", "`parent`": "`thread`"},
    ),
)
QUEUE = Lists(
    MEMBERS,
    filters=comments.QUEUE_FILTERS,
    values={
        "status": query_values.member_of(CommentStatus),
        "post": query_values.identifier,
        "author": query_values.identifier,
    },
    sorts=comments.QUEUE_SORTS,
    order=comments.NEWEST_FIRST,
    unsupported=comments.queue_unsupported,
    offered="`filter[post]` and `filter[author]` are given one at a time.",
)


@get(
    "/posts/{post_id:uuid}/comments",
    opt={
        **VISITORS,
        **described_list(UNDER_POST),
        **refuses(PostNotFound, Forbidden, *UNREADABLE),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def list_comments(
    request: AnyRequest,
    post_id: FromPath[UUID],
    reading: Given[Reading],
) -> Response[Listing[CommentView]]:
    """List the comments of a post, by default in threads, each answer below what it answers.

    Everybody sees approved ones, their authors pending ones too, moderators everything.
    `filter[parent][null]=true` gives the tops of threads, `filter[parent]` the answers to one.
    """
    visitor = check_may_read(request, "posts:read")
    given = query_values.parameters(request.scope["query_string"])
    within = (Condition("post", Op.EQ, (post_id,)),)
    wanted = UNDER_POST.listing(given, reading.cursors, within)
    members = MEMBERS.chosen(given)
    page, ground = await reading.comments.under(visitor, PostId(post_id), wanted)
    if not ground.seen_by(visitor):
        raise PostNotFound(f"no post {post_id}")
    answer = UNDER_POST.shown(
        page,
        [shown(each, members, visitor, reading.render_comment) for each in page.items],
        wanted,
        reading.cursors,
        lambda at: comments.position(at, wanted.orders),
    )
    return caching.answer(answer, cached(visitor, post_id, page.items), unless=request)


@get(
    "/comments",
    opt={
        **described_list(QUEUE),
        **refuses(Forbidden, *UNREADABLE),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def list_all_comments(
    request: AnyRequest,
    caller: Given[Caller],
    reading: Given[Reading],
) -> Response[Listing[CommentView]]:
    """List the comments of all posts for moderators, the newest first."""
    caller.need(MODERATE)
    given = query_values.parameters(request.scope["query_string"])
    wanted = QUEUE.listing(given, reading.cursors)
    members = MEMBERS.chosen(given)
    page = await reading.comments.queue(wanted)
    answer = QUEUE.shown(
        page,
        [shown(each, members, caller, reading.render_comment) for each in page.items],
        wanted,
        reading.cursors,
        lambda at: comments.position(at, wanted.orders),
    )
    return caching.answer(answer, caching.private(), unless=request)


@get(
    "/comments/{comment_id:uuid}",
    opt={
        **VISITORS,
        **described_item(MEMBERS),
        **refuses(CommentNotFound, MalformedHeader, Forbidden),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def show_comment(
    request: AnyRequest,
    comment_id: FromPath[UUID],
    reading: Given[Reading],
) -> Response[CommentView]:
    """Read a comment."""
    visitor = check_may_read(request, "posts:read")
    given = query_values.parameters(request.scope["query_string"])
    check_known(given, MEMBERS.parameters)
    members = MEMBERS.chosen(given)
    comment, ground = await reading.comments.get(CommentId(comment_id))
    if not ground.seen_by(visitor) or not (comment.seen_by(visitor) or comment.answers):
        raise CommentNotFound(f"no comment {comment_id}")
    view = shown(comment, members, visitor, reading.render_comment)
    headers = cached(visitor, comment.post_id, [comment])
    return caching.answer(view, headers, version=comment.version, unless=request)
