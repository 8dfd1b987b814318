"""GET /tags."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, Person, data
from tests.contract.v1.seeding import NOON, plant_tag


@pytest.fixture
async def reader(people: People) -> Person:
    return await people.a(Role.SUBSCRIBER)


def names(page: dict[str, Any]) -> str:
    return "".join(tag["name"] for tag in page["items"])


async def test_a_tag_has_the_contracts_members_in_their_order(
    reader: Person, pool: asyncpg.Pool
) -> None:
    tag_id = await plant_tag(pool, "Song Birds", "song-birds", usage_count=3)

    page = data(await reader.get("/tags"))

    assert list(page) == ["items", "total", "page", "limit", "total_pages"]
    assert page["items"] == [
        {
            "id": str(tag_id),
            "name": "Song Birds",
            "slug": "song-birds",
            "usage_count": 3,
            "created_at": "2030-01-01T12:00:00.000000Z",
        }
    ]
    assert list(page["items"][0]) == ["id", "name", "slug", "usage_count", "created_at"]


async def test_tags_made_at_once_are_listed_in_the_order_of_the_post(
    people: People, reader: Person
) -> None:
    author = await people.a()
    await author.wrote(tags=["z", "a", "C#", "c++", "m"])

    assert names(data(await reader.get("/tags", sort="created_at"))) == "zaC#c++m"
    assert names(data(await reader.get("/tags"))) == "mc++C#az"


async def test_published_posts_are_counted(people: People, reader: Person) -> None:
    author = await people.a()
    draft = await author.wrote(tags=["x", "y"])
    published = await author.wrote(tags=["x"], published=True)

    async def counted() -> dict[str, int]:
        page = data(await reader.get("/tags"))
        return {tag["name"]: tag["usage_count"] for tag in page["items"]}

    assert await counted() == {"x": 1, "y": 0}
    data(await author.post(f"/posts/{draft['id']}/publish"))
    assert await counted() == {"x": 2, "y": 1}
    data(await author.put(f"/posts/{published['id']}", tags=["y"]))
    assert await counted() == {"x": 1, "y": 2}
    data(await author.put(f"/posts/{draft['id']}", published=False))
    assert await counted() == {"x": 0, "y": 1}
    data(await author.delete(f"/posts/{published['id']}"))
    assert await counted() == {"x": 0, "y": 0}


async def test_tags_are_sorted_both_ways(reader: Person, pool: asyncpg.Pool) -> None:
    for name, count, age in (("a", 2, 2), ("b", 3, 0), ("c", 1, 1)):
        created_at = NOON - timedelta(days=age)
        await plant_tag(pool, name, name, usage_count=count, created_at=created_at)

    async def order(sort: str) -> str:
        return names(data(await reader.get("/tags", sort=sort)))

    for column, ascending in {"name": "abc", "usage_count": "cab", "created_at": "acb"}.items():
        assert await order(column) == ascending
        assert await order(f"-{column}") == ascending[::-1]
    for unknown in ("", "-", "slug", "title", "--name", "Name"):
        assert await order(unknown) == "bca", unknown
    assert names(data(await reader.get("/tags"))) == "bca"


async def test_ties_are_broken_by_id_in_the_same_direction(
    reader: Person, pool: asyncpg.Pool
) -> None:
    for name in "dbca":
        await plant_tag(pool, name, name)

    for column in ("usage_count", "created_at"):
        assert names(data(await reader.get("/tags", sort=column))) == "dbca"
        assert names(data(await reader.get("/tags", sort=f"-{column}"))) == "acbd"


async def test_tags_come_in_pages(reader: Person, pool: asyncpg.Pool) -> None:
    for number in range(7):
        await plant_tag(pool, str(number), str(number))

    page = data(await reader.get("/tags", sort="name", page=3, limit=3))

    assert names(page) == "6"
    assert (page["total"], page["page"], page["limit"], page["total_pages"]) == (7, 3, 3, 3)
    past = data(await reader.get("/tags", page=4, limit=3))
    assert (past["items"], past["total"], past["total_pages"]) == ([], 7, 3)
