"""Deprecation, Sunset and successor links of contract v1.

`Deprecation` is a structured-field date (RFC 9745), `Sunset` an HTTP date (RFC 8594), and the
successor of an operation a link (RFC 8288). Where contract v2 does not serve the successor in
this process, none is named: a link to nothing helps nobody.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote, unquote

from serinus.presentation.http.asgi import App, Header, Receive, Scope, Send, carry
from serinus.presentation.http.route_table import RouteTable

V1 = "/api/v1"

_AN_ID = "00000000-0000-0000-0000-000000000000"
# Brackets stand for themselves in no query (RFC 3986, section 3.4).
_SUCCESSORS = {
    f"{V1}/{path}": f"/api/v2/{successor}"
    for path, successor in (
        ("auth/register", "auth/register"),
        ("auth/login", "auth/login"),
        ("auth/refresh", "auth/refresh"),
        ("auth/logout", "auth/logout"),
        ("auth/profile", "users/me"),
        ("posts", "posts"),
        ("posts/{}", "posts/{}"),
        ("posts/{}/publish", "posts/{}/publish"),
        ("posts/tag/{}", "posts?filter%5Btag%5D={}"),
        ("tags", "tags"),
        ("users", "users"),
        ("users/{}", "users/{}"),
        ("users/{}/role", "users/{}"),
        ("users/{}/posts", "posts?filter%5Bauthor%5D={}"),
        ("admin/posts", "posts"),
        ("admin/posts/{}", "posts/{}"),
        ("api-keys", "api-keys"),
        ("api-keys/{}", "api-keys/{}"),
        ("search", "search"),
        ("search/suggest", "search/suggest"),
    )
}


class Successors:
    """The v2 addresses that do what those of v1 do. `serves`: whether v2 has such a path."""

    def __init__(self, serves: Callable[[str], bool]) -> None:
        self._served = {
            path: successor
            for path, successor in _SUCCESSORS.items()
            if serves(successor.partition("?")[0].format(_AN_ID))
        }
        self._table = RouteTable(_SUCCESSORS)

    def of(self, path: str) -> str | None:
        """A URI reference. `path` is percent-encoded, as it was sent."""
        template = self._table.find(path)
        successor = self._served.get(template or "")
        if successor is None or template is None or "{}" not in template:
            return successor
        value = path.split("/")[template.split("/").index("{}")]
        # What is allowed in a path may mean something in a query or a link: `&`, `+`, `>`.
        return successor.format(quote(unquote(value), safe=""))


class Deprecation:
    """Adds the headers to every answer of contract v1; with no dates it adds nothing."""

    def __init__(
        self,
        app: App,
        *,
        deprecated_at: datetime | None,
        sunset_at: datetime | None,
        successors: Successors,
    ) -> None:
        self._app = app
        self._dates = list(_dates(deprecated_at, sunset_at))
        self._successors = successors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._dates and _of_v1(scope):
            carry(scope, self._dates)
            raw_path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
            link = self._successors.of(raw_path.partition(b"?")[0].decode("latin-1"))
            if link is not None:
                carry(scope, [(b"link", f'<{link}>; rel="successor-version"'.encode())])
        await self._app(scope, receive, send)


def _dates(deprecated_at: datetime | None, sunset_at: datetime | None) -> Iterable[Header]:
    if deprecated_at:
        yield b"deprecation", b"@%d" % deprecated_at.timestamp()
    if sunset_at:
        yield b"sunset", format_datetime(sunset_at.astimezone(UTC), usegmt=True).encode()


def _of_v1(scope: Scope) -> bool:
    path: str = scope.get("path", "")  # a lifespan has none
    return path == V1 or path.startswith(f"{V1}/")
