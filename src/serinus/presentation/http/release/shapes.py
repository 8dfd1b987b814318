"""What is shown of a release over HTTP, and what people send to move it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType, field

from serinus.application.release.steering import LONGEST_REASON, checked
from serinus.domain.errors import Invalid, Violation
from serinus.domain.release.history import Event
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import DEFAULT, Plan, PlanInvalid, number
from serinus.domain.release.release import Release
from serinus.presentation.http.v2.bodies import Body
from serinus.presentation.http.v2.describing import about

Percent = Annotated[float, about("of contract v1, for engine v2", example=10)]
PlanJson = Annotated[
    dict[str, Any],
    about(
        "The members of a plan file: stages, dwell, gates, guardrails, risk and so on. What is"
        " left out is the default's, which stands here",
        example=DEFAULT.to_json(),
    ),
]
Reason = Annotated[
    str,
    about(f"1 to {LONGEST_REASON} characters on one line, for the record", example="to try it"),
]
DRILL = "what the keys of those begin with who take part; null: everybody"


class ReleaseView(Struct, frozen=True, kw_only=True):
    """Where a release stands. Percentages are of contract v1's traffic."""

    id: UUID
    phase: Annotated[Phase, about("where it stands", example="ramping")]
    stage: Annotated[int, about("of `stages`, from 1; 0 before the first")]
    stages: Annotated[
        list[float],
        about("in percent; those of the way back while it rolls back", example=[10, 100]),
    ]
    share_percent: Percent
    paused: bool
    since: Annotated[datetime, about("in this phase and stage")]
    epoch: Annotated[int, about("of the routing that it put in force last")]
    version: Annotated[int, about("grows with every change")]
    drill: Annotated[str | None, about(DRILL)]
    started_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, release: Release) -> Self:
        return cls(**_members(release))


class WholeReleaseView(ReleaseView, frozen=True, kw_only=True):
    """A release, and all that it was started with."""

    salt: Annotated[str, about("hashed with the key of a consumer")]
    plan: PlanJson

    @classmethod
    def of(cls, release: Release) -> Self:
        return cls(**_members(release), salt=release.salt, plan=release.plan.to_json())


class EventView(Struct, frozen=True, kw_only=True):
    """An entry of the record. Members that were not asked for are absent.

    `hash` is SHA-256 over `previous` and the JSON of release, number, at, actor, reason, kind
    and body.
    """

    number: int | UnsetType = UNSET
    at: datetime | UnsetType = UNSET
    kind: Annotated[str, about("what happened", example="advance")] | UnsetType = UNSET
    actor: Annotated[str, about("`judge`, `tripwire`, `user:<id>` ...", example="judge")] | (
        UnsetType
    ) = UNSET
    reason: str | UnsetType = UNSET
    body: Annotated[dict[str, Any], about("the whole evidence", example={})] | UnsetType = UNSET
    previous: Annotated[str, about("hash of the entry before")] | UnsetType = UNSET
    hash: str | UnsetType = UNSET

    @classmethod
    def of(cls, event: Event, members: frozenset[str]) -> Self:
        told = {name: getattr(event, name) for name in members}
        for name in ("previous", "hash"):
            if name in members:
                told[name] = told[name].hex()
        return cls(**told)


class Step(Body, frozen=True, kw_only=True):
    """Why somebody moves a release."""

    reason: Reason

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        return reason_violations(given)


class PlanToCheck(Body, frozen=True, kw_only=True):
    plan: PlanJson = field(default_factory=dict)

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        return plan_violations(given.get("plan", {}))


class CheckedPlan(Struct, frozen=True):
    plan: PlanJson
    cautions: Annotated[list[str], about("what is allowed, and costs something: by its member")]


class NewRelease(Body, frozen=True, kw_only=True):
    """What a release starts with."""

    reason: Reason
    plan: PlanJson = field(default_factory=dict)
    same_consumers: Annotated[bool, about("those who were first the last time go first")] = (
        False
    )
    drill: Annotated[str | None, about(DRILL)] = None

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        return [*reason_violations(given), *plan_violations(given.get("plan", {}))]


def read_plan(given: Mapping[str, Any], reason: str = "-") -> Plan:
    """Raise `PlanInvalid`, pointing into the body, with what is wrong about the reason."""
    try:
        return Plan.from_json(given)
    except PlanInvalid as invalid:
        problems = [_within_body(each) for each in invalid.violations]
        problems += [f"/{e.field}: {e.message}" for e in reason_violations({"reason": reason})]
        raise PlanInvalid(tuple(problems)) from None


def plan_violations(given: Mapping[str, Any]) -> list[Violation]:
    try:
        read_plan(given)
    except PlanInvalid as invalid:
        return list(invalid.violations)
    return []


def reason_violations(given: Mapping[str, Any]) -> list[Violation]:
    try:
        checked(given.get("reason", "-"))
    except Invalid as invalid:
        return list(invalid.violations)
    return []


def percents(release: Release) -> list[float]:
    """Of the stages that it goes through now: up, or down."""
    plan = release.plan
    stages: Sequence[Any] = plan.stages
    if release.phase in {Phase.ROLLING_BACK, Phase.ROLLED_BACK}:
        stages = plan.rollback_stages
    return [number(share) for share in stages]


def _members(release: Release) -> dict[str, Any]:
    return {
        "id": release.id,
        "phase": release.phase,
        "stage": 0 if release.phase is Phase.COMPARING else release.stage + 1,
        "stages": percents(release),
        "share_percent": number(release.share),
        "paused": release.paused,
        "since": release.since,
        "epoch": release.epoch,
        "version": release.version,
        "drill": release.drill,
        "started_at": release.started_at,
        "ended_at": release.ended_at,
    }


def _within_body(violation: Violation) -> str:
    """A plan has tables within tables at most; the name of a route may hold anything."""
    place = violation.field.split(".", 2)
    escaped = (part.replace("~", "~0").replace("/", "~1") for part in place)
    return f"/plan/{'/'.join(escaped)}: {violation.message}"
