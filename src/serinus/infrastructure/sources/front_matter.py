"""Front matter: TOML between `+++` lines or YAML between `---` lines, before a text."""

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time

import yaml

_OPENING = re.compile(r"(\+\+\+|---)[ \t]*\n")
_WHOLE = re.compile(r"(\+\+\+|---)[ \t]*\n(.*?)^\1[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)

_MEMBER = re.compile(r"[\w-]+[ \t]*:")


class BadFrontMatter(Exception):
    """It is there, but cannot be read; the text says why."""


def split_front_matter(text: str) -> tuple[Mapping[str, object], str]:
    """The members and the text after them; a file without front matter is all text."""
    text = text.replace("\r\n", "\n")
    opening = _OPENING.match(text)
    if opening is None:
        return {}, text
    found = _WHOLE.match(text)
    if found is None and opening[1] == "---" and not _MEMBER.match(text, opening.end()):
        return {}, text  # a text that begins with a horizontal rule
    if found is None:
        raise BadFrontMatter("the front matter has no end")
    return _members(found[1], found[2]), text[found.end() :]


def load_yaml(text: str) -> object:
    """Raise `BadFrontMatter` for what is no YAML, or nested beyond reason."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadFrontMatter(f"not valid YAML: {' '.join(str(error).split())}") from error


def moment(value: object) -> datetime | None:
    """A date in any of its usual forms, in UTC; None for what is none."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    if not isinstance(value, datetime):
        return None
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:  # the first or last day a calendar has
        return None


def words(value: object) -> tuple[str, ...]:
    """A list of names however it was written: a list, or one string with commas."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list):
        return tuple(str(v).strip() for v in value if isinstance(v, str | int | float))
    return ()


def flag(value: object) -> bool:
    return value is True or (
        isinstance(value, str) and value.strip().lower() in {"true", "yes"}
    )


def text_of(members: Mapping[str, object], *names: str) -> str:
    """The first of these members that holds a text or a number, else nothing."""
    for name in names:
        value = members.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value).strip()
    return ""


def table_of(members: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = members.get(name)
    return value if isinstance(value, dict) else {}


def _members(fence: str, text: str) -> Mapping[str, object]:
    loaded = _toml(text) if fence == "+++" else load_yaml(text)
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise BadFrontMatter("the front matter is not a list of names and values")
    return loaded


def _toml(text: str) -> object:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise BadFrontMatter(f"not valid TOML: {error}") from error
