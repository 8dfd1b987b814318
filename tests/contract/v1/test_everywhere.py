"""What holds for every operation of contract v1: routing, credentials, bodies, envelopes."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, data, problems, refusal

NO_POST = UUID("0198a6a0-0000-7000-8000-00000000000b")
POST = f"/posts/{NO_POST}"

KEY = f"/api-keys/{NO_POST}"
USER = f"/users/{NO_POST}"
WITH_SESSION_ONLY = [
    ("POST", "/auth/logout"),
    ("GET", "/auth/profile"),
    ("GET", "/api-keys"),
    ("POST", "/api-keys"),
    ("DELETE", KEY),
]
SIGNED_IN_ONLY = [
    *WITH_SESSION_ONLY,
    ("GET", "/posts"),
    ("POST", "/posts"),
    ("GET", POST),
    ("PUT", POST),
    ("DELETE", POST),
    ("POST", f"{POST}/publish"),
    ("GET", "/posts/tag/birds"),
    ("GET", "/tags"),
    ("GET", "/users"),
    ("GET", USER),
    ("PUT", USER),
    ("DELETE", USER),
    ("GET", f"{USER}/posts"),
    ("POST", f"{USER}/role"),
    ("GET", "/admin/posts"),
    ("POST", "/admin/posts"),
    ("DELETE", f"/admin{POST}"),
]
WITH_BODY = [
    ("POST", "/auth/register"),
    ("POST", "/auth/login"),
    ("POST", "/auth/refresh"),
    ("POST", "/posts"),
    ("PUT", POST),
    ("POST", "/api-keys"),
    ("PUT", USER),
    ("POST", f"{USER}/role"),
    ("POST", "/admin/posts"),
]
ALLOWED = [
    ("/info", "GET, HEAD"),
    ("/health", "GET, HEAD"),
    ("/health/liveness", "GET, HEAD"),
    ("/health/readiness", "GET, HEAD"),
    ("/auth/register", "POST"),
    ("/auth/login", "POST"),
    ("/auth/refresh", "POST"),
    ("/auth/logout", "POST"),
    ("/auth/profile", "GET, HEAD"),
    ("/posts", "GET, HEAD, POST"),
    (POST, "DELETE, GET, HEAD, PUT"),
    (f"{POST}/publish", "POST"),
    ("/posts/tag/birds", "GET, HEAD"),
    ("/tags", "GET, HEAD"),
    ("/users", "GET, HEAD"),
    (USER, "DELETE, GET, HEAD, PUT"),
    (f"{USER}/posts", "GET, HEAD"),
    (f"{USER}/role", "POST"),
    ("/admin/posts", "GET, HEAD, POST"),
    (f"/admin{POST}", "DELETE"),
    ("/api-keys", "GET, HEAD, POST"),
    (KEY, "DELETE"),
]
UNKNOWN = [
    "/",
    "/nothing",
    "/posts/",
    "//posts",
    "/tags/",
    "/health/",
    "/auth",
    "/auth/",
    "/auth/login/",
    f"{POST}/",
    f"{POST}/comments",
    f"{POST}/publish/now",
    "/posts/tag/",
    "/posts/tag/birds/",
    "/posts/tag/a/b",
    "/users/",
    f"{USER}/",
    f"{USER}/roles",
    f"{USER}/posts/",
    "/admin",
    "/admin/posts/",
    "/admin/users",
    f"/admin{POST}/",
    f"/admin{POST}/publish",
    "/Posts",
    "/api-keys/",
    "/api_keys",
    f"{KEY}/",
]
NO_HEADER = (401, "Missing or malformed authorization header.")
BAD_TOKEN = (401, "Invalid or expired token.")
MALFORMED = [
    b"",
    b" ",
    b"{",
    b"nothing",
    b"{'title': 'quotes'}",
    b'{"title": "no end}',
    b'{"title": "t",}',
    b'{"title": "t"} {}',
    b'{"title": NaN}',
    b'{"title": Infinity}',
    b'{"title": "\xff\xfe"}',
    b'{"title": "\xed\xa0\x80"}',
    b'{"title": "lone \\ud800 surrogate"}',
    b'{"title": "nul \\u0000"}',
    b'{"unknown": "nul \\u0000"}',
    b'{"unknown": ["nul \\\\\\u0000"]}',
    b'{"nul \\u0000": 1}',
    b'{"title": "raw \x00"}',
    b'\xef\xbb\xbf{"title": "after a byte order mark"}',
    '{"title": "t"}'.encode("utf-16"),
    b"[" * 100_000,
    b'{"unknown": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"unknown": ' + b"[" * 201 + b"]" * 201 + b"}",
    b'{"unknown": 1e999}',
    b'{"title": -1e999}',
    b'{"title": ' + b"1" * 5000 + b"}",
]
NO_OBJECT = [b"[]", b'"text"', b"1", b"null", b"true", b'["a", {}]', b'["nothing"]\n']
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", UNKNOWN)
async def test_an_unknown_path_is_no_endpoint(http: httpx.AsyncClient, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = await http.request(method, f"http://cms.test/api/v1{path}")

        assert refusal(answer) == (404, "Endpoint not found"), (method, path)


@pytest.mark.parametrize(("path", "allowed"), ALLOWED)
async def test_another_method_is_refused_with_those_that_are_served(
    http: httpx.AsyncClient, path: str, allowed: str
) -> None:
    methods = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"}
    for method in sorted(methods - set(allowed.split(", "))):
        answer = await http.request(method, path)

        assert refusal(answer) == (405, "Method not allowed"), method
        assert answer.headers["allow"] == allowed


async def test_the_base_itself_takes_get_alone(http: httpx.AsyncClient) -> None:
    answer = await http.post("http://cms.test/api/v1")

    assert refusal(answer) == (405, "Method not allowed")
    assert answer.headers["allow"] == "GET, HEAD"


async def test_head_is_get_without_the_body(http: httpx.AsyncClient, people: People) -> None:
    reader = await people.a(Role.SUBSCRIBER)
    for path in ("/info", "/health", "/posts", "/tags", "/auth/profile", POST, "/posts?page=x"):
        got = await reader.get(path)
        head = await reader.send("HEAD", path)

        assert head.status_code == got.status_code, path
        assert head.headers["content-type"] == got.headers["content-type"]
        assert head.content == b""
    assert (await http.head("/auth/login")).status_code == 405
    assert (await http.head("/nothing")).status_code == 404


@pytest.mark.parametrize(("method", "path"), SIGNED_IN_ONLY)
async def test_credentials_come_before_all_else(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    async def answered(**headers: str) -> tuple[int, str]:
        return refusal(await http.request(method, path, headers=headers, content=b"{"))

    assert await answered() == NO_HEADER
    assert await answered(Authorization="Bearer") == NO_HEADER
    assert await answered(Authorization="Basic YTpi") == NO_HEADER
    assert await answered(Authorization="Bearer x") == BAD_TOKEN
    takes_keys = (method, path) not in WITH_SESSION_ONLY
    expected = BAD_TOKEN if takes_keys else NO_HEADER
    assert await answered(**{"X-API-Key": "srn_x"}) == expected


@pytest.mark.parametrize("value", ["", " ", "Bearer ", "Bearer a b", "token", "Bearer\ta b"])
async def test_a_header_that_is_no_bearer_token_is_malformed(
    http: httpx.AsyncClient, value: str
) -> None:
    answer = await http.get("/tags", headers={"Authorization": value})

    assert refusal(answer) == NO_HEADER


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
async def test_the_scheme_is_compared_in_any_case(people: People, scheme: str) -> None:
    reader = await people.a()
    token = reader.headers["Authorization"].removeprefix("Bearer ")

    answer = await reader.http.get("/tags", headers={"Authorization": f"{scheme} {token}"})

    assert answer.status_code == 200


async def test_a_bearer_token_wins_over_a_key(people: People) -> None:
    reader = await people.a()

    answer = await reader.send("GET", "/tags", headers={"X-API-Key": "srn_x"})

    assert answer.status_code == 200


async def test_no_answer_asks_for_a_scheme(http: httpx.AsyncClient) -> None:
    answer = await http.get("/tags")

    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "post_id", ["1", "nonsense", "tag", str(NO_POST)[:-1], NO_POST.hex, f"{{{NO_POST}}}"]
)
async def test_a_path_without_a_proper_id_is_refused_before_the_body(
    people: People, method: str, post_id: str
) -> None:
    author = await people.a()

    answer = await author.send(method, f"/posts/{post_id}", content=b"{")

    assert refusal(answer) == (400, "Invalid id")


async def test_publishing_needs_a_proper_id(people: People) -> None:
    author = await people.a(Role.SUBSCRIBER)

    assert refusal(await author.post("/posts/nonsense/publish")) == (400, "Invalid id")


async def test_ids_are_read_in_any_case(people: People) -> None:
    author = await people.a()
    post = await author.wrote()

    assert data(await author.get(f"/posts/{post['id'].upper()}"))["id"] == post["id"]


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
async def test_a_body_must_be_said_to_be_json(people: People, method: str, path: str) -> None:
    author = await people.a()
    for content_type in (
        None,
        "",
        "text/plain",
        "text/json",
        "application/json-patch+json",
        "application/problem+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        headers = {} if content_type is None else {"Content-Type": content_type}
        answer = await author.send(method, path, content=b"{", headers=headers)

        assert refusal(answer) == (415, "Expected application/json"), content_type


async def test_the_content_type_may_have_parameters_and_any_case(people: People) -> None:
    author = await people.a()
    for content_type in (
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json;x=y",
        " application/json ",
    ):
        answer = await author.send(
            "POST", "/posts", content=b"[]", headers={"Content-Type": content_type}
        )

        assert refusal(answer) == (400, "Expected a JSON object"), content_type


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
async def test_a_body_that_is_not_json_is_malformed(
    people: People, method: str, path: str
) -> None:
    author = await people.a()
    for content in MALFORMED:
        answer = await author.send(method, path, content=content, headers=JSON)

        assert refusal(answer) == (400, "Malformed JSON"), content[:60]


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
async def test_a_body_that_is_no_object_is_refused(
    people: People, method: str, path: str
) -> None:
    author = await people.a()
    for content in NO_OBJECT:
        answer = await author.send(method, path, content=content, headers=JSON)

        assert refusal(answer) == (400, "Expected a JSON object"), content


WRONG_TYPES: list[tuple[str, str, list[Any]]] = [
    ("/auth/register", "username email password first_name last_name", [1, True, ["a"], {}]),
    ("/auth/login", "email password", [1, 1.5, False, ["a"], {}]),
    ("/auth/login", "remember_me", [1, 0, "true", [], {}]),
    ("/auth/refresh", "refresh_token", [1, False, ["a"], {}]),
    (
        "/posts",
        "title content excerpt slug category featured_image meta_title meta_description",
        [1, True, ["a"], {"a": 1}, 1e300],
    ),
    ("/posts", "published", [1, 0, "true", "", [], {}]),
    ("/admin/posts", "title content", [1, True, ["a"], {"a": 1}]),
    ("/admin/posts", "published", [1, 0, "true", "", [], {}]),
    ("/posts", "tags", ["birds", 1, True, {}, [1], ["birds", None], [["birds"]]]),
]


@pytest.mark.parametrize(("path", "members", "values"), WRONG_TYPES)
async def test_a_member_of_a_wrong_type_is_named(
    people: People, path: str, members: str, values: list[Any]
) -> None:
    author = await people.a()
    for member in members.split():
        for value in values:
            answer = await author.post(path, **{member: value})

            assert refusal(answer) == (400, f"Invalid type for field: {member}"), value


async def test_updates_take_the_same_types(people: People) -> None:
    author = await people.a()
    for member, value in {"title": 1, "published": "yes", "tags": "birds"}.items():
        answer = await author.put(POST, **{member: value})

        assert refusal(answer) == (400, f"Invalid type for field: {member}")


async def test_of_several_wrong_types_the_contracts_first_is_named(people: People) -> None:
    author = await people.a()

    posted = await author.post("/posts", meta_title=1, tags="x", title="", excerpt=[])
    registered = await author.post("/auth/register", last_name=1, password=1, username="")

    assert refusal(posted) == (400, "Invalid type for field: excerpt")
    assert refusal(registered) == (400, "Invalid type for field: password")


async def test_unknown_members_are_ignored(people: People) -> None:
    author = await people.a()
    unknown = {"id": 5, "author_id": [], "version": {"deep": [None]}, "": 1.5, "Title": 1}

    answer = await author.post("/posts", title="Kept", content="Kept.", **unknown)

    assert data(answer, 201)["title"] == "Kept"


async def test_of_a_member_sent_twice_the_last_counts(people: People) -> None:
    author = await people.a()
    body = b'{"title": 1, "content": "c", "title": "The last"}'

    answer = await author.send("POST", "/posts", content=body, headers=JSON)

    assert data(answer, 201)["title"] == "The last"


async def test_what_is_unknown_may_be_nested(people: People) -> None:
    author = await people.a()
    body = b'{"title": "t", "content": "c", "unknown": ' + b"[" * 200 + b"]" * 200 + b"}"

    assert data(await author.send("POST", "/posts", content=body, headers=JSON), 201)


async def test_an_escaped_backslash_before_a_zero_is_no_nul(people: People) -> None:
    author = await people.a()
    body = rb'{"title": "a \\u0000 b", "content": "c"}'

    answer = await author.send("POST", "/posts", content=body, headers=JSON)

    assert data(answer, 201)["title"] == r"a \u0000 b"


async def test_violations_come_before_what_a_role_may(people: People) -> None:
    subscriber = await people.a(Role.SUBSCRIBER)

    assert problems(await subscriber.put(POST, title=""))[0][0] == "title"
    assert [field for field, _ in problems(await subscriber.post("/posts"))] == [
        "title",
        "content",
    ]


async def test_what_a_role_may_comes_before_the_post(people: People) -> None:
    subscriber, contributor = await people.a(Role.SUBSCRIBER), await people.a(Role.CONTRIBUTOR)
    forbidden = (403, "Insufficient permissions")

    assert refusal(await subscriber.put(POST)) == forbidden
    assert refusal(await subscriber.delete(POST)) == forbidden
    assert refusal(await subscriber.post(f"{POST}/publish")) == forbidden
    assert refusal(await contributor.post(f"{POST}/publish")) == forbidden
    assert refusal(await contributor.put(POST, published=True)) == forbidden
    assert refusal(await contributor.put(POST)) == (404, "Post not found")


async def test_times_are_utc_with_six_digits(people: People) -> None:
    author = await people.a()
    post = await author.wrote(published=True)

    for member in ("created_at", "updated_at", "published_at"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", post[member])
