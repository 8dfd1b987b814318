"""/api/v2/posts/{id}/revisions: every version there was, for those who may change the post."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from serinus.application.content.revising import Revising
from serinus.domain.content import revision as revisions
from serinus.domain.content.post import PostId, PostNotFound, check_may_edit
from serinus.domain.content.revision import RevisionNotFound
from serinus.domain.errors import Forbidden, Stale
from serinus.domain.identity.caller import Caller
from serinus.presentation.http.v2 import caching, query_values
from serinus.presentation.http.v2.conditional import version_if_sent
from serinus.presentation.http.v2.cursors import CursorInvalid, CursorMismatch
from serinus.presentation.http.v2.describing import refuses
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.list_parameters import described_list
from serinus.presentation.http.v2.list_queries import Lists, check_known
from serinus.presentation.http.v2.lists import Listing
from serinus.presentation.http.v2.post_shapes import PostView
from serinus.presentation.http.v2.post_writing import written_view
from serinus.presentation.http.v2.reading import Reading
from serinus.presentation.http.v2.refusals import InvalidParameter, MalformedHeader
from serinus.presentation.http.v2.revision_shapes import (
    REVISION_MEMBERS,
    RevisionDetail,
    RevisionView,
    detailed,
    summarised,
)

AnyRequest = Request[Any, Any, Any]

REVISIONS = Lists(
    REVISION_MEMBERS,
    filters={},
    values={},
    sorts=revisions.SORTS,
    order=revisions.NEWEST_FIRST,
)
MAX_NUMBER = 2**31 - 1
AGAINST = {
    "parameters": [
        {
            "name": "against",
            "in": "query",
            "description": "Say how this revision differs from the one of that number.",
            "required": False,
            "schema": {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER},
        }
    ]
}


@get(
    "/{post_id:uuid}/revisions",
    opt={
        **described_list(REVISIONS),
        **refuses(PostNotFound, CursorInvalid, CursorMismatch, MalformedHeader, Forbidden),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def list_revisions(
    request: AnyRequest, post_id: FromPath[UUID], caller: Given[Caller], reading: Given[Reading]
) -> Response[Listing[RevisionView]]:
    """List the versions of a post, the newest first: who made each, when, and what changed.

    For those who may change the post.
    """
    caller.need("posts:write")
    given = query_values.parameters(request.scope["query_string"])
    listing = REVISIONS.listing(given, reading.cursors)
    start = listing.after or listing.before
    if start is not None and start.id != post_id:
        raise CursorMismatch("this cursor belongs to another post")
    members = REVISION_MEMBERS.chosen(given)
    now, page = await reading.revisions.page(PostId(post_id), listing)
    check_may_edit(caller, now)
    answer = REVISIONS.shown(
        page,
        [summarised(each, members) for each in page.items],
        listing,
        reading.cursors,
        lambda at: revisions.position(PostId(post_id), at),
    )
    return caching.answer(answer, caching.private(), unless=request)


@get(
    "/{post_id:uuid}/revisions/{number:int}",
    opt={**AGAINST, **refuses(PostNotFound, RevisionNotFound, MalformedHeader, Forbidden)},
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def show_revision(
    request: AnyRequest,
    post_id: FromPath[UUID],
    number: FromPath[int],
    caller: Given[Caller],
    reading: Given[Reading],
) -> Response[RevisionDetail]:
    """Read a post as it was at one of its versions."""
    caller.need("posts:write")
    against = _against(request)
    numbers = [number] if against is None else [number, against]
    now, found = await reading.revisions.several(PostId(post_id), *numbers)
    check_may_edit(caller, now)
    for each in numbers:
        if each not in found:
            raise RevisionNotFound(f"there is no revision {each}")
    other = None if against is None else found[against]
    answer = await detailed(found[number], other)
    return caching.answer(answer, caching.private(), unless=request)


@post(
    "/{post_id:uuid}/revisions/{number:int}/restore",
    status_code=200,
    opt=refuses(Stale, PostNotFound, RevisionNotFound, MalformedHeader, Forbidden),
    response_headers=[caching.ETAG],
)
async def restore_revision(
    request: AnyRequest,
    post_id: FromPath[UUID],
    number: FromPath[int],
    caller: Given[Caller],
    revising: Given[Revising],
) -> Response[PostView]:
    """Make a new version with the text, tags and categories of an old one.

    The slug and the state stay as they are.
    """
    caller.need("posts:write")
    version = version_if_sent(request)
    return written_view(
        await revising.restore(caller, PostId(post_id), number, version=version)
    )


def _against(request: AnyRequest) -> int | None:
    given = query_values.parameters(request.scope["query_string"])
    check_known(given, ["against"])
    if "against" not in given:
        return None
    number = query_values.integer("against", given["against"])
    if not number:
        raise InvalidParameter("revisions are numbered from 1", parameter="against")
    return number
