"""Naming the valid name that was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Names over 100 characters were not typed by a person."""
    found = get_close_matches(name[:100].lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """To be put behind a sentence that says what is wrong."""
    near = nearest(name, known)
    return f"; did you mean {near!r}?" if near else ""
