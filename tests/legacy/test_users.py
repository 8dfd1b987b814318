"""What reading and changing accounts costs, and how it goes with other writers."""

import asyncio
from typing import Any

import pytest

from tests.legacy.engine import Engine, Person


@pytest.mark.parametrize(
    ("path", "statements"),
    [
        ("/users", 3),
        ("/users?role=admin&active=true&sort=username&limit=1", 3),
        ("/users?page=9", 2),
        ("/users/{id}", 2),
        ("/users/{id}/posts", 6),
        ("/admin/posts", 2),
    ],
)
async def test_what_a_read_costs_does_not_grow(
    engine: Engine, path: str, statements: int
) -> None:
    """One statement says who is asking; a page is counted, read, and given its terms."""
    admin = await engine.person(role="admin")
    costs = []
    for _ in range(2):
        await engine.person()
        await engine.post(admin, tags=["a", "b"], published=True)
        with engine.statements() as sent:
            await engine.data("GET", path.format(id=admin.id), admin)
        costs.append(len(sent))

    assert costs == [statements] * 2


@pytest.mark.parametrize(
    ("sort", "index"),
    [
        ("-created_at", "users_created"),
        ("updated_at", "users_updated"),
        ("username", "users_username"),
    ],
)
async def test_accounts_are_read_in_the_order_of_an_index(
    engine: Engine, sort: str, index: str
) -> None:
    reader = await engine.person()
    with engine.statements() as sent:
        await engine.data("GET", f"/users?sort={sort}", reader)

    plan = await engine.plan(sent[-1])
    assert f"using {index}" in plan
    assert "Sort" not in plan


async def test_a_summary_reads_no_contents(engine: Engine) -> None:
    editor = await engine.person(role="editor")
    await engine.post(editor)
    with engine.statements() as sent:
        await engine.data("GET", "/admin/posts", editor)

    assert "content" not in sent[-1].sql
    assert "using posts_live_created" in await engine.plan(sent[-1])


async def test_an_account_is_locked_before_anything_is_decided(engine: Engine) -> None:
    """Else two administrators would decide on what neither of them still finds."""
    admin = await engine.person(role="admin")
    with engine.statements() as sent:
        await engine.data("PUT", f"/users/{admin.id}", admin, {"first_name": "A"})

    assert "FOR NO KEY UPDATE" in sent[1].sql


async def test_who_stepped_down_meanwhile_has_no_way_back(engine: Engine) -> None:
    """Both requests come in while the role is there; one of them comes to it too late."""
    admin = await engine.person(role="admin")

    for _ in range(5):
        await engine.execute("UPDATE users SET role = 'admin' WHERE id = $1", admin.id)
        down, up = await asyncio.gather(
            give(engine, admin, "author"), give(engine, admin, "admin")
        )
        (row,) = await engine.execute("SELECT role FROM users WHERE id = $1", admin.id)
        assert down.status_code == 200
        assert up.status_code in {200, 403}
        assert row["role"] == "author"


async def give(engine: Engine, person: Person, role: str) -> Any:
    return await engine.call("PUT", f"/users/{person.id}", person, {"role": role})
