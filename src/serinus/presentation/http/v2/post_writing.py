"""Writing posts: new ones, changes, publishing, deleting."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, patch, post
from litestar.params import FromPath, JSONBody

from serinus.application.content.editing import Editing
from serinus.domain.content.post import (
    AlreadyPublished,
    NothingToRestore,
    Post,
    PostId,
    PostNotFound,
)
from serinus.domain.content.slug import SlugTaken
from serinus.domain.errors import Forbidden, Stale
from serinus.domain.identity.caller import Caller
from serinus.presentation.http.v2 import caching
from serinus.presentation.http.v2.conditional import seen_version, version_if_sent
from serinus.presentation.http.v2.describing import refuses
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.post_bodies import (
    FirstStatus,
    NewPost,
    PostPatch,
    Schedule,
    pointing,
)
from serinus.presentation.http.v2.post_shapes import BASE, MEMBERS, PostView, shown
from serinus.presentation.http.v2.refusals import MalformedHeader, PreconditionRequired

AnyRequest = Request[Any, Any, Any]

REFUSED = (Stale, PostNotFound, MalformedHeader, Forbidden)  # to whoever writes


@post(
    "/",
    opt=refuses(Forbidden, SlugTaken),
    response_headers=[caching.LOCATION, caching.ETAG],
)
async def create_post(
    data: JSONBody[NewPost],
    caller: Given[Caller],
    editing: Given[Editing],
) -> Response[PostView]:
    """Write a post, as a draft unless it says otherwise."""
    publish = data.status is FirstStatus.PUBLISHED
    _may_write(caller, publish=publish)
    with pointing():
        written = await editing.create(
            caller,
            data.text,
            slug=data.slug,
            tags=data.tags,
            categories=data.categories,
            publish=publish,
        )
    return written_view(written, status=201, location=f"{BASE}/{written.id}")


@patch(
    "/{post_id:uuid}",
    opt=refuses(
        PreconditionRequired, MalformedHeader, Stale, PostNotFound, Forbidden, SlugTaken
    ),
    response_headers=[caching.ETAG],
)
async def change_post(
    request: AnyRequest,
    post_id: FromPath[UUID],
    data: JSONBody[PostPatch],
    caller: Given[Caller],
    editing: Given[Editing],
) -> Response[PostView]:
    """Change a post. Its old slug goes on leading to it."""
    _may_write(caller)
    version = seen_version(request)
    with pointing():
        return written_view(
            await editing.change(caller, PostId(post_id), data.changes, version=version)
        )


@delete("/{post_id:uuid}", opt=refuses(*REFUSED))
async def delete_post(
    request: AnyRequest,
    post_id: FromPath[UUID],
    caller: Given[Caller],
    editing: Given[Editing],
) -> None:
    """Take a post away. It is kept, and its slugs stay taken."""
    _may_write(caller)
    await editing.delete(caller, PostId(post_id), version=version_if_sent(request))


@post(
    "/{post_id:uuid}/publish",
    status_code=200,
    opt=refuses(*REFUSED),
    response_headers=[caching.ETAG],
)
async def publish_post(
    request: AnyRequest,
    post_id: FromPath[UUID],
    caller: Given[Caller],
    editing: Given[Editing],
) -> Response[PostView]:
    """Show a post to everybody. One that was published before keeps its date."""
    _may_write(caller, publish=True)
    version = version_if_sent(request)
    return written_view(await editing.publish(caller, PostId(post_id), version=version))


@post(
    "/{post_id:uuid}/unpublish",
    status_code=200,
    opt=refuses(*REFUSED),
    response_headers=[caching.ETAG],
)
async def unpublish_post(
    request: AnyRequest,
    post_id: FromPath[UUID],
    caller: Given[Caller],
    editing: Given[Editing],
) -> Response[PostView]:
    """Make a post a draft again, whatever it was."""
    _may_write(caller, publish=True)
    version = version_if_sent(request)
    return written_view(await editing.unpublish(caller, PostId(post_id), version=version))


@post(
    "/{post_id:uuid}/schedule",
    status_code=200,
    opt=refuses(*REFUSED, AlreadyPublished),
    response_headers=[caching.ETAG],
)
async def schedule_post(
    request: AnyRequest,
    post_id: FromPath[UUID],
    data: JSONBody[Schedule],
    caller: Given[Caller],
    editing: Given[Editing],
) -> Response[PostView]:
    """Have a post published at a set time, within a second of it.

    That time will be its date. Unpublish it to take this back.
    """
    _may_write(caller, publish=True)
    version = version_if_sent(request)
    return written_view(
        await editing.schedule(caller, PostId(post_id), data.at, version=version)
    )


@post(
    "/{post_id:uuid}/archive",
    status_code=200,
    opt=refuses(*REFUSED),
    response_headers=[caching.ETAG],
)
async def archive_post(
    request: AnyRequest,
    post_id: FromPath[UUID],
    caller: Given[Caller],
    editing: Given[Editing],
) -> Response[PostView]:
    """Hide a post from readers. It keeps its date, for when it is restored."""
    _may_write(caller, publish=True)
    version = version_if_sent(request)
    return written_view(await editing.archive(caller, PostId(post_id), version=version))


@post(
    "/{post_id:uuid}/restore",
    status_code=200,
    opt=refuses(*REFUSED, NothingToRestore),
    response_headers=[caching.ETAG],
)
async def restore_post(
    request: AnyRequest,
    post_id: FromPath[UUID],
    caller: Given[Caller],
    editing: Given[Editing],
) -> Response[PostView]:
    """Undo deleting a post, or archiving it.

    A deleted one is again what it was, an archived one published if it ever was, else a draft.
    A post that was to be published while it was deleted comes back as a draft.
    """
    _may_write(caller)
    version = version_if_sent(request)
    return written_view(await editing.restore(caller, PostId(post_id), version=version))


def _may_write(caller: Caller, *, publish: bool = False) -> None:
    caller.need("posts:write")
    if publish:
        caller.need("posts:publish")


def written_view(
    written: Post, *, status: int = 200, location: str | None = None
) -> Response[PostView]:
    headers = caching.private() | ({"Location": location} if location else {})
    view = shown(written, MEMBERS.default)
    return caching.answer(view, headers, version=written.version, status=status)
