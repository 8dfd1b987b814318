"""Reading bodies strictly, and saying everything that is wrong with one at once.

A handler asks for `data: JSONBody[SomeBody]` where `SomeBody` is a `Body`; `StrictRequest`
decodes into it. Litestar's own decoding would take "1" for 1 and stop at the first problem.
"""

from functools import lru_cache
from typing import Any, cast

import msgspec
from litestar import Request
from litestar.types import Empty

from serinus.domain.errors import Invalid
from serinus.presentation.http.v2.body_problems import Ruled, problems_of
from serinus.presentation.http.v2.refusals import (
    MalformedJson,
    NotAnObject,
    UnsupportedMediaType,
)

MAX_BODY = 10 * 1024 * 1024  # bytes
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"  # RFC 7396


class Body(Ruled, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What clients send. A member of a merge patch is `T | UnsetType`, by default UNSET.

    Its rules are asked only when the body is refused anyway, so that all problems are told at
    once: otherwise the use case asks.
    """


class StrictRequest(Request[Any, Any, Any]):
    """Its `json()` is the handler's body, decoded and checked."""

    async def json(self) -> Any:  # noqa: ANN401 - what it is, the handler says
        field = self.route_handler.parsed_data_field
        if field is None or self._json is not Empty:
            return await super().json()
        self._check_media_type()
        self._json = decode(await self.body(), cast("type[Body]", field.annotation))
        return self._json

    def _check_media_type(self) -> None:
        given = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        accepted = {JSON, MERGE_PATCH} if self.method == "PATCH" else {JSON}
        if given not in accepted:
            expected = " or ".join(sorted(accepted))
            raise UnsupportedMediaType(f"send the body as {expected}")


@lru_cache(maxsize=256)
def _decoder(kind: type[Body]) -> msgspec.json.Decoder[Body]:
    return msgspec.json.Decoder(kind)


def decode(raw: bytes, kind: type[Body]) -> Body:
    """Raise `MalformedJson`, `NotAnObject`, `Invalid`."""
    try:
        body = _decoder(kind).decode(raw)
    except msgspec.ValidationError:
        found = _parse(raw)
        if not isinstance(found, dict):
            raise NotAnObject from None
        violations, given = problems_of(found, kind)
        raise Invalid([*violations, *kind.rules(given)]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedJson("the body is not valid JSON in UTF-8") from None
    # PostgreSQL cannot store NUL in text. The search is cheap; only a hit is looked into.
    if b"\\u0000" in raw and _holds_nul(_parse(raw)):
        raise MalformedJson("a string holds U+0000, which cannot be stored")
    return body


def _parse(raw: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedJson("the body is not valid JSON in UTF-8") from None


def _holds_nul(value: object) -> bool:
    match value:
        case str():
            return "\0" in value
        case list():
            return any(_holds_nul(item) for item in value)
        case dict():
            return any(_holds_nul(part) for pair in value.items() for part in pair)
        case _:
            return False
