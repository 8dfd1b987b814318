"""Writing a batch of posts with all that belongs to them.

The order is that of every other writer (slugs, tags, categories, posts), so that they wait for
each other in a row and not in a circle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from serinus.application.content.editing import FALLBACK_SLUG
from serinus.application.content.import_decisions import Entry, Outcome, decide
from serinus.application.content.import_ports import Origin, PlacedPost
from serinus.application.content.import_report import Made, Result
from serinus.application.content.import_terms import Attempt
from serinus.domain.content.imported import ImportedAuthor, ImportedPost, Note
from serinus.domain.content.taxonomy import tag_key


@dataclass(frozen=True, slots=True)
class _Written:
    """An outcome that writes; `id` is certain."""

    id: UUID
    outcome: Outcome

    @property
    def post(self) -> ImportedPost:
        return self.outcome.entry.post

    @property
    def is_new(self) -> bool:
        return self.outcome.decision.result is Result.CREATED


async def write_posts(
    attempt: Attempt, entries: Sequence[Entry], *, author: str, overwrite: bool
) -> list[Outcome]:
    """`author`: who wrote what names nobody."""
    known = await attempt.writes.known_posts(attempt.source, [e.address for e in entries])
    outcomes = [
        Outcome(e, decide(e.digest, known.get(e.address), attempt.new_id, overwrite=overwrite))
        for e in entries
    ]
    written = [
        _Written(o.decision.id, o)
        for o in outcomes
        if o.decision.writes and o.decision.id is not None
    ]
    for outcome in outcomes:
        if outcome.decision.why:
            outcome.notes.append(Note(outcome.decision.why))
    if written:
        await _write(attempt, written, author)
    return outcomes


async def _write(attempt: Attempt, written: Sequence[_Written], author: str) -> None:
    for each in written:
        each.outcome.notes.extend(each.post.notes)
    slugs = await _claim_slugs(attempt, [w for w in written if w.is_new])
    await _claim_addresses(attempt, written)
    placed = await _place(attempt, written, slugs, author)
    new = {w.id for w in written if w.is_new}
    if fresh := [post for post in placed if post.id in new]:
        await attempt.writes.add_posts(fresh, attempt.at)
    if changed := [post for post in placed if post.id not in new]:
        await attempt.writes.replace_posts(changed, attempt.at)
    origins = [Origin(w.outcome.entry.address, w.id, w.outcome.entry.digest) for w in written]
    await attempt.writes.remember_posts(attempt.source, origins, attempt.at)


async def _place(
    attempt: Attempt, written: Sequence[_Written], slugs: Mapping[UUID, str], author: str
) -> list[PlacedPost]:
    """The posts with the ids of what they refer to."""
    tags = await attempt.tags(name for w in written for name in w.post.tags)
    categories = await attempt.categories(c for w in written for c in w.post.categories)
    authors = await attempt.authors(_authors(written, author))
    return [
        PlacedPost(
            id=w.id,
            author=authors[w.post.author or author],
            slug=slugs.get(w.id, ""),
            tags=[tags[tag_key(name)] for name in w.post.tags],
            categories=[categories[c.slug] for c in w.post.categories],
            post=w.post,
        )
        for w in written
    ]


def _authors(written: Iterable[_Written], default: str) -> Iterable[ImportedAuthor]:
    for each in written:
        yield ImportedAuthor(username=each.post.author or default)
        for name in each.post.co_authors:
            yield ImportedAuthor(username=name)
        if each.post.co_authors:
            names = ", ".join(each.post.co_authors)
            each.outcome.notes.append(
                Note("further authors: they have an account alone", names)
            )


async def _claim_slugs(attempt: Attempt, new: Sequence[_Written]) -> Mapping[UUID, str]:
    if not new:
        return {}
    wanted = [(w.id, w.post.slug or FALLBACK_SLUG) for w in new]
    slugs = await attempt.writes.claim_slugs(wanted, attempt.at)
    for each in new:
        if each.post.slug and slugs[each.id] != each.post.slug:
            note = Note("slug taken: a number was added", slugs[each.id])
            each.outcome.notes.append(note)
    return slugs


async def _claim_addresses(attempt: Attempt, written: Sequence[_Written]) -> None:
    """Old addresses become redirects, unless they lead elsewhere already."""
    wanted = {address: w.id for w in reversed(written) for address in w.post.former_addresses}
    if not wanted:
        return
    taken = await attempt.writes.claim_addresses(list(wanted.items()), attempt.at)
    attempt.made[Made.REDIRECTS] += len(wanted) - len(taken)
    owners = wanted | dict(taken)
    for each in written:
        each.outcome.notes.extend(
            Note("old address leads to another post already", address)
            for address in each.post.former_addresses
            if owners[address] != each.id
        )
