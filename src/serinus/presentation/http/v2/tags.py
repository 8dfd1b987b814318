"""/api/v2/tags: what posts are about."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Struct, UnsetType

from serinus.application.content.tagging import Tagging, naming_violations
from serinus.domain.content import tag_query
from serinus.domain.content.taxonomy import CountedTag, TagId, TagNotFound, TagTaken
from serinus.domain.errors import Forbidden, Stale, Violation
from serinus.domain.identity.caller import Caller
from serinus.presentation.http.v2 import caching, query_values
from serinus.presentation.http.v2.authentication import VISITORS, check_may_read
from serinus.presentation.http.v2.bodies import Body
from serinus.presentation.http.v2.conditional import seen_version, version_if_sent
from serinus.presentation.http.v2.cursors import CursorInvalid, CursorMismatch
from serinus.presentation.http.v2.describing import about, refuses
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.list_parameters import described_item, described_list, table
from serinus.presentation.http.v2.list_queries import Lists, Members, check_known
from serinus.presentation.http.v2.lists import Listing
from serinus.presentation.http.v2.reading import Reading
from serinus.presentation.http.v2.refusals import (
    MalformedHeader,
    PreconditionRequired,
    UnsupportedCombination,
)

AnyRequest = Request[Any, Any, Any]

BASE = "/api/v2/tags"
PROBE = "-"  # a name with which nothing is wrong

Name = Annotated[str, about("1 to 50 characters", example="歌")]
Slug = Annotated[str, about("it is brought into the form of slugs", example="songs")]


class TagView(Struct, frozen=True, kw_only=True):
    """A tag. Members that were not asked for are absent."""

    id: UUID | UnsetType = UNSET
    slug: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    usage_count: Annotated[int, about("published posts that carry it")] | UnsetType = UNSET
    created_at: datetime | UnsetType = UNSET
    updated_at: datetime | UnsetType = UNSET
    version: int | UnsetType = UNSET


class NewTag(Body, frozen=True, kw_only=True):
    """Without a slug, the name gives one."""

    name: Name
    slug: Slug | None = None

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        return naming_violations(given.get("name", PROBE), given.get("slug"))


class TagPatch(Body, frozen=True, kw_only=True):
    """A JSON merge patch: what is left out stays."""

    name: Name | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        return naming_violations(given.get("name", PROBE), given.get("slug"))


class Merge(Body, frozen=True, kw_only=True):
    into: Annotated[UUID, about("the tag that stays")]


TAGS = Lists(
    Members("tag", TagView.__struct_fields__),
    filters=tag_query.FILTERS,
    values={
        "name": query_values.text,
        "slug": query_values.text,
        "usage_count": query_values.integer,
        "created_at": query_values.instant,
    },
    sorts=tag_query.SORTS,
    order=tag_query.BY_NAME,
    unsupported=tag_query.unsupported,
    offered=table(
        "Filtered by",
        "Sorted by one of",
        {
            "nothing, `name`, `slug`": "`name`, `usage_count`, `created_at`",
            "`name` (`prefix`)": "`name`",
            "`usage_count`": "`usage_count`",
            "`created_at`": "`created_at`",
        },
    ),
)


@get(
    "/",
    opt={
        **VISITORS,
        **described_list(TAGS),
        **refuses(
            CursorInvalid, CursorMismatch, UnsupportedCombination, MalformedHeader, Forbidden
        ),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def list_tags(
    request: AnyRequest,
    reading: Given[Reading],
) -> Response[Listing[TagView]]:
    """List tags, by default by name."""
    visitor = check_may_read(request, "posts:read")
    given = query_values.parameters(request.scope["query_string"])
    listing = TAGS.listing(given, reading.cursors)
    members = TAGS.members.chosen(given)
    page = await reading.tags.page(listing)
    answer = TAGS.shown(
        page,
        [_shown(tag, members) for tag in page.items],
        listing,
        reading.cursors,
        lambda at: tag_query.position(at, listing.orders),
    )
    shown = (f"tag:{tag.id}" for tag in page.items)
    headers = caching.private() if visitor else caching.public_list(caching.LIST_OF_TAGS, shown)
    return caching.answer(answer, headers, unless=request)


@get(
    "/{tag_id:uuid}",
    opt={
        **VISITORS,
        **described_item(TAGS.members),
        **refuses(TagNotFound, MalformedHeader, Forbidden),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def show_tag(
    request: AnyRequest,
    tag_id: FromPath[UUID],
    reading: Given[Reading],
) -> Response[TagView]:
    """Read a tag."""
    visitor = check_may_read(request, "posts:read")
    given = query_values.parameters(request.scope["query_string"])
    check_known(given, TAGS.members.parameters)
    members = TAGS.members.chosen(given)
    tag = await reading.tags.get(TagId(tag_id))
    named = [f"tag:{tag.id}", f"tag-usage:{tag.id}"]
    headers = caching.private() if visitor else caching.public(named)
    view = _shown(tag, members)
    return caching.answer(view, headers, version=tag.version, unless=request)


@post("/", opt=refuses(Forbidden, TagTaken), response_headers=[caching.LOCATION, caching.ETAG])
async def create_tag(
    data: JSONBody[NewTag],
    caller: Given[Caller],
    tagging: Given[Tagging],
) -> Response[TagView]:
    """Make a tag before a post carries it."""
    tag = await tagging.create(caller, data.name, slug=data.slug)
    return _written(tag, status=201, location=f"{BASE}/{tag.id}")


@patch(
    "/{tag_id:uuid}",
    opt=refuses(PreconditionRequired, MalformedHeader, Stale, TagNotFound, Forbidden, TagTaken),
    response_headers=[caching.ETAG],
)
async def change_tag(
    request: AnyRequest,
    tag_id: FromPath[UUID],
    data: JSONBody[TagPatch],
    caller: Given[Caller],
    tagging: Given[Tagging],
) -> Response[TagView]:
    """Rename a tag, or give it another slug."""
    tag = await tagging.rename(
        caller,
        TagId(tag_id),
        name=None if data.name is UNSET else data.name,
        slug=None if data.slug is UNSET else data.slug,
        version=seen_version(request),
    )
    return _written(tag)


@delete("/{tag_id:uuid}", opt=refuses(Stale, TagNotFound, MalformedHeader, Forbidden))
async def delete_tag(
    request: AnyRequest,
    tag_id: FromPath[UUID],
    caller: Given[Caller],
    tagging: Given[Tagging],
) -> None:
    """Delete a tag and take it off its posts."""
    await tagging.delete(caller, TagId(tag_id), version=version_if_sent(request))


@post(
    "/{tag_id:uuid}/merge",
    status_code=200,
    opt=refuses(Stale, TagNotFound, MalformedHeader, Forbidden),
    response_headers=[caching.ETAG],
)
async def merge_tag(
    request: AnyRequest,
    tag_id: FromPath[UUID],
    data: JSONBody[Merge],
    caller: Given[Caller],
    tagging: Given[Tagging],
) -> Response[TagView]:
    """Give the posts of a tag another one instead, which is answered; the first is gone."""
    version = version_if_sent(request)
    return _written(
        await tagging.merge(caller, TagId(tag_id), TagId(data.into), version=version)
    )


def _shown(tag: CountedTag, members: frozenset[str]) -> TagView:
    return TagView(**{name: getattr(tag, name) for name in members})


def _written(
    tag: CountedTag, *, status: int = 200, location: str | None = None
) -> Response[TagView]:
    headers = caching.private() | ({"Location": location} if location else {})
    view = _shown(tag, TAGS.members.default)
    return caching.answer(view, headers, version=tag.version, status=status)


router = Router(
    BASE,
    route_handlers=[list_tags, show_tag, create_tag, change_tag, delete_tag, merge_tag],
    tags=["tags"],
)
