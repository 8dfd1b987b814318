"""Simulated releases, few and fast."""

from random import Random

from serinus.application.release.simulation.outcome import Outcome
from serinus.application.release.simulation.scenarios import SCENARIOS, Scenario
from serinus.application.release.simulation.simulating import Simulated, simulate
from serinus.application.release.simulation.study import MINUTES


def released(
    scenario: str | Scenario, *, runs: int = 1, seed: int = 1, traced: bool = False
) -> list[Outcome]:
    chosen = SCENARIOS[scenario] if isinstance(scenario, str) else scenario
    given = Simulated(plan=MINUTES, scenario=chosen, traced=traced)
    # No secret hangs on it.
    return [simulate(given, Random(f"{seed} {n}")) for n in range(runs)]  # noqa: S311
