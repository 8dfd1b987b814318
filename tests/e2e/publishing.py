"""Writers and readers of contract v2 who notice when what is read is out of date."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx

from tests.e2e.histories import History, Verdict
from tests.support.identity import PASSWORD

WRITERS, READERS, POSTS, TAGS = 3, 9, 6, 3
HIDDEN = None


class Away(Exception):
    """The service said so; whether anything was written is not known."""


@dataclass(eq=False)
class Post:
    id: str
    slug: str
    shown: History = field(default_factory=History)  # its title, None while it is hidden


@dataclass(eq=False)
class Tag:
    id: str
    name: History = field(default_factory=History)


@dataclass(eq=False)
class Writer:
    """Alone writes its posts, its tags and its own name, one thing after the other."""

    nodes: list[httpx.AsyncClient] = field(repr=False)
    chance: random.Random = field(repr=False)
    id: str
    headers: dict[str, str] = field(repr=False)
    numbers: Any
    name: History = field(default_factory=History)
    usage: History = field(default_factory=History)  # of the first tag, which all posts carry
    posts: list[Post] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    gone: list[Post] = field(default_factory=list)
    written: int = 0
    careful: bool = False  # does only what can be done again when it is not known if it was

    async def settle(self) -> None:
        await self.rename_oneself()
        for _ in range(TAGS):
            name = self._new("tag")
            made = await self.send("POST", "/v2/tags", 201, json={"name": name})
            self.tags.append(Tag(made["id"]))
            self._known(self.tags[-1].name, name)
        self._known(self.usage, 0)
        for _ in range(POSTS):
            await self.publish_another()

    async def write(self) -> None:
        acts = [self.retitle, self.retitle_v2, self.rename_a_tag, self.rename_oneself]
        if not self.careful:
            acts += [self.retitle, self.hide_or_show, self.hide_or_show, self.replace]
        await self.chance.choice(acts)()
        self.written += 1

    async def retitle(self) -> None:
        post, title = self.chance.choice(self.posts), self._new("title")
        with_it = self._told(post.shown, title if post.shown.newest else HIDDEN)
        await with_it(self.send("PUT", f"/v1/posts/{post.id}", 200, json={"title": title}))

    async def retitle_v2(self) -> None:
        post, title = self.chance.choice(self.posts), self._new("title")
        with_it = self._told(post.shown, title if post.shown.newest else HIDDEN)
        await with_it(self.send("PATCH", f"/v2/posts/{post.id}", 200, json={"title": title}))

    async def hide_or_show(self) -> None:
        post, title = self.chance.choice(self.posts), self._new("title")
        public = post.shown.newest is HIDDEN
        with_it = self._told(post.shown, title if public else HIDDEN, by=1 if public else -1)
        body = {"title": title, "published": public}
        await with_it(self.send("PUT", f"/v1/posts/{post.id}", 200, json=body))

    async def replace(self) -> None:
        post = self.posts.pop(self.chance.randrange(len(self.posts)))
        self.gone.append(post)
        with_it = self._told(post.shown, HIDDEN, by=-1 if post.shown.newest else 0)
        contract, status = self.chance.choice([("v1", 200), ("v2", 204)])
        await with_it(self.send("DELETE", f"/{contract}/posts/{post.id}", status))
        await self.publish_another()

    async def publish_another(self) -> None:
        title, slug = self._new("title"), self._new("slug")
        body = {
            "title": title,
            "slug": slug,
            "content": "They sing.",
            "status": "published",
            "tags": [str(tag.name.newest) for tag in self.tags],
        }
        usage = self.usage.begin(int(str(self.usage.newest)) + 1, time.monotonic())
        shown = History()
        shown.begin(HIDDEN, 0.0).answered = 0.0
        written = shown.begin(title, usage.began)
        made = await self.send("POST", "/v2/posts", 201, json=body)
        usage.answered = written.answered = time.monotonic()
        self.posts.append(Post(made["id"], slug, shown))

    async def rename_a_tag(self) -> None:
        tag, name = self.chance.choice(self.tags), self._new("tag")
        with_it = self._told(tag.name, name)
        await with_it(self.send("PATCH", f"/v2/tags/{tag.id}", 200, json={"name": name}))

    async def rename_oneself(self) -> None:
        name = self._new("name")
        with_it = self._told(self.name, name)
        await with_it(self.send("PATCH", "/v2/users/me", 200, json={"first_name": name}))

    async def send(self, method: str, path: str, status: int, **request: Any) -> Any:
        http = self.chance.choice(self.nodes)
        headers = self.headers | {"If-Match": "*"}
        answer = await http.request(method, f"/api{path}", headers=headers, **request)
        if self.careful and is_away(answer):
            raise Away
        assert answer.status_code == status, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def _new(self, kind: str) -> str:
        return f"{kind}-{next(self.numbers)}"

    def _known(self, history: History, value: object) -> None:
        history.begin(value, 0.0).answered = time.monotonic()

    def _told(self, history: History, value: str | None, by: int = 0) -> Callable[..., Any]:
        """What is written, from before it is sent until it is answered; `by`: in the usage."""

        async def send(sending: Any) -> None:
            now = time.monotonic()
            written = [history.begin(value, now)]
            if by:
                written.append(self.usage.begin(int(str(self.usage.newest)) + by, now))
            await sending
            for each in written:
                each.answered = time.monotonic()

        return send


@dataclass(eq=False)
class Reader:
    """Reads without credentials what any of them writes, from any node."""

    nodes: list[httpx.AsyncClient] = field(repr=False)
    chance: random.Random = field(repr=False)
    writers: list[Writer]
    verdict: Verdict
    asked: float = 0.0
    read: float = 0.0

    async def look(self) -> None:
        writer = self.chance.choice(self.writers)
        looks = [self.item, self.item, self.item, self.by_slug, self.gone, self.tag, self.posts]
        looks += [self.tags, self.of_tag, self.of_author]
        await self.chance.choice(looks)(writer)

    async def item(self, writer: Writer) -> None:
        post = self.chance.choice(writer.posts)
        self._post(post, await self._get(f"/posts/{post.id}"))

    async def by_slug(self, writer: Writer) -> None:
        post = self.chance.choice(writer.posts)
        self._post(post, await self._get(f"/posts/by-slug/{post.slug}"))

    async def gone(self, writer: Writer) -> None:
        if writer.gone:
            post = self.chance.choice(writer.gone[-3:])
            self._post(post, await self._get(f"/posts/{post.id}"))

    async def tag(self, writer: Writer) -> None:
        tag = self.chance.choice(writer.tags)
        found = await self._get(f"/tags/{tag.id}")
        self._judge("tag", tag.name, found["name"])
        if tag is writer.tags[0]:
            self._judge("usage of a tag", writer.usage, found["usage_count"])

    async def posts(self, _: Writer) -> None:
        found = await self._get("/posts?limit=100")
        by_id = {post["id"]: post for post in found["data"]}
        for writer in self.writers:
            for post in [*writer.posts, *writer.gone[-3:]]:
                self._post(post, by_id.get(post.id), whole=False)

    async def tags(self, _: Writer) -> None:
        found = await self._get("/tags?limit=100&sort=name")
        by_id = {tag["id"]: tag for tag in found["data"]}
        for writer in self.writers:
            for tag in writer.tags:
                self._judge("tag in a list", tag.name, by_id[tag.id]["name"])
            usage = by_id[writer.tags[0].id]["usage_count"]
            self._judge("usage in a list", writer.usage, usage)

    async def of_tag(self, writer: Writer) -> None:
        """Whoever carries a tag that was renamed is found by its new name alone."""
        tag = writer.tags[-1]
        name = str(tag.name.newest)
        found = await self._get(f"/posts?filter[tag]={quote(name)}&limit=100")
        for post in found["data"]:
            shown = [each["name"] for each in post["tags"] if each["id"] == tag.id]
            self._judge("tag that was looked for", tag.name, shown[0])

    async def of_author(self, writer: Writer) -> None:
        found = await self._get(f"/posts?filter[author]={writer.id}&count=exact&limit=100")
        self._judge("count of posts", writer.usage, found["count"]["value"])
        for post in found["data"]:
            self._judge("author in a list", writer.name, post["author"]["name"])

    def _post(self, post: Post, found: Any, *, whole: bool = True) -> None:
        self._judge("post", post.shown, found["title"] if found else HIDDEN)
        if found and whole:
            writer = next(each for each in self.writers if each.id == found["author"]["id"])
            self._judge("author", writer.name, found["author"]["name"])
            names = {tag["id"]: tag["name"] for tag in found["tags"]}
            for tag in writer.tags:
                self._judge("tag of a post", tag.name, names[tag.id])

    async def _get(self, path: str) -> Any:
        http = self.chance.choice(self.nodes)
        self.asked = time.monotonic()
        answer = await http.get(f"/api/v2{path}")
        self.read = time.monotonic()
        if self.writers[0].careful and is_away(answer):
            raise Away
        assert answer.status_code in {200, 404}, f"{path}: {answer.status_code} {answer.text}"
        self.verdict.reads += 1
        self.verdict.hits += "; hit" in answer.headers["cache-status"]
        self.verdict.shared += "L2" in answer.headers["cache-status"]
        return answer.json() if answer.status_code == 200 else None

    def _judge(self, what: str, history: History, value: Any) -> None:
        self.verdict.judge(what, history, value, self.asked, self.read)


def is_away(answer: httpx.Response) -> bool:
    return answer.status_code == 503 and answer.headers["retry-after"].isdigit()


async def writers(nodes: list[httpx.AsyncClient], pool: asyncpg.Pool) -> list[Writer]:
    made = []
    numbers = count(1)
    for number in range(WRITERS):
        name = f"writer-{number}"
        sent = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
        answer = await nodes[0].post("/api/v2/auth/register", json=sent)
        assert answer.status_code == 201, answer.text
        told = answer.json()
        headers = {"Authorization": f"Bearer {told['access_token']}"}
        chance = random.Random(number)  # noqa: S311 - traffic, not secrets
        made.append(Writer(nodes, chance, told["user"]["id"], headers, numbers))
    await pool.execute("UPDATE users SET role = 'admin'")
    for writer in made:
        await writer.settle()
    return made


@asynccontextmanager
async def busy(
    nodes: list[httpx.AsyncClient], everybody: list[Writer], verdict: Verdict
) -> AsyncIterator[None]:
    """Everybody writes, and many read, for as long as the context lasts."""
    done = asyncio.Event()

    async def keep_at(act: Callable[[], Awaitable[None]]) -> None:
        while not done.is_set():
            try:
                await act()
            except Away:
                verdict.away += 1

    readers = [
        # Traffic, not secrets.
        Reader(nodes, random.Random(100 + number), everybody, verdict)  # noqa: S311
        for number in range(READERS)
    ]
    async with asyncio.TaskGroup() as tasks:
        for each in [writer.write for writer in everybody] + [it.look for it in readers]:
            tasks.create_task(keep_at(each))
        try:
            yield
        finally:
            done.set()
