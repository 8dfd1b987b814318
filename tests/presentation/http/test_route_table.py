"""Paths come in any number; the routes they are counted under do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.presentation.http.route_table import RouteTable

TEMPLATES = [
    "/",
    "/posts",
    "/posts/{post_id:uuid}",
    "/posts/tag/{tag}",
    "/posts/{id}/publish",
    "/posts/by-slug/{slug:path}",
    "/docs/{name:str}",
]
TABLE = RouteTable(TEMPLATES)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/posts", "/posts"),
        ("/posts/1", "/posts/{post_id}"),
        ("/posts/1/publish", "/posts/{id}/publish"),
        ("/posts/tag/birds", "/posts/tag/{tag}"),
        ("/posts/tag/publish", "/posts/tag/{tag}"),
        ("/posts/by-slug/2026/07/a-song", "/posts/by-slug/{slug}"),
        ("/docs/page.css", "/docs/{name}"),
        ("/posts/", None),
        ("//posts", None),
        ("/posts//publish", None),
        ("/posts/1/unpublish", None),
        ("/posts/by-slug/", None),
        ("/docs/a/b", None),
        ("", None),
        ("/posts/{}/publish/{}", None),
    ],
)
def test_a_path_is_counted_under_the_route_that_serves_it(path: str, route: str | None) -> None:
    assert TABLE.find(path) == route


@given(st.text(alphabet=st.characters(), max_size=40))
def test_no_path_makes_a_route_that_is_not_there(path: str) -> None:
    names: set[str | None] = {
        "/",
        "/posts",
        "/posts/{post_id}",
        "/posts/tag/{tag}",
        "/posts/{id}/publish",
    }
    names |= {"/posts/by-slug/{slug}", "/docs/{name}", None}

    assert TABLE.find(path) in names
    assert TABLE.find(f"/posts/{path}") in names
