"""The rows of made-up posts and of what belongs to them.

Some tags, categories and authors are met everywhere and most hardly ever, as on a real site:
the n-th is met about 1/n as often as the first (Zipf's law).
"""

from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from math import sqrt
from random import Random
from typing import Self
from uuid import UUID

from serinus.domain.content.slug import slugify
from serinus.infrastructure.generated.comments import Discussion
from serinus.infrastructure.generated.population import (
    SINCE,
    Author,
    chance_of,
    made_id,
    topic_of,
)
from serinus.infrastructure.generated.words import languages
from serinus.infrastructure.generated.writing import Writer

STATUSES = ("published",) * 92 + ("draft",) * 5 + ("archived",) * 2 + ("scheduled",)
LOCALES = ("en",) * 60 + ("en-GB",) * 6 + ("ja",) * 34
MOST_TAGS = 5
PAGES, DELETED, EXCERPTS = 0.01, 0.01, 0.3
#: As the driver writes it.
INFINITY = datetime.max  # noqa: DTZ901 - of no zone

Row = tuple[object, ...]

#: What a link knows of its post, which triggers would write there otherwise.
LINKED = ("published_at", "status", "dated", "author_id", "locale")
COLUMNS = {
    "posts": (
        *("id", "type", "author_id", "slug", "title", "content", "excerpt", "status", "locale"),
        *("created_at", "updated_at", "published_at", "scheduled_at", "deleted_at"),
    ),
    "slugs": ("slug", "post_id", "created_at"),
    "post_tags": ("post_id", "tag_id", "position", *LINKED),
    "post_categories": ("post_id", "category_id", "position", *LINKED),
    "comments": (
        *("id", "post_id", "parent_id", "author_id", "author_name", "author_email", "content"),
        *("status", "created_at", "updated_at"),
    ),
}


@dataclass(slots=True)
class Rows:
    """By table, with the columns that `COLUMNS` names."""

    posts: list[Row] = field(default_factory=list)
    slugs: list[Row] = field(default_factory=list)
    post_tags: list[Row] = field(default_factory=list)
    post_categories: list[Row] = field(default_factory=list)
    comments: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Cast:
    """What posts are made with; the most used come first."""

    authors: Sequence[Author]
    tags: Sequence[UUID]
    categories: Sequence[UUID]
    comments: float  # of a published post, on average


class Zipf:
    def __init__(self, size: int) -> None:
        self._sums = list(accumulate(1 / n for n in range(1, size + 1)))

    def draw(self, chance: Random) -> int:
        return bisect(self._sums, chance.random() * self._sums[-1])


@dataclass(frozen=True, slots=True)
class Dates:
    created: datetime
    updated: datetime
    published: datetime | None
    scheduled: datetime | None
    deleted: datetime | None

    @classmethod
    def of(cls, status: str, age: float, today: datetime, chance: Random) -> Self:
        """More and more was written as time went by. `age`: 0 is the first post, 1 the last."""
        created = SINCE + (today - SINCE) * sqrt(age)
        published = min(created + timedelta(hours=chance.expovariate(1 / 20)), today)
        updated = min(published + timedelta(days=chance.expovariate(1 / 5)), today)
        return cls(
            created=created,
            updated=updated,
            published=published if status in {"published", "archived"} else None,
            scheduled=today + timedelta(days=chance.uniform(1, 90))
            if status == "scheduled"
            else None,
            deleted=updated if chance.random() < DELETED else None,
        )


class PostRows:
    """Makes the rows of posts by their numbers, the oldest first, as a site grows.

    `today`: nothing is newer.
    """

    def __init__(self, seed: int, cast: Cast, numbers: range, today: datetime) -> None:
        self.today = today
        self._seed, self._cast, self._numbers = seed, cast, numbers
        self._authors = Zipf(len(cast.authors))
        self._tags = Zipf(len(cast.tags))
        self._categories = Zipf(len(cast.categories))
        self._discussion = Discussion(cast.authors, cast.comments, today)
        chance = chance_of(seed, "sentences")
        self._writers = {
            language.locale: [
                Writer.about(topic, language, chance) for topic in language.topics
            ]
            for language in languages()
        }

    def of(self, numbers: Iterable[int]) -> Rows:
        rows = Rows()
        for number in numbers:
            self._add(number, chance_of(self._seed, f"post {number}"), rows)
        return rows

    def _add(self, number: int, chance: Random, rows: Rows) -> None:
        status, locale = chance.choice(STATUSES), chance.choice(LOCALES)
        category = self._categories.draw(chance)
        writer = self._writers[locale[:2]][topic_of(category)]
        age = (number - self._numbers.start + chance.random()) / len(self._numbers)
        dates = Dates.of(status, age, self.today, chance)
        post_id = made_id(dates.created, chance)
        author = self._cast.authors[self._authors.draw(chance)].id
        linked = _linked(status, dates, author, locale)
        title = writer.title(chance)
        slug = f"{slugify(title)[:60]}-{self._seed}-{number}"
        rows.slugs.append((slug, post_id, dates.created))
        rows.posts.append(
            (
                post_id,
                "page" if chance.random() < PAGES else "post",
                author,
                slug,
                title,
                writer.content(chance, number),
                writer.excerpt(chance) if chance.random() < EXCERPTS else None,
                status,
                locale,
                dates.created,
                dates.updated,
                dates.published,
                dates.scheduled,
                dates.deleted,
            )
        )
        rows.post_categories.append((post_id, self._cast.categories[category], 0, *linked))
        rows.post_tags += ((post_id, *tagged, *linked) for tagged in self._tagged(chance))
        if status == "published" and dates.published and not dates.deleted:
            rows.comments += self._discussion.of(post_id, dates.published, writer, chance)

    def _tagged(self, chance: Random) -> Iterator[tuple[UUID, int]]:
        drawn = dict.fromkeys(
            self._tags.draw(chance) for _ in range(chance.randint(0, MOST_TAGS))
        )
        for position, tag in enumerate(drawn):
            yield self._cast.tags[tag], position


def _linked(status: str, dates: Dates, author: UUID, locale: str) -> Row:
    """Nothing of what is deleted."""
    if dates.deleted:
        return (None,) * len(LINKED)
    shown = dates.published if status == "published" else None
    return shown, status, dates.published or INFINITY, author, locale
