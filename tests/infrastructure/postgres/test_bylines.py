"""How the name of an author is written."""

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.content.ports import Slugs
from serinus.domain.content.post import Byline, PostId
from serinus.domain.identity.caller import UserId
from serinus.infrastructure.postgres.posts import PostgresPosts
from tests.support.content import a_post, add_author


@pytest.mark.parametrize(
    ("first_and_last", "shown"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("葵 佐々木", "佐々木 葵"),
        ("さくら さとう", "さとう さくら"),
        ("민준 김", "김 민준"),
        ("Ada", "Ada"),
    ],
)
async def test_a_family_name_in_east_asian_script_comes_first(
    pool: asyncpg.Pool, first_and_last: str, shown: str
) -> None:
    author = Byline(UserId(uuid7()), "writer", first_and_last)
    await add_author(pool, author)
    posts = PostgresPosts(pool)

    post = await posts.add(
        a_post(author=author), Slugs("song", exact=False), tags=[], categories=[]
    )

    assert (await posts.get(PostId(post.id))).author.name == shown
