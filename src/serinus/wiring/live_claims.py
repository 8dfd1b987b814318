"""What only real servers show: `serinus release simulate --live`."""

import subprocess
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from serinus.application.release.simulation.claims import Live, Measured
from serinus.infrastructure.settings import described
from serinus.wiring.live_servers import FAULT, Deployment, deployed
from serinus.wiring.live_traffic import Seen, traffic
from serinus.wiring.own_server import NotServing
from serinus.wiring.request_cost import cost, tripping

NO_FAULTS = "not measured: this build makes no faults"
PLAN = """
dwell = "2s"
bake = "1s"
baseline = "3s"
rollback_dwell = "500ms"
cool_down = "1s"
stages = [10, 50, 100]
holdback = 10
gates = { last = "manual" }
"""
#: The machine that measures may be slow, and is not what is measured.
PATIENT = """
[guardrails]
error_rate = { slo = 0.05 }
slow = { over_ms = 60000, slo = 0.05 }
"""
STRICT = """
[guardrails]
slow = { over_ms = 60000, slo = 0.05 }
"""
LONGEST = 120.0  # seconds, for what should happen
AWAY = 10.0  # seconds
AFTERWARDS = 15.0  # seconds, in which a late rollback would show
MOST_SECONDS = 1.0  # until every worker serves a decision
HALF = "50"


def measured() -> Live:
    """By the name of the claim."""
    found: dict[str, Measured] = {"cost": cost(), "tripwire": tripping()}
    found |= _tried(_healthy, ("applied", "database"))
    for name, fault in (("rescue-some", "errors:5%"), ("rescue-all", "errors:100%")):
        found |= _tried(partial(_rescued, name, fault), (name,))
    return found


def _tried(work: Callable[[], Live], names: tuple[str, ...]) -> Live:
    """What went wrong with measuring is no verdict on what was to be measured."""
    try:
        return work()
    except (NotServing, OSError, subprocess.SubprocessError) as error:
        return {name: Measured(f"not measured: {error}", None) for name in names}


def _rescued(name: str, fault: str) -> Live:
    if all(setting != FAULT for setting, _, _ in described()):
        return {name: Measured(NO_FAULTS, None)}
    with deployed(1, fault) as here:
        # Nobody calls before the first stage: comparing would find it out, and rescue nobody.
        here.start(PLAN + STRICT)
        if not _until(here, lambda status: _phase(status) == "ramping"):
            raise NotServing("the release did not reach its first stage")
        with traffic(here.ports) as seen:
            began = time.monotonic()
            ended = _until(here, lambda status: _phase(status) == "rolled_back")
            took = time.monotonic() - began
    back = f"taken back within {took:.0f} s" if ended else "not taken back"
    return {name: Measured(f"{_shown(seen)}; {back}", ended and not seen.failed_reads)}


def _healthy() -> Live:
    with deployed(2) as here, traffic(here.ports):
        here.start(PLAN + PATIENT)
        slowest: list[float] = []
        reached = _until(here, lambda status: _at_half(status, slowest))
        if not reached:
            raise NotServing("the release did not reach its second stage")
        return {"applied": _applied(slowest), "database": _without_database(here)}


def _at_half(status: dict[str, Any], slowest: list[float]) -> bool:
    """Note how long workers took that serve what is in force."""
    serving = [each for each in status["nodes"] if each["epoch"] == status["epoch"]]
    times = [each["applied_after"] for each in serving if each["applied_after"] is not None]
    if times and len(serving) == len(status["nodes"]):
        slowest.append(max(times))
    return bool(status["share_percent"] == HALF) and len(serving) == len(status["nodes"])


def _applied(slowest: list[float]) -> Measured:
    worst = max(slowest)
    text = f"{worst:.2f} s, the slowest of 4 workers on 2 servers"
    return Measured(text, worst <= MOST_SECONDS)


def _without_database(here: Deployment) -> Measured:
    with here.database_away():
        time.sleep(AWAY)
    deadline = time.monotonic() + AFTERWARDS
    shares = set()
    while time.monotonic() < deadline:
        status = here.status()
        shares.add((_phase(status), status["share_percent"]))
    kept = shares == {("ramping", HALF)}
    text = ", ".join(sorted(f"{phase} at {share} %" for phase, share in shares))
    return Measured(f"afterwards {text}", kept)


def _until(here: Deployment, true: Callable[[dict[str, Any]], bool]) -> bool:
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        if true(here.status()):
            return True
    return False


def _phase(status: dict[str, Any]) -> str | None:
    release = status["release"]
    return release and str(release["phase"])


def _shown(seen: Seen) -> str:
    return (
        f"{seen.failed_reads} of {seen.reads} reads failed, {seen.rescued} were rescued; "
        f"{seen.failed_writes} of {seen.writes} writes failed"
    )
