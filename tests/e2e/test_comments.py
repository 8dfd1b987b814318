"""Comments of guests on a running server: as settings allow them, and as caches show them."""

import asyncpg
import httpx

from tests.e2e.conftest import Starting
from tests.support.identity import PASSWORD
from tests.support.waiting import until

GUEST = {"author_name": "Bob", "author_email": "bob@example.org"}


async def editor_of(http: httpx.AsyncClient, pool: asyncpg.Pool) -> dict[str, str]:
    """Headers of somebody who may do what an editor does."""
    body = {"username": "eve", "email": "eve@example.org", "password": PASSWORD}
    signed_in = (await http.post("/api/v2/auth/register", json=body)).json()
    await pool.execute("UPDATE users SET role = 'editor'")
    return {"Authorization": f"Bearer {signed_in['access_token']}"}


async def test_guests_write_as_often_as_they_may_and_are_shown_once_approved(
    starting: Starting, pool: asyncpg.Pool
) -> None:
    settings = {"SERINUS_GUEST_COMMENTS": "true", "SERINUS_COMMENT_RATE_LIMIT": "2"}
    with starting(**settings) as server:
        async with server.client() as http:
            editor = await editor_of(http, pool)
            body = {"title": "Canaries", "content": "They sing.", "status": "published"}
            post = (await http.post("/api/v2/posts", json=body, headers=editor)).json()
            where = f"/api/v2/posts/{post['id']}/comments"

            async def shown() -> list[str]:
                return [each["content"] for each in (await http.get(where)).json()["data"]]

            assert await shown() == []
            written = [
                await http.post(where, json={"content": content, **GUEST})
                for content in ("one", "two", "three")
            ]
            assert [each.status_code for each in written] == [201, 201, 429]
            assert await shown() == []

            approve = f"/api/v2/comments/{written[0].json()['id']}/approve"
            assert (await http.post(approve, headers=editor)).status_code == 200

            async def is_shown() -> bool:
                return await shown() == ["one"]

            await until(is_shown)
            assert "hit" in (await http.get(where)).headers["cache-status"]
