"""Writing the comments of a batch of posts, in their threads."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from serinus.application.content.import_decisions import Outcome, decide
from serinus.application.content.import_ports import Known, Origin, PlacedComment, State
from serinus.application.content.import_report import Result
from serinus.application.content.import_terms import Attempt
from serinus.domain.content.import_comments import fit_comments
from serinus.domain.content.imported import (
    ImportedAuthor,
    ImportedComment,
    digest,
    origin_address,
    threaded,
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """A fitted comment; `parent` is an address."""

    post: UUID
    address: str
    parent: str | None
    digest: bytes
    comment: ImportedComment


@dataclass(frozen=True, slots=True)
class _Written:
    id: UUID
    answer: _Answer
    is_new: bool


async def write_comments(
    attempt: Attempt, outcomes: Iterable[Outcome], *, overwrite: bool
) -> Counter[Result]:
    """Add or change what the posts' sources say now; what was changed here is left."""
    answers = [answer for outcome in outcomes for answer in _answers(outcome, attempt)]
    if not answers:
        return Counter()
    known = await attempt.writes.known_comments(attempt.source, [a.address for a in answers])
    written, results = [], Counter[Result]()
    for answer in answers:
        decision = decide(
            answer.digest, known.get(answer.address), attempt.new_id, overwrite=overwrite
        )
        results[decision.result] += 1
        if decision.writes and decision.id is not None:
            written.append(_Written(decision.id, answer, decision.result is Result.CREATED))
    if written:
        await _write(attempt, written, known)
    return results


def _answers(outcome: Outcome, attempt: Attempt) -> Iterable[_Answer]:
    """Those of a post that is there, parents first; notes go to the outcome."""
    post = outcome.decision.id
    if post is None or not outcome.entry.post.comments:
        return
    date = outcome.entry.post.date or attempt.at
    digests = {c.address: digest(c) for c in outcome.entry.post.comments}
    fitted, notes = fit_comments(outcome.entry.post.comments, date=date)
    ordered, more = threaded(fitted)
    if outcome.decision.writes:  # said once, not on every run
        outcome.notes += [*notes, *more]
    for comment, parent in ordered:
        yield _Answer(
            post=post,
            address=origin_address(comment.address),
            parent=origin_address(parent) if parent else None,
            digest=digests[comment.address],
            comment=comment,
        )


async def _write(
    attempt: Attempt, written: Sequence[_Written], known: Mapping[str, Known]
) -> None:
    names = {w.answer.comment.author for w in written} - {None, ""}
    authors = await attempt.authors(ImportedAuthor(username=name) for name in names if name)
    ids = {
        address: item.id for address, item in known.items() if item.state is not State.MISSING
    }
    ids |= {w.answer.address: w.id for w in written}
    placed = [
        PlacedComment(
            id=w.id,
            post=w.answer.post,
            parent=ids.get(w.answer.parent or ""),
            author=authors.get(w.answer.comment.author or ""),
            comment=w.answer.comment,
        )
        for w in written
    ]
    new = {w.id for w in written if w.is_new}
    if fresh := [comment for comment in placed if comment.id in new]:
        await attempt.writes.add_comments(fresh, attempt.at)
    if changed := [comment for comment in placed if comment.id not in new]:
        await attempt.writes.replace_comments(changed, attempt.at)
    origins = [Origin(w.answer.address, w.id, w.answer.digest) for w in written]
    await attempt.writes.remember_comments(attempt.source, origins, attempt.at)
