"""What the OpenAPI document says beyond what types say."""

from typing import Any

import msgspec

from serinus.domain.errors import SerinusError


def about(
    description: str,
    *,
    example: object = None,
    format: str | None = None,  # noqa: A002 - OpenAPI's own word
) -> msgspec.Meta:
    """For `Annotated`. Says nothing that msgspec would enforce: limits are the domain's."""
    told: dict[str, Any] = {"description": description}
    if example is not None:
        told["examples"] = [example]
    if format is not None:
        told["extra"] = {"format": format}
    return msgspec.Meta(extra_json_schema=told)


def refuses(*errors: type[SerinusError]) -> dict[str, Any]:
    """For `opt`: the problems of this operation, beside those that all of its kind have.

    `PreconditionRequired` among them also documents the `If-Match` header.
    """
    return {"refuses": errors}
