"""The connection pool, sessions, and which failures mean that the database is away."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
from sqlalchemy import AsyncAdaptedQueuePool, Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

CONNECT_TIMEOUT = 4.0  # seconds
COMMAND_TIMEOUT = 30.0  # seconds
POOL_TIMEOUT = 5.0  # seconds a request waits for a free connection

# Parameters of libpq that the driver does not know: it would hand them to the server as
# settings, and the server would refuse the connection.
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

# Classes of SQLSTATE after which the same request may succeed a moment later: connection
# exceptions, refused sign-ins, transaction rollbacks (a deadlock's victim), no such database,
# insufficient resources, a lock not available, operator intervention.
PASSING_SQLSTATES = ("08", "28", "3D", "40", "53", "55P03", "57", "25006")


class DatabaseAway(Exception):
    """No connection could be opened."""


class CountingPool(AsyncAdaptedQueuePool):
    """Knows how many requests wait for a connection, or for one to be opened."""

    waiting = 0

    def _do_get(self) -> ConnectionPoolEntry:
        self.waiting += 1
        try:
            return super()._do_get()
        finally:
            self.waiting -= 1


def create_engine(database_url: str, pool_size: int) -> AsyncEngine:
    # The driver reads the URL itself: it knows percent-encoding and libpq's parameters, which
    # SQLAlchemy would pass to it as arguments it does not have.
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=_connector(_driver_url(database_url)),
        poolclass=CountingPool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT,
        hide_parameters=True,  # or failures would carry hashes and addresses into the log
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed_connections)
    return engine


def tell_times(engine: AsyncEngine, asked: Callable[[float], None]) -> None:
    """Tell the seconds of each statement that succeeds."""

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def _begin(connection: Connection, *_: object) -> None:
        connection.info["asked_at"] = perf_counter()

    @event.listens_for(engine.sync_engine, "after_cursor_execute")
    def _end(connection: Connection, *_: object) -> None:
        asked(perf_counter() - connection.info["asked_at"])


def is_away(error: Exception) -> bool:
    """Whether an exception says that the database cannot answer now."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or sqlstate(error).startswith(PASSING_SQLSTATES)
    if isinstance(error, asyncpg.InternalClientError):
        # A connection on which the server has already said that it shuts down.
        return "switch to state" in str(error)
    return isinstance(error, DatabaseAway | PoolTimeout | OSError)


def sqlstate(error: DBAPIError) -> str:
    """What the database calls the failure; empty where it said nothing."""
    return getattr(error.orig, "sqlstate", None) or ""


def broken_constraint(error: IntegrityError) -> str:
    """The name of the constraint that the database found broken."""
    return getattr(error.driver_exception, "constraint_name", None) or ""


def _driver_url(database_url: str) -> str:
    parts = urlsplit(database_url)
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    known = [(name, value) for name, value in parameters if name not in LIBPQ_ONLY]
    return urlunsplit(parts._replace(query=urlencode(known)))


def _connector(url: str) -> Callable[[], Awaitable[asyncpg.Connection]]:
    async def connect() -> asyncpg.Connection:
        try:
            return await asyncpg.connect(
                url,
                timeout=CONNECT_TIMEOUT,
                command_timeout=COMMAND_TIMEOUT,
                # Compiling a plan takes longer than all that is asked here.
                server_settings={"application_name": "serinus-v1", "jit": "off"},
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseAway from error

    return connect


def _refuse_closed_connections(
    connection: DBAPIConnection, _record: object, _proxy: object
) -> None:
    """After a restart of the server, replace dead connections without a ping per request."""
    driver_connection: asyncpg.Connection = connection.driver_connection
    if driver_connection.is_closed():
        raise DisconnectionError
