"""The status of a release over HTTP: it explains itself."""

from collections.abc import Sequence
from datetime import datetime
from math import exp
from typing import Annotated, Self
from uuid import UUID

from msgspec import Struct

from serinus.application.release.ports import NodeSeen
from serinus.application.release.steering import Status
from serinus.domain.release.ahead import Ahead, ahead
from serinus.domain.release.assignment import Arm, Routing
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import number
from serinus.domain.release.plan_members import Gate
from serinus.domain.release.verdict import Kind, Reading, Verdict, Why
from serinus.presentation.http.release.shapes import EventView, Percent, ReleaseView
from serinus.presentation.http.v2.describing import about

LATEST = frozenset({"number", "at", "kind", "actor", "reason"})
LARGEST = 690.0  # e to it is still a number of JSON
Seconds = Annotated[float | None, about("seconds; null: not known", example=0.02)]
Probability = Annotated[float, about("a probability", example=0.0045)]


class NodeView(Struct, frozen=True, kw_only=True):
    """One worker, as it was heard of last."""

    node: UUID
    name: Annotated[str, about("its host and port", example="cms-1:8000")]
    pid: int
    epoch: Annotated[int, about("that it serves")]
    up_to_date: Annotated[bool, about("it serves what is in force")]
    share_percent: Percent
    says: Annotated[str, about("why not the share of the release; else empty", example="")]
    applied_after: Annotated[Seconds, about("seconds from the change until it served it")]
    heard_ago: Annotated[float, about("seconds")]

    @classmethod
    def of(cls, seen: NodeSeen, epoch: int) -> Self:
        state = seen.state
        return cls(
            node=state.node,
            name=state.name,
            pid=state.pid,
            epoch=state.epoch,
            up_to_date=state.epoch == epoch,
            share_percent=number(state.share),
            says=state.says,
            applied_after=seen.applied_after,
            heard_ago=seen.heard_ago,
        )


class ReadingView(Struct, frozen=True, kw_only=True):
    """A guardrail as it stands. It acts when `e` reaches `acts_at`. However often one looks,
    where the limit is kept `e` ever becomes so large with a probability of 1 / `e` at most.
    """

    guardrail: Annotated[str, about("which test", example="error_rate")]
    arm: Arm | None
    route: Annotated[str | None, about("null: all routes together")]
    requests: int
    bad: int
    rate: Annotated[float, about("bad ones among the requests", example=0.003)]
    limit: Annotated[
        float, about("of the rate; of `relative`: times stable's rate", example=0.005)
    ]
    e: Annotated[float, about("the evidence against it; it begins at 1", example=1.7)]
    acts_at: Annotated[float, about("when it acts", example=353.0)]
    log_e: Annotated[float, about("its natural logarithm", example=0.53)]
    log_acts_at: Annotated[float, about("its natural logarithm", example=5.87)]
    breached: bool
    proven: Annotated[bool, about("that the limit is kept")]
    needed: Annotated[int | None, about("more requests until a proof, about")]

    @classmethod
    def of(cls, reading: Reading) -> Self:
        return cls(
            guardrail=reading.guardrail,
            arm=reading.arm,
            route=reading.route,
            requests=reading.requests,
            bad=reading.bad,
            rate=reading.rate,
            limit=reading.limit,
            e=exp(min(reading.log_e, LARGEST)),
            acts_at=exp(min(reading.log_threshold, LARGEST)),
            log_e=reading.log_e,
            log_acts_at=reading.log_threshold,
            breached=reading.breached,
            proven=reading.proven,
            needed=reading.needed,
        )


class VerdictView(Struct, frozen=True, kw_only=True):
    """What the last look found."""

    kind: Annotated[Kind, about("what follows", example="hold")]
    why: Annotated[Why | None, about("it is a hold; else null", example="dwell")]
    sentence: Annotated[str, about("for people", example="this stage lasts 3 d more at least")]
    guardrail: Annotated[str | None, about("that decided, if one did")]
    route: str | None
    needed: Annotated[int | None, about("more requests until the last proof, about")]
    alerts: Annotated[list[str], about("what somebody should know; decides nothing")]
    risk_spent: Annotated[Probability, about("of a rollback by mistake, so far")]
    readings: list[ReadingView]

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        return cls(
            kind=verdict.kind,
            why=verdict.why,
            sentence=verdict.sentence,
            guardrail=verdict.guardrail,
            route=verdict.route,
            needed=verdict.needed,
            alerts=list(verdict.alerts),
            risk_spent=verdict.spent,
            readings=[ReadingView.of(each) for each in verdict.readings],
        )


class AheadView(Struct, frozen=True, kw_only=True):
    """The next step: up, or down while it rolls back."""

    phase: Annotated[Phase, about("that it leads to", example="ramping")]
    share_percent: Percent
    not_before: Annotated[datetime, about("proofs may take longer")]
    gate: Annotated[Gate, about("before it", example="manual")]
    waits_for_a_person: Annotated[bool, about("`POST /api/release/promote` opens the gate")]

    @classmethod
    def of(cls, coming: Ahead) -> Self:
        return cls(
            phase=coming.phase,
            share_percent=number(coming.share),
            not_before=coming.not_before,
            gate=coming.gate,
            waits_for_a_person=coming.waits_for_a_person,
        )


class HereView(Struct, frozen=True, kw_only=True):
    """What the worker that answers serves itself, as its settings and what it hears allow."""

    share_percent: Percent
    source: str
    epoch: int

    @classmethod
    def of(cls, routing: Routing) -> Self:
        share = number(routing.share)
        return cls(share_percent=share, source=routing.origin, epoch=routing.epoch)


class StatusView(Struct, frozen=True, kw_only=True):
    """The share in force and where it comes from, what was seen, and what comes next."""

    share_percent: Percent
    source: Annotated[str, about("where it comes from", example="release: stage 2 of 4")]
    epoch: Annotated[int, about("of the routing in force")]
    since: Annotated[datetime | None, about("when it came into force")]
    release: Annotated[ReleaseView | None, about("null: there never was one")]
    verdict: Annotated[VerdictView | None, about("null: nobody has looked")]
    looked_ago: Annotated[Seconds, about("seconds since the last look; null: it has ended")]
    ahead: Annotated[AheadView | None, about("null: nothing is to come")]
    here: HereView
    nodes: list[NodeView]
    events: Annotated[list[EventView], about("the last ones of the record, oldest first")]

    @classmethod
    def of(cls, found: Status, here: Routing) -> Self:
        release = found.release
        coming = ahead(release) if release else None
        return cls(
            share_percent=number(found.share),
            source=found.source,
            epoch=found.epoch,
            since=found.since,
            release=ReleaseView.of(release) if release else None,
            verdict=VerdictView.of(found.verdict) if found.verdict else None,
            looked_ago=found.looked_ago,
            ahead=AheadView.of(coming) if coming else None,
            here=HereView.of(here),
            nodes=nodes(found.nodes, found.epoch),
            events=[EventView.of(event, LATEST) for event in found.events],
        )


def nodes(seen: Sequence[NodeSeen], epoch: int) -> list[NodeView]:
    """Those that were heard of last come first."""
    alive = sorted(seen, key=lambda node: node.heard_ago)
    return [NodeView.of(node, epoch) for node in alive]
