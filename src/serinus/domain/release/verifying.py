"""Making a whole release again from its record: every verdict, every step.

That the chain holds shows that nobody changed one entry. That each verdict follows from the
evidence beside it, and each state from the one before it, shows that the record is true to the
rules, even if all of it had been sealed anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from serinus.domain.release.decision import TRIPWIRE, Decision, emergency, situation_of
from serinus.domain.release.history import Event, check_chain
from serinus.domain.release.plan import Plan, PlanInvalid
from serinus.domain.release.release import NotAllowed, Release
from serinus.domain.release.verdict import Verdict

STARTED, PINNED, HELD, EXPLAINED = "started", "pinned", "held", "explained"

#: What people do, by the kind of its event.
ACTS: Mapping[str, Callable[[Release, datetime], Release]] = {
    "promoted": Release.promote,
    "paused": Release.pause,
    "resumed": Release.resume,
    "stepped_back": Release.step_back,
    "rolled_back": Release.roll_back,
    "aborted": Release.abort,
    PINNED: lambda release, _: release.pinned(),
    EXPLAINED: lambda release, _: release,
}


@dataclass(frozen=True, slots=True)
class Broken:
    """The first event that is not what it should be, and what is wrong with it."""

    number: int
    what: str


def verify(events: Sequence[Event]) -> Broken | None:
    """All events of one release, as stored. None when everything holds."""
    number = check_chain(events)
    if number is not None:
        return Broken(number, "it was changed, or something before it is missing")
    release: Release | None = None
    for event in events:
        try:
            release = _next(release, event)
        except Untrue as untrue:
            return Broken(event.number, str(untrue))
        except (KeyError, TypeError, ValueError, PlanInvalid, NotAllowed):
            return Broken(event.number, "nothing that the engine does is recorded so")
    return None


class Untrue(Exception):
    """What is recorded does not follow."""


def where(release: Release) -> dict[str, Any]:
    """Where it stands, for the record."""
    return {
        "phase": release.phase,
        "stage": release.stage,
        "share": release.share.basis_points,
        "paused": release.paused,
        "gate_open": release.gate_open,
        "epoch": release.epoch,
        "version": release.version,
    }


def _next(release: Release | None, event: Event) -> Release:
    if release is None:
        after = _started(event)
    elif event.kind in ACTS and "situation" not in event.body:
        after = ACTS[event.kind](release, event.at)
    else:
        after = _judged(release, event)
    if where(after) != event.body["to"]:
        raise Untrue("where the release went from there does not follow from the rules")
    return after


def _started(event: Event) -> Release:
    if event.kind != STARTED:
        raise Untrue("a record begins with the start of the release")
    body: Mapping[str, Any] = event.body
    plan = Plan.from_json(body["plan"])
    epoch = body["to"]["epoch"]
    return Release.start(
        event.release, body["salt"], plan, event.at, epoch=epoch, drill=body["drill"]
    )


def _judged(release: Release, event: Event) -> Release:
    body: Mapping[str, Any] = event.body
    decision = Decision.from_json(release.plan, body)
    found, _ = decision.made()
    recorded = Verdict.from_json(body["verdict"])
    if found != recorded:
        raise Untrue("the verdict does not follow from the evidence")
    if not situation_of(release, event.at, decision.situation) == decision.situation:
        raise Untrue("the verdict is about another situation")
    verdict = emergency(found, event.reason) if event.actor == TRIPWIRE else found
    return release if event.kind == HELD else release.after(verdict, event.at)
