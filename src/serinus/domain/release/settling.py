"""What a look leaves behind: what was acted on is settled, and what a shared cause did to a
stage is forgotten when it is over.
"""

from dataclasses import replace

from serinus.domain.release.assignment import Arm
from serinus.domain.release.late_onset import LateOnset
from serinus.domain.release.memory import KINDS, Memory
from serinus.domain.release.observing import PAIRED, begun, limit_of
from serinus.domain.release.readings import Tests
from serinus.domain.release.verdict import Kind, Verdict, Why

#: Looks with traffic and without a sign of it after which a shared cause is over.
CALM = 30


def kept(tests: Tests, verdict: Verdict) -> Memory:
    plan, memory = tests.plan, tests.memory
    if verdict.kind is Kind.STEP_BACK:
        return _stepped_back(tests)
    if verdict.why is Why.SHARED_CAUSE and memory.calm is None:
        return replace(memory, calm=0)
    if memory.calm is None:
        return memory
    lately = [memory.lately(arm) for arm in Arm]
    if any(
        each.bad(kind) > 1 + limit_of(plan, kind) * each.requests
        for each in lately
        for kind in KINDS
    ):
        return replace(memory, calm=0)
    if memory.calm < CALM:
        return replace(memory, calm=memory.calm + any(each.requests > 1 for each in lately))
    late = _anew(memory, "stable", "candidate", "gross")
    return replace(begun(memory, memory.since_epoch), late=late)


def _stepped_back(tests: Tests) -> Memory:
    """After a step back: of each kind that was found worse no test stands where it stood. The
    rest was not acted on.
    """
    memory = tests.memory
    found = {kind for kind in KINDS if any(each.breached for each in tests.all_relative(kind))}
    if tests.worse_pairs():
        found.add("errors")
    late = [f"relative:{kind}" for kind in found]
    if "errors" in found:
        late.append(PAIRED)
    return replace(
        memory,
        relative={
            test: logs
            for test, logs in memory.relative.items()
            if test.partition(":")[0] not in found
        },
        late=_anew(memory, *late),
    )


def _anew(memory: Memory, *tests: str) -> dict[str, LateOnset]:
    """Late onset, with those begun anew whose names begin so."""
    return {
        test: onset.begun() if test.startswith(tests) else onset
        for test, onset in memory.late.items()
    }
