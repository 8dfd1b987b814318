"""What every rate limiter promises, in one process and through Redis."""

import math
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serinus.application.identity.limits import RateLimiter
from serinus.infrastructure.memory.rate_limits import MemoryRateLimiter
from serinus.infrastructure.redis.connection import connect
from serinus.infrastructure.redis.rate_limits import RedisRateLimiter

SOME = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
LIMITS = st.integers(1, 5)
WINDOWS = st.sampled_from([1, 2, 60, 61, 90, 3600])
# Parts of a window between one hit and the next, the borders of slots and windows among them.
PAUSES = st.lists(
    st.sampled_from([0.0, 1 / 60, 0.5, 1.0, 61 / 60])
    | st.floats(0, 1.2, allow_nan=False, allow_subnormal=False),
    min_size=1,
    max_size=40,
)


@dataclass
class HandClock:
    now: float = 1_900_000_000.25

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=["memory", "redis"])
async def limiter(
    request: pytest.FixtureRequest, clock: HandClock
) -> AsyncIterator[RateLimiter]:
    if request.param == "memory":
        yield MemoryRateLimiter(clock=clock)
        return
    async with connect(request.getfixturevalue("redis_url"), timeout=10) as client:
        # Nothing is known locally: every decision is the script's.
        yield RedisRateLimiter(client, Blank(clock), clock=clock, timeout=10)


class Blank(MemoryRateLimiter):
    """Forgets at once, so that it never stands in for Redis."""

    def __init__(self, clock: HandClock) -> None:
        super().__init__(clock=clock, max_keys=0)


def a_key() -> str:
    return f"login:{uuid4()}"


async def test_hits_up_to_the_limit_are_allowed(limiter: RateLimiter) -> None:
    key = a_key()
    decisions = [await limiter.hit(key, limit=3) for _ in range(4)]

    assert [d.allowed for d in decisions] == [True, True, True, False]
    assert [d.remaining for d in decisions] == [2, 1, 0, 0]


async def test_an_allowed_hit_need_not_wait(limiter: RateLimiter) -> None:
    assert (await limiter.hit(a_key(), limit=3)).retry_after == 0


async def test_keys_do_not_share_their_limits(limiter: RateLimiter) -> None:
    await limiter.hit("address:a", limit=1)

    assert (await limiter.hit("address:b", limit=1)).allowed


async def test_windows_of_one_key_do_not_share_their_hits(limiter: RateLimiter) -> None:
    key = a_key()
    await limiter.hit(key, limit=1, window=60)

    assert (await limiter.hit(key, limit=1, window=3600)).allowed


async def test_a_limit_of_zero_allows_everything(limiter: RateLimiter) -> None:
    key = a_key()

    assert all([(await limiter.hit(key, limit=0)).allowed for _ in range(200)])


async def test_a_refused_hit_does_not_put_off_the_next(
    limiter: RateLimiter, clock: HandClock
) -> None:
    key = a_key()
    first = await limiter.hit(key, limit=1)
    for _ in range(10):
        clock.now += 5
        await limiter.hit(key, limit=1)
    clock.now += first.reset - 50

    assert (await limiter.hit(key, limit=1)).allowed


async def test_a_lowered_limit_counts_what_was_allowed_before(limiter: RateLimiter) -> None:
    key = a_key()
    for _ in range(5):
        await limiter.hit(key, limit=5)

    lowered = await limiter.hit(key, limit=2)

    assert not lowered.allowed
    assert lowered.remaining == 0


@pytest.mark.parametrize("key", ["", "x" * 100_000, "a\nb\0c", "\ud800", "ключ", "{a}:*"])
async def test_any_text_is_a_key(limiter: RateLimiter, key: str) -> None:
    assert (await limiter.hit(key, limit=1)).allowed
    assert not (await limiter.hit(key, limit=1)).allowed


@SOME
@given(limit=LIMITS, window=WINDOWS, pauses=PAUSES)
async def test_no_window_holds_more_than_the_limit(
    limiter: RateLimiter, clock: HandClock, limit: int, window: int, pauses: list[float]
) -> None:
    key, allowed = a_key(), []
    for pause in pauses:
        clock.now += pause * window
        if (await limiter.hit(key, limit=limit, window=window)).allowed:
            allowed.append(clock.now)

    for start in allowed:
        assert sum(start <= hit < start + window for hit in allowed) <= limit


@SOME
@given(limit=LIMITS, window=WINDOWS, pauses=PAUSES)
async def test_there_is_room_after_the_time_that_was_told(
    limiter: RateLimiter, clock: HandClock, limit: int, window: int, pauses: list[float]
) -> None:
    key = a_key()
    for pause in pauses:
        clock.now += pause * window
        decision = await limiter.hit(key, limit=limit, window=window)
        if not decision.allowed:
            assert 0 < decision.retry_after <= window + math.ceil(window / 60)

            clock.now += decision.retry_after
            assert (await limiter.hit(key, limit=limit, window=window)).allowed


@SOME
@given(limit=LIMITS, window=WINDOWS, pauses=PAUSES)
async def test_what_remains_can_be_used_now_and_everything_after_the_reset(
    limiter: RateLimiter, clock: HandClock, limit: int, window: int, pauses: list[float]
) -> None:
    key = a_key()
    decision = await limiter.hit(key, limit=limit, window=window)
    for pause in pauses:
        clock.now += pause * window
        decision = await limiter.hit(key, limit=limit, window=window)

    for left in range(decision.remaining, 0, -1):
        decision = await limiter.hit(key, limit=limit, window=window)
        assert (decision.allowed, decision.remaining) == (True, left - 1)
    clock.now += decision.reset
    assert (await limiter.hit(key, limit=limit, window=window)).remaining == limit - 1
