"""/api/v1/tags."""

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.types import Guard

from serinus.application.content.numbered_pages import TagColumn
from serinus.presentation.http.v1.envelope import Envelope, ok
from serinus.presentation.http.v1.pages import Page, page_of
from serinus.presentation.http.v1.reading import query_of, slice_of
from serinus.presentation.http.v1.services import V1Services
from serinus.presentation.http.v1.shapes import TagDto
from serinus.presentation.http.v1.signed_in import SignedInRequest


@get("/", opt={"asks": ["page", "limit", "sort"], "sorts": TagColumn})
async def list_tags(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[Page[TagDto]]:
    """All tags. `usage_count` counts published posts."""
    column, part = slice_of(query_of(request), TagColumn)
    request.user.caller.need("posts:read")
    return ok(page_of(await services.pages.tags(column, part), part, TagDto.of))


def router(signed_in: Guard) -> Router:
    return Router("/tags", route_handlers=[list_tags], guards=[signed_in])
