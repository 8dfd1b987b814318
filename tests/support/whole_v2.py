"""The whole of contract v2 over a database of one's own, by a clock that stands still."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

import asyncpg
import httpx
from uuid_utils.compat import uuid7

from serinus.application.content.batching import Batching
from serinus.application.content.categorising import Categorising
from serinus.application.content.editing import Editing
from serinus.application.content.revising import Revising
from serinus.application.content.tagging import Tagging
from serinus.application.identity.api_keys import KeyRing
from serinus.application.identity.authentication import Authentication
from serinus.application.identity.membership import Membership
from serinus.application.identity.people import People
from serinus.application.identity.profile import Profile
from serinus.application.identity.sign_in import SignIn, SignInLimits
from serinus.infrastructure.credentials.access_tokens import SignedAccessTokens
from serinus.infrastructure.credentials.password_hashes import PasswordHashes
from serinus.infrastructure.credentials.sealing import Seal
from serinus.infrastructure.memory.rate_limits import MemoryRateLimiter
from serinus.infrastructure.postgres.account_book import PostgresAccountBook
from serinus.infrastructure.postgres.accounts import PostgresAccounts
from serinus.infrastructure.postgres.api_keys import PostgresApiKeys
from serinus.infrastructure.postgres.audit_log import PostgresAuditLog
from serinus.infrastructure.postgres.categories import PostgresCategories
from serinus.infrastructure.postgres.comments import PostgresComments
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.finding import PostgresFinder
from serinus.infrastructure.postgres.idempotency import PostgresIdempotencyKeys
from serinus.infrastructure.postgres.people import PostgresPeople
from serinus.infrastructure.postgres.post_history import PostgresPostHistory
from serinus.infrastructure.postgres.post_reader import PostgresPostReader
from serinus.infrastructure.postgres.posts import PostgresPosts
from serinus.infrastructure.postgres.sessions import PostgresSessions
from serinus.infrastructure.postgres.tags import PostgresTags
from serinus.infrastructure.rendering import CommentRendering, HtmlRendering
from serinus.presentation.http.asgi import App
from serinus.presentation.http.v2.app import Services, build_v2, documented
from serinus.presentation.http.v2.cursors import Cursors
from serinus.presentation.http.v2.health import Readiness
from serinus.presentation.http.v2.reading import Reading
from tests.support.discussion import discussing
from tests.support.documented import check
from tests.support.identity import NOON, PASSWORD

SECRET = "a secret key of these tests, long enough"


@dataclass
class Clock:
    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


@cache
def password_hashes() -> PasswordHashes:
    """One for all: making one costs a hash."""
    return PasswordHashes(threads=2)


@dataclass(frozen=True)
class Client:
    """Somebody who sends requests, signed in or not."""

    http: httpx.AsyncClient = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict)
    signed_in: dict[str, Any] = field(default_factory=dict)

    def sends(self, **headers: str) -> "Client":
        """The same one, with more headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers=self.headers | named)

    async def get(self, path: str) -> httpx.Response:
        return await self.send("GET", path)

    async def post(self, path: str, body: object = None) -> httpx.Response:
        return await self.send("POST", path, body)

    async def patch(self, path: str, body: object) -> httpx.Response:
        return await self.send("PATCH", path, body)

    async def delete(self, path: str) -> httpx.Response:
        return await self.send("DELETE", path)

    async def send(self, method: str, path: str, body: object = None) -> httpx.Response:
        given: dict[str, Any] = {} if body is None else {"json": body}
        return await self.http.request(method, path, headers=self.headers, **given)

    async def register(self, username: str = "ada", **members: object) -> "Client":
        email = f"{username}@example.org"
        body = {"username": username, "email": email, "password": PASSWORD} | members
        return self.known_by(await self.post("/api/v2/auth/register", body))

    async def login(self, username: str = "ada", **members: object) -> "Client":
        body = {"email": f"{username}@example.org", "password": PASSWORD} | members
        return self.known_by(await self.post("/api/v2/auth/login", body))

    async def refresh(self) -> httpx.Response:
        body = {"refresh_token": self.signed_in["refresh_token"]}
        return await self.post("/api/v2/auth/refresh", body)

    def known_by(self, answer: httpx.Response) -> "Client":
        assert answer.is_success, answer.text
        told = answer.json()
        headers = {"authorization": f"Bearer {told['access_token']}"}
        return replace(self, headers=self.headers | headers, signed_in=told)


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of an answer that must be this problem, in the form that all of them have."""
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert told["status"] == status
    assert told["type"] == f"/problems/{code}"
    assert told["title"]
    assert told["detail"]
    assert told["request_id"]
    return told


def services(pool: asyncpg.Pool, now: Clock, *, logins_per_minute: int = 0) -> Services:
    accounts, sessions, tags = (
        PostgresAccounts(pool),
        PostgresSessions(pool),
        PostgresTags(pool),
    )
    people, keys = PostgresPeople(pool), PostgresApiKeys(pool)
    tokens = SignedAccessTokens([SECRET], lifetime=900)
    shared: dict[str, Any] = {
        "accounts": accounts,
        "sessions": sessions,
        "passwords": password_hashes(),
        "limits": SignInLimits(limiter=MemoryRateLimiter(), per_minute=logins_per_minute),
        "common_passwords": frozenset({"password1"}),
        "now": now,
    }
    editing, history = Editing(PostgresPosts(pool), now, uuid7), PostgresPostHistory(pool)
    return Services(
        authentication=Authentication(tokens, sessions, keys, now),
        sign_in=SignIn(
            **shared,
            tokens=tokens,
            new_id=uuid7,
            new_token=lambda: secrets.token_urlsafe(32),
        ),
        profile=Profile(**shared),
        membership=Membership(
            people=People(people, accounts, now),
            accounts=accounts,
            new_accounts=PostgresAccountBook(pool),
            passwords=password_hashes(),
            common_passwords=shared["common_passwords"],
            now=now,
            new_id=uuid7,
        ),
        key_ring=KeyRing(keys, now, uuid7, lambda: secrets.randbits(256)),
        editing=editing,
        revising=Revising(editing, history),
        batching=Batching(editing, PostgresPosts(pool)),
        tagging=Tagging(tags, now, uuid7),
        categorising=Categorising(PostgresCategories(pool), now, uuid7),
        discussing=discussing(pool, now),
        reading=Reading(
            posts=PostgresPostReader(pool),
            revisions=history,
            tags=tags,
            categories=PostgresCategories(pool),
            people=people,
            keys=keys,
            audit=PostgresAuditLog(pool),
            finder=PostgresFinder(pool),
            comments=PostgresComments(pool),
            render=HtmlRendering(),
            render_comment=CommentRendering(),
            cursors=Cursors([b"k" * 32]),
        ),
        idempotency_keys=PostgresIdempotencyKeys(pool, Seal([SECRET])),
        readiness=Readiness(lambda: ready(pool), now),
        documentation=documented(dict),
        now=now,
    )


async def ready(pool: asyncpg.Pool) -> None:
    with translate_errors():
        await pool.fetchval("SELECT true", timeout=3)


@asynccontextmanager
async def asking(app: object) -> AsyncIterator[Client]:
    """A client that takes no answer but those the contract documents."""
    transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://cms.test", event_hooks={"response": [check]}
    ) as http:
        yield Client(http)


def whole_v2(pool: asyncpg.Pool, now: Clock, **options: int) -> App:
    return cast("App", build_v2(services(pool, now, **options)))
