"""The requests, byte for byte: the same headers to everybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, cycle
from json import dumps

from benchmarks.side_by_side.cases import Operation, Way

PASSWORD = "a canary in the coal mine"  # noqa: S105 - of accounts that live for minutes
LIMIT = 20
PATHS = {
    Operation.REGISTER: "/auth/register",
    Operation.POST: "/posts/{post}",
    Operation.TAGS: f"/tags?limit={LIMIT}",
    Operation.SEARCH: f"/search?q=canary&limit={LIMIT}",
}
STATUS = {Operation.REGISTER: 201}
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Known:
    """What clients know before they ask: a token, and the ids of published posts."""

    token: str
    posts: list[str]


def expected(operation: Operation) -> int:
    return STATUS.get(operation, 200)


def requests(operation: Operation, way: Way, known: Known) -> Iterator[bytes]:
    """For ever. Posts are asked for in turn, and everybody who registers is new."""
    if operation is Operation.REGISTER:
        path = f"/api/{way.contract}{PATHS[operation]}"
        return (_request("POST", path, "", registration(next(_numbers))) for _ in count())
    token = known.token if way.signed_in else ""
    path = f"/api/{way.contract}{PATHS[operation]}"
    return cycle([_request("GET", path.format(post=post), token, b"") for post in known.posts])


def registration(number: int) -> bytes:
    name = f"bench-{number:08}"
    person = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
    return dumps(person).encode()


def _request(method: str, path: str, token: str, body: bytes) -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: cms.example",
        "User-Agent: benchmark",
        "Accept: */*",
        "Accept-Encoding: identity",
    ]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join((*lines, "", "")).encode() + body
