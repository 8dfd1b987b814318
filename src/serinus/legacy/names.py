"""Names of tags and categories: how they are written, and when two are the same."""

import unicodedata
from collections.abc import Iterable


def clean_name(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip()


def tag_key(name: str) -> str:
    """The form in which tags are compared."""
    return clean_name(name).lower()


def distinct_tags(names: Iterable[str]) -> dict[str, str]:
    """Key to name: the first spelling of each, in their order."""
    distinct: dict[str, str] = {}
    for name in names:
        distinct.setdefault(tag_key(name), clean_name(name))
    return distinct
