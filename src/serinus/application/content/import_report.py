"""What an import did, in numbers and, for whatever did not go as it came, in words."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from serinus.domain.content.imported import Note
from serinus.domain.content.post import PostType


class Result(StrEnum):
    """What became of one item."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept"  # somebody changed or deleted it here since: left as it is
    SKIPPED = "skipped"
    FAILED = "failed"


class Made(StrEnum):
    """What else an import makes."""

    AUTHORS = "authors"
    TAGS = "tags"
    CATEGORIES = "categories"
    REDIRECTS = "redirects"


@dataclass(frozen=True, slots=True)
class Remark:
    """`result` says what became of the item that something is to be said about."""

    result: Result
    address: str
    reason: str
    detail: str = ""


@dataclass(slots=True)
class ImportReport:
    """Grows while an import runs, so that an interrupted one can be reported too."""

    source: str
    dry_run: bool = False
    posts: Counter[Result] = field(default_factory=Counter)
    pages: Counter[Result] = field(default_factory=Counter)
    comments: Counter[Result] = field(default_factory=Counter)
    made: Counter[Made] = field(default_factory=Counter)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return self.posts[Result.FAILED]

    def count(self, result: Result, kind: PostType) -> None:
        (self.pages if kind is PostType.PAGE else self.posts)[result] += 1

    def left_out(self, result: Result, address: str, reason: str, detail: str = "") -> None:
        """An item that was skipped, or failed."""
        self.posts[result] += 1
        self.remarks.append(Remark(result, address, reason, detail))

    def note(self, result: Result, address: str, notes: Iterable[Note]) -> None:
        self.remarks += [Remark(result, address, n.reason, n.detail) for n in notes]
