"""Who uses the site: a locust file. What it needs is in the file that `SOAK_SITE` names.

    readers on contract v2   8 of 20   nobody in particular, each with an X-Client-ID of its own
    readers on contract v1   8 of 20   signed in, each with an account of its own
    authors on v1 and on v2  2 of 20 each; every other request of theirs writes

So one request in ten writes. Who is signed in signs in anew every few minutes.
"""

import json
import os
import random
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

import gevent
from locust import FastHttpUser, constant_throughput, events, task
from locust.env import Environment

SITE = json.loads(Path(os.environ["SOAK_SITE"]).read_text(encoding="utf-8"))
EACH = float(os.environ["SOAK_EACH"])  # requests a second and consumer
AUTHORS = iter(SITE["authors"])
POSTS, SLUGS, TAGS, WORDS = SITE["posts"], SITE["slugs"], SITE["tags"], SITE["words"]
SIGN_IN_EVERY = (120, 600)  # seconds
MOST_OWN_POSTS = 50
WARM_UP = float(os.environ["SOAK_WARM_UP"])  # seconds after the last has come

chance = random.Random(1)  # noqa: S311 - traffic, not secrets


Answer = dict[str, Any]


@events.init.add_listener
def measure_when_all_are_there(environment: Environment, **_: object) -> None:
    """Signing up costs a processor for long on purpose; so many at once are no daily life."""

    def begin(**_: object) -> None:
        gevent.spawn_later(WARM_UP, environment.stats.reset_all)

    environment.events.spawning_complete.add_listener(begin)


class Consumer(FastHttpUser):
    """One that keeps its connection, and says who it is."""

    abstract = True
    wait_time = constant_throughput(EACH)
    connection_timeout = network_timeout = 30.0

    def on_start(self) -> None:
        self.said = {"X-Client-ID": f"consumer-{chance.getrandbits(48):012x}"}

    def ask(
        self, method: str, path: str, body: object = None, *, to: str = "", **headers: str
    ) -> Answer | None:
        """`path` with `{}` for what `to` names, so that all of a route are counted as one."""
        answer = self.client.request(
            method, path.format(quote(to)), name=path, json=body, headers=self.said | headers
        )
        return answer.json() if answer.status_code in {200, 201} else None


class SiteReader(Consumer):
    """A public site on contract v2: what all may see, mostly from the cache."""

    weight = 8

    @task(6)
    def post(self) -> None:
        self.ask("GET", "/api/v2/posts/{}", to=chance.choice(POSTS))

    @task(4)
    def post_by_slug(self) -> None:
        self.ask("GET", "/api/v2/posts/by-slug/{}", to=chance.choice(SLUGS))

    @task(4)
    def newest(self) -> None:
        page = self.ask("GET", "/api/v2/posts?limit=10&sort=-published_at")
        if page and page["page"]["next"] and chance.random() < 0.3:
            self.ask(
                "GET",
                "/api/v2/posts?limit=10&sort=-published_at&after={}",
                to=page["page"]["next"],
            )

    @task(2)
    def tagged(self) -> None:
        self.ask("GET", "/api/v2/posts?filter[tag]={}", to=chance.choice(TAGS))

    @task(2)
    def search(self) -> None:
        self.ask("GET", "/api/v2/search?q={}", to=chance.choice(WORDS))

    @task(1)
    def tags(self) -> None:
        self.ask("GET", "/api/v2/tags?limit=50")

    @task(1)
    def comments(self) -> None:
        self.ask("GET", "/api/v2/posts/{}/comments", to=chance.choice(POSTS))


class SignedIn(Consumer):
    """`begin` gets it an account; then it signs in anew now and then."""

    abstract = True
    account: dict[str, str]

    def on_start(self) -> None:
        super().on_start()
        self.begin()
        self.sign_in()

    def begin(self) -> None:
        raise NotImplementedError

    def sign_in(self) -> None:
        told = self.ask("POST", "/api/v1/auth/login", self.account)
        if told is None:  # once more, with the next request
            self.until = monotonic()
            return
        self.said["Authorization"] = f"Bearer {told['data']['tokens']['access_token']}"
        self.until = monotonic() + chance.uniform(*SIGN_IN_EVERY)

    @task(1)
    def come_back(self) -> None:
        if monotonic() > self.until:
            self.sign_in()
        else:
            self.ask("GET", "/api/v1/auth/profile")


