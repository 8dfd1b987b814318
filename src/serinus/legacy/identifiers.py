"""Ids as clients write them."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import Path

from serinus.legacy.envelope import malformed

# `UUID()` reads more: braces, `urn:uuid:`, no hyphens or misplaced ones.
CANONICAL = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def parse_uuid(text: str) -> UUID | None:
    return UUID(text) if CANONICAL.fullmatch(text) else None


async def id_in_path(text: Annotated[str, Path(alias="id")]) -> UUID:
    """Raises 400."""
    if found := parse_uuid(text):
        return found
    raise malformed("Invalid id")
