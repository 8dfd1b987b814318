"""Which reads are compared, where there are more than there is time for."""

import asyncio
from uuid import UUID, uuid4

from serinus.presentation.http.recording import Recording
from serinus.presentation.http.waiting import Read, Waiting

RELEASE = uuid4()


def read(route: str, at: float = 0.0, release: UUID = RELEASE) -> Read:
    return Read((release, route), {}, None, at)


async def taken(waiting: Waiting, count: int) -> list[tuple[str, float]]:
    reads = [await waiting.take() for _ in range(count)]
    return [(each.place[1], each.at) for each in reads]


async def test_the_route_that_had_the_fewest_goes_first_and_its_newest_read() -> None:
    waiting = Waiting(100, 1000)
    for at in range(5):
        waiting.offer(read("/often", at))
    waiting.offer(read("/seldom", 9.0))

    assert await taken(waiting, 1) == [("/often", 4.0)]  # nothing was taken of either
    assert await taken(waiting, 2) == [("/seldom", 9.0), ("/often", 3.0)]
    waiting.offer(read("/seldom", 10.0))
    assert await taken(waiting, 3) == [("/seldom", 10.0), ("/often", 2.0), ("/often", 1.0)]


async def test_where_there_is_no_room_the_oldest_of_the_most_frequent_is_left_out() -> None:
    waiting = Waiting(3, 1000)

    assert [waiting.offer(read("/often", at)) for at in range(2)] == [None, None]
    assert waiting.offer(read("/seldom", 2.0)) is None
    left_out = waiting.offer(read("/often", 3.0))
    assert left_out is not None
    assert left_out.at == 0.0
    assert sorted(await taken(waiting, 3)) == [
        ("/often", 1.0),
        ("/often", 3.0),
        ("/seldom", 2.0),
    ]


async def test_bytes_are_bounded_and_free_again_when_a_read_is_taken() -> None:
    def large() -> Read:
        recording = Recording(None, 100)
        recording.size = 60
        return Read((RELEASE, "/a"), {}, recording)

    waiting = Waiting(100, 100)
    assert waiting.offer(large()) is None
    refused = large()
    assert waiting.offer(refused) is refused
    await waiting.take()
    assert waiting.offer(large()) is None


async def test_another_release_begins_anew() -> None:
    waiting, other = Waiting(100, 1000), uuid4()
    for at in range(3):
        waiting.offer(read("/a", at))
    await taken(waiting, 3)
    waiting.offer(read("/b", 1.0, other))
    waiting.offer(read("/a", 2.0, other))

    assert await taken(waiting, 2) == [("/b", 1.0), ("/a", 2.0)]


async def test_it_is_all_done_when_each_that_was_taken_is() -> None:
    waiting = Waiting(2, 1000)
    for at in range(4):
        waiting.offer(read("/a", at))
    ended = asyncio.create_task(waiting.all_done())
    for _ in range(2):
        await waiting.take()
        assert not ended.done()
        waiting.done()

    await asyncio.wait_for(ended, 1)
