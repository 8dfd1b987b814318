"""What a look takes from the news into memory.

Evidence of an earlier stage that comes late tells what stable's consumers are like, and nothing
of the present stage.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from serinus.domain.release import pairs, relative
from serinus.domain.release.assignment import Arm
from serinus.domain.release.evidence import (
    MOST_ROUTES,
    POOLED_ROUTE,
    STRATA,
    Cell,
    Counts,
    bad_of,
    wholly_above,
    wholly_below,
)
from serinus.domain.release.frailty import Frailty
from serinus.domain.release.late_onset import LateOnset
from serinus.domain.release.memory import CLIENT_ERRORS, KINDS, Memory, Place, summed
from serinus.domain.release.plan import Plan
from serinus.domain.release.relative import History
from serinus.domain.release.shared_cause import lately_own, own
from serinus.domain.release.verdict import Situation

#: What S5 is called.
PAIRED = "pairs"
#: Five times a limit is gross, and most of all requests is.
GROSS, HIGHEST_LIMIT = 5.0, 0.5


def observed(plan: Plan, situation: Situation, news: Sequence[Cell], memory: Memory) -> Memory:
    """What is known after the news."""
    if memory.since_epoch != situation.since_epoch:
        memory = begun(memory, situation.since_epoch)
    routes = _with_routes(memory.routes, news)
    known = frozenset(routes)
    now = [
        each if each.route in known else replace(each, route=POOLED_ROUTE)
        for each in news
        if each.epoch >= situation.since_epoch
    ]
    by_arm = {arm: summed(each.counts for each in now if each.arm is arm) for arm in Arm}
    recent = {arm: memory.lately(arm).after(by_arm[arm]) for arm in Arm}
    owned = own(memory.own, by_arm, recent)
    related, together = _related(plan, situation, now, memory)
    placed, misplaced = _placement(plan, situation, now)
    late = _late(plan, by_arm, memory, owned) | _late_relative(memory, together)
    paired = _paired(situation, memory)
    return replace(
        memory,
        attempt=memory.attempt or int(by_arm[Arm.CANDIDATE].requests > 0),
        routes=routes,
        stage=_added(memory.stage, now),
        placed=memory.placed + placed,
        misplaced=memory.misplaced + misplaced,
        own=owned,
        own_lately=lately_own(memory.own_lately, memory.own, owned),
        # The weights are those from before this look.
        relative=related,
        stable=_remembered(memory, news),
        frailty=_learnt(memory, news),
        late=late | _late_pairs(memory, paired),
        pairs=paired,
        recent=recent,
    )


def begun(memory: Memory, since_epoch: int) -> Memory:
    """What restarts with a stage, or when a shared cause is over, from nothing."""
    return replace(
        memory,
        attempt=memory.attempt + (1 if memory.attempt else 0),
        since_epoch=since_epoch,
        stage={},
        placed=0,
        misplaced=0,
        own={},
        calm=None,
        settled=memory.pairs,
    )


def _with_routes(routes: tuple[str, ...], news: Sequence[Cell]) -> tuple[str, ...]:
    known = dict.fromkeys(routes)
    for each in news:
        if len(known) >= MOST_ROUTES:
            break
        if each.route != POOLED_ROUTE:
            known.setdefault(each.route)
    return tuple(known)


def _added(stage: Mapping[Place, Counts], now: Sequence[Cell]) -> dict[Place, Counts]:
    parts: dict[Place, list[Counts]] = {}
    for each in now:
        place = (each.arm, each.route)
        if place not in parts:
            parts[place] = [stage.get(place, Counts())]
        parts[place].append(each.counts)
    return {**stage, **{place: summed(counts) for place, counts in parts.items()}}


def _placement(plan: Plan, situation: Situation, now: Sequence[Cell]) -> tuple[int, int]:
    """Requests that the assignment says something about, and those that contradict it."""
    below, above = wholly_below(situation.share), wholly_above(situation.share)
    placed = misplaced = 0
    for each in now:
        if each.route in plan.excluded_routes or each.route in plan.route_shares:
            continue
        placed += each.counts.requests
        wrong = each.stratum >= above if each.arm is Arm.CANDIDATE else each.stratum < below
        misplaced += each.counts.requests * wrong
    return placed, misplaced


def _remembered(memory: Memory, news: Sequence[Cell]) -> dict[str, History]:
    requests = list(memory.history("errors").requests)
    bad = {kind: list(memory.history(kind).bad) for kind in KINDS}
    for each in news:
        if each.arm is Arm.STABLE:
            requests[each.stratum] += each.counts.requests
            for kind, sums in bad.items():
                sums[each.stratum] += bad_of(each.counts, kind)
    served = tuple(requests)
    return {kind: History(served, tuple(sums)) for kind, sums in bad.items()}


def _learnt(memory: Memory, news: Sequence[Cell]) -> dict[str, Frailty]:
    theirs = [each for each in news if each.arm is Arm.STABLE]
    found = dict(memory.frailty)
    for kind in (*KINDS, CLIENT_ERRORS):
        if not any(bad_of(each.counts, kind) for each in theirs):
            continue
        requests, bad = [0] * STRATA, [0] * STRATA
        for each in theirs:
            requests[each.stratum] += each.counts.requests
            bad[each.stratum] += bad_of(each.counts, kind)
        found[kind] = found.get(kind, Frailty()).after(requests, bad)
    return found


def _late(
    plan: Plan, by_arm: Mapping[Arm, Counts], memory: Memory, owned: Mapping[str, float]
) -> dict[str, LateOnset]:
    found = {}
    for kind in KINDS:
        limits = {f"{arm}:{kind}": (by_arm[arm], limit_of(plan, kind)) for arm in Arm}
        gross = f"gross:{kind}"
        limits[gross] = (by_arm[Arm.CANDIDATE], gross_limit(plan, kind))
        for test, (counts, limit) in limits.items():
            onset = memory.late.get(test, LateOnset())
            found[test] = onset.after(bad_of(counts, kind), counts.requests, limit)
        if not owned[kind]:  # stable accounts for all that there was
            found[gross] = found[gross].begun()
    return found


def _late_relative(
    memory: Memory, together: Mapping[str, tuple[float, ...]]
) -> dict[str, LateOnset]:
    found = {}
    for kind in KINDS:
        onset = memory.late.get(test := f"relative:{kind}", LateOnset())
        told = together.get(kind, relative.NEUTRAL) is not relative.NEUTRAL
        found[test] = onset.grown(together[kind]) if told else onset
    return found


def _paired(situation: Situation, memory: Memory) -> tuple[int, int]:
    state = situation.comparison
    return memory.pairs if state is None else (state.worse, state.better)


def _late_pairs(memory: Memory, seen: tuple[int, int]) -> dict[str, LateOnset]:
    onset = memory.late.get(PAIRED, LateOnset())
    worse, better = (max(0, now - known) for now, known in zip(seen, memory.pairs, strict=True))
    told = worse or better
    return {PAIRED: onset.grown(pairs.log_factors(worse, better)) if told else onset}


def gross_limit(plan: Plan, kind: str) -> float:
    """Beyond it there is no doubt about what to do."""
    return min(HIGHEST_LIMIT, GROSS * limit_of(plan, kind))


def limit_of(plan: Plan, kind: str) -> float:
    rails = plan.guardrails
    return rails.error_rate.slo if kind == "errors" else rails.slow.slo


def ratio_of(plan: Plan, kind: str) -> float:
    """How many times as often as stable; of client errors no more than half as many again."""
    rails = plan.guardrails.relative
    return {"errors": rails.error_ratio, "slow": rails.slow_ratio}.get(kind, 1.5)


def _related(
    plan: Plan, situation: Situation, now: Sequence[Cell], memory: Memory
) -> tuple[dict[str, tuple[float, ...]], dict[str, tuple[float, ...]]]:
    """Every relative test after this look, of all routes together and of each; and what the
    former grew by.
    """
    logs, together = dict(memory.relative), {}
    served = memory.history("errors").requests
    by_route: dict[str, list[Cell]] = {}
    for each in now:
        by_route.setdefault(each.route, []).append(each)
    for kind in (*KINDS, CLIENT_ERRORS):
        if not any(bad_of(each.counts, kind) for each in now):
            continue
        frailty = memory.frailty.get(kind, Frailty())
        rates = frailty.rates()
        # As if the share were the same on every route.
        off = frailty.odds_off(served, rates, wholly_above(situation.share))
        ratio = ratio_of(plan, kind) * off
        whole = _look(now, kind)
        together[kind] = relative.log_factors(whole, rates, ratio)
        _grow(logs, kind, together[kind])
        if kind == CLIENT_ERRORS:
            other = relative.Look(
                whole.stable, whole.candidate, whole.stable_bad, whole.candidate_bad
            )
            _grow(logs, f"{kind}:stable", relative.log_factors(other, rates, ratio))
            continue
        for route, cells in by_route.items():
            factors = relative.log_factors(_look(cells, kind), rates, ratio)
            _grow(logs, f"{kind}:{route}", factors)
    return logs, together


def _grow(logs: dict[str, tuple[float, ...]], test: str, factors: tuple[float, ...]) -> None:
    if factors is not relative.NEUTRAL:
        before = logs.get(test, relative.NEUTRAL)
        logs[test] = tuple(a + b for a, b in zip(before, factors, strict=True))


def _look(cells: Sequence[Cell], kind: str) -> relative.Look:
    requests = {arm: [0] * STRATA for arm in Arm}
    bad = dict.fromkeys(Arm, 0)
    for each in cells:
        requests[each.arm][each.stratum] += each.counts.requests
        bad[each.arm] += bad_of(each.counts, kind)
    return relative.Look(
        requests[Arm.CANDIDATE], requests[Arm.STABLE], bad[Arm.CANDIDATE], bad[Arm.STABLE]
    )
