"""Posts and tags of contract v2 over a database of their own, without the rest."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import asyncpg
import httpx
from uuid_utils.compat import uuid7

from serinus.application import acting
from serinus.application.content.batching import Batching
from serinus.application.content.categorising import Categorising
from serinus.application.content.editing import Editing
from serinus.application.content.revising import Revising
from serinus.application.content.tagging import Tagging
from serinus.application.identity.authentication import Authenticated
from serinus.domain.content.post import Byline
from serinus.domain.identity.accounts import Account
from serinus.domain.identity.caller import Caller, Role, SessionId, UserId
from serinus.domain.identity.sessions import InvalidToken
from serinus.infrastructure.credentials.sealing import Seal
from serinus.infrastructure.postgres.audit_log import PostgresAuditLog
from serinus.infrastructure.postgres.categories import PostgresCategories
from serinus.infrastructure.postgres.comments import PostgresComments
from serinus.infrastructure.postgres.finding import PostgresFinder
from serinus.infrastructure.postgres.idempotency import PostgresIdempotencyKeys
from serinus.infrastructure.postgres.post_history import PostgresPostHistory
from serinus.infrastructure.postgres.post_reader import PostgresPostReader
from serinus.infrastructure.postgres.posts import PostgresPosts
from serinus.infrastructure.postgres.tags import PostgresTags
from serinus.infrastructure.rendering import CommentRendering, HtmlRendering
from serinus.presentation.http.v2.app import Services, build_v2
from serinus.presentation.http.v2.cursors import Cursors
from serinus.presentation.http.v2.reading import Reading
from tests.support.content import NOON, add_author
from tests.support.discussion import discussing


@dataclass
class Ticking:
    """A clock that is a second later each time it is read."""

    reads: int = 0

    def __call__(self) -> datetime:
        self.reads += 1
        return NOON + timedelta(seconds=self.reads)


@dataclass
class Signed:
    """Takes the user name for the token."""

    known: dict[str, Authenticated] = field(default_factory=dict)

    async def identify(
        self, *, authorization: str | None, api_key: str | None
    ) -> Authenticated:
        try:
            known = self.known[(authorization or "").removeprefix("Bearer ")]
        except KeyError:
            raise InvalidToken("unknown") from None
        acting.identified(known.caller.id)
        return known


@dataclass
class ContentApi:
    pool: asyncpg.Pool
    client: httpx.AsyncClient
    signed: Signed
    now: Ticking

    async def user(self, name: str, role: Role = Role.AUTHOR) -> "User":
        byline = Byline(UserId(uuid7()), name, f"{name.title()} Lovelace")
        await add_author(self.pool, byline, role)
        account = Account(
            id=byline.id,
            username=name,
            email=f"{name}@example.org",
            first_name=None,
            last_name=None,
            role=role,
            is_active=True,
            email_verified=True,
            last_login=None,
            created_at=NOON,
            updated_at=NOON,
        )
        caller = Caller(byline.id, role, SessionId(uuid7()))
        self.signed.known[name] = Authenticated(caller, account)
        return User(self.client, byline.id, {"authorization": f"Bearer {name}"})

    @property
    def nobody(self) -> "User":
        return User(self.client, UserId(uuid7()), {})


@dataclass
class User:
    """Sends requests in somebody's name."""

    client: httpx.AsyncClient
    id: UserId
    headers: dict[str, str]

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self._send("GET", path, headers)

    async def head(self, path: str, **headers: str) -> httpx.Response:
        return await self._send("HEAD", path, headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self._send("POST", path, headers, body)

    async def patch(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self._send("PATCH", path, headers, body)

    async def delete(self, path: str, **headers: str) -> httpx.Response:
        return await self._send("DELETE", path, headers)

    async def write(self, title: str = "Canaries sing", **members: Any) -> dict[str, Any]:
        body = {"title": title, "content": "They do.", "status": "published"} | members
        response = await self.post("/posts", body)
        assert response.status_code == 201, response.text
        return cast("dict[str, Any]", response.json())

    async def _send(
        self, method: str, path: str, headers: dict[str, str], body: Any = None
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(
            method,
            f"/api/v2{path}",
            headers=self.headers | named,
            **({} if body is None else {"json": body}),
        )


def open_api(pool: asyncpg.Pool, **comments: Any) -> ContentApi:
    """`comments`: what `discussing` takes."""
    signed, now, stored = Signed(), Ticking(), PostgresTags(pool)
    unused: Any = None
    editing, history = Editing(PostgresPosts(pool), now, uuid7), PostgresPostHistory(pool)
    app = build_v2(
        Services(
            authentication=cast("Any", signed),
            sign_in=unused,
            profile=unused,
            membership=unused,
            key_ring=unused,
            editing=editing,
            revising=Revising(editing, history),
            batching=Batching(editing, PostgresPosts(pool)),
            tagging=Tagging(stored, now, uuid7),
            categorising=Categorising(PostgresCategories(pool), now, uuid7),
            discussing=discussing(pool, now, **comments),
            reading=Reading(
                posts=PostgresPostReader(pool),
                revisions=history,
                tags=stored,
                categories=PostgresCategories(pool),
                people=unused,
                keys=unused,
                audit=PostgresAuditLog(pool),
                finder=PostgresFinder(pool),
                comments=PostgresComments(pool),
                render=HtmlRendering(),
                render_comment=CommentRendering(),
                cursors=Cursors([b"k" * 32]),
            ),
            idempotency_keys=PostgresIdempotencyKeys(pool, Seal(["s" * 32])),
            readiness=unused,
            documentation=unused,
            now=now,
        )
    )
    transport = httpx.ASGITransport(cast("Any", app))
    client = httpx.AsyncClient(transport=transport, base_url="http://test")
    return ContentApi(pool, client, signed, now)
