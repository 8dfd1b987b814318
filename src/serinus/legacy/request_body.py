"""Reading a JSON body as a dependency, so that it happens after authentication.

FastAPI reads a body declared in a signature before it runs any dependency; a stranger would
learn what is wrong with a body before being asked who they are.
"""

import math
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from serinus.legacy.envelope import Failure, FieldError, invalid_input, malformed
from serinus.legacy.resources import Shared
from serinus.legacy.rules import BROKEN_RULE, RuleContext

Body = TypeVar("Body", bound=BaseModel)

# Not an escaped backslash before `u0000`.
ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def json_body(model: type[Body]) -> Callable[..., Awaitable[Body]]:
    """A dependency that gives the body as a valid `model`, or raises 415, 400 or 422."""

    async def read(request: Request, resources: Shared) -> Body:
        _require_json(request.headers.get("content-type", ""))
        members = parse_object(await request.body())
        context = RuleContext(members, resources.configuration.common_passwords)
        try:
            return model.model_validate(members, context=context)
        except ValidationError as error:
            raise _failure(error) from None

    return read


def parse_object(body: bytes) -> dict[str, Any]:
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise malformed("Malformed JSON") from None
    # PostgreSQL stores no NUL. A raw one is malformed anyway.
    if ESCAPED_NUL.search(body) or not _is_finite(value):
        raise malformed("Malformed JSON")
    if not isinstance(value, dict):
        raise malformed("Expected a JSON object")
    return value


def _require_json(content_type: str) -> None:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Failure(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Expected application/json")


def _is_finite(value: object) -> bool:
    """The parser takes 1e999 for infinity, which JSON does not have."""
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _failure(error: ValidationError) -> Failure:
    """Wrong types first: the rules of a member have no meaning for a value of another type."""
    messages: dict[str, str] = {}
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        field = str(detail["loc"][0])
        if detail["type"] != BROKEN_RULE:
            return malformed(f"Invalid type for field: {field}")
        messages.setdefault(field, detail["msg"])
    return invalid_input([FieldError(field=f, message=m) for f, m in messages.items()])
