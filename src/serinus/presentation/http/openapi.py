"""Both contracts in one OpenAPI 3.1 document."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

Document = dict[str, Any]
#: Tags of what stands beside the contracts, and belongs to neither.
BESIDE = frozenset({"release"})
METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")


def merged(v2: Mapping[str, Any], v1: Mapping[str, Any]) -> Document:
    """`v2` with the paths and components of `v1`.

    Components and operation ids of `v1` whose names `v2` has too are renamed, and tags say
    which contract they belong to.
    """
    whole, part = deepcopy(dict(v2)), deepcopy(dict(v1))
    _label(whole, "v2")
    _label(part, "v1")
    _push_security_down(part)
    _rename_components(part, whole.get("components", {}))
    _rename_operations(part, {each.get("operationId") for each in _operations(whole)})
    whole["paths"] = _in_order(whole.get("paths", {}) | part.get("paths", {}))
    components = whole.setdefault("components", {})
    for section, named in part.get("components", {}).items():
        components[section] = components.get(section, {}) | named
    if tags := [*whole.get("tags", []), *part.get("tags", [])]:
        whole["tags"] = tags
    return whole


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation."""
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def _in_order(paths: Document) -> Document:
    """Always the same: routes come out of sets, in another order in each process."""
    return {
        path: {key: paths[path][key] for key in sorted(paths[path], key=_place)}
        for path in sorted(paths)
    }


def _place(key: str) -> int:
    return METHODS.index(key) if key in METHODS else -1


def _operations(document: Document) -> list[dict[str, Any]]:
    return [operation for _, _, operation in operations(document)]


def _label(document: Document, contract: str) -> None:
    def labelled(tag: str) -> str:
        return tag if tag in BESIDE else f"{contract} {tag}"

    for operation in _operations(document):
        operation["tags"] = [labelled(tag) for tag in operation.get("tags", ["other"])]
    for tag in document.get("tags", []):
        tag["name"] = labelled(tag["name"])


def _push_security_down(document: Document) -> None:
    for operation in _operations(document):
        if "security" in document:
            operation.setdefault("security", document["security"])


def _rename_operations(document: Document, taken: set[str | None]) -> None:
    for operation in _operations(document):
        if operation.get("operationId") in taken:
            operation["operationId"] = f"v1_{operation['operationId']}"


def _rename_components(document: Document, taken: Mapping[str, Any]) -> None:
    """Where both have the same component under the same name, one is enough."""
    components = document.get("components", {})
    renamed: dict[str, str] = {}
    for section, named in components.items():
        theirs = taken.get(section, {})
        for name in [n for n in named if n in theirs and not _same(named[n], theirs[n])]:
            named[f"V1{name}"] = named.pop(name)
            renamed[f"#/components/{section}/{name}"] = f"#/components/{section}/V1{name}"
    _redirect(document, renamed)
    schemes = {
        name.rpartition("/")[2]: new.rpartition("/")[2]
        for name, new in renamed.items()
        if name.startswith("#/components/securitySchemes/")
    }
    for operation in _operations(document):
        operation["security"] = [
            {schemes.get(name, name): scopes for name, scopes in each.items()}
            for each in operation.get("security", [])
        ]


def _same(one: object, other: object) -> bool:
    """Two that read the same mean the same only when they refer to nothing else."""
    return one == other and "'$ref'" not in repr(one)


def _redirect(node: object, renamed: Mapping[str, str]) -> None:
    match node:
        case dict():
            if isinstance(node.get("$ref"), str):
                node["$ref"] = renamed.get(node["$ref"], node["$ref"])
            for value in node.values():
                _redirect(value, renamed)
        case list():
            for value in node:
                _redirect(value, renamed)
        case _:
            pass
