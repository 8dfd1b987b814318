"""Webhooks in PostgreSQL: of every event a message, for one sender at a time, on record."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from standardwebhooks import Webhook as Verifier

from serinus.application.release.delivering import Message
from serinus.application.release.webhooks import KINDS, MOST_WEBHOOKS, Telling
from serinus.domain.errors import Invalid
from serinus.domain.release.assignment import Arm
from serinus.domain.release.webhook import (
    DeliveryNotFound,
    Outcome,
    SigningKey,
    Step,
    TooManyWebhooks,
    WebhookDisabled,
    WebhookNotFound,
)
from serinus.infrastructure.credentials.sealing import Seal
from serinus.infrastructure.postgres.announcements import take_untold
from serinus.infrastructure.postgres.pool import open_session
from serinus.infrastructure.postgres.webhook_outbox import PostgresOutbox
from serinus.infrastructure.settings import Settings
from serinus.wiring.webhooks import telling
from tests.support.receiving import answering, receiving
from tests.support.releasing import Who, plan, steering

WHO: Who = {"actor": "cli:naoko", "reason": "because"}
SECRET = "a secret of the service for these tests"
URL = "https://hooks.example/serinus"
ARRIVED = Outcome(status=204, error="", seconds=0.01)
FAILED = Outcome(status=500, error="answered 500", seconds=0.01)


def settings(secret: str = SECRET) -> Settings:
    return Settings.from_env(
        {
            "DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
            "SERINUS_SECRET_KEY": secret,
            "SERINUS_WEBHOOK_PRIVATE": "true",
        }
    )


@pytest.fixture
def people(pool: asyncpg.Pool) -> Telling:
    return telling(settings(), pool)


@pytest.fixture
def outbox(pool: asyncpg.Pool) -> PostgresOutbox:
    return PostgresOutbox(pool, Seal([SECRET]))


async def happens(pool: asyncpg.Pool) -> UUID:
    """A release starts, is paused, a consumer is pinned, and it is aborted."""
    steer = steering(pool)
    release = await steer.start(plan(), **WHO)
    await steer.pause(**WHO)
    await steer.pin("a secret consumer", Arm.CANDIDATE, **WHO)
    await steer.abort(**WHO)
    return release.id


async def next_of(outbox: PostgresOutbox) -> Message:
    message = await outbox.claim()
    assert message is not None
    return message


async def arrive(outbox: PostgresOutbox) -> list[str]:
    """Send all that is due, and give what it was."""
    kinds = []
    while message := await outbox.claim():
        assert message.announcement is not None
        kinds.append(message.announcement.kind)
        await outbox.settle(message, ARRIVED, Step(delivered=True))
    return kinds


async def test_of_every_event_each_webhook_gets_what_it_asked_for_in_order(
    pool: asyncpg.Pool, people: Telling, outbox: PostgresOutbox
) -> None:
    await people.add(URL, [], actor="me")
    await people.add(URL, ["paused", "aborted"], actor="me")

    release = await happens(pool)

    events = ["started", "paused", "pinned", "aborted"]
    told: dict[UUID, list[str]] = {}
    while message := await outbox.claim():
        said = message.announcement
        assert said is not None
        told.setdefault(message.webhook, []).append(said.kind)
        assert (said.release, said.actor, said.drill) == (release, "cli:naoko", False)
        assert "secret consumer" not in str(said.to_json())
        await outbox.settle(message, ARRIVED, Step(delivered=True))
    assert sorted(told.values(), key=len) == [["paused", "aborted"], events]


async def test_what_did_not_happen_is_told_to_nobody(
    pool: asyncpg.Pool, people: Telling, outbox: PostgresOutbox
) -> None:
    await people.add(URL, [], actor="me")
    await happens(pool)
    await arrive(outbox)
    async with pool.acquire() as connection:
        undone = connection.transaction()
        await undone.start()
        await connection.execute(
            """
            INSERT INTO release_events
            SELECT release_id, number + 100, at, actor, reason, kind, body, previous, hash
              FROM release_events
            """
        )
        await undone.rollback()

    assert await outbox.claim() is None
    assert await pool.fetchval("SELECT count(*) FROM webhook_deliveries") == 4


async def test_a_webhook_that_is_removed_holds_up_no_release(
    pool: asyncpg.Pool, people: Telling, outbox: PostgresOutbox
) -> None:
    webhook, _ = await people.add(URL, [], actor="me")
    steer = steering(pool)
    await steer.start(plan(), **WHO)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("DELETE FROM webhooks WHERE id = $1", webhook.id)
        async with asyncio.timeout(3):
            await steer.abort(**WHO)  # does not wait for who removes it

    assert await outbox.claim() is None


async def test_senders_never_have_the_same_in_hand_and_keep_the_order(
    pool: asyncpg.Pool, people: Telling, outbox: PostgresOutbox
) -> None:
    await people.add(URL, [], actor="me")
    await people.add(URL, [], actor="me")
    for _ in range(3):
        await happens(pool)
    sent: list[tuple[UUID, UUID, int]] = []

    async def send() -> None:
        mine = PostgresOutbox(pool, Seal([SECRET]))
        while (await mine.waiting()).next_in is not None:
            if message := await mine.claim():
                said = message.announcement
                assert said is not None
                sent.append((message.webhook, said.release, said.number))
                await asyncio.sleep(0)
                await mine.settle(message, ARRIVED, Step(delivered=True))

    await asyncio.gather(*(send() for _ in range(6)))

    assert len(sent) == len(set(sent)) == 24
    for webhook in {each[0] for each in sent}:
        numbers = [number for one, _, number in sent if one == webhook]
        assert numbers == [1, 2, 3, 4] * 3


async def test_a_sender_that_ends_in_the_middle_is_followed_by_another(
    pool: asyncpg.Pool, people: Telling
) -> None:
    await people.add(URL, ["aborted"], actor="me")
    await happens(pool)
    gone = PostgresOutbox(pool, Seal([SECRET]), lasts=0.3)
    first = await next_of(gone)
    assert await gone.claim() is None

    await asyncio.sleep(0.35)  # the claim's own time
    second = await next_of(gone)
    assert (second.id, second.attempts) == (first.id, 2)

    # Who was believed to be gone comes back: what it says is too late.
    await gone.settle(first, FAILED, Step(delivered=False))
    assert (await people.deliveries())[0].given_up_at is None
    await gone.settle(second, ARRIVED, Step(delivered=True))
    assert (await people.deliveries())[0].delivered_at is not None


async def test_what_failed_waits_and_lets_the_others_pass(
    pool: asyncpg.Pool, people: Telling, outbox: PostgresOutbox
) -> None:
    webhook, _ = await people.add(URL, [], actor="me")
    await happens(pool)
    first = await next_of(outbox)
    await outbox.settle(first, FAILED, Step(delivered=False, wait=0.5))
    [listed] = await people.all()
    assert listed.failing_since is not None

    assert await arrive(outbox) == ["paused", "pinned", "aborted"]

    waiting = await outbox.waiting()
    assert waiting.next_in is not None
    assert waiting.next_in <= 0.5
    [failed] = await people.deliveries(failed=True)
    assert (failed.kind, failed.status, failed.error) == ("started", 500, "answered 500")
    await asyncio.sleep(max(waiting.next_in, 0) + 0.05)
    assert await arrive(outbox) == ["started"]
    assert (await people.all())[0].failing_since is None
    assert await people.deliveries(failed=True) == []
    assert webhook.id == listed.id


async def test_who_is_gone_is_told_no_more_until_somebody_says_so(
    pool: asyncpg.Pool, people: Telling, outbox: PostgresOutbox
) -> None:
    webhook, _ = await people.add(URL, [], actor="me")
    await happens(pool)
    message = await next_of(outbox)
    await outbox.settle(message, FAILED, Step(delivered=False, disable="410 Gone"))

    assert await outbox.claim() is None
    assert (await outbox.waiting()).next_in is None
    assert (await people.all())[0].disabled_why == "410 Gone"
    deliveries = await people.deliveries()
    assert all(each.given_up_at for each in deliveries)
    await happens(pool)
    assert len(await people.deliveries()) == len(deliveries)

    with pytest.raises(WebhookDisabled):
        await people.redeliver(message.id)
    await people.enable(webhook.id)
    await people.redeliver(message.id)
    again = await next_of(outbox)
    assert (again.id, again.attempts) == (message.id, 1)


async def test_while_a_secret_is_exchanged_both_sign(
    pool: asyncpg.Pool, people: Telling, outbox: PostgresOutbox
) -> None:
    webhook, old = await people.add(URL, ["started"], actor="me")
    await happens(pool)

    async def keys() -> tuple[SigningKey, ...]:
        await pool.execute("UPDATE webhooks SET claimed_until = '-infinity'")
        return (await next_of(outbox)).keys

    assert await keys() == (old,)
    new = await people.rotate(webhook.id, overlap=timedelta(hours=1))
    assert await keys() == (new, old)
    await pool.execute("UPDATE webhooks SET former_until = now() - interval '1 s'")
    assert await keys() == (new,)
    newest = await people.rotate(webhook.id, overlap=timedelta(0))
    assert await keys() == (newest,)


async def test_a_secret_is_stored_sealed_and_bound_to_its_webhook(
    pool: asyncpg.Pool, people: Telling, outbox: PostgresOutbox
) -> None:
    one, key = await people.add(URL, ["started"], actor="me")
    await happens(pool)
    stored = await pool.fetchval("SELECT secret FROM webhooks")
    assert key.octets not in stored

    other = PostgresOutbox(pool, Seal(["another secret of the service, and long"]))
    assert (await next_of(other)).keys == ()
    await pool.execute("UPDATE webhooks SET claimed_until = '-infinity'")
    rotated = PostgresOutbox(pool, Seal(["a newer secret of the service for tests", SECRET]))
    assert (await next_of(rotated)).keys == (key,)

    await people.add(URL, [], actor="me")
    await pool.execute("UPDATE webhooks SET secret = $1 WHERE id <> $2", stored, one.id)
    await happens(pool)
    copied = [m async for m in _claimed(outbox) if m.webhook != one.id]
    assert [message.keys for message in copied] == [()]


async def _claimed(outbox: PostgresOutbox) -> AsyncIterator[Message]:
    while message := await outbox.claim():
        yield message


async def test_a_trial_is_sent_at_once_by_who_asks_and_is_on_record(
    pool: asyncpg.Pool, people: Telling, outbox: PostgresOutbox
) -> None:
    async with receiving() as receiver:
        webhook, key = await people.add(receiver.url, [], actor="me")
        arrived = await people.test(webhook.id)
        receiver.answer = answering(500)
        failed = await people.test(webhook.id)

    assert (arrived.delivered, failed.delivered) == (True, False)
    received = receiver.received[0]
    assert received.json["type"] == "webhook.test"
    Verifier(key.text).verify(received.body, dict(received.headers))
    assert await outbox.claim() is None
    assert [(each.kind, each.status) for each in await people.deliveries()] == [
        (None, 500),
        (None, 204),
    ]
    # It was nobody's failure to be told of a release.
    assert (await people.all())[0].failing_since is None


async def test_what_is_not_there_is_said(people: Telling) -> None:
    nobody = uuid4()
    for work in (people.remove, people.enable, people.test):
        with pytest.raises(WebhookNotFound):
            await work(nobody)
    with pytest.raises(WebhookNotFound):
        await people.rotate(nobody, overlap=timedelta(0))
    with pytest.raises(DeliveryNotFound):
        await people.redeliver(nobody)


async def test_what_is_asked_for_has_to_exist_and_there_is_an_end_to_it(
    people: Telling,
) -> None:
    with pytest.raises(Invalid, match="emergncy: there are"):
        await people.add(URL, ["emergncy"], actor="me")
    for _ in range(MOST_WEBHOOKS):
        await people.add(URL, KINDS, actor="me")
    with pytest.raises(TooManyWebhooks):
        await people.add(URL, [], actor="me")

    for each in await people.all():
        await people.remove(each.id)
    assert await people.all() == []


async def test_the_log_of_deliveries_ends_after_a_month(
    pool: asyncpg.Pool, people: Telling, outbox: PostgresOutbox
) -> None:
    await people.add(URL, [], actor="me")
    await happens(pool)
    await outbox.settle(await next_of(outbox), ARRIVED, Step(delivered=True))
    await outbox.settle(await next_of(outbox), ARRIVED, Step(delivered=True))
    await pool.execute(
        "UPDATE webhook_deliveries SET delivered_at = now() - interval '31 days', "
        "made_at = now() - interval '31 days' WHERE number = 1"
    )

    await outbox.forget()

    assert sorted(each.number or 0 for each in await people.deliveries()) == [2, 3, 4]


async def test_every_event_is_handed_to_a_log_once(
    pool: asyncpg.Pool, database_url: str
) -> None:
    await happens(pool)
    one, two = await open_session(database_url), await open_session(database_url)

    taken = await asyncio.gather(take_untold(one), take_untold(two))
    later = await take_untold(one)
    await happens(pool)
    again = await take_untold(two)
    await one.close()
    await two.close()

    assert [each.number for each in [*taken[0], *taken[1]]] == [1, 2, 3, 4]
    assert later == []
    assert [each.kind for each in again] == ["started", "paused", "pinned", "aborted"]
    assert [each.members()["share_from"] for each in again] == [None, "0", "0", "0"]
