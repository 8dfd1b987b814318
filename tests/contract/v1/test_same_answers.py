"""Sent the same requests, both engines give the same answers and store the same things."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import Person
from tests.contract.v1.copies import PEOPLE, Copy, comparable, copy, populate, post_id
from tests.contract.v1.engines import serving
from tests.support.databases import Clones

law = settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

PUBLISHED, DRAFT, DELETED, PAGE, ANOTHERS = map(post_id, (0, 1, 5, 6, 7))
UNKNOWN = post_id(99)
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Pair:
    v1: httpx.AsyncClient
    v2: httpx.AsyncClient
    people: dict[Role | None, Person]

    async def agree(self, role: Role | None, method: str, path: str, **request: Any) -> None:
        headers = {**(self.people[role].headers if role else {}), **request.pop("headers", {})}
        first, second = [
            comparable(
                await http.request(method, path, headers=headers, **request), written=False
            )
            for http in (self.v1, self.v2)
        ]
        assert first == second, (role, method, path)


@pytest.fixture
async def pair(database_url: str, pool: asyncpg.Pool) -> AsyncIterator[Pair]:
    """Both engines on one database."""
    async with serving("v1", database_url) as v1, serving("v2", database_url) as v2:
        yield Pair(v1, v2, await populate(v1, pool))


@dataclass(frozen=True)
class Copies:
    v1: Copy
    v2: Copy

    async def agree(self, role: Role | None, method: str, path: str, **request: Any) -> None:
        first = await self.v1.send(role, method, path, **request)
        second = await self.v2.send(role, method, path, **request)
        assert first == second, (role, method, path, request)

    async def hold_the_same(self) -> None:
        assert await self.v1.contents() == await self.v2.contents()

    async def forget(self) -> None:
        await self.v1.forget()
        await self.v2.forget()


@pytest.fixture
async def copies(clones: Clones, database_url: str) -> AsyncIterator[Copies]:
    """Each engine on a database of its own, with the same content."""
    second_url = clones.take()
    async with copy("v1", database_url) as v1, copy("v2", second_url) as v2:
        yield Copies(v1, v2)
    clones.drop(second_url)


PATHS = [
    "/",
    "/info",
    "/health",
    "/health/liveness",
    "/health/readiness",
    "/health/",
    "/auth",
    "/auth/login",
    "/auth/profile",
    "/nothing",
    "/posts/",
    "/posts/tag",
    "/posts/tag/",
    "/posts/tag/birds",
    "/posts/tag/BIRDS?page=2&limit=1",
    "/posts/tag/%E3%80%80song%20",
    "/posts/tag/so%2Fng",
    "/posts/tag/publish",
    "/posts/tag/birds/publish",
    "/posts/tag/%00",
    "/posts/tag/" + "x" * 3000,
    "/posts?tag=song&status=draft",
    "/posts?status=draft",
    "/posts?status=Archived&limit=1",
    "/posts?status=scheduled",
    f"/posts?author={PEOPLE[Role.CONTRIBUTOR]}&sort=title",
    f"/posts?author=%7B{UNKNOWN}%7D",
    *(
        f"/posts?sort={sign}{name}&limit=3"
        for sign in ("", "-")
        for name in ("title", "updated_at")
    ),
    *(f"/posts?sort={sign}published_at" for sign in ("", "-")),
    *(f"/tags?sort={sign}{name}" for sign in ("", "-") for name in ("name", "usage_count")),
    *(f"/search?q=published{rest}" for rest in ("", "&doc_type=User", "&limit=0&offset=1")),
    *(
        f"/search?q=planted&sort_by={name}&sort_order={way}&limit=4"
        for name in ("relevance", "created_at", "title")
        for way in ("asc", "desc")
    ),
    "/search?q=%E9%87%91%E7%B3%B8%E9%9B%80",
    "/search?q=subscriber",
    "/search?limit=x",
    "/search?q=%00",
    "/search/",
    "/search/suggest?prefix=a&limit=3",
    "/search/suggest",
    "/search/stats",
    "/search/reindex",
    *(f"/posts/{post_id(number)}" for number in range(11)),
    f"/posts/{PUBLISHED}/",
    f"/posts/{PUBLISHED}/publish",
    f"/posts/{PUBLISHED}?page=x",
    f"/posts/{str(PUBLISHED).upper()}",
    f"/posts/%20{PUBLISHED}",
    f"/posts/{PUBLISHED}%0A",
    f"/posts/{PUBLISHED.hex}",
    f"/posts/urn:uuid:{PUBLISHED}",
    "/users",
    "/users/",
    "/users/me",
    "/users?sort=username&limit=3",
    "/users?sort=-updated_at&page=2&limit=4&active=TRUE",
    "/users?role=Editor",
    "/users?role=super_admin&active=false",
    *(f"/users/{user_id}" for user_id in PEOPLE.values()),
    f"/users/{UNKNOWN}",
    f"/users/{UNKNOWN}/role",
    f"/users/{UNKNOWN}/posts",
    f"/users/{PEOPLE[Role.CONTRIBUTOR]}/posts?sort=title&author={UNKNOWN}",
    "/admin",
    "/admin/posts",
    "/admin/posts?status=draft",
    f"/admin/posts/{DRAFT}",
]


@pytest.mark.parametrize("role", [None, Role.SUBSCRIBER, Role.CONTRIBUTOR, Role.EDITOR])
async def test_reading(pair: Pair, role: Role | None) -> None:
    for path in PATHS:
        for method in ("GET", "HEAD"):
            await pair.agree(role, method, path)


@pytest.mark.parametrize(
    "method", ["OPTIONS", "PATCH", "TRACE", "PURGE", "get", "POST", "PUT", "DELETE"]
)
async def test_methods(copies: Copies, method: str) -> None:
    for path in PATHS:
        if path != "/posts/tag/publish":  # two operations share it, and one engine names both
            await copies.agree(Role.SUBSCRIBER, method, path)
            await copies.agree(None, method, path)


CREDENTIALS = [
    {},
    {"Authorization": ""},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer  "},
    {"Authorization": "Bearer a b"},
    {"Authorization": "Bearer\tx"},
    {"Authorization": "Bearer x"},
    {"Authorization": "Basic eDp5"},
    {"Authorization": "Token x"},
    {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
    {"Authorization": "Bearer \u00e9".encode("latin-1")},
    {"X-API-Key": "srn_x"},
    {"X-API-Key": ""},
    {"X-API-Key": "srn_x", "Authorization": "Basic x"},
    {"X-API-Key": "srn_x", "Authorization": ""},
]


@pytest.mark.parametrize("headers", CREDENTIALS, ids=str)
async def test_credentials(pair: Pair, headers: dict[str, Any]) -> None:
    await pair.agree(None, "GET", "/tags", headers=headers)
    await pair.agree(None, "POST", "/auth/logout", headers=headers)
    await pair.agree(None, "GET", "/info", headers=headers)


BODIES = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b'{"title": "t"}',
    b'{"title": "t", "content": "c", "tags": ["a", "A", "b"], "published": true}',
    b'{"title": "t", "content": "c", "title": null}',
    b'{"title": "t", "content": "c", "slug": "t"}',
    b'{"title": "t", "content": "c", "slug": "t"}',
    b'{"title": "\\u0000"}',
    b'{"title": "\\ud83d\\ude00", "content": "\\\\u0000"}',
    b'{"title": "\xf0\x9f\x90\xa4"}',
    b'{"title": "\xf0\x9f\x90"}',
    b'{"title": 1E2, "content": [], "excerpt": {}}',
    b'{"tags": [1, "a"]}',
    b'{"tags": []}',
    b'{"published": null, "category": "  "}',
    b'{"published": false}',
    b'{"x": 123456789012345678901234567890}',
]


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", None])
async def test_bodies(copies: Copies, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    for body in BODIES:
        for role in (Role.SUBSCRIBER, Role.CONTRIBUTOR, Role.EDITOR):
            request = {"content": body, "headers": headers}
            await copies.agree(role, "POST", "/posts", **request)
            for target in (DRAFT, ANOTHERS, DELETED, UNKNOWN, "x"):
                await copies.agree(role, "PUT", f"/posts/{target}", **request)
    await copies.hold_the_same()


@pytest.mark.parametrize("role", Role)
async def test_who_may_do_what(copies: Copies, role: Role) -> None:
    for number in range(11):
        path = f"/posts/{post_id(number)}"
        for body in ({"excerpt": "x"}, {"published": True}, {"published": False}):
            await copies.agree(role, "PUT", path, json=body)
        await copies.agree(role, "POST", f"{path}/publish")
        await copies.agree(role, "DELETE", path)
        await copies.agree(role, "GET", path)
    await copies.agree(role, "GET", "/posts?sort=title")
    await copies.hold_the_same()


@pytest.mark.parametrize("role", Role)
async def test_who_may_do_what_to_whom(copies: Copies, role: Role) -> None:
    changes: list[dict[str, Any]] = [
        {"first_name": "Ada", "last_name": ""},
        {"username": "Ada", "email": "ada@example.org"},
        *({"role": each} for each in Role),
        {"is_active": True},
    ]
    for theirs in (Role.SUBSCRIBER, Role.ADMIN, Role.SUPER_ADMIN, role):
        path = f"/users/{PEOPLE[theirs]}"
        for body in changes:
            await copies.agree(role, "PUT", path, json=body)
        for each in (*Role, "", None):
            await copies.agree(role, "POST", f"{path}/role", json={"role": each})
        await copies.agree(role, "DELETE", path)
        await copies.agree(role, "GET", path)
        await copies.agree(role, "GET", "/users?sort=username")
    await copies.agree(role, "DELETE", f"/admin/posts/{ANOTHERS}")
    await copies.agree(role, "POST", "/admin/posts", json={"title": "t", "content": "c"})
    await copies.agree(role, "GET", "/admin/posts")
    await copies.hold_the_same()


SIGNING = [
    ("register", {"username": "Ada", "email": "ADA@example.org", "password": "feathers 1"}),
    ("register", {"username": "ada", "email": "other@example.org", "password": "feathers 1"}),
    ("register", {"username": "Other", "email": "ada@Example.org", "password": "feathers 1"}),
    ("register", {"username": "x", "email": "x", "password": "x", "first_name": "x" * 101}),
    (
        "register",
        {"username": "Robin Hood", "email": "r@example.org", "password": "robin hood"},
    ),
    ("register", {"username": 5}),
    ("login", {"email": "ada@example.org", "password": "feathers 1", "remember_me": True}),
    ("login", {"email": " Ada@Example.ORG", "password": "feathers 1", "unknown": 1}),
    ("login", {"email": "ada@example.org", "password": "Feathers 1"}),
    ("login", {"email": "nobody@example.org", "password": "feathers 1"}),
    ("login", {"email": "ada@example.org", "password": "feathers 1", "remember_me": "yes"}),
    ("login", {"email": "", "password": ""}),
    ("refresh", {"refresh_token": "unknown"}),
    ("refresh", {"refresh_token": None}),
    ("refresh", {"refresh_token": 5}),
]


async def test_signing_up_and_in(copies: Copies) -> None:
    for operation, body in SIGNING:
        await copies.agree(None, "POST", f"/auth/{operation}", json=body)
    await copies.agree(Role.EDITOR, "GET", "/auth/profile")
    await copies.agree(Role.EDITOR, "POST", "/auth/logout")
    await copies.agree(Role.EDITOR, "POST", "/auth/logout")
    await copies.hold_the_same()


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=90)
texts = words | st.sampled_from(
    ["", " ", "Canaries", "canaries!", "金糸雀", "x" * 61, "x" * 161, "x" * 256, "x" * 501, "_"]
)
long_texts = st.builds(lambda text, times: text * times, words, st.integers(1, 40))
numbers = st.integers() | st.floats()
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=4,
)
tags = st.lists(texts | st.sampled_from(["a", "A", "\uff21", "b ", "C++"]), max_size=4)
members: dict[str, st.SearchStrategy[object]] = {
    "title": texts,
    "content": texts,
    "excerpt": texts,
    "slug": texts,
    "published": st.booleans(),
    "tags": tags,
    "category": texts,
    "featured_image": texts | words.map(lambda rest: "https://example.org/" + rest),
    "meta_title": texts,
    "meta_description": texts,
}
# Mostly what the contract asks for, so that much gets through; then of the right types, so
# that the rules are reached; then whatever JSON can say.
sound = st.fixed_dictionaries(
    {"title": (words | long_texts).filter(str.strip), "content": st.just("c")},
    optional={name: members[name] for name in ("tags", "category", "published")},
)
unsound = st.sampled_from(sorted(members)).flatmap(
    lambda name: st.fixed_dictionaries({name: members[name]})
)
odd = st.fixed_dictionaries({}, optional=dict.fromkeys(members, anything))
bodies = (
    sound
    | unsound
    | odd
    | st.tuples(sound, unsound).map(lambda both: {**both[0], **both[1]})
    | st.fixed_dictionaries({}, optional=members)
)


@settings(law, max_examples=60)
@given(sent=st.lists(st.tuples(st.sampled_from(["POST", "PUT"]), bodies), max_size=6))
async def test_any_writing(copies: Copies, sent: list[tuple[str, dict[str, Any]]]) -> None:
    await copies.forget()
    for method, body in [("POST", {"title": "Canaries", "content": "c"}), *sent]:
        path = "/posts" if method == "POST" else "/posts/{last}"
        await copies.agree(
            Role.EDITOR, method, path, content=json.dumps(body).encode(), headers=JSON
        )
    await copies.agree(Role.EDITOR, "GET", "/posts?limit=100&sort=title")
    await copies.agree(Role.EDITOR, "GET", "/tags?limit=100&sort=name")
    await copies.hold_the_same()


usual_values = [
    "0",
    "1",
    "2",
    "99",
    "-1",
    "x",
    "1.0",
    "title",
    "-title",
    "published_at",
    "draft",
    "Published",
    "archived",
    "birds",
    "Song",
    "username",
    "SuperAdmin",
    "CONTRIBUTOR",
    "True",
    "false",
]
values = st.sampled_from(
    ["", "9" * 25, str(PEOPLE[Role.CONTRIBUTOR]), *usual_values]
) | words.map(quote)
parameters = st.tuples(
    st.sampled_from(
        ["page", "limit", "sort", "status", "author", "tag", "role", "active", "Page", ""]
    ),
    values,
)
queries = st.lists(parameters, max_size=4).map(
    lambda pairs: "&".join("=".join(pair) for pair in pairs)
) | st.text("&=;+%0pagelimt-1", max_size=20)


@law
@given(
    path=st.sampled_from(
        [
            "/posts",
            "/posts/tag/birds",
            "/tags",
            "/users",
            f"/users/{PEOPLE[Role.CONTRIBUTOR]}/posts",
        ]
    ),
    query=queries,
    role=st.sampled_from([Role.SUBSCRIBER, Role.CONTRIBUTOR, Role.ADMIN]),
)
async def test_any_list(pair: Pair, path: str, query: str, role: Role) -> None:
    await pair.agree(role, "GET", f"{path}?{query}")


@law
@given(name=words)
async def test_any_address(pair: Pair, name: str) -> None:
    await pair.agree(Role.EDITOR, "GET", f"/posts/tag/{quote(name, safe='')}")
    await pair.agree(Role.EDITOR, "GET", f"/posts/{quote(name, safe='')}")
    await pair.agree(Role.EDITOR, "GET", f"/{quote(name)}")


search_values = values | st.sampled_from(
    [
        "planted",
        "published",
        "Author",
        "%E9%87%91%E7%B3%B8",
        "post",
        "USER",
        "created_at",
        "asc",
    ]
)
search_queries = st.lists(
    st.tuples(
        st.sampled_from(
            ["q", "prefix", "limit", "offset", "doc_type", "sort_by", "sort_order"]
        ),
        search_values,
    ),
    max_size=5,
).map(lambda pairs: "&".join("=".join(pair) for pair in pairs))


@law
@given(path=st.sampled_from(["/search?q=planted&", "/search?"]), query=search_queries)
async def test_any_search(pair: Pair, path: str, query: str) -> None:
    await pair.agree(None, "GET", f"{path}{query}")
    await pair.agree(None, "GET", f"/search/suggest?{query}")


names = words | st.sampled_from(["Ada", "ADA", "\uff21da", "a@b", "ab", "x" * 51])
addresses = words | st.builds("{}@{}".format, words, words | st.just("example.org"))
accounts = st.fixed_dictionaries(
    {"username": names | anything, "email": addresses, "password": st.just("short")},
    optional={"first_name": texts | anything, "last_name": texts | anything},
)


@law
@given(body=accounts)
async def test_any_registration_that_fails(pair: Pair, body: dict[str, Any]) -> None:
    """With too short a password, so that nothing is hashed, and all the rest is looked at."""
    content = json.dumps(body).encode()

    await pair.agree(None, "POST", "/auth/register", content=content, headers=JSON)


roles = st.sampled_from([*Role, "SuperAdmin", "AUTHOR", "", "owner", "\u017fubscriber"])
changes = st.fixed_dictionaries(
    {},
    optional={
        "username": names | anything,
        "email": addresses | st.just("ada@example.org") | anything,
        "first_name": texts | anything,
        "last_name": texts | anything,
        "role": roles | anything,
        "is_active": st.just(value=True) | anything,
        "version": anything,
    },
)


@settings(law, max_examples=60)
@given(
    sent=st.lists(
        st.tuples(
            st.sampled_from([Role.SUPER_ADMIN, Role.ADMIN, Role.AUTHOR]),
            st.sampled_from([*PEOPLE.values(), UNKNOWN]),
            changes,
        ),
        max_size=6,
    )
)
async def test_any_change_of_accounts(
    copies: Copies, sent: list[tuple[Role, UUID, dict[str, Any]]]
) -> None:
    for role, user_id, body in sent:
        content = json.dumps(body).encode()
        await copies.agree(role, "PUT", f"/users/{user_id}", content=content, headers=JSON)
    await copies.agree(Role.SUPER_ADMIN, "GET", "/users?limit=100&sort=username")
    await copies.hold_the_same()
