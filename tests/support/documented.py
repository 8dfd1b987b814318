"""Every answer of contract v2 and of steering is one that their OpenAPI document has."""

import re
from functools import cache
from typing import Any

import httpx
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from serinus.presentation.http.release.app import contract

URN = "urn:contract-v2"


@cache
def _document() -> dict[str, Any]:
    return contract()


@cache
def _registry() -> Registry[Any]:
    resource = Resource.from_contents(_document(), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(URN, resource)
    return registry


@cache
def _paths() -> list[tuple[re.Pattern[str], str]]:
    """Those without parameters first: `/posts/by-slug` is no post."""
    return [
        (re.compile(re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(path))), path)
        for path in sorted(_document()["paths"], key=lambda path: path.count("{"))
    ]


async def check(answer: httpx.Response) -> None:
    """For `event_hooks` of a client. Raise when the answer is not documented."""
    if _operation(answer.request) is not None:
        await answer.aread()
        verify(answer)


def verify(answer: httpx.Response) -> None:
    """Raise when an answer that was read is not documented."""
    operation = _operation(answer.request)
    if operation is None:
        return
    told = f"{answer.request.method} {answer.request.url.path}: {answer.status_code}"
    documented = operation["responses"].get(str(answer.status_code))
    assert documented is not None, f"{told} is not documented: {answer.text[:500]}"
    if not answer.content:
        assert "content" not in documented, f"{told} has no body"
        return
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in documented.get("content", {}), f"{told} is not {media_type}"
    validator(documented["content"][media_type]["schema"]).validate(answer.json())


def validator(schema: dict[str, Any]) -> OAS31Validator:
    """Of a schema that stands in the document."""
    return OAS31Validator(_absolute(schema), registry=_registry())


def operation_at(method: str, path: str) -> str | None:
    """`get /api/v2/posts/{post_id}`, for a request that the document has."""
    for pattern, template in _paths():
        if pattern.fullmatch(path):
            known = method.lower() in _document()["paths"][template]
            return f"{method.lower()} {template}" if known else None
    return None


def _operation(request: httpx.Request) -> dict[str, Any] | None:
    name = operation_at(request.method, request.url.path)
    if name is None:
        return None
    method, path = name.split(" ")
    found: dict[str, Any] = _document()["paths"][path][method]
    return found


def _absolute(node: Any) -> Any:
    match node:
        case {"$ref": str(place)}:
            return {"$ref": f"{URN}{place}"}
        case dict():
            return {key: _absolute(value) for key, value in node.items()}
        case list():
            return [_absolute(each) for each in node]
        case _:
            return node
