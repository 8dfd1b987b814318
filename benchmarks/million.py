"""What reading costs at a thousand posts and at a million, over real HTTP, with the cache off.

    serinus generate --posts 1000      (with DATABASE_URL set to the one database)
    serinus generate --posts 1000000   (and to the other)
    python benchmarks/million.py --small URL --large URL [--rounds 40]

Starts a server for each database and asks both the same in turns, so that whatever else the
machine does meets both alike. Prints medians and how many times slower the large one is: at
most twice is the goal. On a busy machine single numbers say little; the ratios still do.
"""

import argparse
import asyncio
import random
import statistics
import sys
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from os import getloadavg
from pathlib import Path
from time import perf_counter

import asyncpg
import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.folders import reachable_folder
from tests.support.serving import serving

GOAL = 2.0
SAMPLES = 40  # posts, and so days, that are asked for; each once before it counts
# What the made-up posts say, in one of four, of twenty and of seventy; two at once; nowhere.
WORDS = {
    "common": ("canary", "borrow", "カナリア", "二度"),
    "rarer": ("tamsin", "score", "弁当", "石灯籠"),
    "rare": ("vineholm", "dunethorp", "lysorbi", "rosog"),
    "two": ("canary borrow", "duet score", "tamsin borrow", "二度 測り"),
    "in vain": ("xylograph", "quinquereme", "蜃気楼", "羅針盤"),
}
PREFIXES = ("ca", "the qu", "カナ", "Notes on", "quiet")


@dataclass
class Side:
    """One of the databases, behind a server."""

    http: httpx.AsyncClient
    known: dict[str, list[str]]
    taken: dict[str, list[float]] = field(default_factory=dict)
    turn: int = 0  # the same on both sides: each asks for the same word at the same time

    def one(self, kind: str) -> str:
        return random.choice(self.known[kind])  # noqa: S311 - which one does not matter

    async def ask(self, name: str, path: str) -> None:
        self.turn += 1
        began = perf_counter()
        answer = await self.http.get(path)
        seconds = perf_counter() - began
        if answer.status_code != 200:
            sys.exit(f"{path}: {answer.status_code} {answer.text[:300]}")
        self.taken.setdefault(name, []).append(seconds)

    def median(self, names: Collection[str]) -> float:
        """In milliseconds, of all that was asked under these."""
        return 1000 * statistics.median(each for name in names for each in self.taken[name])


def searching(words: tuple[str, ...]) -> Callable[[Side], str]:
    return lambda side: f"/api/v2/search?q={words[side.turn % len(words)]}"


POSTS = "/api/v2/posts"
ASKED: dict[str, Callable[[Side], str]] = {
    "post by id": lambda side: f"{POSTS}/{side.one('id')}",
    "post by slug": lambda side: f"{POSTS}/by-slug/{side.one('slug')}",
    "posts, newest": lambda _: POSTS,
    "posts, oldest": lambda _: f"{POSTS}?sort=published_at",
    "posts, by title": lambda _: f"{POSTS}?sort=title",
    "posts since a day": lambda side: (
        f"{POSTS}?sort=published_at&filter[published_at][gte]={side.one('day')}"
    ),
    "posts of a tag": lambda side: f"{POSTS}?filter[tag]={side.one('tag')}",
    "posts of a tag, locale": lambda side: (
        f"{POSTS}?filter[tag]={side.one('tag')}&filter[locale]={side.one('locale')}"
    ),
    "posts of a category": lambda side: f"{POSTS}?filter[category]={side.one('category')}",
    "posts of an author": lambda side: f"{POSTS}?filter[author]={side.one('author')}",
    "posts of a locale": lambda side: f"{POSTS}?filter[locale]={side.one('locale')}",
    "posts, estimated count": lambda _: f"{POSTS}?count=estimated",
    "tags": lambda _: "/api/v2/tags",
    "tags, most used": lambda _: "/api/v2/tags?sort=-usage_count",
    **{f"search, {name}": searching(words) for name, words in WORDS.items()},
    "suggestions": lambda _: f"/api/v2/search/suggest?prefix={random.choice(PREFIXES)}",  # noqa: S311
}

SOME_POSTS = """
SELECT id, slug, published_at FROM posts WHERE status = 'published' AND deleted_at IS NULL
 ORDER BY random() LIMIT $1
"""
# What is filtered by has a page of posts on either side: else the small one showed less.
FREQUENT = {
    "tag": "SELECT slug FROM tags WHERE usage_count >= 20 ORDER BY usage_count DESC LIMIT 10",
    "category": """SELECT c.slug FROM categories c WHERE 20 <= (
        SELECT count(*) FROM (SELECT FROM post_categories p WHERE p.category_id = c.id
                               LIMIT 20) some_posts) LIMIT 10""",
    "author": """SELECT u.id::text FROM users u WHERE 20 <= (
        SELECT count(*) FROM (SELECT FROM posts p WHERE p.author_id = u.id
                               LIMIT 20) some_posts) LIMIT 10""",
}


async def known(url: str) -> dict[str, list[str]]:
    """Values to ask for. What is filtered by has a page of posts on either side."""
    database = await asyncpg.connect(url)
    try:
        posts = await database.fetch(SOME_POSTS, SAMPLES)
        found = {
            name: [row[0] for row in await database.fetch(sql)]
            for name, sql in FREQUENT.items()
        }
    finally:
        await database.close()
    return found | {
        "id": [str(row["id"]) for row in posts],
        "slug": [row["slug"] for row in posts],
        "day": [row["published_at"].date().isoformat() for row in posts],
        "locale": ["en", "ja"],
    }


@asynccontextmanager
async def sides(urls: tuple[str, str]) -> AsyncIterator[tuple[Side, Side]]:
    quiet = {
        "SERINUS_SECRET_KEY": "a secret key for the time of a benchmark",
        "SERINUS_CACHE_BYTES": "0",
        "SERINUS_LOG_LEVEL": "error",
    }
    with ExitStack() as stack:
        home = stack.enter_context(reachable_folder())
        small, large = (
            stack.enter_context(serving(home, DATABASE_URL=url, **quiet)) for url in urls
        )
        async with small.client() as near, large.client() as far:
            yield Side(near, await known(urls[0])), Side(far, await known(urls[1]))


async def measure(urls: tuple[str, str], rounds: int) -> tuple[Side, Side]:
    async with sides(urls) as both:
        for name, path in ASKED.items():
            for _ in range(2 * SAMPLES):  # until plans are made and memory is warm
                for side in both:
                    await side.ask("warming up", path(side))
            for _ in range(rounds):
                for side in both:
                    await side.ask(name, path(side))
        return both


def table(small: Side, large: Side) -> str:
    lines = [f"{'':26}{'small':>10}{'large':>10}{'ratio':>8}"]
    searches = [name for name in ASKED if name.startswith("search")]
    rows = {name: [name] for name in ASKED} | {"search, all of these": searches}
    for name, asked in rows.items():
        near, far = small.median(asked), large.median(asked)
        mark = "" if far <= GOAL * near else "  more than twice"
        lines.append(f"{name:26}{near:7.2f} ms{far:7.2f} ms{far / near:8.2f}{mark}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", required=True, help="URL of a database with 1,000 posts")
    parser.add_argument("--large", required=True, help="URL of a database with 1,000,000 posts")
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    before = getloadavg()[0]
    both = asyncio.run(measure((given.small, given.large), given.rounds))
    print(table(*both))  # noqa: T201
    print(f"load of the machine: {before:.1f} before, {getloadavg()[0]:.1f} after")  # noqa: T201


if __name__ == "__main__":
    main()
