"""What the release engine promises in numbers, what was measured, and how to do it again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from serinus.application.release.simulation.summary import Part, Spread, Summary

COMMAND = "serinus release simulate"
LIVE = f"{COMMAND} --live"
NOT_HERE = "not measured here: --live"


@dataclass(frozen=True, slots=True)
class Measured:
    """`kept` is None where nothing was measured."""

    text: str
    kept: bool | None


@dataclass(frozen=True, slots=True)
class Claim:
    name: str
    claim: str
    required: str
    measured: Measured
    command: str


#: What only real servers show, by the name of its claim.
Live = Mapping[str, Measured]

MOST_ROLLED_BACK = 0.01
MEDIAN_DELAY, P90_DELAY = 100, 250  # requests of the candidate


def claims(summaries: Sequence[Summary], live: Live, *, seed: int) -> list[Claim]:
    """Every claim, in the order in which they are made, measured or not."""
    found = {each.scenario: each for each in summaries}
    return [
        *_simulated(found, seed),
        *(
            Claim(name, claim, required, live.get(name, Measured(NOT_HERE, None)), LIVE)
            for name, claim, required in LIVE_CLAIMS
        ),
    ]


LIVE_CLAIMS = (
    (
        "tripwire",
        "everything fails on the candidate",
        "at most 3 requests per worker before the tripwire",
    ),
    ("rescue-some", "5 % of the candidate's reads fail", "0 failed reads seen by clients"),
    ("rescue-all", "100 % of the candidate's reads fail", "0 failed reads seen by clients"),
    (
        "database",
        "the database away for 10 s in the middle of a release",
        "no rollback, share unchanged afterwards",
    ),
    ("applied", "decision to every node applied", "at most 1 s"),
    ("cost", "evidence and switch on the request path", "at most 30 us"),
)


def _simulated(found: Mapping[str, Summary], seed: int) -> list[Claim]:
    few = f"less than {MOST_ROLLED_BACK:.0%} of releases"
    rows: list[tuple[str, str, str, Callable[[Summary], Measured]]] = [
        (
            "healthy",
            "healthy canary (0.3 % errors, limit 0.5 %) rolled back",
            few,
            lambda each: _rare(each.taken_back),
        ),
        (
            "identical",
            "identical engines, 200 heavy-tailed sticky consumers, any rollback or step back",
            few,
            lambda each: _rare(each.moved_back),
        ),
        (
            "worse",
            "5 % errors on the candidate, risk budget split included",
            f"caught within {MEDIAN_DELAY} candidate requests median, {P90_DELAY} at p90",
            lambda each: _soon(each.taken_back, each.delay_requests),
        ),
        (
            "outage",
            "half of all requests to both engines fail for a minute",
            "no rollback",
            lambda each: _never(each.moved_back),
        ),
        (
            "database-away",
            "no database for 10 s: everything fails, all is heard at once (simulated)",
            "no rollback",
            lambda each: _never(each.moved_back),
        ),
        ("no-traffic", "nobody calls", "nothing advances", _stays),
    ]
    return [
        Claim(name, claim, required, _of(found.get(name), measure), _command(name, found, seed))
        for name, claim, required, measure in rows
    ]


def _of(summary: Summary | None, measure: Callable[[Summary], Measured]) -> Measured:
    return Measured("not simulated", None) if summary is None else measure(summary)


def _command(name: str, found: Mapping[str, Summary], seed: int) -> str:
    runs = found[name].runs if name in found else 2_000
    return f"{COMMAND} --scenario {name} --runs {runs} --seed {seed}"


def _rare(part: Part) -> Measured:
    """The number itself has to be below; the interval says how sure that is."""
    return Measured(shown(part), part.rate < MOST_ROLLED_BACK)


def _never(part: Part) -> Measured:
    return Measured(shown(part), not part.hits)


def _stays(summary: Summary) -> Measured:
    still = not summary.completed.hits and not summary.moved_back.hits and not summary.stages
    return Measured(f"{summary.runs} releases, all at 0 %" if still else "it moved", still)


def _soon(caught: Part, delay: Spread) -> Measured:
    if delay.median is None or delay.p90 is None:
        return Measured("never caught", kept=False)
    kept = caught.hits == caught.of and delay.median <= MEDIAN_DELAY and delay.p90 <= P90_DELAY
    text = (
        f"{caught.hits} of {caught.of} caught, after {delay.median:.0f} candidate requests "
        f"(median), {delay.p90:.0f} (p90)"
    )
    return Measured(text, kept)


def shown(part: Part) -> str:
    """With its interval."""
    return (
        f"{part.hits} of {part.of} ({part.rate:.2%}; 95 %: {part.least:.2%} to {part.most:.2%})"
    )
