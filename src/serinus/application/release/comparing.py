"""What comparing answers has found, and that a person accepts a difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from serinus.application.release.ports import Entry, Releases
from serinus.application.release.steering import NoRelease, checked
from serinus.domain.errors import Conflict, NotFound
from serinus.domain.release.verifying import EXPLAINED, where

#: In place of a path: that the route is compared too little, or cannot be.
WHOLE_ROUTE = "*"


class NotDiffering(NotFound):
    """Nothing was found there that could be explained."""

    code: ClassVar = "difference_not_found"


class NothingToGate(Conflict):
    """What has ended waits for no explanation."""

    code: ClassVar = "release_ended"


@dataclass(frozen=True, slots=True)
class Explanation:
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteCompared:
    """Pairs of answers. `compared` holds those that are equal and the `differing` ones;
    `cannot`: why the route is not compared, "" where it can be.
    """

    route: str
    compared: int
    differing: int
    noise: int
    skipped: int
    worse: int
    better: int
    shared: int
    cannot: str
    explained: Explanation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceDiffering:
    """`stable` and `candidate`: the form of what stood there the first time."""

    route: str
    path: str
    kind: str
    count: int
    first_at: datetime
    last_at: datetime
    stable: str
    candidate: str
    explained: Explanation | None


@dataclass(frozen=True, slots=True)
class Report:
    release: UUID
    routes: Sequence[RouteCompared]
    places: Sequence[PlaceDiffering]


class Findings(Protocol):
    async def report(self, release_id: UUID) -> Report:
        """Routes by name; of each the places, those that differ most often first."""
        ...


@dataclass(frozen=True, slots=True)
class Comparing:
    releases: Releases
    findings: Findings

    async def report(self, release_id: UUID | None = None) -> Report:
        """Of the release that governs where none is named. Raise `NoRelease`."""
        if release_id is not None:
            release = await self.releases.get(release_id)
        else:
            release = (await self.releases.standing()).release
        if release is None:
            raise NoRelease("there is no such release")
        return await self.findings.report(release.id)

    async def explain(self, route: str, path: str, *, actor: str, reason: str) -> None:
        """Accept how answers differ at a place, or with `WHOLE_ROUTE` that a route is not
        compared enough. Raise `NotDiffering`, `NoRelease`, `NothingToGate`, `Invalid`.
        """
        told = checked(reason)
        async with self.releases.held() as held:
            if held is None:
                raise NoRelease("no release was ever started")
            if held.release.ended:
                raise NothingToGate("the release has ended: nothing waits for that")
            body: Mapping[str, object] = {
                "route": route,
                "path": path,
                "to": where(held.release),
            }
            entry = Entry(actor=actor, reason=told, kind=EXPLAINED, body=body)
            if not await held.explain(route, path, entry):
                raise NotDiffering(f"nothing was found on {route} at {path}")
