"""/api/release: the releases there were, the record of each, and whether it holds."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from litestar import Response
from litestar.params import FromPath
from msgspec import Struct

from serinus.application.release.ports import Part
from serinus.application.release.steering import RELEASES_SHOWN, NoRelease, Steering
from serinus.domain.content.listing import DEFAULT_LIMIT, MAX_LIMIT
from serinus.domain.identity.caller import Caller
from serinus.domain.release.history import GENESIS, Event
from serinus.domain.release.verifying import Broken, verify
from serinus.presentation.http.release.asking import (
    AnyRequest,
    answered,
    everything,
    may_look,
    reads,
)
from serinus.presentation.http.release.shapes import EventView, ReleaseView, WholeReleaseView
from serinus.presentation.http.v2.describing import about
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.list_parameters import described_item, described_query
from serinus.presentation.http.v2.list_queries import Members, limit_of
from serinus.presentation.http.v2.lists import Listing, Page
from serinus.presentation.http.v2.query_values import integer, one_of, parameters
from serinus.presentation.http.v2.refusals import InvalidParameter

EVENT = Members("event", EventView.__struct_fields__)
PAGING = ("limit", "after", "before", "sort", *EVENT.parameters)
UP, DOWN = "number", "-number"
SIZE = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
HISTORY = [
    described_query("limit", "How many on a page.", SIZE),
    described_query("after", "`page.next` of the page before."),
    described_query("before", "`page.prev` of the page after."),
    described_query("sort", "Oldest or newest first.", {"type": "string", "enum": [UP, DOWN]}),
    *described_item(EVENT)["parameters"],
]


class VerificationView(Struct, frozen=True, kw_only=True):
    """What came out when every seal, every verdict and every step was made again."""

    holds: bool
    entries: int
    number: Annotated[int | None, about("of the first entry that does not hold")]
    what: Annotated[str | None, about("is wrong with it")]
    hash: Annotated[str, about("of the last entry: keep it elsewhere, and no end can go")]


@dataclass(frozen=True, slots=True)
class Verifying:
    """Making a release again takes a processor for a while: one at a time, and beside the loop
    that everybody is served by.
    """

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def found(self, events: Sequence[Event]) -> Broken | None:
        async with self.turn:
            return await asyncio.to_thread(verify, events)


@reads("/releases")
async def list_releases(
    request: AnyRequest, caller: Given[Caller], steering: Given[Steering]
) -> Response[Listing[ReleaseView]]:
    """List the last releases, newest first."""
    may_look(caller, request)
    found = await steering.releases()
    return everything([ReleaseView.of(each) for each in found], RELEASES_SHOWN, request)


@reads("/releases/{release_id:uuid}", NoRelease)
async def show_release(
    request: AnyRequest,
    release_id: FromPath[UUID],
    caller: Given[Caller],
    steering: Given[Steering],
) -> Response[WholeReleaseView]:
    """Read a release, with the plan that it was started with."""
    may_look(caller, request)
    release = await steering.release(release_id)
    return answered(WholeReleaseView.of(release), release, unless=request)


@reads("/history", NoRelease, parameters=HISTORY)
async def list_history(
    request: AnyRequest, caller: Given[Caller], steering: Given[Steering]
) -> Response[Listing[EventView]]:
    """List what was done to the release that governs, by whom, and why."""
    may_look(caller, request, *PAGING)
    return await _page(request, steering, None)


@reads("/releases/{release_id:uuid}/history", NoRelease, parameters=HISTORY)
async def list_history_of_release(
    request: AnyRequest,
    release_id: FromPath[UUID],
    caller: Given[Caller],
    steering: Given[Steering],
) -> Response[Listing[EventView]]:
    """List what was done to a release, by whom, and why."""
    may_look(caller, request, *PAGING)
    return await _page(request, steering, release_id)


@reads("/verify", NoRelease)
async def verify_history(
    request: AnyRequest,
    caller: Given[Caller],
    steering: Given[Steering],
    verifying: Given[Verifying],
) -> Response[VerificationView]:
    """Make the release that governs again from its record, and name the first broken link."""
    may_look(caller, request)
    return await _verified(request, verifying, await steering.history())


@reads("/releases/{release_id:uuid}/verify", NoRelease)
async def verify_history_of_release(
    request: AnyRequest,
    release_id: FromPath[UUID],
    caller: Given[Caller],
    steering: Given[Steering],
    verifying: Given[Verifying],
) -> Response[VerificationView]:
    """Make a release again from its record, and name the first broken link."""
    may_look(caller, request)
    return await _verified(request, verifying, await steering.history(release_id))


async def _verified(
    request: AnyRequest, verifying: Verifying, events: Sequence[Event]
) -> Response[VerificationView]:
    broken = await verifying.found(events)
    return answered(
        VerificationView(
            holds=broken is None,
            entries=len(events),
            number=broken.number if broken else None,
            what=broken.what if broken else None,
            hash=(events[-1].hash if events else GENESIS).hex(),
        ),
        unless=request,
    )


async def _page(
    request: AnyRequest, steering: Steering, release_id: UUID | None
) -> Response[Listing[EventView]]:
    given = parameters(request.scope["query_string"])
    if "after" in given and "before" in given:
        raise InvalidParameter("give after or before, not both", parameter="before")
    limit, members = limit_of(given), EVENT.chosen(given)
    newest_first = one_of((UP, DOWN))("sort", given.get("sort", UP)) == DOWN
    # What stands before a number is what stands after it, seen from the other end.
    back = "before" in given
    name = "before" if back else "after"
    number = integer(name, given[name]) if name in given else None
    part = Part(limit=limit + 1, after=number, newest_first=newest_first != back)
    found = list(await steering.events(release_id, part))
    more, shown = len(found) > limit, found[:limit]
    if back:
        shown.reverse()
    later, earlier = (True, more) if back else (more, number is not None)
    page = Page(
        next=str(shown[-1].number) if shown and later else None,
        prev=str(shown[0].number) if shown and earlier else None,
        limit=limit,
    )
    data = [EventView.of(event, members) for event in shown]
    return answered(Listing(data=data, page=page), unless=request)


HANDLERS = [
    list_releases,
    show_release,
    list_history,
    list_history_of_release,
    verify_history,
    verify_history_of_release,
]
