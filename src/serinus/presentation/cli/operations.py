"""What the commands need done; `serinus.wiring` does it.

Every function may raise `Stopped`, whose text is the one line that the user sees.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import typer

from serinus.domain.identity.accounts import Account
from serinus.presentation.cli.audit import AuditLog
from serinus.presentation.cli.backups import KeepsBackups
from serinus.presentation.cli.comparisons import ComparesAnswers
from serinus.presentation.cli.demo_view import DemoEnded, DemoFrame, DemoWanted
from serinus.presentation.cli.keys import Keys
from serinus.presentation.cli.release_asking import Releasing
from serinus.presentation.cli.webhooks import Run


class Stopped(Exception):
    """The command cannot go on: what is wrong, and what to do about it."""

    def __init__(self, message: str, *, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing `doctor` looked at. `remedy` is what to do when it is not well."""

    subject: str
    state: State
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """What is told when the server is about to listen."""

    address: str
    share: str
    origin: str
    epoch: int
    database: str
    administrator: tuple[str, str] | None  # e-mail, password; shown this once
    demo_posts: int
    faults: str  # what engines do wrong on purpose; '' nothing


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    default: str
    meaning: str
    given: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Made-up content to add; `comments` of a published post, on average."""

    posts: int
    seed: int
    authors: int
    tags: int
    categories: int
    comments: float
    into_existing: bool


class Operations(Keys, AuditLog, KeepsBackups, Releasing, ComparesAnswers, Protocol):
    """The composition root, as the commands see it."""

    def serve(self, *, demo: bool, announce: Callable[[Opened], None]) -> None: ...

    def migrate(self) -> Sequence[str]:
        """The revisions applied."""
        ...

    def doctor(self) -> Sequence[Finding]: ...

    def settings(self) -> Sequence[Setting]: ...

    def create_user(
        self, *, username: str, email: str, password: str, role: str
    ) -> Account: ...

    def users(self) -> Sequence[Account]: ...

    def set_password(self, *, email: str, password: str) -> Account: ...

    def openapi(self) -> dict[str, Any]: ...

    def generate(self, wanted: Wanted, on_progress: Callable[[int], None]) -> None:
        """Tell of each batch how many posts it added."""
        ...

    @property
    def on_webhooks(self) -> Run: ...

    def demo(self, wanted: DemoWanted, show: Callable[[DemoFrame], None]) -> DemoEnded: ...

    def import_commands(self) -> typer.Typer: ...
