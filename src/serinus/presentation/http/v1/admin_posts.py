"""/api/v1/admin/posts: all posts in brief, for editors."""

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.types import Guard

from serinus.application.content.editing import writing_violations
from serinus.domain.content.listing import Listing, Order
from serinus.domain.content.post import Text, check_may_oversee, check_may_remove
from serinus.domain.content.post_query import Part
from serinus.domain.errors import refuse
from serinus.presentation.http.v1.envelope import Envelope, Message, ok
from serinus.presentation.http.v1.last_wins import last_wins
from serinus.presentation.http.v1.reading import body_of, post_id_of
from serinus.presentation.http.v1.services import V1Services
from serinus.presentation.http.v1.shapes import CreateAdminPost, PostSummary
from serinus.presentation.http.v1.signed_in import SignedInRequest

NEWEST = Listing(orders=(Order("created_at", descending=True),), limit=100)
IN_BRIEF: frozenset[Part] = frozenset()


@get("/posts", opt={"failures": [403]})
async def list_newest_posts(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[list[PostSummary]]:
    """The newest hundred posts in any state, of whatever author."""
    caller = request.user.caller
    caller.need("posts:read")
    check_may_oversee(caller)
    newest = await services.post_reader.page(caller, NEWEST, IN_BRIEF)
    return ok([PostSummary.of(each) for each in newest.items])


@post(
    "/posts",
    opt={"takes": CreateAdminPost, "needs": ["title", "content"], "failures": [403]},
)
async def create_admin_post(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[PostSummary]:
    """Write a post; `published` publishes it at once."""
    caller = request.user.caller
    sent = await body_of(request, CreateAdminPost)
    text = Text(title=sent.title or "", content=sent.content or "")
    _check(text)
    check_may_oversee(caller)
    created = await services.editing.create(caller, text, publish=bool(sent.published))
    return ok(PostSummary.of(created))


@delete("/posts/{id:str}", status_code=200, opt={"failures": [403, 404]})
async def delete_admin_post(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[Message]:
    """Gone for this contract; contract v2 can restore it."""
    caller, post_id = request.user.caller, post_id_of(request)
    check_may_remove(caller)
    await last_wins(lambda: services.editing.delete(caller, post_id))
    return ok(Message("Post deleted successfully"))


def router(signed_in: Guard) -> Router:
    handlers = [list_newest_posts, create_admin_post, delete_admin_post]
    return Router("/admin", route_handlers=handlers, guards=[signed_in])


def _check(text: Text) -> None:
    found = writing_violations(text, None, (), ())
    refuse(found)
