"""Clients of contract v1, and what they check about every answer."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from uuid_utils.compat import uuid7

from serinus.domain.identity.accounts import username_key
from serinus.domain.identity.caller import Role
from tests.contract.v1.engines import KEY_ID, SEED

MEMBERS = ["success", "data", "message", "error"]


@dataclass(frozen=True)
class Person:
    """Somebody signed in, and the engine they speak to."""

    id: UUID
    username: str
    session_id: UUID
    http: httpx.AsyncClient = field(repr=False)
    headers: dict[str, str] = field(repr=False)

    def at(self, http: httpx.AsyncClient) -> "Person":
        """The same person, speaking to another engine."""
        return Person(self.id, self.username, self.session_id, http, self.headers)

    async def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {**self.headers, **request.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **request)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        # The client drops the query of an address when it is given parameters, even none.
        return await self.send("GET", path, **({"params": params} if params else {}))

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.send("POST", path, json=body)

    async def put(self, path: str, **body: Any) -> httpx.Response:
        return await self.send("PUT", path, json=body)

    async def delete(self, path: str) -> httpx.Response:
        return await self.send("DELETE", path)

    async def wrote(self, title: str = "Canaries sing", /, **members: Any) -> dict[str, Any]:
        """Write a post and give it as answered."""
        answer = await self.post("/posts", **{"title": title, "content": "They do.", **members})
        post: dict[str, Any] = data(answer, 201)
        return post


@dataclass(frozen=True)
class People:
    """Makes accounts that are signed in, without the price of a password."""

    http: httpx.AsyncClient
    pool: asyncpg.Pool

    async def a(self, role: Role = Role.AUTHOR, user_id: UUID | None = None) -> Person:
        """The same `user_id` makes the same account in another database."""
        user_id, session_id, now = user_id or uuid7(), uuid7(), datetime.now(UTC)
        name = f"{role.value}-{user_id.hex[-12:]}"
        await self.pool.execute(
            """
            INSERT INTO users (id, username, username_key, email, role, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, '2026-01-01 00:00Z', '2026-01-01 00:00Z')
            """,
            user_id,
            name,
            username_key(name),
            f"{user_id}@example.org",
            role,
        )
        await self.pool.execute(
            """
            INSERT INTO sessions (id, user_id, remember, created_at, expires_at)
            VALUES ($1, $2, false, $3, $4)
            """,
            session_id,
            user_id,
            now,
            now + timedelta(hours=24),
        )
        token = access_token(user_id, session_id)
        return Person(
            user_id, name, session_id, self.http, {"Authorization": f"Bearer {token}"}
        )


def access_token(
    user_id: UUID, session_id: UUID, *, seed: bytes = SEED, kid: str = KEY_ID, **claims: Any
) -> str:
    """An access token as both engines make it."""
    now = int(datetime.now(UTC).timestamp())
    return jwt.encode(
        {
            "iss": "serinus",
            "aud": "serinus",
            "sub": str(user_id),
            "sid": str(session_id),
            "iat": now,
            "exp": now + 900,
            **claims,
        },
        Ed25519PrivateKey.from_private_bytes(seed),
        "EdDSA",
        {"kid": kid},
    )


def data(answer: httpx.Response, status: int = 200) -> Any:
    """The data of a successful answer, its envelope checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == MEMBERS
    assert body["success"] is True
    assert body["message"] is None
    assert body["error"] is None
    return body["data"]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and text of a failure, its envelope checked."""
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == MEMBERS
    assert body["success"] is False
    assert body["data"] is None
    assert body["message"] is None
    return answer.status_code, body["error"]


def problems(answer: httpx.Response) -> list[tuple[str, str]]:
    """Member and message of every violation, in the order given."""
    assert answer.status_code == 422, answer.text
    body = answer.json()
    assert list(body) == [*MEMBERS, "validation_errors"]
    assert body["error"] == "Invalid input"
    assert body["data"] is None
    return [(problem["field"], problem["message"]) for problem in body["validation_errors"]]
