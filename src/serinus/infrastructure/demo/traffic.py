"""Made-up traffic on contract v1, over real HTTP: some hundred consumers, few of whom do most.

An open loop: requests come at their rate whatever the server does, as they do from people. What
exceeds the ceiling of requests under way is counted as refused here, and is nobody's failure.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import httpx

SERVER_ERROR = 500
MOST_UNDER_WAY = 48
PATIENCE = 10.0  # seconds for an answer
RECENT = 5.0  # seconds that a rate is taken over
PARETO = 1.1  # few consumers do most: the tail index of their weights

TAGS = "/api/v1/tags"
POSTS = "/api/v1/posts"
WORDS = ("canary", "birds", "カナリア", "song", "release", "庭")


@dataclass(slots=True)
class Seen:
    """What clients got: by engine, and what failed of reads and of writes."""

    answers: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    failed_reads: int = 0
    failed_writes: int = 0
    rescued: int = 0
    refused: int = 0
    recent: list[tuple[float, float, str]] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())

    def note(self, method: str, answer: httpx.Response | None, seconds: float) -> None:
        """None: the connection broke."""
        status = answer.status_code if answer is not None else 0
        engine = answer.headers.get("serinus-engine", "none") if answer is not None else "none"
        self.statuses[status] += 1
        self.answers[engine] += 1
        self.rescued += answer is not None and "serinus-rescued" in answer.headers
        if status >= SERVER_ERROR or answer is None:
            self.failed_reads += method == "GET"
            self.failed_writes += method != "GET"
        self.recent.append((monotonic(), seconds, engine))

    def lately(self) -> tuple[float, Mapping[str, float]]:
        """Requests a second, and the median milliseconds of each engine."""
        since = monotonic() - RECENT
        self.recent = [each for each in self.recent if each[0] >= since]
        taken: dict[str, list[float]] = {}
        for _, seconds, engine in self.recent:
            taken.setdefault(engine, []).append(seconds)
        medians = {
            engine: 1000 * sorted(times)[len(times) // 2] for engine, times in taken.items()
        }
        return len(self.recent) / RECENT, medians


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to ask for."""

    posts: Sequence[str]
    tags: Sequence[str]


Request = tuple[str, str, dict[str, Any] | None]


class Traffic:
    """`keys`: an API key for each consumer. `rate`: requests a second."""

    def __init__(
        self, keys: Sequence[str], rate: float, chance: random.Random, address: str
    ) -> None:
        self._keys, self._rate, self._chance = keys, rate, chance
        self._weights = [chance.paretovariate(PARETO) for _ in keys]
        self._clients: dict[str, httpx.AsyncClient] = {}
        self.address = address
        self.seen = Seen()
        self._known = Known((), ())
        self._tasks: set[asyncio.Task[None]] = set()

    async def go_on(self) -> None:
        """Until it is cancelled. Requests under way are waited for."""
        try:
            self._known = await self._found()
            while True:
                await asyncio.sleep(self._chance.expovariate(self._rate))
                if len(self._tasks) >= MOST_UNDER_WAY:
                    self.seen.refused += 1
                    continue
                task = asyncio.create_task(self._one())
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        finally:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for client in self._clients.values():
                await client.aclose()

    def _client(self) -> httpx.AsyncClient:
        """Of the address that is asked now; a former one keeps what is under way."""
        if self.address not in self._clients:
            limits = httpx.Limits(max_connections=MOST_UNDER_WAY)
            self._clients[self.address] = httpx.AsyncClient(
                base_url=self.address, timeout=PATIENCE, limits=limits, trust_env=False
            )
        return self._clients[self.address]

    async def _found(self) -> Known:
        posts = await self._client().get(
            POSTS, params={"limit": 100}, headers=self._headers(self._keys[0])
        )
        items = posts.raise_for_status().json()["data"]["items"]
        tags = {tag for item in items for tag in item["tags"]}
        return Known([item["id"] for item in items], sorted(tags) or ["birds"])

    async def _one(self) -> None:
        key = self._chance.choices(self._keys, self._weights)[0]
        method, path, body = self._request()
        client, began = self._client(), monotonic()
        try:
            answer = await client.request(method, path, json=body, headers=self._headers(key))
        except httpx.TransportError:
            answer = None
        self.seen.note(method, answer, monotonic() - began)

    def _headers(self, key: str) -> dict[str, str]:
        return {"X-API-Key": key}

    def _request(self) -> Request:
        choices: tuple[tuple[int, Callable[[], Request]], ...] = (
            (38, lambda: ("GET", f"{POSTS}/{self._pick(self._known.posts)}", None)),
            (20, lambda: ("GET", f"{POSTS}?limit=10&page={self._chance.randint(1, 3)}", None)),
            (12, lambda: ("GET", TAGS, None)),
            (8, lambda: ("GET", f"{POSTS}/tag/{self._pick(self._known.tags)}", None)),
            (8, lambda: ("GET", f"/api/v1/search?q={self._pick(WORDS)}", None)),
            (6, lambda: ("GET", "/api/v1/users?limit=10", None)),
            (4, lambda: ("POST", POSTS, self._draft())),
            (4, lambda: ("PUT", f"{POSTS}/{self._pick(self._known.posts)}", self._change())),
        )
        weights = [weight for weight, _ in choices]
        return self._chance.choices([make for _, make in choices], weights)[0]()

    def _pick(self, of: Sequence[str]) -> str:
        return self._chance.choice(of)

    def _draft(self) -> dict[str, Any]:
        number = self._chance.randrange(10**9)
        return {
            "title": f"Draft {number}",
            "content": "What the canary said.",
            "tags": ["demo"],
        }

    def _change(self) -> dict[str, Any]:
        return {"excerpt": f"Looked at again, for the {self._chance.randrange(10**6)}th time."}
