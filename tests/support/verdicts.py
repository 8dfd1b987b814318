"""Verdicts and releases at any point of their life, for laws about them."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import strategies as st

from serinus.domain.release.plan import Plan
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import Kind, Verdict

AT = datetime(2030, 1, 1, tzinfo=UTC)


def verdict(kind: Kind) -> Verdict:
    return Verdict(kind=kind, sentence="so it is")


def started(plan: Plan) -> Release:
    return Release.start(UUID(int=7), "salt", plan, AT, epoch=3)


percents = st.lists(st.integers(1, 98), max_size=5, unique=True)
times = st.sampled_from(["0s", "10s", "1h"])


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    below = sorted(draw(percents))
    last = below[-1] if below else 0
    return Plan.from_json(
        {
            "stages": [*below, 100],
            "rollback_stages": [*sorted(draw(percents), reverse=True), 0],
            "holdback": draw(st.integers(0, 99 - last)),
            "dwell": draw(times),
            "bake": draw(times),
            "baseline": draw(times),
            "rollback_dwell": draw(times),
            "gates": draw(
                st.dictionaries(
                    st.sampled_from([str(percent) for percent in [*below, 100]]),
                    st.sampled_from(["none", "comparison", "manual"]),
                )
            ),
        }
    )


#: What happens to a release: a verdict, or what somebody asks for, and the seconds until then.
steps = st.lists(
    st.tuples(
        st.sampled_from(
            [*Kind, "promote", "pause", "resume", "step_back", "roll_back", "abort"]
        ),
        st.sampled_from([0, 1, 10, 3600]),
    ),
    max_size=30,
)
