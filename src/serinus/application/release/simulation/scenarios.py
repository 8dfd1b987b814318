"""What happens to a release in a simulation: to its candidate, to both engines, to nobody."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from serinus.application.release.simulation.traffic import Rates, Traffic
from serinus.domain.release.assignment import Arm


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds after a stage, counted from 0, was first entered."""

    stage: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What the candidate does from a moment on; None: what stable does."""

    errors: float | None = None
    slow: float | None = None
    since: Moment = field(default_factory=Moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """For some seconds so large a part of both engines' requests fails. `unheard`: what was
    counted meanwhile becomes known afterwards, all at once, and nobody judges until then.
    """

    since: Moment
    seconds: float
    errors: float
    unheard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    name: str
    meaning: str
    traffic: Traffic = field(default_factory=Traffic)
    fault: Fault = field(default_factory=Fault)
    outage: Outage | None = None

    @property
    def harmful(self) -> bool:
        """Whether a rollback is what should happen."""
        return self.fault != Fault(since=self.fault.since)

    def rates(self, *, faulty: bool, out: bool) -> Mapping[Arm, Rates]:
        usual = Rates(self.traffic.errors, self.traffic.slow)
        candidate = usual
        if faulty:
            errors, slow = self.fault.errors, self.fault.slow
            candidate = Rates(
                usual.errors if errors is None else errors,
                usual.slow if slow is None else slow,
            )
        if out and self.outage is not None:
            least = self.outage.errors
            usual = replace(usual, errors=max(usual.errors, least))
            candidate = replace(candidate, errors=max(candidate.errors, least))
        return {Arm.STABLE: usual, Arm.CANDIDATE: candidate}


#: 200 consumers, of whom the busiest few do most, and whose requests fail unlike often.
HEAVY = Traffic(consumers=200, tail=1.1, unlike=1.0)

SCENARIOS: Mapping[str, Scenario] = {
    each.name: each
    for each in (
        Scenario(
            name="healthy", meaning="the candidate fails 0.3 % of its requests, as stable does"
        ),
        Scenario(
            name="identical",
            meaning="identical engines, 200 heavy-tailed sticky consumers",
            traffic=HEAVY,
        ),
        Scenario(
            name="worse",
            meaning="the candidate fails 5 % of its requests",
            fault=Fault(errors=0.05),
        ),
        Scenario(
            name="gross",
            meaning="the candidate fails every request",
            fault=Fault(errors=1.0),
        ),
        Scenario(
            name="slow",
            meaning="5 % of the candidate's requests are slow",
            fault=Fault(slow=0.05),
        ),
        Scenario(
            name="late",
            meaning="the candidate fails 5 %, from 2 minutes into the second stage on",
            fault=Fault(errors=0.05, since=Moment(1, 120.0)),
        ),
        Scenario(
            name="outage",
            meaning="half of the requests to both engines fail for a minute",
            outage=Outage(since=Moment(1, 120.0), seconds=60.0, errors=0.5),
        ),
        Scenario(
            name="database-away",
            meaning="no database for 10 s: everything fails, all is heard at once afterwards",
            outage=Outage(since=Moment(1, 120.0), seconds=10.0, errors=1.0, unheard=True),
        ),
        Scenario(
            name="no-traffic",
            meaning="nobody calls",
            traffic=Traffic(rate=0.0),
        ),
    )
}
