"""The document says what is served, and what is served is as the document says."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from serinus.domain.identity.caller import Role
from serinus.presentation.http.openapi import merged, operations
from serinus.presentation.http.openapi_3_0 import as_3_0
from serinus.presentation.http.v1.app import BEFORE_THE_ENGINES, V1Application
from serinus.presentation.http.v1.openapi import v1_openapi
from serinus.presentation.http.v2.app import contract
from tests.contract.v1.clients import People, data

Document = dict[str, Any]
TITLED = {"title": "Canaries sing", "content": "They do."}
ADA = {"username": "Ada", "email": "ada@example.org", "password": "yellow feathers 1"}


@pytest.fixture
def document(app: V1Application) -> Document:
    return v1_openapi(app)


def test_it_is_valid_alone_and_beside_contract_v2(document: Document) -> None:
    whole = merged(contract(), document)

    validate(document)
    validate(whole)
    validate(as_3_0(whole))
    assert {path for path, _, _ in operations(document)} <= set(whole["paths"])
    named = [operation["operationId"] for _, _, operation in operations(whole)]
    assert len(named) == len(set(named))


async def test_it_names_exactly_what_is_served(
    document: Document, http: httpx.AsyncClient
) -> None:
    served = (await http.get("/info")).json()["endpoints"]

    documented = sorted(f"{method.upper()} {path}" for path, method, _ in operations(document))
    assert sorted([*documented, *BEFORE_THE_ENGINES]) == served


def test_every_operation_is_described(document: Document) -> None:
    for path, method, operation in operations(document):
        assert operation["summary"], (method, path)
        assert operation["tags"][0] in {tag["name"] for tag in document["tags"]}
        for response in operation["responses"].values():
            assert response["description"], (method, path)


def test_required_members_are_the_contracts(document: Document) -> None:
    schemas = document["components"]["schemas"]

    assert schemas["CreatePost"]["required"] == ["title", "content"]
    assert "required" not in schemas["UpdatePost"]
    assert schemas["Register"]["required"] == ["username", "email", "password"]
    assert schemas["Login"]["required"] == ["email", "password"]
    assert schemas["Refresh"]["required"] == ["refresh_token"]
    assert "required" not in schemas["UpdateUser"]
    assert schemas["ChangeRole"]["required"] == ["role"]
    assert schemas["CreateAdminPost"]["required"] == ["title", "content"]
    assert schemas["CreateApiKey"]["required"] == ["name", "permissions"]


def test_it_says_where_a_key_is_accepted(document: Document) -> None:
    paths = document["paths"]

    for path, methods in paths.items():
        part = path.removeprefix("/api/v1").strip("/").partition("/")[0]
        for operation in methods.values():
            security, responses = operation["security"], operation["responses"]
            assert ({"bearer": []} in security) is (security != [])
            with_key = {"apiKey": []} in security
            assert with_key is (security != [] and part not in {"auth", "api-keys"})
            if with_key:
                assert "403" in responses, path


async def test_answers_are_as_documented(document: Document, people: People) -> None:
    author, subscriber = await people.a(), await people.a(Role.SUBSCRIBER)
    post = await author.wrote(tags=["birds"], category="Birds", published=True)
    shown, unknown = f"/posts/{post['id']}", f"/posts/{uuid4()}"
    registered = await author.post("/auth/register", **ADA)
    token = data(registered, 201)["tokens"]["refresh_token"]

    conforms(document, "/auth/register", registered)
    for template, answer in [
        ("", await people.http.get("http://cms.test/api/v1")),
        ("/info", await author.get("/info")),
        ("/health", await author.get("/health")),
        ("/health/liveness", await author.get("/health/liveness")),
        ("/health/readiness", await author.get("/health/readiness")),
        ("/auth/register", await author.post("/auth/register")),
        ("/auth/register", await author.post("/auth/register", **ADA)),
        ("/auth/login", await author.post("/auth/login", email="x@y.zz", password="x")),
        ("/auth/login", await author.post("/auth/login", **ADA)),
        ("/auth/refresh", await author.post("/auth/refresh", refresh_token=token)),
        ("/auth/refresh", await author.post("/auth/refresh", refresh_token=5)),
        ("/auth/profile", await author.get("/auth/profile")),
        ("/posts", await author.get("/posts")),
        ("/posts", await author.get("/posts", page="x")),
        ("/posts", await people.http.get("/posts")),
        ("/posts", await author.post("/posts", **TITLED)),
        ("/posts", await author.post("/posts", title="")),
        ("/posts", await subscriber.post("/posts", **TITLED)),
        ("/posts", await author.send("POST", "/posts", content=b"{")),
        ("/posts/{id}", await author.get(shown)),
        ("/posts/{id}", await author.get(unknown)),
        ("/posts/{id}", await author.get("/posts/x")),
        ("/posts/{id}", await author.put(shown, excerpt="E")),
        ("/posts/{id}", await subscriber.put(shown)),
        ("/posts/{id}/publish", await author.post(f"{shown}/publish")),
        ("/posts/tag/{tag}", await author.get("/posts/tag/birds")),
        ("/tags", await author.get("/tags")),
        ("/posts/{id}", await author.delete(shown)),
        ("/auth/logout", await author.post("/auth/logout")),
    ]:
        conforms(document, template, answer)


async def test_answers_about_keys_are_as_documented(
    document: Document, people: People, pool: asyncpg.Pool
) -> None:
    ada = await people.a()
    body = {"name": "Deploy", "permissions": ["posts:write", "users:read"]}
    made = await ada.post("/api-keys", **body)
    key = {"X-API-Key": data(made, 201)["raw_key"]}
    path = f"/api-keys/{data(made, 201)['api_key']['id']}"

    conforms(document, "/api-keys", made)
    for template, answer in [
        ("/api-keys", await ada.get("/api-keys")),
        ("/api-keys", await people.http.get("/api-keys", headers=key)),
        ("/api-keys", await ada.post("/api-keys", name="")),
        ("/api-keys", await ada.post("/api-keys", permissions="all")),
        ("/api-keys", await ada.send("POST", "/api-keys", content=b"{}")),
        ("/tags", await people.http.get("/tags", headers=key)),
        ("/posts", await people.http.get("/posts", headers=key)),
        ("/posts/{id}", await people.http.get(f"/posts/{uuid4()}", headers=key)),
        ("/api-keys/{id}", await ada.delete("/api-keys/x")),
        ("/api-keys/{id}", await ada.delete(path)),
        ("/api-keys/{id}", await ada.delete(path)),
    ]:
        conforms(document, template, answer)
    await pool.execute(
        """
        INSERT INTO api_keys (id, user_id, name, key_hash, scopes, created_at)
        SELECT gen_random_uuid(), $1, 'n', $2, '{posts:read}', now()
          FROM generate_series(1, 100)
        """,
        ada.id,
        b"h" * 32,
    )
    conforms(document, "/api-keys", await ada.post("/api-keys", **body))


async def test_answers_about_people_are_as_documented(
    document: Document, people: People
) -> None:
    admin, reader = await people.a(Role.ADMIN), await people.a(Role.SUBSCRIBER)
    post = await admin.wrote(published=True)
    own, other, unknown = (f"/users/{each}" for each in (reader.id, admin.id, uuid4()))

    for template, answer in [
        ("/users", await admin.get("/users")),
        ("/users", await reader.get("/users")),
        ("/users", await reader.get("/users", role="owner")),
        ("/users", await people.http.get("/users")),
        ("/users/{id}", await reader.get(own)),
        ("/users/{id}", await reader.get(other)),
        ("/users/{id}", await reader.get(unknown)),
        ("/users/{id}", await reader.get("/users/x")),
        ("/users/{id}/posts", await reader.get(f"{other}/posts")),
        ("/users/{id}/posts", await reader.get(f"{unknown}/posts")),
        ("/users/{id}", await reader.put(own, first_name="A")),
        ("/users/{id}", await reader.put(own, username=admin.username)),
        ("/users/{id}", await reader.put(own, username="")),
        ("/users/{id}", await reader.put(other)),
        ("/users/{id}", await reader.send("PUT", own, content=b"{")),
        ("/users/{id}/role", await admin.post(f"{own}/role", role="Editor")),
        ("/users/{id}/role", await admin.post(f"{own}/role")),
        ("/users/{id}/role", await admin.post(f"{unknown}/role", role="Editor")),
        ("/admin/posts", await reader.get("/admin/posts")),
        ("/admin/posts", await reader.post("/admin/posts", **TITLED)),
        ("/admin/posts", await reader.post("/admin/posts")),
        ("/admin/posts/{id}", await reader.delete(f"/admin/posts/{post['id']}")),
        ("/admin/posts/{id}", await admin.delete(f"/admin/posts/{post['id']}")),
        ("/admin/posts/{id}", await admin.delete(f"/admin/posts/{post['id']}")),
        ("/users/{id}", await reader.delete(other)),
        ("/users/{id}", await reader.delete(own)),
        ("/users/{id}", await reader.delete(own)),
    ]:
        conforms(document, template, answer)


def conforms(document: Document, template: str, answer: httpx.Response) -> None:
    """The status is documented, and the body fits what is documented for it."""
    operation = document["paths"][f"/api/v1{template}"][answer.request.method.lower()]
    response = operation["responses"][str(answer.status_code)]
    registry: Registry[Any] = Registry().with_resource(
        "urn:v1", Resource.from_contents(document, default_specification=DRAFT202012)
    )
    schema = _absolute(response["content"]["application/json"]["schema"])
    OAS31Validator(schema, registry=registry).validate(answer.json())


def _absolute(node: Any) -> Any:
    match node:
        case dict():
            return {
                key: f"urn:v1{value}" if key == "$ref" else _absolute(value)
                for key, value in node.items()
            }
        case list():
            return [_absolute(each) for each in node]
        case _:
            return node
