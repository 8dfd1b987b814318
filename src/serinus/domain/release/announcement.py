"""What others are told of an event of the record: where the release went, and why.

Never what the verdict was made of, which is long, nor which consumer was pinned: a key that
somebody calls with is nobody else's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from serinus.domain.release.assignment import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """`before` and `to`: where the release stood and stands, as the record has it; None before
    its start. `verdict`: the judge's sentence, None where a person acted.
    """

    release: UUID
    number: int
    at: datetime
    kind: str
    actor: str
    reason: str
    drill: bool
    verdict: str | None
    before: Mapping[str, Any] | None
    to: Mapping[str, Any]

    @property
    def retreats(self) -> bool:
        """The share becomes smaller."""
        return self.before is not None and self.to["share"] < self.before["share"]

    def members(self) -> dict[str, Any]:
        """Flat, of JSON's types: for programs and for logs. Shares are percentages, as text
        that is exact.
        """
        return {
            "release": str(self.release),
            "number": self.number,
            "kind": self.kind,
            "phase": self.to["phase"],
            "stage": self.to["stage"],
            "paused": self.to["paused"],
            "share_from": _percent(self.before),
            "share_to": _percent(self.to),
            "epoch": self.to["epoch"],
            "drill": self.drill,
            "actor": self.actor,
            "reason": self.reason,
        }

    def to_json(self) -> dict[str, Any]:
        """The body of a webhook, in the form of Standard Webhooks."""
        return {
            "type": f"release.{self.kind}",
            "timestamp": _instant(self.at),
            "data": {**self.members(), "verdict": self.verdict},
        }


def trial(at: datetime) -> dict[str, Any]:
    """The body of a webhook by which somebody tries whether it arrives."""
    return {"type": "webhook.test", "timestamp": _instant(at), "data": {}}


def _percent(where: Mapping[str, Any] | None) -> str | None:
    return None if where is None else Share(where["share"]).percent


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
