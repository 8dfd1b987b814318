"""The body of making an API key."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from serinus.legacy.permissions import SCOPES
from serinus.legacy.rules import RequestBody, RequiredText, broken, length, trimmed


def _null_is_none(permissions: object) -> object:
    return [] if permissions is None else permissions


def _are_permissions(permissions: list[str]) -> list[str]:
    if not permissions:
        raise broken("At least one permission is required")
    if not SCOPES.keys() >= set(permissions):
        raise broken(f"Permission must be one of {', '.join(SCOPES)}")
    return permissions


class CreateApiKey(RequestBody):
    name: Annotated[
        RequiredText, trimmed, length(1, 100, "Name must be between 1 and 100 characters")
    ] = ""
    permissions: Annotated[
        list[str], BeforeValidator(_null_is_none), AfterValidator(_are_permissions)
    ] = Field(default_factory=list)
