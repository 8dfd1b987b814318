"""Two contracts in one document: each means in it what it meant alone."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.presentation.http.openapi import merged, operations

Document = dict[str, Any]
NAMES = ["Post", "Tag", "User"]


def a_document(path: str, schemas: Document, **members: Any) -> Document:
    operation = {
        "operationId": "list_posts",
        "responses": {"200": {"content": {"application/json": {"schema": ref("Post")}}}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {path: {"get": operation}},
        "components": {"schemas": schemas},
    } | members


def ref(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def inlined(node: Any, document: Document) -> Any:
    match node:
        case {"$ref": str(place)}:
            name = place.rpartition("/")[2]
            return inlined(document["components"]["schemas"][name], document)
        case dict():
            return {key: inlined(value, document) for key, value in node.items()}
        case list():
            return [inlined(value, document) for value in node]
        case _:
            return node


@st.composite
def schemas(draw: st.DrawFn) -> Document:
    """Each may refer to those after it, so that none refers to itself."""
    made: Document = {}
    for position, name in enumerate(NAMES):
        kinds: st.SearchStrategy[Document] = st.sampled_from(["string", "integer"]).map(
            lambda kind: {"type": kind}
        )
        if later := NAMES[position + 1 :]:
            kinds |= st.sampled_from(later).map(
                lambda target: {"type": "array", "items": ref(target)}
            )
        made[name] = draw(kinds)
    return made


@given(schemas(), schemas())
def test_every_operation_means_what_it_meant_alone(one: Document, other: Document) -> None:
    v2, v1 = a_document("/v2", one), a_document("/v1", other)

    whole = merged(v2, v1)

    for alone, path in ((v2, "/v2"), (v1, "/v1")):
        before, after = alone["paths"][path]["get"], whole["paths"][path]["get"]
        assert inlined(after["responses"], whole) == inlined(before["responses"], alone)


@given(schemas())
def test_neither_document_is_changed(both: Document) -> None:
    v2, v1 = a_document("/v2", both), a_document("/v1", both)
    before = deepcopy((v2, v1))

    merged(v2, v1)

    assert (v2, v1) == before


def test_what_is_the_same_in_both_stands_there_once() -> None:
    plain = {"Post": {"type": "string"}}

    whole = merged(a_document("/v2", plain), a_document("/v1", plain))

    assert whole["components"]["schemas"].keys() == {"Post"}


def test_operations_and_tags_can_be_told_apart() -> None:
    plain: Document = {"Post": {"type": "string"}}
    tags = [{"name": "posts"}]

    whole = merged(
        a_document("/v2", plain, tags=deepcopy(tags)), a_document("/v1", plain, tags=tags)
    )

    told = {each["operationId"]: each["tags"] for _, _, each in operations(whole)}
    assert told == {"list_posts": ["v2 other"], "v1_list_posts": ["v1 other"]}
    assert [tag["name"] for tag in whole["tags"]] == ["v2 posts", "v1 posts"]


@pytest.mark.parametrize("name", ["bearer", "session"])
def test_each_operation_keeps_its_own_way_to_sign_in(name: str) -> None:
    v2 = a_document("/v2", {"Post": {}})
    v2["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    v1 = a_document("/v1", {"Post": {}}, security=[{name: []}])
    v1["components"]["securitySchemes"] = {name: {"type": "http", "scheme": "basic"}}

    whole = merged(v2, v1)

    (needed,) = whole["paths"]["/v1"]["get"]["security"]
    (scheme,) = needed
    assert whole["components"]["securitySchemes"][scheme]["scheme"] == "basic"
    assert whole["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert "security" not in whole


def test_without_another_contract_a_document_stays_as_it_is() -> None:
    v2 = a_document("/v2", {"Post": {"type": "string"}})

    whole = merged(v2, {})

    assert whole["components"] == v2["components"]
    assert whole["paths"].keys() == {"/v2"}
