"""What is promised is kept, broken, or not measured; nothing else, and nothing is left out."""

from serinus.application.release.simulation.claims import (
    LIVE_CLAIMS,
    NOT_HERE,
    Measured,
    claims,
)
from serinus.application.release.simulation.outcome import Caught, Outcome
from serinus.application.release.simulation.summary import Summary, summary
from serinus.domain.release.phase import Phase
from serinus.domain.release.verdict import Kind


def outcome(*, back: bool = False, delay: int | None = None) -> Outcome:
    kind, caught = Kind.ROLL_BACK, None
    if delay is not None:
        caught = Caught(kind=kind, guardrail="error_rate", requests=delay, seconds=1.0)
    return Outcome(
        phase=Phase.ROLLED_BACK if back else Phase.COMPLETE,
        went_back=back,
        step_backs=0,
        seconds=1.0,
        looks=1,
        stages={},
        held={},
        caught=caught,
        requests=delay or 0,
        failed=0,
        rescued=0,
        touched=0.1,
    )


def rolled_back(name: str, hits: int, runs: int) -> Summary:
    return summary(name, "", [outcome(back=n < hits) for n in range(runs)])


def caught(delays: list[int]) -> Summary:
    return summary("worse", "", [outcome(back=True, delay=each) for each in delays])


def kept(name: str, *summaries: Summary) -> bool | None:
    return next(
        each for each in claims(summaries, {}, seed=1) if each.name == name
    ).measured.kept


def test_fewer_than_1_percent_may_be_rolled_back() -> None:
    assert kept("healthy", rolled_back("healthy", 19, 2_000)) is True
    assert kept("healthy", rolled_back("healthy", 20, 2_000)) is False


def test_a_median_and_a_90th_percentile_are_asked_for() -> None:
    assert kept("worse", caught([100] * 8 + [250, 900])) is True
    assert kept("worse", caught([100] * 8 + [251, 900])) is False
    assert kept("worse", caught([101] * 10)) is False


def test_what_was_not_caught_is_not_left_out_of_the_delays() -> None:
    escaped = summary("worse", "", [outcome(back=True, delay=5), outcome()])

    assert kept("worse", escaped) is False


def test_what_was_not_measured_is_neither_kept_nor_broken() -> None:
    found = claims([], {}, seed=1)

    assert {each.measured.kept for each in found} == {None}
    assert [each.name for each in found][-6:] == [name for name, _, _ in LIVE_CLAIMS]
    assert found[-1].measured.text == NOT_HERE


def test_what_servers_showed_stands_beside_its_claim() -> None:
    found = claims([], {"cost": Measured("12 us", kept=True)}, seed=1)

    assert {each.name: each.measured.text for each in found}["cost"] == "12 us"


def test_the_command_makes_the_same_releases_again() -> None:
    found = claims([rolled_back("healthy", 0, 50)], {}, seed=7)

    assert found[0].command == (
        "serinus release simulate --scenario healthy --runs 50 --seed 7"
    )
