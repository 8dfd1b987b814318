"""Delivering webhooks, in every worker: whoever comes first takes what is due."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

import asyncpg
import structlog
from prometheus_client import CollectorRegistry

from serinus.application.release.delivering import Delivering, Message
from serinus.domain.errors import Unavailable
from serinus.domain.release.webhook import Step
from serinus.infrastructure.credentials.sealing import Seal
from serinus.infrastructure.metrics import Metrics
from serinus.infrastructure.postgres.webhook_outbox import PostgresOutbox
from serinus.infrastructure.settings import Settings
from serinus.infrastructure.webhook_metrics import WebhookMetrics
from serinus.wiring.webhooks import delivering

AT_ONCE = 8  # deliveries of one worker: a slow receiver holds up nobody else's
LONGEST_WAIT = 5.0  # seconds; what is new is told by NOTIFY, and this is the net under it
SHORTEST_WAIT = 0.05  # seconds
MOST_ASKED = 20  # times a second, by all workers that wait
PAUSE = 1.0  # seconds before a database is asked again that did not answer
TIDY = 3_600.0  # seconds

log = structlog.get_logger("serinus.webhooks")


@dataclass(slots=True)
class Courier:
    """One worker's part in it. `workers`: that do the same."""

    outbox: PostgresOutbox
    delivering: Delivering
    workers: Callable[[], int] = lambda: 1
    metrics: WebhookMetrics | None = None
    under_way: int = 0
    troubled: bool = False
    tidied_at: float = field(default_factory=monotonic)
    awake: asyncio.Event = field(default_factory=asyncio.Event)

    def counted(self, metrics: Metrics) -> None:
        def define(registry: CollectorRegistry) -> Callable[[], None]:
            self.metrics = WebhookMetrics(registry)
            return self.metrics.refresh

        metrics.also(define)

    def told(self, _: str) -> None:
        """By whoever recorded something that is to be sent."""
        self.awake.set()

    async def go_on(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self.awake.clear()
                try:
                    wait = await self._begin(tasks)
                    self.troubled = False
                except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                    wait = self._trouble(error)
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self.awake.wait()

    async def _begin(self, tasks: asyncio.TaskGroup) -> float:
        """All that is due, as far as there is room. Give the seconds until more may be."""
        while self.under_way < AT_ONCE and (message := await self.outbox.claim()):
            self.under_way += 1
            tasks.create_task(self._deliver(message))
        if monotonic() - self.tidied_at >= TIDY:
            self.tidied_at = monotonic()
            await self.outbox.forget()
        waiting = await self.outbox.waiting()
        if self.metrics:
            self.metrics.oldest(waiting.oldest)
        longest = max(LONGEST_WAIT, self.workers() / MOST_ASKED)
        if waiting.next_in is None or self.under_way >= AT_ONCE:
            return longest
        return min(max(waiting.next_in, SHORTEST_WAIT), longest)

    def _trouble(self, error: Exception) -> float:
        """Told once, when it begins."""
        if not self.troubled:
            unforeseen = None if isinstance(error, Unavailable) else error
            log.warning("webhooks wait until they can be sent", exc_info=unforeseen)
        self.troubled = True
        return PAUSE

    async def _deliver(self, message: Message) -> None:
        try:
            outcome, step = await self.delivering.deliver(message)
        except Unavailable:
            log.warning("a webhook's outcome was lost: it is sent again", **_named(message))
        except Exception:
            log.exception("a webhook could not be sent", **_named(message))
        else:
            self._tell(message, outcome.error, step)
        finally:
            self.under_way -= 1
            self.awake.set()

    def _tell(self, message: Message, error: str, step: Step) -> None:
        """Never the URL: some of them are secrets."""
        if self.metrics:
            self.metrics.attempted(step)
        if step.delivered:
            log.debug("webhook delivered", **_named(message))
        elif step.wait is not None:
            log.info("webhook failed", error=error, again_in=step.wait, **_named(message))
        else:
            log.warning("webhook given up", error=error, **_named(message))
        if step.disable:
            webhook = str(message.webhook)
            log.warning("webhook disabled", webhook=webhook, reason=step.disable)


def _named(message: Message) -> dict[str, object]:
    return {
        "webhook": str(message.webhook),
        "delivery": str(message.id),
        "attempt": message.attempts,
    }


def courier(
    settings: Settings, pool: asyncpg.Pool, workers: Callable[[], int] = lambda: 1
) -> Courier:
    outbox = PostgresOutbox(pool, Seal(settings.serinus_secret_key))
    return Courier(outbox, delivering(settings, outbox), workers)
