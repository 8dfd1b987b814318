"""Who acts in requests that run at the same time, through one application."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from serinus.application.acting import Actor, Via, acting_as, current, identified
from serinus.presentation.http.origin import guest

SCOPE: dict[str, Any] = {"type": "http", "headers": []}


def test_a_guest_is_known_by_address_and_request() -> None:
    state = {"client_address": "192.0.2.7", "request_id": "an-id"}

    assert guest({**SCOPE, "state": state}, Via.V1) == Actor(
        via=Via.V1, address="192.0.2.7", request_id="an-id"
    )


@pytest.mark.parametrize(
    ("client", "address"), [(("192.0.2.9", 4711), "192.0.2.9"), (None, None)]
)
def test_without_a_layer_in_front_it_is_the_peer(client: object, address: str | None) -> None:
    assert guest({**SCOPE, "client": client}, Via.V2) == Actor(via=Via.V2, address=address)


async def test_requests_that_interleave_never_act_for_each_other() -> None:
    """All identify themselves, then all wait for each other, then all write."""
    turn = asyncio.Barrier(20)

    async def request(number: int) -> Actor | None:
        with acting_as(Actor(via=Via.V2, request_id=str(number))):
            await turn.wait()
            identified(UUID(int=number))
            await turn.wait()
            return await asyncio.create_task(written())

    async def written() -> Actor | None:
        return current()

    seen = await asyncio.gather(*map(request, range(20)))

    assert seen == [
        Actor(via=Via.V2, user=UUID(int=number), request_id=str(number)) for number in range(20)
    ]
    assert current() is None


def test_nobody_is_identified_where_nobody_was_noted() -> None:
    identified(UUID(int=1))

    assert current() is None
