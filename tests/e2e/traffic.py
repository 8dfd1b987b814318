"""Consumers of contract v1 that do what consumers do, over real HTTP."""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx

PASSWORD = "a password of one minute"
MEMBERS = ["success", "data", "message", "error"]


@dataclass
class Seen:
    """What was answered to all consumers together."""

    statuses: Counter[int] = field(default_factory=Counter)
    engines: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    wrong: list[str] = field(default_factory=list)

    def note(self, consumer: str, answer: httpx.Response, expected: int) -> None:
        self.statuses[answer.status_code] += 1
        self.engines[consumer].add(answer.headers["serinus-engine"])
        if answer.status_code != expected or list(answer.json()) != MEMBERS:
            request = f"{answer.request.method} {answer.request.url}"
            self.wrong.append(f"{request}: {answer.status_code} {answer.text[:300]}")


@dataclass
class Author:
    """Writes posts that nobody else changes, so that every answer can be expected."""

    id: str
    token: str = field(repr=False)
    seen: Seen = field(repr=False)
    posts: list[str] = field(default_factory=list)

    async def act(self, http: httpx.AsyncClient, chance: random.Random) -> None:
        """One request: nine reads in ten, if there is something to read."""
        if self.posts and chance.random() < 0.9:
            await self._read(http, chance)
        else:
            await self._write(http, chance)

    async def _read(self, http: httpx.AsyncClient, chance: random.Random) -> None:
        paths = [
            f"/posts/{chance.choice(self.posts)}",
            f"/posts?page={chance.randint(0, 3)}&limit=5&sort=-published_at",
            "/posts?status=draft&tag=morning",
            "/posts/tag/canary?limit=3",
            f"/users/{self.id}/posts",
            f"/users/{self.id}",
            "/users?sort=username&limit=10",
            "/tags?sort=-usage_count",
            "/auth/profile",
            "/search?q=%E9%87%91%E7%B3%B8%E9%9B%80",
            "/search/suggest?prefix=can",
        ]
        await self._send(http, 200, "GET", chance.choice(paths))

    async def _write(self, http: httpx.AsyncClient, chance: random.Random) -> None:
        if len(self.posts) < 3 or chance.random() < 0.4:
            made = await self._send(http, 201, "POST", "/posts", json=self._post(chance))
            if made.status_code == 201:
                self.posts.append(made.json()["data"]["id"])
            return
        post = chance.choice(self.posts)
        kind = chance.random()
        if kind < 0.5:
            await self._send(http, 200, "PUT", f"/posts/{post}", json={"tags": ["evening"]})
        elif kind < 0.8:
            await self._send(http, 200, "POST", f"/posts/{post}/publish")
        else:
            self.posts.remove(post)
            await self._send(http, 200, "DELETE", f"/posts/{post}")

    @staticmethod
    def _post(chance: random.Random) -> dict[str, Any]:
        return {
            "title": chance.choice(["Canaries at dawn", "金糸雀の朝"]),
            "content": "They sing. " * chance.randint(1, 200),
            "tags": chance.sample(["canary", "morning", "station", "朝"], 2),
            "published": chance.random() < 0.7,
        }

    async def _send(
        self, http: httpx.AsyncClient, expected: int, method: str, path: str, **request: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = await http.request(method, f"/api/v1{path}", headers=headers, **request)
        self.seen.note(self.id, answer, expected)
        return answer


async def authors(
    http: httpx.AsyncClient, database: asyncpg.Pool, seen: Seen, count: int
) -> list[Author]:
    """Sign them up as anybody would, and let the database make authors of them."""
    made = []
    for number in range(count):
        sent = {"username": f"author-{number}", "email": f"author-{number}@example.org"}
        answer = await http.post("/api/v1/auth/register", json={**sent, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        data = answer.json()["data"]
        made.append(Author(data["user"]["id"], data["tokens"]["access_token"], seen))
    await database.execute("UPDATE users SET role = 'author'")
    return made
