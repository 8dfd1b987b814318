"""A record is true to the rules, or the first event that is not is named."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from serinus.domain.release.assignment import NOTHING, Arm
from serinus.domain.release.decision import TRIPWIRE, Decision, emergency
from serinus.domain.release.evidence import Cell, Counts
from serinus.domain.release.history import GENESIS, Event
from serinus.domain.release.memory import Memory
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import Plan
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import ComparisonState, Kind, Situation, Why
from serinus.domain.release.verifying import HELD, PINNED, STARTED, Broken, verify, where
from tests.support.verdicts import AT, started

PLAN = Plan.from_json({"dwell": "0s", "baseline": "0s", "bake": "0s", "gates": {}})


class Record:
    """Writes down what happens to a release, as the engine does."""

    def __init__(self) -> None:
        self.release, self.at = started(PLAN), AT
        self.memory = Memory()
        self.events: list[Event] = []
        body = {"plan": PLAN.to_json(), "salt": "salt", "drill": None}
        self._add(STARTED, "cli:naoko", body)

    def act(self, kind: str, release: Release) -> None:
        self.release = release
        self._add(kind, "cli:naoko", {})

    def look(self, *, errors: int = 0, tripped: str = "", kind: str = "") -> None:
        self.at += timedelta(seconds=1)
        decision = Decision(
            plan=PLAN, situation=self.situation(), news=self._news(errors), memory=self.memory
        )
        found, self.memory = decision.made()
        verdict = emergency(found, tripped) if tripped else found
        if kind != HELD:
            self.release = self.release.after(verdict, self.at)
        body = {**decision.to_json(), "verdict": found.to_json()}
        actor, reason = (TRIPWIRE, tripped) if tripped else ("judge", verdict.sentence)
        self._add(kind or str(verdict.kind), actor, body, reason)

    def situation(self) -> Situation:
        release = self.release
        return Situation(
            phase=release.phase,
            stage=release.stage,
            share=release.share,
            since_epoch=release.since_epoch,
            in_stage=self.at - release.since,
            gate_open=release.gate_open,
            paused=release.paused,
            comparison=ComparisonState({"/a": 70}, 0, ()),
        )

    def _news(self, errors: int) -> tuple[Cell, ...]:
        release = self.release
        stable = Cell(release.epoch, Arm.STABLE, "/a", 255, Counts(requests=5000))
        if release.share == NOTHING:
            return (stable,)
        counts = Counts(requests=5000, errors=errors)
        return (stable, Cell(release.epoch, Arm.CANDIDATE, "/a", 0, counts))

    def _add(
        self, kind: str, actor: str, body: Mapping[str, Any], reason: str = "because"
    ) -> None:
        event = Event(
            release=self.release.id,
            number=len(self.events) + 1,
            at=self.at,
            actor=actor,
            reason=reason,
            kind=kind,
            # As it comes back from where it is kept.
            body=msgspec.json.decode(msgspec.json.encode({**body, "to": where(self.release)})),
            previous=self.events[-1].hash if self.events else GENESIS,
        )
        self.events.append(event.sealed())


def life() -> Record:
    """Up to 90 %, with people's acts on the way."""
    record = Record()
    record.look()
    record.act(PINNED, record.release.pinned())
    record.act("paused", record.release.pause(record.at))
    record.look(kind=HELD)
    record.act("resumed", record.release.resume(record.at))
    record.look()
    record.look()
    return record


def resealed(events: list[Event]) -> list[Event]:
    """As somebody would who knows how."""
    chain, previous = [], GENESIS
    for event in events:
        chain.append(replace(event, previous=previous).sealed())
        previous = chain[-1].hash
    return chain


def test_a_true_record_holds() -> None:
    record = life()

    assert record.release.share.percent == "90"
    assert verify(record.events) is None
    assert verify([]) is None


def test_a_rollback_by_the_judge_and_one_by_a_worker_hold() -> None:
    by_judge, by_worker = life(), life()
    by_judge.look(errors=2000)
    by_worker.look(tripped="node: tripped: 3 of 3 failed")

    assert by_judge.release.phase is Phase.ROLLED_BACK
    assert by_worker.release.phase is Phase.ROLLED_BACK
    assert verify(by_judge.events) is None
    assert verify(by_worker.events) is None


def test_a_changed_event_is_named() -> None:
    events = life().events
    events[3] = replace(events[3], reason="another")

    assert verify(events) == Broken(4, "it was changed, or something before it is missing")


TAMPERED: list[tuple[int, Mapping[str, Any], str]] = [
    (1, {"verdict": {"sentence": "it is well"}}, "verdict"),
    (6, {"news": []}, "verdict"),
    (6, {"to": {"share": 10_000}}, "rules"),
    (4, {"situation": {"paused": False}}, "situation"),
    (6, {"situation": {"in_stage": 7_000_000}}, "situation"),
    (2, {"to": {"epoch": 99}}, "rules"),
    (6, {"memory": {"attempt": 9}}, "verdict"),
]


@pytest.mark.parametrize(("index", "change", "what"), TAMPERED)
def test_a_record_that_was_sealed_anew_does_not_follow_from_itself(
    index: int, change: Mapping[str, Any], what: str
) -> None:
    events = life().events
    body = dict(events[index].body)
    for name, value in change.items():
        before: Any = body[name]
        body[name] = {**before, **value} if isinstance(value, dict) else value
    events[index] = replace(events[index], body=body)

    broken = verify(resealed(events))

    assert broken is not None
    assert broken.number == index + 1
    assert what in broken.what or "verdict" in broken.what


@pytest.mark.parametrize(
    "change",
    [{"kind": "promoted"}, {"kind": "advance"}, {"body": {}}],
)
def test_what_the_engine_never_does_is_not_believed(change: dict[str, Any]) -> None:
    events = life().events
    events[3] = replace(events[3], **change)

    broken = verify(resealed(events))

    assert broken is not None
    assert broken.number <= 5


def test_a_record_begins_with_a_start() -> None:
    events = life().events
    events[0] = replace(events[0], kind="paused")

    assert verify(resealed(events)) == Broken(
        1, "a record begins with the start of the release"
    )


def test_no_worker_s_own_test_is_believed_while_the_judge_sees_a_shared_cause() -> None:
    record = life()
    decision = Decision(
        plan=PLAN,
        situation=record.situation(),
        news=(),
        memory=Memory(),
    )
    found, _ = decision.made()
    shared = replace(found, kind=Kind.HOLD, why=Why.SHARED_CAUSE)

    assert emergency(shared, "tripped") == shared
    assert emergency(found, "tripped").kind is Kind.EMERGENCY
