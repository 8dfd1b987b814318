"""What to do with an item: it is new, as before, changed at its source, or changed here."""

from dataclasses import dataclass, field
from uuid import UUID

from serinus.application.content.import_ports import Known, State
from serinus.application.content.import_report import Result
from serinus.application.content.ports import NewId
from serinus.domain.content.imported import ImportedPost, Note


@dataclass(frozen=True, slots=True)
class Entry:
    """A fitted post, and the digest of what it was read from."""

    address: str
    digest: bytes
    post: ImportedPost


@dataclass(frozen=True, slots=True)
class Decision:
    """`id`: of the post made or found; None when it is gone and stays so."""

    result: Result
    id: UUID | None
    why: str = ""

    @property
    def writes(self) -> bool:
        return self.result in {Result.CREATED, Result.UPDATED}


@dataclass(slots=True)
class Outcome:
    entry: Entry
    decision: Decision
    notes: list[Note] = field(default_factory=list)


def decide(digest: bytes, known: Known | None, new_id: NewId, *, overwrite: bool) -> Decision:
    """`overwrite`: the source wins over what was edited or deleted here since."""
    if known is None or (known.state is State.MISSING and overwrite):
        return Decision(Result.CREATED, new_id())
    left_alone = known.state is State.AS_IMPORTED
    if overwrite and not left_alone:
        return Decision(Result.UPDATED, known.id)
    here = known.id if known.state in {State.AS_IMPORTED, State.EDITED} else None
    if known.digest == digest:
        return Decision(Result.UNCHANGED, here)
    if left_alone:
        return Decision(Result.UPDATED, known.id)
    done = "edited" if known.state is State.EDITED else "deleted"
    return Decision(Result.KEPT, here, f"{done} here since: left as it is")
