"""Those who watch a release: one look for all of them, and an end to every stream."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from serinus.domain.errors import TooMany, Unavailable
from serinus.presentation.http.release.watching import AWAY, COME_BACK, Watch

SOON = 5.0  # seconds, for what takes none


class Looks:
    """Counts them; each finds its number."""

    def __init__(self, *, away: bool = False) -> None:
        self.made, self.away = 0, away

    async def __call__(self) -> bytes:
        self.made += 1
        if self.away:
            raise Unavailable("the database did not answer")
        return b"%d" % self.made


async def taken(events: AsyncIterator[bytes], count: int) -> list[bytes]:
    async with asyncio.timeout(SOON):
        return [await anext(events) for _ in range(count)]


def status(number: int) -> bytes:
    return b"event: status\ndata: %d\n\n" % number


async def test_all_who_watch_share_one_look() -> None:
    looks = Looks()
    watch = Watch(looks, every=0.05)
    watchers = [watch.events() for _ in range(3)]
    await asyncio.gather(*(taken(each, 1) for each in watchers))

    seen = await asyncio.gather(*(taken(each, 1) for each in watchers))

    assert [event for (event,) in seen] == [status(1)] * 3
    assert looks.made == 1
    await watch.close()


async def test_who_reads_slowly_is_given_the_newest() -> None:
    looks = Looks()
    watch = Watch(looks, every=0)
    events = watch.events()
    assert await taken(events, 1) == [COME_BACK]

    async with asyncio.timeout(SOON):
        while looks.made < 5:  # noqa: ASYNC110 - the watch looks on meanwhile
            await asyncio.sleep(0)
    (seen,) = await taken(events, 1)

    assert int(seen.split()[-1]) >= 4
    await watch.close()


async def test_a_stream_ends_by_itself_and_so_does_looking() -> None:
    watch = Watch(Looks(), every=0.01, lasts=0.05)

    async with asyncio.timeout(SOON):
        seen = [event async for event in watch.events()]
        while watch.looks_on:  # noqa: ASYNC110 - it ends with its next look
            await asyncio.sleep(0)

    assert seen[:2] == [COME_BACK, status(1)]
    assert (await taken(watch.events(), 2))[0] == COME_BACK  # and whoever comes back sees on
    await watch.close()


async def test_only_so_many_watch_at_once() -> None:
    watch = Watch(Looks(), most=2)
    first, second = watch.events(), watch.events()
    await asyncio.gather(taken(first, 1), taken(second, 1))

    with pytest.raises(TooMany):
        watch.events()
    await watch.close()
    async with asyncio.timeout(SOON):
        assert [event async for event in first if event != status(1)] == []
    assert await taken(watch.events(), 1) == [COME_BACK]
    await watch.close()


async def test_that_the_database_is_away_is_told_and_looking_goes_on() -> None:
    looks = Looks(away=True)
    watch = Watch(looks, every=0.01)
    events = watch.events()

    assert await taken(events, 2) == [COME_BACK, AWAY]
    looks.away = False
    async with asyncio.timeout(SOON):
        while (await anext(events)) == AWAY:
            pass
    await watch.close()


async def test_a_server_that_shuts_down_ends_all_streams() -> None:
    watch = Watch(Looks(), every=60)
    events = watch.events()
    await taken(events, 2)

    await watch.close()

    async with asyncio.timeout(SOON):
        assert [event async for event in events] == []
