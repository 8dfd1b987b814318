"""What made-up posts are written with: a file for each language."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

NAMES = ("english", "japanese")
FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Topic:
    """What a post can be about: its name, and things that have to do with it."""

    name: str
    things: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Titles, sentences and comments are patterns: see `writing`."""

    locale: str
    topics: tuple[Topic, ...]
    titles: tuple[str, ...]
    sentences: tuple[str, ...]
    comments: tuple[str, ...]
    qualities: tuple[str, ...]
    persons: tuple[str, ...]
    spelled: tuple[str, ...]
    families: tuple[str, ...]
    syllables: tuple[tuple[str, ...], ...]
    joined_by: str
    qualified: str

    @classmethod
    def read(cls, name: str) -> Self:
        given: dict[str, Any] = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
        return cls(
            locale=given["locale"],
            topics=tuple(
                Topic(topic, tuple(each.replace("_", " ") for each in things.split()))
                for topic, things in given["topics"].items()
            ),
            titles=tuple(given["titles"]),
            sentences=tuple(given["sentences"]),
            comments=tuple(given["comments"]),
            qualities=tuple(given["qualities"].split()),
            persons=tuple(given["persons"].split()),
            spelled=tuple(given["spelled"].split()),
            families=tuple(given["families"].split()),
            syllables=tuple(tuple(each.split()) for each in given["syllables"]),
            joined_by=given["joined_by"],
            qualified=given["qualified"],
        )


@cache
def languages() -> tuple[Language, ...]:
    """Each has the same number of topics."""
    return tuple(map(Language.read, NAMES))
