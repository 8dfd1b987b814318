"""/api/v2/audit: who did what, for whoever has to answer for it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get
from msgspec import UNSET, Struct, UnsetType

from serinus.application import audit
from serinus.application.acting import Via
from serinus.application.audit import Action, Entity, Entry
from serinus.domain.errors import Forbidden
from serinus.domain.identity.caller import Caller, Scope
from serinus.presentation.http.v2 import caching, query_values
from serinus.presentation.http.v2.cursors import CursorInvalid, CursorMismatch
from serinus.presentation.http.v2.describing import about, refuses
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.list_parameters import described_list
from serinus.presentation.http.v2.list_queries import Lists, Members
from serinus.presentation.http.v2.lists import Listing
from serinus.presentation.http.v2.reading import Reading
from serinus.presentation.http.v2.refusals import MalformedHeader, UnsupportedCombination

BASE = "/api/v2/audit"


class Actor(Struct, frozen=True):
    id: UUID
    username: Annotated[str | None, about("null when there is no such user any more")]


class Mark(Struct, frozen=True):
    """Stands for a long text: revisions keep it, the log tells it from others."""

    bytes: int
    sha256: str


class Linked(Struct, frozen=True):
    """A tag or a category. Its name is absent when it was deleted at the same time."""

    id: UUID
    name: str | UnsetType = UNSET


Value = str | int | bool | list[str] | Mark


class Change(Struct, frozen=True, kw_only=True):
    """What became of one member: values, links, or only that it is another one now."""

    before: Annotated[Value, about("absent when there was none")] | UnsetType = UNSET
    after: Annotated[Value, about("absent when there is none")] | UnsetType = UNSET
    added: list[Linked] | UnsetType = UNSET
    removed: list[Linked] | UnsetType = UNSET
    changed: Annotated[bool, about("of secrets nothing else is told")] | UnsetType = UNSET
    count: Annotated[int, about("how many, all at once")] | UnsetType = UNSET


class EntryView(Struct, frozen=True, kw_only=True):
    """One change of one thing. Members that were not asked for are absent."""

    id: UUID | UnsetType = UNSET
    at: datetime | UnsetType = UNSET
    action: Annotated[str, about(", ".join(Action), example="published")] | UnsetType = UNSET
    entity: Annotated[str, about(", ".join(Entity), example="post")] | UnsetType = UNSET
    entity_id: Annotated[UUID | None, about("null: many at once")] | UnsetType = UNSET
    version: Annotated[int | None, about("that it has since, if any")] | UnsetType = UNSET
    user: Annotated[Actor | None, about("null: a guest, or the service")] | UnsetType = UNSET
    api_key_id: Annotated[UUID | None, about("that acted for the user")] | UnsetType = UNSET
    via: Annotated[str | None, about(f"{', '.join(Via)}; null: SQL by hand")] | UnsetType = (
        UNSET
    )
    address: str | UnsetType | None = UNSET
    request_id: Annotated[str | None, about("`X-Request-ID`")] | UnsetType = UNSET
    changes: dict[str, Change] | UnsetType = UNSET


ENTRIES = Lists(
    Members("entry", EntryView.__struct_fields__),
    filters=audit.FILTERS,
    values={
        "user": query_values.identifier,
        "entity": query_values.member_of(Entity),
        "entity_id": query_values.identifier,
        "action": query_values.member_of(Action),
        "via": query_values.member_of(Via),
        "at": query_values.instant,
    },
    sorts=audit.SORTS,
    order=audit.NEWEST_FIRST,
    unsupported=audit.unsupported,
)


@get(
    "/",
    opt={
        **described_list(ENTRIES),
        **refuses(
            CursorInvalid, CursorMismatch, UnsupportedCombination, MalformedHeader, Forbidden
        ),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def list_entries(
    request: Request[Any, Any, Any], caller: Given[Caller], reading: Given[Reading]
) -> Response[Listing[EntryView]]:
    """List what was written, newest first: by one filter at a time, and a span of time.

    `filter[entity]` may stand beside `filter[entity_id]`.
    """
    given = query_values.parameters(request.scope["query_string"])
    listing = ENTRIES.listing(given, reading.cursors)
    members = ENTRIES.members.chosen(given)
    caller.need(Scope.AUDIT_READ)
    page = await reading.audit.page(listing)
    answer = ENTRIES.shown(
        page,
        [_shown(entry, members) for entry in page.items],
        listing,
        reading.cursors,
        audit.position,
    )
    return caching.answer(answer, caching.private(), unless=request)


def _shown(entry: Entry, members: frozenset[str]) -> EntryView:
    shown = {name: getattr(entry, name) for name in members}
    if entry.user is not None and "user" in members:
        shown["user"] = Actor(entry.user.id, entry.user.username)
    if "changes" in members:
        shown["changes"] = msgspec.convert(entry.changes, dict[str, Change])
    return EntryView(**shown)


router = Router(BASE, route_handlers=[list_entries], tags=["audit"])
