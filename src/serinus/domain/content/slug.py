"""Slugs: the readable part of an address, in any script."""

import unicodedata
from collections.abc import Iterator
from typing import ClassVar

from serinus.domain.errors import Conflict

MAX_LENGTH = 80


class SlugTaken(Conflict):
    """The slug leads, or once led, to another post."""

    code: ClassVar = "slug_taken"


def slugify(text: str) -> str:
    """NFKC, lower case, runs of anything but letters, digits, marks and `_` become `-`.

    Marks (Mn, Mc) belong to the letter before them: without them Hindi or Thai would fall
    apart. May be empty, when nothing of the text can stand in an address.
    """
    lowered = unicodedata.normalize("NFKC", text).lower()
    parts = "".join(c if _stays(c) else " " for c in lowered).split()
    slug = "-".join(parts)[:MAX_LENGTH].strip("-")
    return slug if any(c.isalnum() for c in slug) else ""


def candidates(slug: str) -> Iterator[str]:
    """`slug`, `slug-2`, `slug-3` ... each within the length a slug may have."""
    yield slug
    number = 2
    while True:
        suffix = f"-{number}"
        yield slug[: MAX_LENGTH - len(suffix)].rstrip("-") + suffix
        number += 1


def _stays(character: str) -> bool:
    return (
        character.isalnum()
        or character == "_"
        or unicodedata.category(character) in {"Mn", "Mc"}
    )
