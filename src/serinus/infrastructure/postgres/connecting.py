"""Opening connections: what URLs are understood, and what is said when it does not work.

`DatabaseUnreachable` is for whoever starts a process. It names host, port and database, and
never the password.
"""

import asyncio
from typing import ClassVar
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import asyncpg

from serinus.domain.errors import Unavailable

CONNECT_TIMEOUT = 3.0  # seconds

# Statements here take milliseconds. Where a long plan could cost a lot the server would compile
# it first (JIT), which takes a hundred times as long as running it.
SESSION = {"application_name": "serinus", "timezone": "UTC", "jit": "off"}

# Parameters of libpq that managed services put into their URLs. asyncpg would send them to the
# server as settings, and the server would refuse the connection.
LIBPQ_ONLY = frozenset(
    {
        "channel_binding",
        "connect_timeout",
        "gssencmode",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "require_auth",
        "sslcompression",
        "tcp_user_timeout",
    }
)


class DatabaseUnreachable(Unavailable):
    """No connection could be opened; the message is one line, fit for a terminal."""

    code: ClassVar = "database_unreachable"


_NOT_A_URL = (
    "the database URL is not of the form postgresql://user:password@host:port/database"
    " (special characters in user and password are percent-encoded)"
)

_REASONS: dict[type[BaseException], str] = {
    asyncpg.InvalidCatalogNameError: "there is no such database",
    asyncpg.InvalidAuthorizationSpecificationError: "user or password refused",
    asyncpg.TooManyConnectionsError: "it has no connection to spare",
    asyncpg.CannotConnectNowError: "it is starting up or shutting down",
    asyncpg.PostgresError: "it refused the connection",
    ConnectionRefusedError: "nothing listens there",
    TimeoutError: "no answer in time",
    OSError: "the host cannot be reached",
    asyncpg.InterfaceError: "the connection settings do not fit together",
    ValueError: "the connection settings do not fit together",
}

# What opening a connection may raise.
CONNECT_ERRORS = (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError)


def unreachable(url: str, error: BaseException) -> DatabaseUnreachable:
    """Say why connecting to a checked URL failed, without the driver's own words."""
    reason = next(text for kind, text in _REASONS.items() if isinstance(error, kind))
    return DatabaseUnreachable(f"cannot use PostgreSQL at {place(url)}: {reason}")


def check_url(url: str) -> None:
    """Raise `DatabaseUnreachable` where a driver would quote parts of the URL in its message.

    The URL is not repeated: what broke it may be the password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise DatabaseUnreachable(_NOT_A_URL) from None
    # A bare `/`, `#` or `?` in the password ends the host part early and leaves the `@` behind.
    leftover = "@" in parts.path + parts.query + parts.fragment
    if parts.scheme not in {"postgresql", "postgres"} or leftover or port == 0:
        raise DatabaseUnreachable(_NOT_A_URL)


def place(url: str) -> str:
    """Where a checked URL leads: `host:port, database "name"`."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    host = parts.hostname or query.get("host") or "localhost"
    if ":" in host:
        host = f"[{host}]"
    port = parts.port or query.get("port") or 5432
    name = unquote(parts.path.removeprefix("/")) or query.get("dbname") or parts.username
    return f'{host}:{port}, database "{name}"'


def for_asyncpg(url: str) -> str:
    """Drop what only libpq understands."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if name not in LIBPQ_ONLY]
    return urlunsplit(parts._replace(query=urlencode(kept)))


async def connect(url: str, *, connect_timeout: float = CONNECT_TIMEOUT) -> asyncpg.Connection:
    """Open one connection outside any pool: for LISTEN, locks of a session, short errands."""
    check_url(url)
    try:
        # The driver's limit is per address; a name may stand for several.
        async with asyncio.timeout(connect_timeout):
            return await asyncpg.connect(
                for_asyncpg(url),
                timeout=connect_timeout,
                server_settings=SESSION,
            )
    except CONNECT_ERRORS as error:
        raise unreachable(url, error) from error
