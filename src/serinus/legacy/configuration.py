"""What the engine is told when it starts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyConfiguration:
    """Its `repr` may be logged: whatever is secret stays out of it."""

    #: postgresql://user:password@host:port/name, with the parameters libpq knows.
    database_url: str = field(repr=False)
    #: Ed25519 seeds of 32 bytes; the first signs, all verify.
    signing_seeds: tuple[bytes, ...] = field(repr=False)
    #: Seconds an access token lives.
    access_ttl: int
    #: In lower case.
    common_passwords: frozenset[str] = field(repr=False)
    version: str
    #: (client address, account) -> seconds to wait when over the limit, else None.
    login_limit: Callable[[str, str], Awaitable[int | None]] | None = field(repr=False)
    #: Whether the cache answers; None when there is none.
    cache_check: Callable[[], Awaitable[bool | None]] | None = field(repr=False)
    pool_size: int = 10
    #: Each one more doubles the time that guessing a password takes.
    bcrypt_rounds: int = 12
    #: Told the seconds that each password waited for its turn to be hashed or verified.
    password_waited: Callable[[float], None] | None = field(default=None, repr=False)
    #: Told the seconds that the database took for each statement.
    asked_database: Callable[[float], None] | None = field(default=None, repr=False)
