"""What people do with webhooks. Whoever has the database's password may."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from serinus.application.release.delivering import Delivering, Message
from serinus.application.release.ports import NewId
from serinus.application.release.ticking import FURTHER_BACK
from serinus.domain.errors import Invalid, Violation
from serinus.domain.release.destination import check_url
from serinus.domain.release.verdict import Kind
from serinus.domain.release.verifying import ACTS, HELD, STARTED
from serinus.domain.release.webhook import (
    Delivery,
    Outcome,
    SigningKey,
    TooManyWebhooks,
    Webhook,
    WebhookNotFound,
)

MOST_WEBHOOKS = 50
DELIVERIES_SHOWN = 50

#: What can be on record of a release. A hold is noted as `held`.
KINDS = tuple(sorted({STARTED, HELD, FURTHER_BACK, *ACTS, *Kind} - {Kind.HOLD}))


class Webhooks(Protocol):
    """All raise `Unavailable`."""

    async def add(self, webhook: Webhook, key: SigningKey, *, most: int) -> bool:
        """False where there are so many already."""
        ...

    async def all(self) -> Sequence[Webhook]:
        """Oldest first."""
        ...

    async def remove(self, webhook_id: UUID) -> bool:
        """With its deliveries. False where there is none; so for all that follow."""
        ...

    async def enable(self, webhook_id: UUID) -> bool: ...

    async def rotate(
        self, webhook_id: UUID, key: SigningKey, *, overlap: timedelta
    ) -> bool: ...

    async def trial(self, webhook_id: UUID) -> Message | None:
        """A delivery of no event, begun."""
        ...

    async def deliveries(self, *, failed: bool, limit: int) -> Sequence[Delivery]:
        """Newest first. `failed`: those whose last attempt did not arrive."""
        ...

    async def redeliver(self, delivery_id: UUID) -> None:
        """Due now, as if it had never been tried. Raise `DeliveryNotFound`,
        `WebhookDisabled`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """`private`: the own network may be reached. `new_key`: of random octets."""

    store: Webhooks
    delivering: Delivering
    new_id: NewId
    new_key: Callable[[], SigningKey]
    now: Callable[[], datetime]
    private: bool

    async def add(
        self, url: str, kinds: Collection[str], *, actor: str
    ) -> tuple[Webhook, SigningKey]:
        """No kinds: all. The key is given this once. Raise `Invalid`, `TooManyWebhooks`."""
        webhook = Webhook(
            id=self.new_id(),
            url=check_url(url, private=self.private),
            kinds=checked(kinds),
            created_at=self.now(),
            created_by=actor,
        )
        key = self.new_key()
        if not await self.store.add(webhook, key, most=MOST_WEBHOOKS):
            raise TooManyWebhooks(f"there are {MOST_WEBHOOKS} webhooks: remove one first")
        return webhook, key

    async def all(self) -> Sequence[Webhook]:
        return await self.store.all()

    async def remove(self, webhook_id: UUID) -> None:
        """Like all that follow raise `WebhookNotFound`."""
        _known(await self.store.remove(webhook_id), webhook_id)

    async def enable(self, webhook_id: UUID) -> None:
        """What was given up meanwhile is not sent by itself."""
        _known(await self.store.enable(webhook_id), webhook_id)

    async def rotate(self, webhook_id: UUID, *, overlap: timedelta) -> SigningKey:
        """For so long the former key signs as well. The new one is given this once."""
        key = self.new_key()
        _known(await self.store.rotate(webhook_id, key, overlap=overlap), webhook_id)
        return key

    async def test(self, webhook_id: UUID) -> Outcome:
        """Send something now, from here."""
        message = await self.store.trial(webhook_id)
        if message is None:
            raise _unknown(webhook_id)
        return await self.delivering.once(message)

    async def deliveries(self, *, failed: bool = False) -> Sequence[Delivery]:
        return await self.store.deliveries(failed=failed, limit=DELIVERIES_SHOWN)

    async def redeliver(self, delivery_id: UUID) -> None:
        """By a server, at once, under the same id. Raise `DeliveryNotFound`,
        `WebhookDisabled`.
        """
        await self.store.redeliver(delivery_id)


def checked(kinds: Collection[str]) -> tuple[str, ...]:
    """Raise `Invalid`."""
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        text = f"{', '.join(unknown)}: there are {', '.join(KINDS)}"
        raise Invalid([Violation("kind", "not_allowed", text)])
    return tuple(sorted(set(kinds)))


def _known(found: bool, webhook_id: UUID) -> None:  # noqa: FBT001 - what the store says
    if not found:
        raise _unknown(webhook_id)


def _unknown(webhook_id: UUID) -> WebhookNotFound:
    return WebhookNotFound(f"there is no webhook {webhook_id}")
