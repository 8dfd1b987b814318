"""The language in which the cases of both contracts are written: a state, requests, answers.

A case is data. `{name}` in an address or a header, and `the("name")` anywhere in a body, stand
for what the state planted or an earlier answer gave: ids of people and posts, tokens, keys.
What an engine makes up (ids, times, tokens) is described by what it must look like, `ID`,
`NOW`, `TOKEN`.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

SUPER_ADMIN, ADMIN, EDITOR = "super_admin", "admin", "editor"
AUTHOR, CONTRIBUTOR, SUBSCRIBER = "author", "contributor", "subscriber"
#: In every case there is one person of each role, named like it, and signed in.
ROLES = (SUPER_ADMIN, ADMIN, EDITOR, AUTHOR, CONTRIBUTOR, SUBSCRIBER)
NOBODY = None

_NAME = re.compile(r"\{([\w.]+)\}")
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass
class Names:
    """What the words of a case stand for while it runs."""

    known: dict[str, str] = field(default_factory=dict)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def filled(self, text: str) -> str:
        return _NAME.sub(lambda found: self.known[found[1]], text)


@dataclass(frozen=True)
class Spoken:
    """A text with names in it."""

    text: str

    def said(self, names: Names) -> str:
        return names.filled(self.text)


def the(name: str) -> Spoken:
    """What the name stands for."""
    return Spoken(f"{{{name}}}")


def said(value: Any, names: Names) -> Any:
    """A value with every name in it replaced."""
    match value:
        case Spoken():
            return value.said(names)
        case dict():
            return {key: said(member, names) for key, member in value.items()}
        case list():
            return [said(item, names) for item in value]
        case _:
            return value


class Made(ABC):
    """A value that the engine makes up, known only by what it looks like."""

    @abstractmethod
    def fits(self, value: object, names: Names) -> bool: ...


@dataclass(frozen=True)
class Like(Made):
    pattern: str

    def fits(self, value: object, names: Names) -> bool:
        return isinstance(value, str) and bool(re.fullmatch(self.pattern, value, re.ASCII))


@dataclass(frozen=True)
class Moment(Made):
    """A time in the contract's form, since the case began."""

    def fits(self, value: object, names: Names) -> bool:
        if not isinstance(value, str) or not re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{6}Z", value):
            return False
        at = datetime.strptime(value, _TIME).replace(tzinfo=UTC)
        leeway = timedelta(seconds=1)  # both clocks are one machine's, but read apart
        return names.began - leeway <= at <= datetime.now(UTC) + leeway


@dataclass(frozen=True)
class Number(Made):
    least: float
    most: float

    def fits(self, value: object, names: Names) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and self.least <= float(str(value)) <= self.most


@dataclass(frozen=True)
class Kept(Made):
    """Keeps the value under a name; where the name is known already, it must be the same."""

    name: str
    form: Made

    def fits(self, value: object, names: Names) -> bool:
        if not self.form.fits(value, names):
            return False
        return names.known.setdefault(self.name, str(value)) == value


@dataclass(frozen=True)
class OtherThan(Made):
    """Of this form, and not the value of that name."""

    name: str
    form: Made

    def fits(self, value: object, names: Names) -> bool:
        return self.form.fits(value, names) and names.known[self.name] != value


ID = Like(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
NOW = Moment()
TOKEN = Like(r"[\w-]+\.[\w-]+\.[\w-]+")
REFRESH_TOKEN = Like(r"[\w-]{43}")
RAW_KEY = Like(r"srn_[0-9a-f]{32}_[0-9A-Za-z]{49}")


@dataclass(frozen=True)
class Raw:
    """A body that is not made by encoding a value."""

    content: bytes
    content_type: str | None = "application/json"
    in_pieces: bool = False  # sent chunked, without its length


class Nothing:
    """No body at all."""


NOTHING = Nothing()


@dataclass(frozen=True)
class Ask:
    """One request. `by`: the name of a person, of a planted key, or nobody."""

    by: str | None
    method: str
    path: str
    sends: Any = NOTHING
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What must come back. A header of None must be absent."""

    status: int
    body: Any = NOTHING
    headers: Mapping[str, str | Made | Spoken | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Planted:
    """One thing of the state: what it is, its name, and what is remarkable about it."""

    kind: str
    name: str
    columns: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    id: str
    state: tuple[Planted, ...]
    steps: tuple[tuple[Ask, Answer], ...]


def case(rule: str, *parts: Planted | Ask | Answer) -> Case:
    """State first, then requests, each with its answer."""
    state = tuple(part for part in parts if isinstance(part, Planted))
    asked = [part for part in parts if isinstance(part, Ask)]
    answered = [part for part in parts if isinstance(part, Answer)]
    return Case(rule, state, tuple(zip(asked, answered, strict=True)))


def ask(by: str | None, method: str, path: str, sends: Any = NOTHING, **headers: str) -> Ask:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Ask(by, method, path, sends, named)


def answer(status: int, body: Any = NOTHING, **headers: str | Made | Spoken | None) -> Answer:
    return Answer(status, body, {name.replace("_", "-"): v for name, v in headers.items()})


def post(name: str, **columns: Any) -> Planted:
    """By the author, published and dated 2030-01-01 noon, unless said otherwise."""
    return Planted("post", name, columns)


def tag(name: str, **columns: Any) -> Planted:
    return Planted("tag", name, columns)


def person(name: str, **columns: Any) -> Planted:
    """Somebody more, or what is different about one who is there anyway."""
    return Planted("person", name, columns)


def session(of: str, **columns: Any) -> Planted:
    """What is different about the session of somebody."""
    return Planted("session", of, columns)


def refresh_token(name: str, **columns: Any) -> Planted:
    """`of`: whose. It is live unless `spent`."""
    return Planted("refresh_token", name, columns)


def key(name: str, **columns: Any) -> Planted:
    """An API key. `of`: whose; `scopes`: those of contract v2."""
    return Planted("key", name, columns)


def category(name: str, **columns: Any) -> Planted:
    return Planted("category", name, columns)


def claim(key: str, *, by: str, path: str, sends: Any) -> Planted:
    """A request with this idempotency key that has begun and is not answered yet."""
    return Planted("claim", key, {"by": by, "path": path, "sends": sends})


def broken(table: str) -> Planted:
    """A table is missing, which no engine can expect."""
    return Planted("broken", table)


#: The database cannot be reached.
AWAY = Planted("away", "database")
