"""Taking over what another system holds: every item once, however often it is run.

Items are matched by source and address. An item that did not change at its source writes
nothing; one that somebody changed here since is left as it is, and reported.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from serinus.application.acting import Actor, Via, acting_as
from serinus.application.content.import_comments import write_comments
from serinus.application.content.import_decisions import Entry, Outcome
from serinus.application.content.import_ports import (
    ImportSession,
    ImportSource,
    ImportStore,
    Refused,
)
from serinus.application.content.import_posts import write_posts
from serinus.application.content.import_report import ImportReport, Result
from serinus.application.content.import_terms import Attempt
from serinus.application.content.ports import Clock, NewId
from serinus.domain.content.import_fitting import Unfit, clean, fit_post, fit_term
from serinus.domain.content.imported import (
    Failed,
    ImportedAuthor,
    ImportedCategory,
    ImportedItem,
    ImportedPost,
    ImportedTag,
    ImportedTerm,
    Skipped,
    digest,
    origin_address,
)

BATCH_ITEMS = 200
BATCH_CHARACTERS = 8_000_000  # bounds the memory, whatever the size of the items
REFUSED = "refused by the database"
TRIES = 3  # of one item that was in another writer's way

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Called with how much was read, of how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """`author`: who wrote what names nobody. `overwrite`: the source wins over edits here."""

    source: str
    author: str
    overwrite: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Importing:
    store: ImportStore
    now: Clock
    new_id: NewId

    async def run(
        self,
        source: ImportSource,
        options: ImportOptions,
        *,
        report: ImportReport | None = None,
        on_progress: Progress = lambda _done, _total: None,
    ) -> ImportReport:
        """Give the report, which is `report` if there is one. Raise `ImportRunning`.

        A batch is kept as a whole or not at all; one that is refused is tried item by item, so
        that a bad one costs no other. Killed at any point, it goes on there when run again.
        """
        if report is None:
            report = ImportReport(options.source, dry_run=options.dry_run)
        with acting_as(Actor(via=Via.IMPORT)):
            async with self.store.session(dry_run=options.dry_run) as session:
                run = _Run(session, options, report, self.now, self.new_id)
                for item in source.items():
                    await run.take(item)
                    on_progress(*source.position())
                await run.finish()
        return report


@dataclass(slots=True)
class _Run:
    session: ImportSession
    options: ImportOptions
    report: ImportReport
    now: Clock
    new_id: NewId
    _terms: list[ImportedTerm] = field(default_factory=list)
    _entries: list[Entry] = field(default_factory=list)
    _characters: int = 0
    _seen: set[str] = field(default_factory=set)

    async def take(self, item: ImportedItem) -> None:
        match item:
            case ImportedPost():
                self._add(item)
            case Skipped():
                self.report.left_out(Result.SKIPPED, item.address, item.reason, item.detail)
            case Failed():
                self.report.left_out(Result.FAILED, item.address, item.reason, item.detail)
            case ImportedCategory() | ImportedTag() | ImportedAuthor():
                self._add_term(item)
        if len(self._entries) >= BATCH_ITEMS or self._characters >= BATCH_CHARACTERS:
            await self.finish()

    async def finish(self) -> None:
        """Write what has been collected."""
        terms, self._terms = self._terms, []
        entries, self._entries, self._characters = self._entries, [], 0
        if terms:
            await self._write_each(terms, self._write_terms, str)
        if entries:
            await self._write_each(entries, self._write_posts, lambda entry: entry.address)

    async def _write_each(
        self,
        items: Sequence[T],
        write: Callable[[Sequence[T]], Awaitable[None]],
        name: Callable[[T], str],
    ) -> None:
        """All in one attempt, or when that is refused each in one of its own."""
        try:
            await write(items)
        except Refused:
            for item in items:
                await self._write_alone(item, write, name(item))

    async def _write_alone(
        self,
        item: T,
        write: Callable[[Sequence[T]], Awaitable[None]],
        name: str,
    ) -> None:
        for tries_left in reversed(range(TRIES)):
            try:
                await write([item])
            except Refused as refused:
                if refused.passing and tries_left:
                    continue
                self.report.left_out(Result.FAILED, name, REFUSED, str(refused))
            break

    def _add(self, item: ImportedPost) -> None:
        address = clean(origin_address(item.address))
        if address in self._seen:
            self.report.left_out(Result.SKIPPED, address, "the same address a second time")
            return
        self._seen.add(address)
        try:
            entry = Entry(address, digest(item), fit_post(item, now=self.now()))
        except Unfit as unfit:
            self.report.left_out(Result.FAILED, address, str(unfit))
            return
        self._entries.append(entry)
        self._characters += len(item.content)

    def _add_term(self, term: ImportedTerm) -> None:
        try:
            self._terms.append(fit_term(term))
        except Unfit as unfit:
            self.report.left_out(Result.FAILED, str(term), str(unfit))

    async def _write_posts(self, entries: Sequence[Entry]) -> None:
        options = self.options
        async with self.session.attempt() as writes:
            attempt = Attempt(writes, options.source, self.now(), self.new_id)
            outcomes = await write_posts(
                attempt, entries, author=options.author, overwrite=options.overwrite
            )
            comments = await write_comments(attempt, outcomes, overwrite=options.overwrite)
        self.report.made += attempt.made
        self.report.comments += comments
        self._count(outcomes)

    def _count(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            result = outcome.decision.result
            self.report.count(result, outcome.entry.post.type)
            self.report.note(result, outcome.entry.address, outcome.notes)

    async def _write_terms(self, terms: Sequence[ImportedTerm]) -> None:
        async with self.session.attempt() as writes:
            attempt = Attempt(writes, self.options.source, self.now(), self.new_id)
            await attempt.tags(t.name for t in terms if isinstance(t, ImportedTag))
            await attempt.categories(t for t in terms if isinstance(t, ImportedCategory))
            await attempt.authors(t for t in terms if isinstance(t, ImportedAuthor))
        self.report.made += attempt.made
