"""/api/v1/posts."""

from dataclasses import replace

from litestar import Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.types import Guard

from serinus.application.content.editing import Changes, writing_violations
from serinus.application.content.numbered_pages import PostColumn
from serinus.domain.content.post import (
    PostNotFound,
    Text,
    check_may_create,
    may_see,
)
from serinus.domain.content.taxonomy import clean_name
from serinus.domain.errors import refuse
from serinus.presentation.http.v1.envelope import Envelope, Message, ok
from serinus.presentation.http.v1.last_wins import last_wins
from serinus.presentation.http.v1.pages import Page, page_of
from serinus.presentation.http.v1.reading import (
    body_of,
    filter_of,
    over,
    post_id_of,
    query_of,
    slice_of,
    tag_in_address,
)
from serinus.presentation.http.v1.services import V1Services
from serinus.presentation.http.v1.shapes import CreatePost, PostDto, UpdatePost, WritePost
from serinus.presentation.http.v1.signed_in import SignedInRequest

LIST = {"asks": ["page", "limit", "status", "author", "tag", "sort"], "sorts": PostColumn}
# Of this one the tag stands in the path.
LIST_BY_TAG = {"asks": ["page", "limit", "status", "author", "sort"], "sorts": PostColumn}


@get("/", opt=LIST)
async def list_posts(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[Page[PostDto]]:
    """Published posts, the caller's own, and for editors all."""
    return await _page(request, services, tag=None)


@get("/tag/{tag:str}", opt=LIST_BY_TAG)
async def list_tagged_posts(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[Page[PostDto]]:
    """Posts that carry a tag, by its name or slug."""
    tag = tag_in_address(request.path_params["tag"])
    return await _page(request, services, tag=tag)


@post("/", opt={"takes": CreatePost, "needs": ["title", "content"], "failures": [403, 409]})
async def create_post(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[PostDto]:
    """Write a post; `published` publishes it at once."""
    sent = await body_of(request, CreatePost)
    created = await services.editing.create(
        request.user.caller,
        _edited(Text(title="", content=""), sent),
        slug=sent.slug or None,
        tags=sent.tags or (),
        categories=_categories(sent) or (),
        publish=bool(sent.published),
    )
    return ok(PostDto.of(created))


@get("/{id:str}", opt={"failures": [404]})
async def get_post(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[PostDto]:
    """One post."""
    caller, post_id = request.user.caller, post_id_of(request)
    caller.need("posts:read")
    found = await services.posts.get(post_id)
    if not may_see(caller, found):
        raise PostNotFound(f"no post {found.id}")
    return ok(PostDto.of(found))


@put("/{id:str}", opt={"takes": UpdatePost, "failures": [403, 404, 409]})
async def update_post(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[PostDto]:
    """Change what is sent, leave the rest. An empty string clears what may be absent."""
    caller, post_id = request.user.caller, post_id_of(request)
    sent = await body_of(request, UpdatePost)
    # The contract looks at the body before the post, so only what was sent can be looked at.
    _check(_edited(Text(title="-", content="-"), sent), sent)
    check_may_create(caller, publish=bool(sent.published))
    changes = Changes(
        edit=lambda text: _edited(text, sent),
        slug=sent.slug or None,
        tags=sent.tags,
        categories=_categories(sent),
        publish=sent.published,
    )
    changed = await last_wins(lambda: services.editing.change(caller, post_id, changes))
    return ok(PostDto.of(changed))


@delete("/{id:str}", status_code=200, opt={"failures": [403, 404]})
async def delete_post(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[Message]:
    """Gone for this contract; contract v2 can restore it."""
    caller, post_id = request.user.caller, post_id_of(request)
    check_may_create(caller, publish=False)
    await last_wins(lambda: services.editing.delete(caller, post_id))
    return ok(Message("Post deleted successfully"))


@post("/{id:str}/publish", status_code=200, opt={"failures": [403, 404]})
async def publish_post(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[PostDto]:
    """From any state. A post that was published before keeps its date."""
    caller, post_id = request.user.caller, post_id_of(request)
    check_may_create(caller, publish=True)
    return ok(PostDto.of(await last_wins(lambda: services.editing.publish(caller, post_id))))


def router(signed_in: Guard) -> Router:
    handlers = [
        list_posts,
        list_tagged_posts,
        create_post,
        get_post,
        update_post,
        delete_post,
        publish_post,
    ]
    return Router("/posts", route_handlers=handlers, guards=[signed_in])


async def _page(
    request: SignedInRequest, services: V1Services, *, tag: str | None
) -> Envelope[Page[PostDto]]:
    query = query_of(request)
    column, part = slice_of(query, PostColumn)
    which = filter_of(query)
    request.user.caller.need("posts:read")
    if tag is not None:
        which = replace(which, tag=tag)
    found = await services.pages.posts(request.user.caller, which, column, part)
    return ok(page_of(found, part, PostDto.of))


def _edited(text: Text, sent: WritePost) -> Text:
    """What was sent, over what was there. Titles and contents cannot be cleared."""

    return replace(
        text,
        title=text.title if sent.title is None else sent.title,
        content=text.content if sent.content is None else sent.content,
        excerpt=over(sent.excerpt, text.excerpt),
        featured_image=over(sent.featured_image, text.featured_image),
        meta_title=over(sent.meta_title, text.meta_title),
        meta_description=over(sent.meta_description, text.meta_description),
    )


def _categories(sent: WritePost) -> tuple[str, ...] | None:
    if sent.category is None:
        return None
    name = clean_name(sent.category)
    return (name,) if name else ()


def _check(text: Text, sent: WritePost) -> None:
    found = writing_violations(text, sent.slug, sent.tags or (), _categories(sent) or ())
    refuse(found)
