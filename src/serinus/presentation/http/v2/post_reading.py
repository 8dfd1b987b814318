"""Reading posts: the list, one by its id, one by its slug."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from serinus.application.content.reading import Renderer
from serinus.domain.content import post_combinations, post_query
from serinus.domain.content.post import (
    Post,
    PostId,
    PostNotFound,
    PostType,
    Status,
    check_may_see,
)
from serinus.domain.errors import Forbidden
from serinus.domain.identity.caller import Caller
from serinus.presentation.http.v2 import caching, query_values
from serinus.presentation.http.v2.authentication import VISITORS, check_may_read
from serinus.presentation.http.v2.cursors import CursorInvalid, CursorMismatch
from serinus.presentation.http.v2.describing import refuses
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.list_parameters import described_item, described_list, table
from serinus.presentation.http.v2.list_queries import Lists, check_known
from serinus.presentation.http.v2.lists import Listing
from serinus.presentation.http.v2.post_shapes import BASE, MEMBERS, PostView, parts_of, shown
from serinus.presentation.http.v2.reading import Reading
from serinus.presentation.http.v2.refusals import MalformedHeader, UnsupportedCombination

AnyRequest = Request[Any, Any, Any]

OFFERED = f"""{
    table(
        "Filtered by, beside `status`",
        "First sorted by",
        {
            ", ".join(f"`{name}`" for name in sorted(fields)) or "nothing": ", ".join(
                f"`{name}`" for name in sorts
            )
            for fields, sorts in post_combinations.COMBINATIONS.items()
        },
    )
}

A range of dates needs that date as the first sort. With `tag` or `category` there is no second
sort. `filter[deleted]=true` has no other filter beside it. Anything else is refused: it would
take the longer, the more posts there are."""

POSTS = Lists(
    MEMBERS,
    filters=post_query.FILTERS,
    values={
        "status": query_values.member_of(Status),
        "type": query_values.member_of(PostType),
        "author": query_values.identifier,
        "tag": query_values.text,
        "category": query_values.text,
        "locale": query_values.text,
        "published_at": query_values.instant,
        "created_at": query_values.instant,
        "updated_at": query_values.instant,
        "deleted": query_values.boolean,
    },
    sorts=post_query.SORTS,
    order=post_query.NEWEST_FIRST,
    unsupported=post_combinations.unsupported,
    offered=OFFERED,
)

LIST = {
    **VISITORS,
    **described_list(POSTS),
    **refuses(
        CursorInvalid, CursorMismatch, UnsupportedCombination, MalformedHeader, Forbidden
    ),
}
ITEM = {
    **VISITORS,
    **described_item(MEMBERS),
    **refuses(PostNotFound, MalformedHeader, Forbidden),
}


@get(
    "/",
    opt={
        **VISITORS,
        **described_list(POSTS),
        **refuses(
            CursorInvalid, CursorMismatch, UnsupportedCombination, MalformedHeader, Forbidden
        ),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def list_posts(
    request: AnyRequest,
    reading: Given[Reading],
) -> Response[Listing[PostView]]:
    """List posts, by default the newest first.

    Everybody sees what is published, authors their own drafts too, editors everything. What was
    deleted is seen with `filter[deleted]=true` by those who may see drafts.
    """
    visitor = check_may_read(request, "posts:read")
    given = query_values.parameters(request.scope["query_string"])
    listing = POSTS.listing(given, reading.cursors)
    members = MEMBERS.chosen(given)
    page = await reading.posts.page(visitor, listing, parts_of(members))
    answer = POSTS.shown(
        page,
        [await _show(each, members, reading.render) for each in page.items],
        listing,
        reading.cursors,
        lambda at: post_query.position(at, listing.orders),
    )
    return caching.answer(answer, _headers_of_list(visitor, page.items), unless=request)


@get(
    "/{post_id:uuid}",
    opt={
        **VISITORS,
        **described_item(MEMBERS),
        **refuses(PostNotFound, MalformedHeader, Forbidden),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def show_post(
    request: AnyRequest,
    post_id: FromPath[UUID],
    reading: Given[Reading],
) -> Response[PostView]:
    """Read a post."""
    visitor = check_may_read(request, "posts:read")
    members = _chosen(request)
    found = await reading.posts.one(PostId(post_id), parts_of(members))
    check_may_see(visitor, found)
    view = await _show(found, members, reading.render)
    return caching.answer(view, _headers(visitor, found), version=found.version, unless=request)


@get(
    "/by-slug/{slug:path}",
    opt={
        **VISITORS,
        **described_item(MEMBERS),
        **refuses(PostNotFound, MalformedHeader, Forbidden),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED | caching.MOVED,
)
async def show_post_by_slug(
    request: AnyRequest,
    slug: FromPath[str],
    reading: Given[Reading],
) -> Response[PostView]:
    """Read the post that a slug leads to.

    A slug it had before, or an address it was imported from, is answered 301.
    """
    visitor = check_may_read(request, "posts:read")
    members = _chosen(request)
    address = slug.removeprefix("/")
    found = await reading.posts.at(address, parts_of(members))
    check_may_see(visitor, found)
    headers = _headers(visitor, found)
    if found.slug != address:
        return _moved(request, found, headers)
    view = await _show(found, members, reading.render)
    return caching.answer(view, headers, version=found.version, unless=request)


def _chosen(request: AnyRequest) -> frozenset[str]:
    given = query_values.parameters(request.scope["query_string"])
    check_known(given, MEMBERS.parameters)
    return MEMBERS.chosen(given)


async def _show(found: Post, members: frozenset[str], render: Renderer) -> PostView:
    return shown(found, members, await render(found) if "html" in members else None)


def _headers(visitor: Caller | None, found: Post) -> dict[str, str]:
    """Who sees a post without signing in sees one that is published."""
    return caching.private() if visitor else caching.public(caching.tags_of(found))


def _headers_of_list(visitor: Caller | None, found: Sequence[Post]) -> dict[str, str]:
    if visitor:
        return caching.private()
    tags = (tag for post in found for tag in caching.tags_of(post))
    return caching.public_list(caching.LIST_OF_POSTS, tags)


def _moved(request: AnyRequest, found: Post, headers: dict[str, str]) -> Response[PostView]:
    query = request.scope["query_string"].decode("ascii")
    location = f"{BASE}/by-slug/{quote(found.slug)}" + (f"?{query}" if query else "")
    answer: Response[Any] = Redirect(location, status_code=301, headers=headers)
    return answer
