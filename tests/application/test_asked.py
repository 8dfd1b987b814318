"""Statements are noted for the request that waits for them, and for no other."""

import asyncio

from serinus.application.asked import Asked, begin, note, noting


async def request(*seconds: float) -> Asked:
    asked = begin()
    for each in seconds:
        await asyncio.sleep(0)
        note(each)
    return asked


async def test_each_request_has_its_own() -> None:
    one, other = await asyncio.gather(request(0.1, 0.2), request(0.5))

    assert (one, other) == (Asked(2, 0.1 + 0.2), Asked(1, 0.5))


async def test_what_is_told_in_the_next_turn_of_the_loop_still_counts_for_who_asked() -> None:
    async def asks() -> Asked:
        asked = begin()
        asyncio.get_running_loop().call_soon(note, 0.25)  # as the driver tells
        return asked

    one, other = await asyncio.gather(asks(), request())
    await asyncio.sleep(0)

    assert (one, other) == (Asked(1, 0.25), Asked())


async def test_a_task_that_nobody_counts_for_is_told_to_who_counts_all() -> None:
    told: list[float] = []

    noting(told.append)(0.5)

    assert told == [0.5]
