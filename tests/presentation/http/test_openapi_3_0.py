"""3.1 told in the words of 3.0: nothing that is said becomes wrong."""

from typing import Any

import pytest

from serinus.presentation.http.openapi_3_0 import as_3_0, schema_as_3_0

REF = {"$ref": "#/components/schemas/User"}


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ({"type": "string"}, {"type": "string"}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        (
            {"type": ["string", "integer"]},
            {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        ),
        (
            {"type": ["array", "string", "null"]},
            {"anyOf": [{"type": "array", "items": {}}, {"type": "string"}], "nullable": True},
        ),
        ({"type": "null"}, {"nullable": True, "enum": [None]}),
        ({"const": "x"}, {"enum": ["x"]}),
        ({"examples": [1, 2]}, {"example": 1}),
        ({"examples": [1], "example": 0}, {"example": 0}),
        ({"exclusiveMinimum": 0}, {"minimum": 0, "exclusiveMinimum": True}),
        ({"exclusiveMaximum": 9}, {"maximum": 9, "exclusiveMaximum": True}),
        (
            {"oneOf": [{"type": "string"}, {"type": "null"}], "description": "d"},
            {"type": "string", "description": "d", "nullable": True},
        ),
        ({"anyOf": [REF, {"type": "null"}]}, {"allOf": [REF], "nullable": True}),
        (
            {"oneOf": [REF, {"type": "string"}, {"type": "null"}]},
            {"oneOf": [REF, {"type": "string"}], "nullable": True},
        ),
        (REF | {"description": "ignored beside a reference"}, REF),
        (True, {}),
        (False, {"not": {}}),
        ({"$schema": "s", "if": {}, "then": {}, "$comment": "c"}, {}),
        (
            {"properties": {"examples": {"type": ["string", "null"]}, "if": {"type": "null"}}},
            {
                "properties": {
                    "examples": {"type": "string", "nullable": True},
                    "if": {"nullable": True, "enum": [None]},
                }
            },
        ),
        ({"items": {"const": 1}}, {"items": {"enum": [1]}}),
        ({"not": {"const": 2}}, {"not": {"enum": [2]}}),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        ({"additionalProperties": {"const": 1}}, {"additionalProperties": {"enum": [1]}}),
        ({"default": {"const": 1}}, {"default": {"const": 1}}),
    ],
    ids=str,
)
def test_a_schema_keeps_its_meaning(newer: Any, older: Any) -> None:
    assert schema_as_3_0(newer) == older


def test_a_document_is_converted_wherever_schemas_are() -> None:
    newer = {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "d",
        "webhooks": {"x": {}},
        "info": {
            "title": "t",
            "version": "1",
            "summary": "s",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/x": {
                "get": {
                    "parameters": [{"schema": {"type": ["string", "null"]}}],
                    "responses": {"200": {"headers": {"ETag": {"schema": {"const": "e"}}}}},
                }
            }
        },
        "components": {"schemas": {"schema": {"const": 1}}},
    }

    assert as_3_0(newer) == {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1", "license": {"name": "Apache-2.0"}},
        "paths": {
            "/x": {
                "get": {
                    "parameters": [{"schema": {"type": "string", "nullable": True}}],
                    "responses": {"200": {"headers": {"ETag": {"schema": {"enum": ["e"]}}}}},
                }
            }
        },
        "components": {"schemas": {"schema": {"enum": [1]}}},
    }


def test_examples_are_left_as_they_are() -> None:
    examples = {"one": {"value": {"schema": {"const": 1}, "type": ["a", "null"]}}}
    newer = {"openapi": "3.1.0", "info": {}, "paths": {"/x": {"examples": examples}}}

    assert as_3_0(newer)["paths"]["/x"]["examples"] == examples
