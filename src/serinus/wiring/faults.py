"""Which engines do wrong on purpose."""

from dataclasses import replace

import structlog

from serinus.domain.release.faults import told
from serinus.infrastructure.settings import Settings
from serinus.presentation.http.asgi import App
from serinus.presentation.http.faults import DrillFaults, Faulty
from serinus.presentation.http.v1.turned_away import turn_away
from serinus.wiring.engine_v1 import EngineV1

log = structlog.get_logger("serinus.release")


def warn(settings: Settings) -> None:
    """Loudly: who did not mean it has to find it in the log."""
    if settings.serinus_fault:
        log.warning("engines do wrong on purpose", fault=told(settings.serinus_fault))


def faulty_stable(settings: Settings, v1: EngineV1) -> EngineV1:
    """With what is wrong on both engines: as it is, if nothing is."""
    shared = [each for each in settings.serinus_fault if each.both]
    return replace(v1, app=Faulty(v1.app, shared, turn_away)) if shared else v1


def faulty_candidate(settings: Settings, app: App) -> App:
    """Engine v2 in contract v1. A drill may ask of it what it wants at any time."""
    faults = settings.serinus_fault
    return DrillFaults(Faulty(app, faults, turn_away) if faults else app, turn_away)
