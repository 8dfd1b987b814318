"""Entity tags of releases: which release, and which of its versions.

Versions begin anew with every release, and `If-Match` is there so that nobody acts on another
state than the one they saw: a tag without the release's id would match its successor's.
"""

import re
from typing import Any
from uuid import UUID

from litestar import Request

from serinus.application.release.ports import Seen
from serinus.presentation.http.v2.conditional import digest, seen_tags

_SEEN = re.compile(r"([0-9a-f]{32})\.([1-9][0-9]{0,9})(-[0-9a-f]+)?")
NEVER = Seen(UUID(int=0), 0)


def release_tag(seen: Seen, body: bytes | None = None) -> str:
    """`body`: where one version has several representations, as the status has."""
    shown = "" if body is None else f"-{digest(body)}"
    return f'"{seen.release.hex}.{seen.version}{shown}"'


def seen_release(request: Request[Any, Any, Any]) -> Seen | None:
    """What `If-Match` names; None for `*`, and without one. Raise `MalformedHeader`.

    Of several tags the newest counts, by the time of the release and then by version.
    """
    tags = seen_tags(request)
    if tags is None:
        return None
    found = (_SEEN.fullmatch(tag) for tag in tags)
    return max(
        (Seen(UUID(hex=tag[1]), int(tag[2])) for tag in found if tag),
        key=lambda seen: (seen.release, seen.version),
        default=NEVER,
    )
