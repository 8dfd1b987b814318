"""What lives as long as the application, and how requests reach it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from time import monotonic
from typing import Annotated, cast

from fastapi import Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from serinus.legacy.acting import TellingSession, note_guest
from serinus.legacy.configuration import LegacyConfiguration
from serinus.legacy.database import CountingPool, create_engine, tell_times
from serinus.legacy.passwords import Passwords
from serinus.legacy.reindexing import Reindexing
from serinus.legacy.tokens import AccessTokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How busy the engine is at this moment."""

    pool_limit: int
    pool_size: int  # connections that are open
    pool_used: int
    pool_waiting: int  # requests that wait for one
    passwords_waiting: int


@dataclass(frozen=True, slots=True)
class Resources:
    configuration: LegacyConfiguration
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    passwords: Passwords
    tokens: AccessTokens
    reindexing: Reindexing
    started: float  # seconds of the monotonic clock

    def load(self) -> Load:
        pool = cast("CountingPool", self.engine.pool)
        used = pool.checkedout()
        return Load(
            pool_limit=pool.size(),
            pool_size=used + pool.checkedin(),
            pool_used=used,
            pool_waiting=pool.waiting,
            passwords_waiting=self.passwords.waiting,
        )

    async def close(self) -> None:
        await self.reindexing.close()
        self.passwords.close()
        await self.engine.dispose()


def open_resources(app: FastAPI, configuration: LegacyConfiguration) -> Resources:
    """Connects to nothing yet: an engine whose database is away starts, and says so."""
    engine = create_engine(configuration.database_url, configuration.pool_size)
    if configuration.asked_database is not None:
        tell_times(engine, configuration.asked_database)
    resources = Resources(
        configuration,
        engine,
        # What was loaded is still shown after the commit.
        async_sessionmaker(engine, expire_on_commit=False, sync_session_class=TellingSession),
        Passwords(configuration.bcrypt_rounds, waited=configuration.password_waited),
        AccessTokens(configuration.signing_seeds, configuration.access_ttl),
        Reindexing(engine),
        monotonic(),
    )
    app.state.resources = resources
    return resources


async def resources_of(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


Shared = Annotated[Resources, Depends(resources_of)]


async def open_session(request: Request, resources: Shared) -> AsyncIterator[AsyncSession]:
    async with resources.sessions() as session:
        note_guest(session, request)
        yield session


# One session per request. Of scope `function`, so that the connection goes back to the pool
# before the answer is sent: a slow reader must not keep it.
Session = Annotated[AsyncSession, Depends(open_session, scope="function")]
