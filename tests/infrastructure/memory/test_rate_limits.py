"""Rate limits within one process."""

from serinus.infrastructure.memory.rate_limits import MemoryRateLimiter


async def test_memory_is_bounded_however_many_keys_there_are() -> None:
    limiter = MemoryRateLimiter(max_keys=10)

    for number in range(1000):
        await limiter.hit(f"address:{number}", limit=1)

    assert len(limiter) == 10


async def test_the_key_used_longest_ago_is_forgotten_first() -> None:
    limiter = MemoryRateLimiter(max_keys=2)
    await limiter.hit("busy", limit=1)
    await limiter.hit("quiet", limit=1)
    await limiter.hit("busy", limit=1)

    await limiter.hit("new", limit=1)

    assert not (await limiter.hit("busy", limit=1)).allowed
    assert (await limiter.hit("quiet", limit=1)).allowed


async def test_looking_counts_nothing() -> None:
    limiter = MemoryRateLimiter()

    assert [limiter.look("key", limit=1).allowed for _ in range(3)] == [True, True, True]
    assert limiter.take("key", limit=1).allowed
    assert not limiter.look("key", limit=1).allowed


async def test_a_clock_that_steps_back_lets_nobody_through() -> None:
    times = iter([100.0, 40.0, 40.0])
    limiter = MemoryRateLimiter(clock=lambda: next(times))

    assert [limiter.take("key", limit=2).allowed for _ in range(3)] == [True, True, False]
