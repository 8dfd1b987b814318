"""What a look leaves behind: what was acted on is settled, and what a shared cause did to a
stage is forgotten when it is over.
"""

from dataclasses import replace

from serinus.domain.release.assignment import Arm
from serinus.domain.release.memory import KINDS, Memory
from serinus.domain.release.observing import begun, limit_of
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
    after = begun(memory, memory.since_epoch)
    return replace(after, late={test: each.begun() for test, each in memory.late.items()})


def _stepped_back(tests: Tests) -> Memory:
    """After a step back: of each kind that was found worse no test stands where it stood. The
    rest was not acted on.
    """
    memory, state = tests.memory, tests.situation.comparison
    routes = (None, *tests.routes())
    found = {kind for kind in KINDS if any(tests.relative(kind, of).breached for of in routes)}
    if tests.pairs().breached:
        found.add("errors")
    kept = {
        test: logs
        for test, logs in memory.relative.items()
        if test.partition(":")[0] not in found
    }
    if state is None or "errors" not in found:
        return replace(memory, relative=kept)
    return replace(memory, relative=kept, settled=(state.worse, state.better))
