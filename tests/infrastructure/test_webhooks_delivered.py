"""Couriers of several workers and real receivers: everybody is told, whatever the others do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from serinus.application.release.webhooks import Telling
from serinus.infrastructure.settings import Settings
from serinus.infrastructure.webhook_metrics import WebhookMetrics
from serinus.wiring.couriers import Courier, courier
from serinus.wiring.webhooks import telling
from tests.support.receiving import answering, endless, receiving, silent
from tests.support.releasing import Who, plan, steering
from tests.support.waiting import until

WHO: Who = {"actor": "cli:naoko", "reason": "because"}
EVENTS = ["started", "paused", "resumed", "aborted"]
SETTINGS = Settings.from_env(
    {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
        "SERINUS_SECRET_KEY": "a secret of the service for these tests",
        "SERINUS_WEBHOOK_PRIVATE": "true",
    }
)


@pytest.fixture
def people(pool: asyncpg.Pool) -> Telling:
    return telling(SETTINGS, pool)


@asynccontextmanager
async def delivering(pool: asyncpg.Pool, workers: int = 1) -> AsyncIterator[list[Courier]]:
    couriers = [courier(SETTINGS, pool) for _ in range(workers)]
    tasks = [asyncio.create_task(each.go_on()) for each in couriers]
    try:
        yield couriers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def happens(pool: asyncpg.Pool, couriers: list[Courier]) -> None:
    """Each event wakes the couriers, as NOTIFY does."""
    steer = steering(pool)
    await steer.start(plan(), **WHO)
    for act in (steer.pause, steer.resume, steer.abort):
        await act(**WHO)
        for each in couriers:
            each.told("")


async def all_over(pool: asyncpg.Pool) -> bool:
    return not await pool.fetchval(
        "SELECT count(*) FROM webhook_deliveries WHERE delivered_at IS NULL"
    )


async def time_passes(pool: asyncpg.Pool, couriers: list[Courier]) -> None:
    """What waits for its next attempt is due."""
    await pool.execute(
        "UPDATE webhook_deliveries SET due_at = now() WHERE attempts > 0 AND due_at > now()"
    )
    for each in couriers:
        each.told("")


async def test_of_many_workers_one_delivers_and_in_order(
    pool: asyncpg.Pool, people: Telling
) -> None:
    async with receiving() as receiver, delivering(pool, workers=4) as couriers:
        await people.add(receiver.url, [], actor="me")
        for _ in range(3):
            await happens(pool, couriers)
        await until(lambda: all_over(pool))

    assert receiver.kinds == EVENTS * 3
    assert len({each.id for each in receiver.received}) == len(receiver.received)
    assert receiver.most_open == 1


async def test_a_receiver_that_fails_and_recovers_is_told_everything(
    pool: asyncpg.Pool, people: Telling
) -> None:
    async with receiving() as receiver, delivering(pool) as couriers:
        receiver.answer = answering(503)
        await people.add(receiver.url, [], actor="me")
        await happens(pool, couriers)
        await until(lambda: receiver.has(4))
        receiver.answer = answering(200)

        async def arrives() -> bool:
            await time_passes(pool, couriers)
            return await all_over(pool)

        await until(arrives)
        deliveries = await people.deliveries()

    assert sorted(receiver.kinds[:4]) == sorted(receiver.kinds[4:]) == sorted(EVENTS)
    first = {each.id: each.body for each in receiver.received[:4]}
    assert {each.id: each.body for each in receiver.received[4:]} == first
    assert {(each.attempts, each.status) for each in deliveries} == {(2, 200)}


async def test_a_receiver_that_is_slow_or_endless_holds_up_nobody_else(
    pool: asyncpg.Pool, people: Telling
) -> None:
    async with (
        receiving() as slow,
        receiving() as huge,
        receiving() as quick,
        delivering(pool) as couriers,
    ):
        slow.answer, huge.answer = silent, endless
        for each in (slow, huge, quick):
            await people.add(each.url, [], actor="me")
        await happens(pool, couriers)

        await until(lambda: huge.has(4), patience=5)
        await until(lambda: quick.has(4), patience=5)
        assert slow.kinds == EVENTS[:1]  # which is still open
        assert slow.open == 1
    assert (quick.kinds, huge.kinds) == (EVENTS, EVENTS)


async def test_a_receiver_that_is_gone_is_left_alone(
    pool: asyncpg.Pool, people: Telling, capfd: pytest.CaptureFixture[str]
) -> None:
    async with receiving() as receiver, delivering(pool) as couriers:
        receiver.answer = answering(410)
        webhook, _ = await people.add(receiver.url, [], actor="me")
        await happens(pool, couriers)

        async def disabled() -> bool:
            return (await people.all())[0].disabled_at is not None

        await until(disabled)
        await happens(pool, couriers)
        await until(lambda: _nobody_waits(couriers))

    assert len(receiver.received) == 1
    said = "".join(capfd.readouterr())
    assert "webhook disabled" in said
    assert str(webhook.id) in said
    assert receiver.url not in said  # some URLs are secrets


async def _nobody_waits(couriers: list[Courier]) -> bool:
    return (await couriers[0].outbox.waiting()).next_in is None


async def test_what_was_attempted_and_how_long_the_oldest_waits_is_counted(
    pool: asyncpg.Pool, people: Telling
) -> None:
    registry = CollectorRegistry()
    metrics = WebhookMetrics(registry)

    def told(name: str, **labels: str) -> float:
        metrics.refresh()
        return registry.get_sample_value(f"serinus_webhook_{name}", labels) or 0.0

    async def comes_to(failed: int, delivered: int, *, waits: bool) -> bool:
        attempts = [told("attempts_total", outcome=each) for each in ("failed", "delivered")]
        return attempts == [failed, delivered] and (told("oldest_seconds") > 3000) == waits

    async with receiving() as receiver, delivering(pool) as couriers:
        couriers[0].metrics = metrics
        await people.add(receiver.url, ["started", "paused"], actor="me")
        receiver.answer = answering(500)
        await happens(pool, couriers)
        await until(lambda: receiver.has(2))
        await pool.execute("UPDATE webhook_deliveries SET made_at = now() - interval '1 hour'")
        couriers[0].told("")
        await until(lambda: comes_to(2, 0, waits=True))

        receiver.answer = answering(204)
        await time_passes(pool, couriers)
        await until(lambda: comes_to(2, 2, waits=False))


async def test_whatever_the_database_says_a_courier_goes_on(
    pool: asyncpg.Pool, people: Telling, capfd: pytest.CaptureFixture[str]
) -> None:
    async with receiving() as receiver, delivering(pool) as couriers:
        await people.add(receiver.url, ["started"], actor="me")
        await steering(pool).start(plan(), **WHO)
        await until(lambda: receiver.has(1))
        await pool.execute("ALTER TABLE webhook_deliveries RENAME TO elsewhere")
        couriers[0].told("")
        await until(lambda: _troubled(couriers[0]))
        await pool.execute("ALTER TABLE elsewhere RENAME TO webhook_deliveries")
        await steering(pool).abort(**WHO)
        await steering(pool).start(plan(), **WHO)

        await until(lambda: receiver.has(2))

    assert "".join(capfd.readouterr()).count("webhooks wait until they can be sent") == 1


async def _troubled(courier: Courier) -> bool:
    return courier.troubled
