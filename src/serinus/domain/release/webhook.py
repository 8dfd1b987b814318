"""Who is told of releases over HTTP, and what follows when that fails.

after an attempt that failed: again after 5 s, 30 s, 2 min, 10 min, 1 h, 6 h, then given up
410 Gone, or nothing accepted for five days: nothing is sent there any more
"""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from serinus.domain.errors import Conflict, NotFound

#: Seconds until the next attempt, each a fifth shorter or longer: receivers that were away
#: together must not all be called at once.
WAITS = (5.0, 30.0, 120.0, 600.0, 3_600.0, 21_600.0)
SPREAD = 0.2
LONGEST_FAILURE = 5 * 86_400.0  # seconds
GONE = 410
OVERLAP = 86_400.0  # seconds that a former secret signs as well


class WebhookNotFound(NotFound):
    code: ClassVar = "webhook_not_found"


class DeliveryNotFound(NotFound):
    code: ClassVar = "webhook_delivery_not_found"


class WebhookDisabled(Conflict):
    code: ClassVar = "webhook_disabled"


class TooManyWebhooks(Conflict):
    code: ClassVar = "too_many_webhooks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """`kinds`: of events; none: all. `failing_since`: nothing has been accepted since."""

    id: UUID
    url: str
    kinds: tuple[str, ...]
    created_at: datetime
    created_by: str
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    disabled_why: str | None = None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What messages are signed with."""

    octets: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """How receivers write it down, by Standard Webhooks."""
        return "whsec_" + b64encode(self.octets).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """As the log has it. `release`, `number` and `kind` are None where it is a trial; `status`,
    `error` and `seconds`: of the last attempt.
    """

    id: UUID
    webhook: UUID
    release: UUID | None
    number: int | None
    kind: str | None
    made_at: datetime
    due_at: datetime
    attempts: int
    status: int | None
    error: str | None
    seconds: float | None
    delivered_at: datetime | None
    given_up_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Of one attempt. `status`: of the answer, None where there was none; `error`: what was
    wrong, '' where it arrived; `retry_after`: seconds that the receiver asked for.
    """

    status: int | None
    error: str
    seconds: float
    retry_after: float | None = None

    @property
    def delivered(self) -> bool:
        return not self.error


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What follows an attempt. `wait`: seconds until the next one, None where there is none;
    `disable`: why nothing is sent there any more, '' else.
    """

    delivered: bool
    wait: float | None = None
    disable: str = ""


def next_step(outcome: Outcome, *, attempts: int, failing_for: float, luck: float) -> Step:
    """`attempts`: this one included. `failing_for`: seconds. `luck`: from 0 to 1."""
    if outcome.delivered:
        return Step(delivered=True)
    if outcome.status == GONE:
        return Step(delivered=False, disable="the receiver answered 410 Gone")
    if failing_for >= LONGEST_FAILURE:
        days = LONGEST_FAILURE / 86_400
        return Step(delivered=False, disable=f"nothing was accepted for {days:.0f} days")
    if attempts > len(WAITS):
        return Step(delivered=False)
    wait = WAITS[attempts - 1] * (1 - SPREAD + 2 * SPREAD * luck)
    asked = min(outcome.retry_after or 0.0, WAITS[-1])
    return Step(delivered=False, wait=max(wait, asked))
