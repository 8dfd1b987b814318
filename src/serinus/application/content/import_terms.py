"""What posts refer to: authors, tags, categories. Found, or made when they are new."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from serinus.application.content.import_ports import ImportWrites, Named
from serinus.application.content.import_report import Made
from serinus.application.content.ports import NewId
from serinus.domain.content.import_authors import fit_author
from serinus.domain.content.imported import ImportedAuthor, ImportedCategory, planted
from serinus.domain.content.taxonomy import tag_key


@dataclass(slots=True)
class Attempt:
    """One attempt to write something. What it made counts only when it ends well."""

    writes: ImportWrites
    source: str
    at: datetime
    new_id: NewId
    made: Counter[Made] = field(default_factory=Counter)

    async def authors(self, authors: Iterable[ImportedAuthor]) -> dict[str, UUID]:
        """By the name as it was given."""
        fitted = {author.username: fit_author(author) for author in authors}
        wanted = {author.key: Named(self.new_id(), author) for author in fitted.values()}
        if not wanted:
            return {}
        found = await self.writes.authors(list(wanted.values()), self.at)
        self.made[Made.AUTHORS] += sum(found[key] == named.id for key, named in wanted.items())
        return {name: found[author.key] for name, author in fitted.items()}

    async def tags(self, names: Iterable[str]) -> dict[str, UUID]:
        """By key."""
        wanted: dict[str, Named[str]] = {}
        for name in names:
            wanted.setdefault(tag_key(name), Named(self.new_id(), name))
        if not wanted:
            return {}
        found = await self.writes.tags(list(wanted.values()), self.at)
        self.made[Made.TAGS] += sum(found[key] == named.id for key, named in wanted.items())
        return dict(found)

    async def categories(self, categories: Iterable[ImportedCategory]) -> dict[str, UUID]:
        """By slug; of fitted ones."""
        wanted = {c.slug: Named(self.new_id(), c) for c in planted(categories)}
        if not wanted:
            return {}
        found = await self.writes.categories(list(wanted.values()), self.at)
        new = sum(found[slug] == named.id for slug, named in wanted.items())
        self.made[Made.CATEGORIES] += new
        return dict(found)
