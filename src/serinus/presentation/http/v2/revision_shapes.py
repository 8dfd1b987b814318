"""Revisions as clients of v2 see them, and how two of them differ."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from serinus.domain.content.revision import Revision, WholeRevision
from serinus.domain.content.text_diff import compared
from serinus.presentation.http.v2.describing import about
from serinus.presentation.http.v2.list_queries import Members
from serinus.presentation.http.v2.post_shapes import MEMBERS, PostView, shown

#: Beyond it, in characters, comparing takes longer than a request may hold up the others.
AT_ONCE = 10_000
#: Members that follow from others, or differ between any two versions.
NEVER_COMPARED = frozenset(
    {"id", "version", "content", "html", "reading_minutes", "created_at", "updated_at"}
)


class Maker(Struct, frozen=True):
    id: UUID
    username: str
    name: Annotated[str, about("first and last name, else the user name")]


class RevisionView(Struct, frozen=True, kw_only=True):
    """One version of a post. Members that were not asked for are absent."""

    number: Annotated[int, about("the version")] | UnsetType = UNSET
    at: Annotated[datetime, about("when it was made")] | UnsetType = UNSET
    by: Annotated[Maker | None, about("null when it is not known")] | UnsetType = UNSET
    via: (
        Annotated[str | None, about("what they used: v1, v2, cli, import, schedule")]
        | UnsetType
    ) = UNSET
    title: str | UnsetType = UNSET
    content_bytes: Annotated[int, about("of UTF-8")] | UnsetType = UNSET
    changed: (
        Annotated[
            list[str] | None,
            about("members that differ from the revision before; null for the first one"),
        ]
        | UnsetType
    ) = UNSET


REVISION_MEMBERS = Members("revision", RevisionView.__struct_fields__)


class MemberChange(Struct, frozen=True):
    before: Any
    after: Any


class Difference(Struct, frozen=True, kw_only=True):
    """What has to be done to another revision to get this one."""

    against: Annotated[int, about("the number of the other one")]
    members: Annotated[dict[str, MemberChange], about("all that differ, but for the content")]
    content: Annotated[str | None, about("a unified diff; null when the content is the same")]
    content_cut: Annotated[bool, about("true when there is more of it than is shown")]


class RevisionDetail(Struct, frozen=True, kw_only=True):
    """One version of a post, with the post as it was then."""

    number: Annotated[int, about("the version")]
    at: Annotated[datetime, about("when it was made")]
    by: Annotated[Maker | None, about("null when it is not known")]
    via: Annotated[str | None, about("what they used: v1, v2, cli, import, schedule")]
    changed: Annotated[
        list[str] | None,
        about("members that differ from the revision before; null for the first one"),
    ]
    deleted: Annotated[bool, about("whether the post was deleted")]
    post: PostView
    diff: Annotated[Difference, about("only with `against=`")] | UnsetType = UNSET


def summarised(revision: Revision, members: frozenset[str]) -> RevisionView:
    made: dict[str, Any] = {
        "number": revision.number,
        "at": revision.at,
        "by": _maker(revision),
        "via": revision.via,
        "title": revision.title,
        "content_bytes": revision.content_bytes,
        "changed": _changed(revision),
    }
    return RevisionView(**{name: made[name] for name in members})


async def detailed(found: WholeRevision, other: WholeRevision | None) -> RevisionDetail:
    """`other`: what it is compared with."""
    revision = found.revision
    return RevisionDetail(
        number=revision.number,
        at=revision.at,
        by=_maker(revision),
        via=revision.via,
        changed=_changed(revision),
        deleted=found.post.deleted_at is not None,
        post=shown(found.post, MEMBERS.default),
        diff=UNSET if other is None else await _difference(other, found),
    )


async def _difference(before: WholeRevision, after: WholeRevision) -> Difference:
    old, new = before.post.text.content, after.post.text.content
    if max(len(old), len(new)) <= AT_ONCE:
        content = compared(old, new)
    else:
        content = await asyncio.to_thread(compared, old, new)
    return Difference(
        against=before.revision.number,
        members=_members(before, after),
        content=None if old == new else content.unified,
        content_cut=content.cut,
    )


def _members(before: WholeRevision, after: WholeRevision) -> dict[str, MemberChange]:
    old, new = (_told(each) for each in (before, after))
    return {name: MemberChange(old[name], new[name]) for name in old if old[name] != new[name]}


def _told(found: WholeRevision) -> dict[str, Any]:
    view = shown(found.post, MEMBERS.default)
    told = {name: getattr(view, name) for name in MEMBERS.all if name not in NEVER_COMPARED} | {
        "deleted": found.post.deleted_at is not None
    }
    return {name: msgspec.to_builtins(value) for name, value in told.items()}


def _maker(revision: Revision) -> Maker | None:
    by = revision.by
    return None if by is None else Maker(by.id, by.username, by.name)


def _changed(revision: Revision) -> list[str] | None:
    return None if revision.changed is None else list(revision.changed)
