"""Doing something to a release from the command line: as whom, and what to do when refused."""

from serinus.application.release import ports, steering
from serinus.domain.errors import SerinusError, Unavailable
from serinus.domain.release.release import NotAllowed
from serinus.presentation.cli.operations import Stopped
from serinus.presentation.cli.release_asking import Releasing, T, Work

REMEDIES: dict[type[SerinusError], str] = {
    steering.NoRelease: "`serinus release list` shows those there are, `start` begins one",
    ports.ReleaseRuns: "`serinus release status` shows where it is",
    steering.CoolingDown: "mend what was wrong meanwhile",
    steering.NotPinned: "`serinus release consumers` lists those who are",
    steering.TooManyPins: "take some away with `serinus release unpin`",
    NotAllowed: "`serinus release status` shows where it is",
    Unavailable: "`serinus doctor` says what is reachable",
}


def act(operations: Releasing, work: Work[T]) -> T:
    """Raise `Stopped`, in one line and with what to do, and what has no remedy as it is."""
    try:
        return operations.steer(work)
    except SerinusError as error:
        remedy = next(
            (REMEDIES[kind] for kind in type(error).__mro__ if kind in REMEDIES), None
        )
        if remedy is None:
            raise
        raise Stopped(f"{error}; {remedy}") from error
