"""What people are told of, and nothing is decided by."""

from math import log

from serinus.domain.release import relative
from serinus.domain.release.assignment import Arm
from serinus.domain.release.evidence import Counts
from serinus.domain.release.memory import CLIENT_ERRORS
from serinus.domain.release.plan import Plan
from serinus.domain.release.readings import ALERT_RISK, Tests
from serinus.domain.release.verdict import Situation

#: Requests of each arm from which on averages are worth comparing.
ENOUGH = 500
FEWER_HITS = 0.8  # of stable's part of hits
MORE_DB_TIME = 1.5  # times stable's for a request
LESS_TRAFFIC = 0.5  # of the stage's average
RECENT_LOOKS = 5.0  # that faded sums amount to


def alerts(tests: Tests, situation: Situation, plan: Plan) -> tuple[str, ...]:
    memory = tests.memory
    ours, theirs = memory.total(Arm.CANDIDATE), memory.total(Arm.STABLE)
    watched = plan.guardrails.alerts
    found = list(_client_errors(tests))
    if min(ours.requests, theirs.requests) >= ENOUGH:
        if "cache_hits" in watched and _hits(ours) < FEWER_HITS * _hits(theirs):
            found.append(f"cache hits: {_hits(ours):.0%}, stable {_hits(theirs):.0%}")
        if "db_time" in watched and _db(ours) > MORE_DB_TIME * _db(theirs):
            found.append(
                f"database time of a request: {1000 * _db(ours):.1f} ms, "
                f"stable {1000 * _db(theirs):.1f} ms"
            )
    if "throughput" in watched and (fallen := _fallen(tests, situation)):
        found.append(fallen)
    unexplained = situation.comparison.unexplained if situation.comparison else ()
    if unexplained:
        found.append(f"answers differ on {', '.join(unexplained)}")
    return tuple(found)


def _client_errors(tests: Tests) -> list[str]:
    """A part of 4xx that differs between the arms, either way."""
    threshold, found = -log(ALERT_RISK / 2), []
    for test, more in ((CLIENT_ERRORS, "more"), (f"{CLIENT_ERRORS}:stable", "fewer")):
        logs = tests.memory.relative.get(test, relative.NEUTRAL)
        if relative.log_e(logs) >= threshold:
            found.append(f"client errors (4xx): {more} on the candidate than on stable")
    return found


def _fallen(tests: Tests, situation: Situation) -> str | None:
    total = sum(tests.memory.total(arm).requests for arm in Arm)
    seconds = situation.in_stage.total_seconds()
    if total < ENOUGH or seconds < 60:
        return None
    average = total / seconds
    lately = sum(tests.memory.lately(arm).requests for arm in Arm) / RECENT_LOOKS
    if lately >= LESS_TRAFFIC * average:
        return None
    return f"throughput: {lately:.1f} requests/s, {average:.1f} on average of this stage"


def _hits(counts: Counts) -> float:
    asked = counts.cache_hits + counts.cache_misses
    return counts.cache_hits / asked if asked else 0.0


def _db(counts: Counts) -> float:
    return counts.db_seconds / counts.requests if counts.requests else 0.0
