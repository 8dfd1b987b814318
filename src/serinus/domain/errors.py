"""Failures the service expects, grouped by what a caller can do about them.

    SerinusError
      NotFound          look elsewhere
      Conflict          re-read, then try again
      Stale             re-read, merge, then try again
      Invalid           change the request
      Unauthenticated   sign in
      Forbidden         ask for access
      TooMany           wait as long as it says
      Unavailable       wait, then try again

Each context adds its own leaves beside the code that raises them. Only the two
`problems` modules of the contracts know which HTTP status a family becomes.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


class SerinusError(Exception):
    """Base of every expected failure; `code` is public API and never changes."""

    code: ClassVar[str]


class NotFound(SerinusError):
    """The thing named does not exist, or the caller may not know that it does."""


class Conflict(SerinusError):
    """The request was valid for a state that has since passed."""


class Stale(SerinusError):
    """The caller's copy is older than what is stored; `version` is the stored one."""

    code: ClassVar = "stale_version"

    def __init__(self, version: int) -> None:
        super().__init__(f"the stored version is {version}")
        self.version = version


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong with one member of a request.

    `code` is stable (`required`, `too_short`, `too_long`, `too_many`, `invalid_format`,
    `not_allowed` ...); `params` are the numbers a client needs to say it in its own words.
    """

    field: str
    code: str
    message: str
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)


class Invalid(SerinusError):
    """No state of the system would make this request acceptable. All problems at once."""

    code: ClassVar = "validation_failed"

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{v.field}: {v.message}" for v in violations))
        self.violations = tuple(violations)


def refuse(violations: Sequence[Violation]) -> None:
    """Raise `Invalid` unless there is nothing wrong."""
    if violations:
        raise Invalid(violations)


class Unauthenticated(SerinusError):
    """Nobody is signed in, or the credentials do not hold."""


class Forbidden(SerinusError):
    """The caller is known and lacks the permission."""

    code: ClassVar = "insufficient_permissions"


class TooMany(SerinusError):
    """A limit was reached; `retry_after` seconds from now there is room again."""

    code: ClassVar = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"try again in {retry_after} s")
        self.retry_after = retry_after


class Unavailable(SerinusError):
    """Something we depend on did not answer."""

    code: ClassVar = "dependency_unavailable"
