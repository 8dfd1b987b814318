"""What a study found: what tables and pictures are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serinus.application.release.simulation.claims import Claim, Live, claims
from serinus.application.release.simulation.fixed_threshold import Checker, ramp
from serinus.application.release.simulation.outcome import Point
from serinus.application.release.simulation.study import (
    CURVE,
    CURVE_RATE,
    TRACED,
    Found,
    Series,
    Setup,
)
from serinus.application.release.simulation.summary import Part, Summary, summary


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """How likely a rollback is when the candidate fails so large a part of its requests."""

    errors: float
    ours: Part
    fixed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """`delays`: the candidate's requests until share was taken back, by scenario. `traces`: all
    looks of single releases, by scenario.
    """

    seed: int
    plan: dict[str, object]
    looks: int
    workers: int
    summaries: Sequence[Summary]
    claims: Sequence[Claim]
    curve: Sequence[CurvePoint]
    delays: Mapping[str, Sequence[int]]
    traces: Mapping[str, Sequence[Sequence[Point]]]


def findings(
    setup: Setup, series: Sequence[Series], found: Found, live: Live, *, seed: int
) -> Findings:
    plain = [each for each in series if not each.name.startswith((CURVE, TRACED))]
    summaries = [_summary(each, found) for each in plain]
    return Findings(
        seed=seed,
        plan=setup.plan.to_json(),
        looks=setup.looks,
        workers=setup.workers,
        summaries=summaries,
        claims=claims(summaries, live, seed=seed),
        curve=_curve(setup, series, found),
        delays={
            each.name: [one.caught.requests for one in found[each.name] if one.caught]
            for each in plain
            if each.given.scenario.harmful
        },
        traces={
            each.name.removeprefix(TRACED): [one.trace for one in found[each.name]]
            for each in series
            if each.name.startswith(TRACED)
        },
    )


def _summary(series: Series, found: Found) -> Summary:
    return summary(series.name, series.given.scenario.meaning, found[series.name])


def _curve(setup: Setup, series: Sequence[Series], found: Found) -> list[CurvePoint]:
    checker = Checker(setup.plan.guardrails.error_rate.slo, ramp(CURVE_RATE))
    points = []
    for each in series:
        errors = each.given.scenario.fault.errors
        if each.name.startswith(CURVE) and errors is not None:
            ours = Part.counted(one.taken_back for one in found[each.name])
            points.append(CurvePoint(errors, ours, checker.taken_back(errors)))
    return points
