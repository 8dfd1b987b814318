"""Whatever may come in, wherever a release may stand meanwhile, for laws about verdicts."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from serinus.domain.release.assignment import Arm, Share
from serinus.domain.release.evidence import STRATA, Cell, Counts
from serinus.domain.release.judge import look
from serinus.domain.release.memory import Memory
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import Plan
from serinus.domain.release.verdict import ComparisonState, Situation

EPOCH = 5
ROUTES = ("/a", "/b", "/c")
#: Of the requests that are counted; none, one, half and all of them are bad now and then.
parts = st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.001, 0.01, 0.1, 1.0])
sizes = st.sampled_from([1, 3, 10, 40, 300, 2_000, 20_000])
plans = st.sampled_from(
    [
        Plan.from_json({"dwell": "0s", "baseline": "0s", "bake": "0s", "gates": {}}),
        Plan.from_json({"dwell": "1m", "guardrails": {"error_rate": {"slo": 0.05}}}),
        Plan.from_json({"dwell": "0s", "gates": {"50": "comparison", "last": "manual"}}),
    ]
)


@st.composite
def counted(draw: st.DrawFn) -> Counts:
    requests = draw(sizes)
    errors = round(requests * draw(parts))
    pairs = draw(st.sampled_from(["none", "rescued", "shared"]))
    return Counts(
        requests,
        errors,
        slow=round(requests * draw(parts)),
        client_errors=round((requests - errors) * draw(parts)),
        cache_hits=requests // 2,
        cache_misses=requests - requests // 2,
        queries=requests,
        db_seconds=float(requests),
        rescued=errors if pairs == "rescued" else 0,
        shared=errors if pairs == "shared" else 0,
    )


def of_arm(arm: Arm, *strata: int) -> st.SearchStrategy[Cell]:
    return st.builds(
        Cell,
        epoch=st.sampled_from([EPOCH - 1, EPOCH, EPOCH, EPOCH]),
        arm=st.just(arm),
        route=st.sampled_from(ROUTES),
        stratum=st.sampled_from(strata),
        counts=counted(),
    )


#: Where the assignment puts them at 10 %, but for stable's in the first stratum.
cells = of_arm(Arm.CANDIDATE, 0, 1, 24, 25) | of_arm(Arm.STABLE, 26, 128, STRATA - 1, 25, 26, 0)
news = st.lists(cells, max_size=6).map(tuple)
comparisons = st.none() | st.builds(
    ComparisonState,
    compared=st.dictionaries(st.sampled_from(ROUTES), st.sampled_from([3, 100, 5_000])),
    differing=st.sampled_from([0, 0, 3]),
    unexplained=st.sampled_from([(), (), ("/a",)]),
    worse=st.integers(0, 30),
    better=st.integers(0, 30),
)
times = st.sampled_from([0, 1, 120, 1_000_000]).map(lambda n: timedelta(seconds=n))


@st.composite
def situations(draw: st.DrawFn, phases: list[Phase] | None = None) -> Situation:
    phase = draw(st.sampled_from(phases or list(Phase)))
    return Situation(
        phase=phase,
        stage=3 if phase is Phase.BAKING else draw(st.integers(0, 2)),
        share=Share(
            0 if phase is Phase.COMPARING else draw(st.sampled_from([1_000, 1_000, 9_900]))
        ),
        since_epoch=EPOCH,
        in_stage=draw(times),
        gate_open=draw(st.booleans()),
        paused=draw(st.booleans()),
        comparison=draw(comparisons),
        workers=draw(st.integers(1, 8)),
    )


@st.composite
def memories(draw: st.DrawFn, plan: Plan, situation: Situation) -> Memory:
    """What a few looks have left."""
    memory = Memory()
    for seen in draw(st.lists(news, max_size=3)):
        _, memory = look(plan, replace(situation, comparison=None), seen, memory)
    return memory


@st.composite
def moments(
    draw: st.DrawFn, phases: list[Phase] | None = None
) -> tuple[Plan, Situation, tuple[Cell, ...], Memory]:
    """All that a verdict is made of."""
    plan, situation = draw(plans), draw(situations(phases))
    return plan, situation, draw(news), draw(memories(plan, situation))