class AppReader(SignedIn):
    """An application on contract v1."""

    weight = 8

    def begin(self) -> None:
        name = f"reader-{chance.getrandbits(48):012x}"
        self.account = {"email": f"{name}@example.org", "password": SITE["password"]}
        self.ask("POST", "/api/v1/auth/register", self.account | {"username": name})

    @task(6)
    def post(self) -> None:
        self.ask("GET", "/api/v1/posts/{}", to=chance.choice(POSTS))

    @task(4)
    def newest(self) -> None:
        self.ask("GET", "/api/v1/posts?limit=10&sort=-published_at")

    @task(2)
    def tagged(self) -> None:
        self.ask("GET", "/api/v1/posts/tag/{}?limit=10", to=chance.choice(TAGS))

    @task(2)
    def search(self) -> None:
        self.ask("GET", "/api/v1/search?q={}", to=chance.choice(WORDS))

    @task(1)
    def suggest(self) -> None:
        self.ask("GET", "/api/v1/search/suggest?prefix={}", to=chance.choice(WORDS)[:3])

    @task(1)
    def tags(self) -> None:
        self.ask("GET", "/api/v1/tags?limit=50")


class Author(SignedIn):
    """Writes, and changes nothing but what it wrote: nobody is surprised by a 404 or 412."""

    abstract = True

    def begin(self) -> None:
        self.account = next(AUTHORS)
        self.own: list[str] = []

    def a_post(self) -> dict[str, Any]:
        return {
            "title": f"{chance.choice(WORDS)} {chance.choice(WORDS)}".title(),
            "content": f"{' '.join(chance.choices(WORDS, k=12))}. " * chance.randint(2, 40),
            "tags": chance.sample(TAGS, 2),
        }

    def old(self) -> str:
        return self.own.pop(chance.randrange(len(self.own)))


class AuthorV1(Author):
    weight = 2

    @task(8)
    def write(self) -> None:
        if len(self.own) < 3 or (len(self.own) < MOST_OWN_POSTS and chance.random() < 0.4):
            made = self.ask("POST", "/api/v1/posts", self.a_post() | {"published": True})
            if made:
                self.own.append(made["data"]["id"])
            return
        post = self.old()
        if len(self.own) >= MOST_OWN_POSTS or chance.random() < 0.2:
            self.ask("DELETE", "/api/v1/posts/{}", to=post)
        else:
            self.ask("PUT", "/api/v1/posts/{}", {"title": "Once More"}, to=post)
            self.own.append(post)

    @task(7)
    def look(self) -> None:
        self.ask("GET", "/api/v1/posts?limit=10&sort=-published_at")


class AuthorV2(Author):
    weight = 2

    @task(8)
    def write(self) -> None:
        if len(self.own) < 3 or (len(self.own) < MOST_OWN_POSTS and chance.random() < 0.4):
            body = self.a_post() | {"status": "published"}
            key = f"{chance.getrandbits(128):032x}"
            made = self.ask("POST", "/api/v2/posts", body, **{"Idempotency-Key": key})
            self.keep(made)
            return
        post, seen = self.old(), {"If-Match": "*"}
        if len(self.own) >= MOST_OWN_POSTS or chance.random() < 0.2:
            self.ask("DELETE", "/api/v2/posts/{}", to=post, **seen)
        else:
            self.keep(
                self.ask("PATCH", "/api/v2/posts/{}", {"title": "Once More"}, to=post, **seen)
            )

    def keep(self, post: Answer | None) -> None:
        if post:
            self.own.append(post["id"])

    @task(7)
    def look(self) -> None:
        self.ask("GET", "/api/v2/posts?limit=10&sort=-published_at")
