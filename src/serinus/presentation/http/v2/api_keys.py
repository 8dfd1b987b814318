"""/api/v2/api-keys: keys for programs. Made, listed and taken back in a session, by no key."""

from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID

from litestar import Request, Response, Router, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from serinus.application.identity.api_keys import KeyRing
from serinus.application.identity.directory import (
    KEY_FILTERS,
    KEY_SORTS,
    NEWEST_FIRST,
    key_position,
)
from serinus.domain.content.listing import Listing as Wanted
from serinus.domain.errors import Forbidden, Violation
from serinus.domain.identity.api_keys import (
    ApiKey,
    ApiKeyId,
    ApiKeyNotFound,
    TooManyApiKeys,
    clean_key_name,
    key_violations,
)
from serinus.domain.identity.caller import Caller, Scope, UserId
from serinus.presentation.http.v2 import caching, query_values
from serinus.presentation.http.v2.authentication import IN_SESSION
from serinus.presentation.http.v2.bodies import Body
from serinus.presentation.http.v2.cursors import CursorInvalid, CursorMismatch
from serinus.presentation.http.v2.describing import about, refuses
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.list_parameters import described_item, described_list
from serinus.presentation.http.v2.list_queries import Lists, Members, check_known
from serinus.presentation.http.v2.lists import Listing
from serinus.presentation.http.v2.reading import Reading
from serinus.presentation.http.v2.refusals import MalformedHeader

AnyRequest = Request[Any, Any, Any]

BASE = "/api/v2/api-keys"
PROBE = "-", (Scope.POSTS_READ,)  # a name and scopes with which nothing is wrong
RAW = "srn_0197b2f06c1e7d3a9d502a4c0c1f8e11_3vQm0yA1Yw6rXG0y2mJ3rS7m1bTnU5vC4kZ8dQeLfHgE1a2B3"

Name = Annotated[str, about("1 to 100 characters", example="Deploy")]
Instant = Annotated[datetime, Meta(tz=True)]


class ApiKeyView(Struct, frozen=True, kw_only=True):
    """A key, without the key itself. Members that were not asked for are absent."""

    id: UUID | UnsetType = UNSET
    user_id: Annotated[UUID, about("whose it is")] | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    scopes: list[Scope] | UnsetType = UNSET
    created_at: datetime | UnsetType = UNSET
    expires_at: Annotated[datetime | None, about("null: never")] | UnsetType = UNSET
    last_used_at: Annotated[datetime | None, about("to the minute")] | UnsetType = UNSET


class IssuedApiKey(Struct, frozen=True, kw_only=True):
    """A new key and, this once, the key itself."""

    id: UUID
    user_id: UUID
    name: Name
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    key: Annotated[str, about("for `X-API-Key`; it cannot be shown again", example=RAW)]


class NewApiKey(Body, frozen=True, kw_only=True):
    """It may do what both its scopes and your role allow, as your role is at the time."""

    name: Name
    scopes: Annotated[tuple[Scope, ...], about("at least one", example=["posts:read"])]
    expires_at: Annotated[Instant | None, about("within ten years; null: never")] = None

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        name, scopes = given.get("name", PROBE[0]), given.get("scopes", PROBE[1])
        return key_violations(clean_key_name(name), scopes)


KEYS = Lists(
    Members("api_key", ApiKeyView.__struct_fields__),
    filters=KEY_FILTERS,
    values={"user": query_values.identifier},
    sorts=KEY_SORTS,
    order=NEWEST_FIRST,
)


@get(
    "/",
    opt={
        **IN_SESSION,
        **described_list(KEYS),
        **refuses(CursorInvalid, CursorMismatch, MalformedHeader),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def list_api_keys(
    request: AnyRequest, caller: Given[Caller], reading: Given[Reading]
) -> Response[Listing[ApiKeyView]]:
    """List your API keys, or with `filter[user]` those of somebody else.

    For the latter you need `keys:admin`. Those that were revoked are not listed.
    """
    given = query_values.parameters(request.scope["query_string"])
    listing = KEYS.listing(given, reading.cursors)
    members = KEYS.members.chosen(given)
    page = await reading.keys.listed(_owner(caller, listing), listing)
    answer = KEYS.shown(
        page,
        [_shown(key, members) for key in page.items],
        listing,
        reading.cursors,
        key_position,
    )
    return caching.answer(answer, caching.private(), unless=request)


@get(
    "/{key_id:uuid}",
    opt={
        **IN_SESSION,
        **described_item(KEYS.members),
        **refuses(ApiKeyNotFound, MalformedHeader),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def show_api_key(
    request: AnyRequest, key_id: FromPath[UUID], caller: Given[Caller], reading: Given[Reading]
) -> Response[ApiKeyView]:
    """Read what an API key may do, and when it was used last."""
    given = query_values.parameters(request.scope["query_string"])
    check_known(given, KEYS.members.parameters)
    members = KEYS.members.chosen(given)
    owner = None if Scope.KEYS_ADMIN in caller.scopes else caller.id
    view = _shown(await reading.keys.get(ApiKeyId(key_id), owner), members)
    return caching.answer(view, caching.private(), unless=request)


@post("/", opt=IN_SESSION | refuses(TooManyApiKeys), response_headers=[caching.LOCATION])
async def create_api_key(
    data: JSONBody[NewApiKey], caller: Given[Caller], key_ring: Given[KeyRing]
) -> Response[IssuedApiKey]:
    """Make an API key. Only this answer shows it."""
    issued = await key_ring.create(
        caller, name=data.name, scopes=data.scopes, expires_at=data.expires_at
    )
    view = IssuedApiKey(**_members(issued.key), key=issued.raw)
    headers = caching.private() | {"Location": f"{BASE}/{issued.key.id}"}
    return Response(view, status_code=201, headers=headers)


@delete("/{key_id:uuid}", opt=IN_SESSION | refuses(ApiKeyNotFound))
async def revoke_api_key(
    key_id: FromPath[UUID], caller: Given[Caller], key_ring: Given[KeyRing]
) -> None:
    """Take an API key back. It stops working at once.

    With `keys:admin` also one of somebody else.
    """
    await key_ring.take_back(caller, ApiKeyId(key_id))


def _owner(caller: Caller, listing: Wanted) -> UserId:
    """Raise `Forbidden` for somebody else, unless one may look after all keys."""
    for condition in listing.conditions:
        owner = UserId(cast("UUID", condition.values[0]))
        if owner != caller.id and Scope.KEYS_ADMIN not in caller.scopes:
            raise Forbidden("keys of others are for those who hold the scope keys:admin")
        return owner
    return caller.id


def _shown(key: ApiKey, members: frozenset[str]) -> ApiKeyView:
    return ApiKeyView(**{name: _members(key)[name] for name in members})


def _members(key: ApiKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in ApiKeyView.__struct_fields__}


router = Router(
    BASE,
    route_handlers=[list_api_keys, show_api_key, create_api_key, revoke_api_key],
    tags=["api-keys"],
)
