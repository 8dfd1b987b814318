"""Deprecation, Sunset and successor links of contract v1.

`Deprecation` is a structured-field date (RFC 9745), `Sunset` an HTTP date (RFC 8594), and the
successor of an operation a link (RFC 8288); where contract v2 has none, none is named.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from serinus.presentation.http.asgi import App, Header, Receive, Scope, Send, adding

_ID = r"([0-9a-fA-F-]{36})"
_SUCCESSORS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(f"/api/v1/{path}"), f"/api/v2/{successor}")
    for path, successor in (
        (r"auth/(register|login|refresh|logout)", r"auth/\1"),
        (r"auth/profile", r"users/me"),
        (r"posts", r"posts"),
        (rf"posts/{_ID}", r"posts/\1"),
        (rf"posts/{_ID}/publish", r"posts/\1/publish"),
        (r"posts/tag/([^/]+)", r"posts?filter[tag]=\1"),
        (r"tags", r"tags"),
    )
)


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Adds the headers to every answer of `app`; with no dates it adds nothing."""

    app: App
    deprecated_at: datetime | None
    sunset_at: datetime | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.deprecated_at or self.sunset_at:
            send = adding(send, self._headers(scope))
        await self.app(scope, receive, send)

    def _headers(self, scope: Scope) -> list[Header]:
        headers: list[Header] = []
        if self.deprecated_at:
            headers.append((b"deprecation", f"@{int(self.deprecated_at.timestamp())}".encode()))
        if self.sunset_at:
            at = format_datetime(self.sunset_at.astimezone(UTC), usegmt=True)
            headers.append((b"sunset", at.encode()))
        raw_path = scope.get("raw_path") or scope["path"].encode()
        link = successor(raw_path.partition(b"?")[0].decode("latin-1"))
        if link:
            headers.append((b"link", f'<{link}>; rel="successor-version"'.encode("latin-1")))
        return headers


def successor(path: str) -> str | None:
    """The v2 address that does what this (percent-encoded) v1 path does, if there is one."""
    for pattern, template in _SUCCESSORS:
        if match := pattern.fullmatch(path):
            return match.expand(template)
    return None
