"""Which arm serves whom: a pure function of a salt, a key and a share.

The algorithm is public API, so that a proxy or another language computes the same:

    bucket    = big-endian integer of BLAKE2b(salt || 0x00 || key, digest of 8 bytes) mod 10,000
    candidate = bucket < share                        share in basis points, 0 to 10,000

`salt` and `key` are UTF-8. Test vectors stand in `docs/assignment.md`. BLAKE2b: RFC 7693.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Self
from uuid import UUID

BUCKETS = 10_000

#: The salt in force while no release runs. One per release and purpose: a shared one skews.
BOOT_SALT = "serinus.boot.traffic"

_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?", re.ASCII)


class Arm(StrEnum):
    STABLE = "stable"
    CANDIDATE = "candidate"


class CanaryKey(StrEnum):
    """What is hashed: who calls (sticky), or the single request."""

    CONSUMER = "consumer"
    REQUEST = "request"


@dataclass(frozen=True, slots=True, order=True)
class Share:
    """Portion of contract-v1 traffic for the candidate, in basis points (0 to 10,000)."""

    basis_points: int

    def __post_init__(self) -> None:
        if not 0 <= self.basis_points <= BUCKETS:
            raise ValueError(f"a share is 0 to {BUCKETS} basis points, not {self.basis_points}")

    @classmethod
    def from_percent(cls, text: str) -> Self:
        """Exact, without binary fractions: "12.5" is 1,250. Raise ValueError."""
        match = _PERCENT.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"not a percentage: {text!r}")
        whole, decimals = match.groups()
        return cls(int(whole) * 100 + int((decimals or "").ljust(2, "0")))

    @property
    def percent(self) -> str:
        """Shortest exact form: "10", "12.5", "0.01"."""
        whole, decimals = divmod(self.basis_points, 100)
        return f"{whole}.{decimals:02}".rstrip("0").rstrip(".") if decimals else str(whole)


NOTHING, EVERYTHING = Share(0), Share(BUCKETS)


def bucket(salt: str, key: str) -> int:
    """0 to 9,999; the same on every node, for ever."""
    # surrogatepass: a key is whatever the client sent; no byte of it may raise here.
    message = salt.encode() + b"\x00" + key.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(message, digest_size=8).digest()) % BUCKETS


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """What is in force: read by every request, replaced as a whole at every change.

    `origin` says where the share comes from, `epoch` grows by one with every change. `watched`:
    a release runs, so evidence is kept. `over_ms`: milliseconds after which an answer is slow.
    `shadow`: part of stable's reads that is compared. `drill`: what the keys of those begin
    with who take part; everybody else is served by stable. `route_shares`: what a route gets
    at most. `error_limit` and `false_rollback` are the plan's, for each worker's own test.
    """

    share: Share
    origin: str
    epoch: int = 0
    salt: str = BOOT_SALT
    release_id: UUID | None = None
    watched: bool = False
    over_ms: int = 200
    error_limit: float = 0.005
    false_rollback: float = 0.01
    pins: Mapping[str, Arm] = field(default_factory=dict)
    excluded_routes: frozenset[str] = frozenset()
    route_shares: Mapping[str, Share] = field(default_factory=dict)
    shadow: float = 0.0
    shadow_writes: bool = False
    drill: str | None = None

    def should_route_to_v2(self, key: str) -> bool:
        """Raising the share only adds consumers, lowering it only removes them."""
        return bucket(self.salt, key) < self.share.basis_points

    def arm(self, key: str) -> Arm:
        """That serves a consumer, where a route has no share of its own."""
        if (pinned := self.pins.get(key)) is not None:
            return pinned
        if self.drill is not None and not key.startswith(self.drill):
            return Arm.STABLE
        return Arm.CANDIDATE if self.should_route_to_v2(key) else Arm.STABLE


def boot_routing(
    *, percentage: Share | None, v2_enabled: bool, legacy_enabled: bool
) -> Routing:
    """The routing that the environment asks for; unset is 0."""
    if not legacy_enabled:
        return Routing(share=EVERYTHING, origin="USE_LEGACY_API_V1=false")
    if not v2_enabled:
        return Routing(share=NOTHING, origin="API_V2_ENABLED=false")
    if percentage is None:
        return Routing(share=NOTHING, origin="default (API_V2_TRAFFIC_PERCENTAGE is unset)")
    return Routing(share=percentage, origin=f"API_V2_TRAFFIC_PERCENTAGE={percentage.percent}")
