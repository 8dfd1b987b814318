"""What a request asks of the database: told where statements end, read where requests do.

Whoever asks has nothing to pass on: it goes by the context of the request's task, of which
tasks and callbacks that it begins have copies (PEP 567).
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Asked:
    """`seconds`: until all rows were there, all statements together."""

    statements: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        self.statements += 1
        self.seconds += seconds


_CURRENT: ContextVar[Asked | None] = ContextVar("asked of the database", default=None)


def begin() -> Asked:
    """From here on, in this task."""
    asked = Asked()
    _CURRENT.set(asked)
    return asked


def note(seconds: float) -> None:
    """A statement that took so long; of a task that nobody counts for, nothing."""
    asked = _CURRENT.get()
    if asked is not None:
        asked.add(seconds)


def noting(counted: Callable[[float], None]) -> Callable[[float], None]:
    """Tells of each statement whoever counts them all, and the request that waits for it."""

    def told(seconds: float) -> None:
        counted(seconds)
        note(seconds)

    return told
