"""What people are told of decides nothing, and is told only where there is enough to tell."""

from datetime import timedelta

from serinus.domain.release.evidence import Counts
from serinus.domain.release.plan import Plan
from serinus.domain.release.verdict import ComparisonState, Kind
from tests.support.judged import Trial

ENOUGH = Counts(1_000, cache_hits=900, cache_misses=100, db_seconds=1.0)
SILENT = Plan.from_json(
    {
        "dwell": "0s",
        "guardrails": {
            name: {"action": "none"} for name in ("cache_hits", "db_time", "throughput")
        },
    }
)


def told(candidate: Counts, stable: Counts = ENOUGH, trial: Trial | None = None) -> list[str]:
    verdict = (trial or Trial()).look(candidate, stable)
    return [each.partition(":")[0] for each in verdict.alerts]


def test_arms_that_do_the_same_are_not_told_of() -> None:
    assert told(ENOUGH) == []
    assert told(Counts(1_000)) == ["cache hits"]
    assert told(Counts(1_000), Counts(1_000)) == []


def test_fewer_hits_and_more_time_in_the_database_are_told_of() -> None:
    costly = Counts(1_000, cache_hits=500, cache_misses=500, db_seconds=3.0)
    verdict = Trial().look(costly, ENOUGH)

    assert verdict.alerts == (
        "cache hits: 50%, stable 90%",
        "database time of a request: 3.0 ms, stable 1.0 ms",
    )
    assert verdict.kind is Kind.ADVANCE or verdict.kind is Kind.HOLD


def test_a_few_requests_are_not_worth_comparing() -> None:
    assert told(Counts(499, cache_misses=499, db_seconds=9.0)) == []
    assert told(Counts(1_000, cache_misses=1_000, db_seconds=9.0), Counts(499)) == []


def test_what_a_plan_does_not_watch_is_not_told_of() -> None:
    costly = Counts(1_000, cache_misses=1_000, db_seconds=9.0)

    assert told(costly, trial=Trial(SILENT)) == []


def test_client_errors_that_differ_are_told_of_either_way_and_decide_nothing() -> None:
    many, few = Counts(1_000, client_errors=300), Counts(9_000, client_errors=90)

    more = Trial().look(many, few)
    fewer = Trial().look(Counts(1_000), Counts(9_000, client_errors=2_700))

    assert "client errors (4xx): more on the candidate than on stable" in more.alerts
    assert "client errors (4xx): fewer on the candidate than on stable" in fewer.alerts
    assert {more.kind, fewer.kind} <= {Kind.HOLD, Kind.ADVANCE}
    assert told(Counts(1_000, client_errors=100), Counts(9_000, client_errors=900)) == []


def test_traffic_that_falls_away_is_told_of() -> None:
    trial = Trial()
    for _ in range(90):
        trial.look(Counts(10), Counts(90))
    quiet = [trial.look(Counts(1), Counts(4)).alerts for _ in range(10)]

    assert quiet[0] == ()
    assert quiet[-1][0].startswith("throughput: ")
    assert quiet[-1][0].endswith("requests/s, 90.5 on average of this stage")


def test_traffic_of_a_stage_that_has_just_begun_has_no_average() -> None:
    trial = Trial()
    trial.look(Counts(1_000), Counts(9_000))

    assert [trial.look().alerts for _ in range(20)] == [()] * 20
    trial.in_stage = timedelta(minutes=2)
    assert trial.look().alerts != ()
    assert Trial(SILENT, memory=trial.memory, in_stage=trial.in_stage).look().alerts == ()


def test_answers_that_differ_are_told_of_wherever_the_release_stands() -> None:
    trial = Trial(comparison=ComparisonState({"/a": 9}, 1, ("/a",)))

    assert told(ENOUGH, trial=trial) == ["answers differ on /a"]
    trial.comparison = ComparisonState({"/a": 9})
    assert told(ENOUGH, trial=trial) == []
