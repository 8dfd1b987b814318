"""The schemas of the OpenAPI document: what Litestar leaves out, and what it garbles."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from serinus.presentation.http.v2.bodies import Body

Schema = dict[str, Any]
PREFIX = "#/components/schemas/"
# `Listing_serinus.presentation.http.v2.posts.PostView_`, as a generic type is named.
_GENERIC = re.compile(r"(?P<generic>\w+?)_(?:\w+\.)+(?P<of>\w+?)_?")


def improve(document: dict[str, Any]) -> None:
    """Give components names that clients can use, and say that unknown members are refused."""
    schemas: dict[str, Schema] = document["components"]["schemas"]
    renamed = {name: _name(name) for name in schemas}
    document["components"]["schemas"] = {renamed[name]: schemas[name] for name in schemas}
    for node in _nodes(document):
        if isinstance(node.get("$ref"), str):
            node["$ref"] = PREFIX + renamed[node["$ref"].removeprefix(PREFIX)]
        _flatten(node)
    for schema in schemas.values():
        if "enum" in schema:
            # Said of one member that has this type, and told of all.
            schema.pop("default", None)
            schema.pop("examples", None)
    for kind in _bodies(Body):
        if kind.__name__ in schemas:
            schemas[kind.__name__]["additionalProperties"] = False


def _name(name: str) -> str:
    generic = _GENERIC.fullmatch(name)
    return f"{generic['of']}{generic['generic']}" if generic else name


def _nodes(node: object) -> Iterator[Schema]:
    match node:
        case dict():
            for value in node.values():
                yield from _nodes(value)
            yield node
        case list():
            for value in node:
                yield from _nodes(value)
        case _:
            pass


def _flatten(node: Schema) -> None:
    """A choice of one is no choice: that is how an optional member of a patch comes out."""
    if isinstance(node.get("oneOf"), list) and len(node["oneOf"]) == 1:
        (only,) = node.pop("oneOf")
        node.update({**only, **node})
    if node.get("required") == []:
        del node["required"]


def _bodies(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for each in kind.__subclasses__():
        yield each
        yield from _bodies(each)
