"""Whatever has come in and wherever a release stands: the laws of verdicts."""

from dataclasses import replace
from datetime import timedelta
from math import log
from random import Random

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import binom

from serinus.domain.release.assignment import Arm
from serinus.domain.release.decision import Decision
from serinus.domain.release.eprocess import BETTER
from serinus.domain.release.evidence import MOST_ROUTES, STRATA, Cell, Counts
from serinus.domain.release.judge import look
from serinus.domain.release.memory import KINDS, Memory
from serinus.domain.release.observing import limit_of
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import Plan
from serinus.domain.release.verdict import (
    ComparisonState,
    Kind,
    Situation,
    Verdict,
    Why,
)
from tests.support.evidence import ROUTES, moments

#: Each draws a whole life: a few looks, and the one that it is about.
lives = settings(max_examples=60)
Moment = tuple[Plan, Situation, tuple[Cell, ...], Memory]
AT_RISK = [Phase.RAMPING, Phase.BAKING]
SAFETY = [Kind.EMERGENCY, Kind.ROLL_BACK, Kind.STEP_BACK]
ORDER = list(Kind)  # what goes first is first


def through_json(value: object) -> object:
    return msgspec.json.decode(msgspec.json.encode(value))


@lives
@given(moments())
def test_there_always_is_one_verdict_and_it_explains_itself(moment: Moment) -> None:
    verdict, memory = look(*moment)

    assert (verdict.why is not None) == (verdict.kind is Kind.HOLD)
    assert verdict.sentence
    assert 0 <= verdict.spent <= moment[0].risk.false_rollback * (1 + 1e-9)
    assert memory.since_epoch == moment[1].since_epoch
    assert (verdict, memory) == look(*moment)


@lives
@given(moments(), st.sampled_from([(), ("/a",)]))
def test_nothing_that_is_held_for_masks_what_is_for_safety(
    moment: Moment, unexplained: tuple[str, ...]
) -> None:
    """Neither a pause, nor a gate, the time, missing comparisons, nor a bad split."""
    plan, situation, news, memory = moment
    free, _ = look(plan, situation, news, memory)
    state = situation.comparison or ComparisonState()
    held_up = replace(
        situation,
        paused=True,
        gate_open=False,
        in_stage=timedelta(),
        comparison=replace(state, compared={}, differing=99, unexplained=unexplained),
    )
    bad_split = replace(memory, placed=10_000, misplaced=10_000)

    held, _ = look(plan, held_up, news, bad_split)

    if free.kind in SAFETY:
        assert (held.kind, held.sentence) == (free.kind, free.sentence)
    else:
        assert held.kind is Kind.HOLD


@lives
@given(moments(AT_RISK))
def test_without_traffic_of_its_own_a_stage_is_never_left_upwards(moment: Moment) -> None:
    plan, situation, news, memory = moment
    theirs = tuple(each for each in news if each.arm is Arm.STABLE)
    unseen = replace(memory, stage={}, own={}, late={}, relative={})

    verdict, _ = look(plan, situation, theirs, unseen)

    assert verdict.kind is not Kind.ADVANCE
    if verdict.kind is Kind.HOLD and verdict.why is Why.NO_TRAFFIC:
        assert "no requests" in verdict.sentence


@lives
@given(moments(AT_RISK))
def test_the_share_grows_on_proof_alone(moment: Moment) -> None:
    """By scipy: an advance has, of every limit, evidence of 1/beta that it is kept."""
    plan, situation, _, _ = moment
    verdict, memory = look(*moment)
    if verdict.kind is not Kind.ADVANCE:
        return

    ours = memory.total(Arm.CANDIDATE)
    assert not situation.paused
    for kind, bad in zip(KINDS, (ours.errors, ours.slow), strict=True):
        limit = limit_of(plan, kind)
        ratios = [
            binom.logpmf(bad, ours.requests, limit * times)
            - binom.logpmf(bad, ours.requests, limit)
            for times in BETTER
        ]
        evidence = float(logsumexp(ratios) - np.log(len(BETTER)))
        assert evidence >= -log(plan.risk.false_proof) - 1e-6


@lives
@given(moments(), st.data())
def test_to_fail_more_often_never_makes_a_verdict_milder(
    moment: Moment, data: st.DataObject
) -> None:
    """Where the candidate answered well it fails instead, and stable was not asked."""
    plan, situation, news, memory = moment
    alone = tuple(
        replace(each, counts=replace(each.counts, rescued=0, shared=0)) for each in news
    )
    worse = tuple(_failing(each, data) if each.arm is Arm.CANDIDATE else each for each in alone)
    memory = replace(memory, recent={})

    before, _ = look(plan, situation, alone, memory)
    after, _ = look(plan, situation, worse, memory)

    assert ORDER.index(after.kind) <= ORDER.index(before.kind)


def _failing(cell: Cell, data: st.DataObject) -> Cell:
    good = cell.counts.requests - cell.counts.errors
    more = data.draw(st.integers(0, good), label="more errors")
    return replace(cell, counts=replace(cell.counts, errors=cell.counts.errors + more))


@lives
@given(moments(), st.integers(0, 2**32))
def test_evidence_may_come_in_any_order_and_in_any_pieces(moment: Moment, seed: int) -> None:
    """Once the routes are known, whose order is that of their tests."""
    plan, situation, news, memory = moment
    memory = replace(memory, routes=ROUTES)
    pieces = [piece for each in news for piece in _in_two(each)]
    Random(seed).shuffle(pieces)  # noqa: S311 - seeded

    assert look(plan, situation, pieces, memory) == look(plan, situation, news, memory)


def _in_two(cell: Cell) -> list[Cell]:
    whole = cell.counts.to_json()
    half = [n // 2 for n in whole]
    rest = [n - part for n, part in zip(whole, half, strict=True)]
    return [replace(cell, counts=Counts.from_json(each)) for each in (half, rest)]


@lives
@given(moments())
def test_what_a_verdict_was_made_of_survives_being_written_down(moment: Moment) -> None:
    plan, situation, news, memory = moment
    decision = Decision(plan=plan, situation=situation, news=news, memory=memory)
    verdict, after = decision.made()

    read = Decision.from_json(plan, through_json(decision.to_json()))  # type: ignore[arg-type]

    assert read == decision
    assert read.made() == (verdict, after)
    assert Verdict.from_json(through_json(verdict.to_json())) == verdict  # type: ignore[arg-type]
    assert Memory.from_json(through_json(after.to_json())) == after  # type: ignore[arg-type]


@lives
@given(st.lists(st.integers(0, 500), max_size=300), moments(AT_RISK))
def test_what_is_kept_is_bounded_whatever_the_traffic(
    routes: list[int], moment: Moment
) -> None:
    plan, situation, _, memory = moment
    news = [
        Cell(situation.since_epoch, arm, f"/{route}", n % STRATA, Counts(9, 2, 1, 1))
        for n, route in enumerate(routes)
        for arm in Arm
    ]

    _, after = look(plan, situation, news, memory)

    assert len(after.routes) <= MOST_ROUTES
    assert len(after.stage) <= 2 * (MOST_ROUTES + 1)
    assert len(after.relative) <= 2 * (MOST_ROUTES + 2) + 2
    assert len(after.late) <= 4 * len(KINDS) + 1  # and of pairs
    assert len(msgspec.json.encode(after.to_json())) < 60_000
