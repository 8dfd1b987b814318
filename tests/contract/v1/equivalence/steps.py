"""One request of a script, and what scripts are drawn from.

A step may refer to what was handed out since the script began: `<post 1>` is the id of the
second post, counted round when there are fewer. So too `<user n>`, `<session n>` (an access
token), `<refresh n>`, `<key n>` (its id) and `<raw key n>`. As long as there is none, what was
there before is meant: a planted post, a planted account, the session of the subscriber, a key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

from hypothesis import strategies as st

from serinus.domain.identity.caller import Role

NOTHING = b""
Strategy = st.SearchStrategy[Any]


@dataclass(frozen=True)
class Step:
    """`who`: a role, a reference to a session or a key, headers, or nobody."""

    who: str | dict[str, str] | None
    method: str
    path: str  # after /api/v1
    body: Any = NOTHING  # bytes as they are, all else as JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def one_of(*weighted: tuple[int, Strategy]) -> Strategy:
    """Each as often as its weight says, also when it is itself one of many."""
    branches = [strategy for weight, strategy in weighted for _ in range(weight)]
    return st.integers(0, len(branches) - 1).flatmap(branches.__getitem__)


def steps(
    who: Strategy, method: str, path: Strategy | str, body: Strategy | None = None
) -> Strategy:
    paths = st.just(path) if isinstance(path, str) else path
    return st.builds(
        Step, who, st.just(method), paths, st.just(NOTHING) if body is None else body
    )


def reference(kind: str) -> Strategy:
    return st.integers(0, 5).map(lambda number: f"<{kind} {number}>")


def at(before: str, middle: Strategy, after: str = "") -> Strategy:
    return middle.map(lambda each: f"{before}{each}{after}")


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
in_address = words.map(lambda text: quote(text, safe=""))
#: An id that nothing has, or what is no id, or not quite.
unknown_or_none = st.one_of(
    st.sampled_from([f"{UUID(int=999)}", f"{{{UUID(int=1)}}}", UUID(int=1).hex, "x"]),
    in_address,
)
# On both sides of the contract's limits.
lengths = st.sampled_from([2, 3, 50, 51, 60, 61, 100, 101, 128, 129, 160, 161])
long_lengths = st.sampled_from([255, 256, 500, 501, 2049])
long_texts = st.one_of(lengths, long_lengths).map("x".__mul__)
texts = one_of((4, words), (3, long_texts), (1, st.sampled_from(["", " ", "\u3000", "\u200b"])))
anything = one_of(
    (4, texts),
    (2, st.none()),
    (1, st.booleans()),
    (1, st.one_of(st.integers(), st.floats())),
    (1, st.lists(texts, max_size=2)),
    (1, st.dictionaries(words, texts, max_size=2)),
)

WRITERS = [Role.EDITOR, Role.AUTHOR, Role.ADMIN, Role.CONTRIBUTOR, Role.SUPER_ADMIN]
writers = st.sampled_from(WRITERS).map(str)
roles = st.sampled_from(Role).map(str)
bad_credentials = st.sampled_from(
    [
        None,
        {"authorization": "Bearer x"},
        {"authorization": "Basic eDp5"},
        {"authorization": "bearer"},
        {"authorization": ""},
        {"x-api-key": "srn_x"},
        {"x-api-key": ""},
    ]
)
anybody = one_of(
    (8, writers),
    (4, roles),
    (2, reference("session")),
    (3, reference("raw key")),
    (1, bad_credentials),
)

numbers = one_of(
    (4, st.sampled_from(["0", "1", "2", "3", "100", "101"])),
    (1, st.sampled_from(["", "-1", "x", "1.0", "+1", "%201", "9" * 25])),
)


def queries(*named: tuple[str, Strategy]) -> Strategy:
    """Up to three parameters, perhaps one twice."""
    pairs = st.sampled_from(named).flatmap(lambda pair: pair[1].map(f"{pair[0]}={{}}".format))
    listed = st.lists(pairs, max_size=3)
    return listed.map(lambda pairs: f"?{'&'.join(pairs)}" if pairs else "")


def sorts(*columns: str) -> tuple[str, Strategy]:
    known = [f"{sign}{column}" for column in columns for sign in ("-", "")]
    return "sort", st.sampled_from([*known, "unknown", ""])


PAGES = ("page", numbers), ("limit", numbers)

# What is no JSON object, or not quite.
raw_bodies = st.sampled_from(
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        b'{"title": "\\u0000", "content": "c"}',
        b'{"title": "\\\\u0000", "content": "c"}',
        b'{"title": "\xff", "content": "c"}',
        b'{"title": "a", "title": "b", "content": "c"}',
        b'{"title": "\\ud800", "content": "c"}',
        b'{"title": "\\ud83d\\udc26", "content": "c"}',
        b'{"title": "t", "content": "c", "x": 1e999}',
        b' {"title": "t", "content": "c", "x": [[{}]]}\n',
        b'\xef\xbb\xbf{"title": "t", "content": "c"}',
        b'{"title": 1E2, "content": true}',
    ]
)
content_types = st.sampled_from(
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "text/plain",
        "application/problem+json",
        "",
    ]
)
