"""What can go wrong with PostgreSQL while requests are served, turned into our own failures."""

import asyncio
from types import TracebackType

import asyncpg

from serinus.domain.errors import Unavailable

# Errors after which the same request may well succeed a moment later. A deadlock belongs here;
# a constraint does not: only a repository knows its meaning.
PASSING = (
    OSError,  # refused, reset, unreachable; TimeoutError is one as well
    asyncio.IncompleteReadError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, cancelled
    asyncpg.InsufficientResourcesError,  # too many connections, disk full, out of memory
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,  # a primary that has just become a replica
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)


def is_passing(error: BaseException) -> bool:
    if isinstance(error, PASSING):
        return True
    # The driver has one class for a closed pool and for its own misuse; only the text differs.
    if isinstance(error, asyncpg.InterfaceError):
        return "clos" in str(error)
    # Nor has it one for a connection on which the server has already said that it shuts down.
    return isinstance(error, asyncpg.InternalClientError) and "switch to state" in str(error)


class _Translation:
    """Has no state, so that one object serves every `with`, nested ones included."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None and is_passing(error):
            raise Unavailable("the database did not answer") from error


_TRANSLATION = _Translation()


def translate_errors() -> _Translation:
    """`with translate_errors():` around what a repository sends to the database."""
    return _TRANSLATION
