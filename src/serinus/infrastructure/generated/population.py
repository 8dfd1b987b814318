"""Who writes, and what posts carry: names that look like those of a site, as many as wanted.

The same number gives the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, islice
from random import Random
from typing import Self
from uuid import UUID

from serinus.domain.content.slug import slugify
from serinus.domain.content.taxonomy import tag_key
from serinus.infrastructure.generated.words import Language, languages

#: Reserved for examples (RFC 2606): no mail ever leaves for it.
MAIL_DOMAIN = "generated.example"
#: When everything began.
SINCE = datetime(2018, 1, 1, tzinfo=UTC)
ROLES = ("author",) * 8 + ("contributor", "editor")


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each; `comments` of a published post, on average."""

    authors: int
    tags: int
    categories: int
    comments: float


@dataclass(frozen=True, slots=True)
class Author:
    id: UUID
    username: str
    first_name: str
    last_name: str
    role: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class Named:
    """A tag or a category."""

    id: UUID
    name: str
    key: str
    slug: str

    @classmethod
    def of(cls, name: str, chance: Random) -> Self:
        return cls(made_id(SINCE, chance), name, tag_key(name), slugify(name))


def chance_of(seed: int, what: str) -> Random:
    # Not for secrets: the same seed has to draw the same.
    return Random(f"{seed}:{what}")  # noqa: S311


def made_id(at: datetime, chance: Random) -> UUID:
    """A UUIDv7 (RFC 9562) of that time."""
    milliseconds = int(at.timestamp() * 1000)
    drawn = chance.getrandbits(74)
    high = milliseconds << 16 | 0x7000 | drawn >> 62
    return UUID(int=high << 64 | 0b10 << 62 | drawn & (1 << 62) - 1)


def authors(seed: int, amount: int) -> Iterator[Author]:
    """Their names repeat, their user names do not."""
    chance = chance_of(seed, "authors")
    for number in range(amount):
        language = chance.choice(languages())
        person = chance.randrange(len(language.persons))
        yield Author(
            id=made_id(SINCE, chance),
            username=f"{language.spelled[person]}.{seed}.{number}",
            first_name=language.persons[person],
            last_name=chance.choice(language.families),
            role=chance.choice(ROLES),
        )


def tags(amount: int) -> Iterator[Named]:
    """Whatever the seed, so that made-up posts of all seeds share them."""
    return _named(_tags_of, amount)


def categories(amount: int) -> Iterator[Named]:
    return _named(_categories_of, amount)


def topic_of(category: int) -> int:
    """Of the category with this number, as `categories` gives them."""
    spoken = languages()
    return category // len(spoken) % len(spoken[0].topics)


def _named(names: Callable[[Language], Iterator[str]], amount: int) -> Iterator[Named]:
    """Languages take turns."""
    chance = chance_of(0, names.__name__)
    in_turns = (name for alike in zip(*map(names, languages()), strict=True) for name in alike)
    return (Named.of(name, chance) for name in islice(in_turns, amount))


def _tags_of(language: Language) -> Iterator[str]:
    """Things, then qualities of things, then the same with numbers, without an end."""
    of_topics = (topic.things for topic in language.topics)
    things = [thing for alike in zip(*of_topics, strict=True) for thing in alike]
    qualified = [
        language.qualified.format(quality=quality, thing=thing)
        for quality in language.qualities
        for thing in things
    ]
    yield from (*things, *qualified)
    yield from (f"{name} {number}" for number in count(2) for name in qualified)


def _categories_of(language: Language) -> Iterator[str]:
    """Topics, then topics with numbers, without an end."""
    names = [topic.name for topic in language.topics]
    yield from names
    yield from (f"{name} {number}" for number in count(2) for name in names)
