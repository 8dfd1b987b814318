"""/api/release: where the release stands, and why."""

from litestar import Response

from serinus.application.release.steering import Steering
from serinus.domain.identity.caller import Caller
from serinus.presentation.http.release.asking import (
    AnyRequest,
    Here,
    answered,
    everything,
    may_look,
    reads,
)
from serinus.presentation.http.release.status_shapes import NodeView, StatusView, nodes
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.lists import Listing

#: Workers that are shown, as far as they were heard of within an hour.
MOST_NODES = 10_000


@reads("/")
async def show_status(
    request: AnyRequest, caller: Given[Caller], steering: Given[Steering], here: Given[Here]
) -> Response[StatusView]:
    """Say which share of contract v1 engine v2 serves, why, and what comes next.

    The ETag says which state of which release was seen: for `If-Match` of what moves it.
    `/api/release/watch` sends the same once a second as server-sent events (`status`; `away`
    while the database is), and ends after some seconds: come back then, as `EventSource` does.
    """
    may_look(caller, request)
    found = await steering.status()
    return answered(StatusView.of(found, here()), found.release, unless=request)


@reads("/nodes")
async def list_nodes(
    request: AnyRequest, caller: Given[Caller], steering: Given[Steering]
) -> Response[Listing[NodeView]]:
    """List the workers: what each serves, since when, and why not the share of the release."""
    may_look(caller, request)
    found = await steering.status()
    return everything(nodes(found.nodes, found.epoch), MOST_NODES, request)


HANDLERS = [show_status, list_nodes]
