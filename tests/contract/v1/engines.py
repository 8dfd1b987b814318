"""The engines that serve contract v1, each started on a given database."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from uuid_utils.compat import uuid7

from serinus import __version__
from serinus.application.content.editing import Editing
from serinus.application.content.searching import Reindexing
from serinus.application.identity.api_keys import KeyRing
from serinus.application.identity.authentication import Authentication
from serinus.application.identity.people import People
from serinus.application.identity.sign_in import SignIn, SignInLimits
from serinus.infrastructure.background import Background
from serinus.infrastructure.credentials.access_tokens import (
    PURPOSE,
    SignedAccessTokens,
    key_id,
)
from serinus.infrastructure.credentials.common_passwords import common_passwords
from serinus.infrastructure.credentials.derivation import derive
from serinus.infrastructure.credentials.password_hashes import PasswordHashes
from serinus.infrastructure.memory.rate_limits import MemoryRateLimiter
from serinus.infrastructure.postgres.accounts import PostgresAccounts
from serinus.infrastructure.postgres.api_keys import PostgresApiKeys
from serinus.infrastructure.postgres.numbered_pages import PostgresNumberedPages
from serinus.infrastructure.postgres.people import PostgresPeople
from serinus.infrastructure.postgres.pool import open_pool
from serinus.infrastructure.postgres.post_reader import PostgresPostReader
from serinus.infrastructure.postgres.posts import PostgresPosts
from serinus.infrastructure.postgres.search import PostgresSearch
from serinus.infrastructure.postgres.sessions import PostgresSessions
from serinus.presentation.http.asgi import App
from serinus.presentation.http.lifespan import running
from serinus.presentation.http.v1.app import build_v1
from serinus.presentation.http.v1.services import V1Services
from tests.support.engines import ABSENT, ENGINE_V1

Engine = Literal["v1", "v2"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
#: Those that are part of this installation.
SERVED: tuple[Engine, ...] = ENGINES if ENGINE_V1 else ("v2",)

SECRET = "a secret key of these tests, long enough"
SEED = derive(SECRET, PURPOSE)
KEY_ID = key_id(Ed25519PrivateKey.from_private_bytes(SEED).public_key())
COMMON_PASSWORDS = common_passwords()
Check = Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class Setting:
    """What a test may want to be otherwise."""

    logins_per_minute: int = 0
    cache: Check | None = None
    pool_size: int = 10
    bcrypt_rounds: int = 12


def other(engine: Engine) -> Engine:
    return "v2" if engine == "v1" else "v1"


@asynccontextmanager
async def started(
    engine: Engine, database_url: str, setting: Setting | None = None
) -> AsyncIterator[App]:
    """The engine as an ASGI application, its lifespan begun."""
    start = _engine_v1 if engine == "v1" else _engine_v2
    async with start(database_url, setting or Setting()) as app, running(app):
        yield app


@asynccontextmanager
async def serving(
    engine: Engine, database_url: str, setting: Setting | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the engine, whose base is that of the contract."""
    async with started(engine, database_url, setting) as app:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://cms.test/api/v1"
        ) as http:
            yield http


@asynccontextmanager
async def _engine_v1(database_url: str, setting: Setting) -> AsyncIterator[App]:
    if not ENGINE_V1:
        pytest.skip(ABSENT)
    from serinus.legacy.application import create_app  # noqa: PLC0415 - only where it is
    from serinus.legacy.configuration import LegacyConfiguration  # noqa: PLC0415 - likewise

    limiter = MemoryRateLimiter()

    async def login_limit(address: str, account: str) -> int | None:
        for key in (f"address:{address}", f"account:{account}"):
            decision = await limiter.hit(key, limit=setting.logins_per_minute)
            if not decision.allowed:
                return decision.retry_after
        return None

    yield create_app(
        LegacyConfiguration(
            database_url=database_url,
            signing_seeds=(SEED,),
            access_ttl=900,
            common_passwords=COMMON_PASSWORDS,
            version=__version__,
            login_limit=login_limit if setting.logins_per_minute else None,
            cache_check=setting.cache,
            pool_size=setting.pool_size,
            bcrypt_rounds=setting.bcrypt_rounds,
        )
    )


@asynccontextmanager
async def _engine_v2(database_url: str, setting: Setting) -> AsyncIterator[App]:
    pool = await open_pool(database_url, size=setting.pool_size)
    passwords = PasswordHashes(threads=2)
    services = services_of(pool, passwords, setting)
    rebuilding = Background("reindexing", services.search.rebuild)
    services = replace(services, reindexing=Reindexing(rebuilding.start))
    yield cast("App", build_v1(services))
    await rebuilding.close()
    passwords.close()
    await pool.close()


def services_of(pool: asyncpg.Pool, passwords: PasswordHashes, setting: Setting) -> V1Services:
    posts, sessions = PostgresPosts(pool), PostgresSessions(pool)
    accounts, people = PostgresAccounts(pool), PostgresPeople(pool)
    tokens, keys = SignedAccessTokens([SECRET], lifetime=900), PostgresApiKeys(pool)
    return V1Services(
        sign_in=SignIn(
            accounts=accounts,
            sessions=sessions,
            passwords=passwords,
            tokens=tokens,
            limits=SignInLimits(
                limiter=MemoryRateLimiter(), per_minute=setting.logins_per_minute
            ),
            common_passwords=COMMON_PASSWORDS,
            now=now,
            new_id=uuid7,
            new_token=lambda: secrets.token_urlsafe(32),
        ),
        authentication=Authentication(tokens, sessions, keys, now),
        key_ring=KeyRing(keys, now, uuid7, lambda: secrets.randbits(256)),
        people=People(people, accounts, now),
        people_reader=people,
        editing=Editing(posts, now, uuid7),
        posts=posts,
        post_reader=PostgresPostReader(pool),
        pages=PostgresNumberedPages(pool),
        search=PostgresSearch(pool),
        reindexing=Reindexing(lambda: None),
        database=lambda: pool.fetchval("SELECT true"),
        cache=setting.cache,
        version=__version__,
        started_at=now(),
        now=now,
    )


def now() -> datetime:
    return datetime.now(UTC)
