"""/api/v2/categories: the tree in which posts are filed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Struct, UnsetType

from serinus.application.content.categorising import (
    Categorising,
    Naming,
    naming_violations,
)
from serinus.domain.content import categories
from serinus.domain.content.categories import (
    Branch,
    CategoryCycle,
    CategoryHasChildren,
    CategoryNotFound,
    CategoryTaken,
)
from serinus.domain.content.taxonomy import CategoryId
from serinus.domain.errors import Forbidden, Stale, Violation
from serinus.domain.identity.caller import Caller
from serinus.presentation.http.v2 import caching, query_values
from serinus.presentation.http.v2.authentication import VISITORS, check_may_read
from serinus.presentation.http.v2.bodies import Body
from serinus.presentation.http.v2.conditional import seen_version, version_if_sent
from serinus.presentation.http.v2.cursors import CursorInvalid, CursorMismatch
from serinus.presentation.http.v2.describing import about, refuses
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.list_parameters import described_item, described_list, table
from serinus.presentation.http.v2.list_queries import Lists, Members, check_known
from serinus.presentation.http.v2.lists import Listing
from serinus.presentation.http.v2.reading import Reading
from serinus.presentation.http.v2.refusals import (
    MalformedHeader,
    PreconditionRequired,
    UnsupportedCombination,
)

AnyRequest = Request[Any, Any, Any]

BASE = "/api/v2/categories"
PROBE = "-"  # a name with which nothing is wrong

Name = Annotated[str, about("1 to 100 characters", example="Birds")]
Slug = Annotated[str, about("it is brought into the form of slugs", example="birds")]
Description = Annotated[str, about("at most 2,000 characters")]
Parent = Annotated[UUID, about("what it is below; null: it is at the top")]


class CategoryView(Struct, frozen=True, kw_only=True):
    """A category. Members that were not asked for are absent."""

    id: UUID | UnsetType = UNSET
    parent_id: UUID | UnsetType | None = UNSET
    slug: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    path: Annotated[list[str], about("slugs from the top to itself")] | UnsetType = UNSET
    depth: Annotated[int, about("1 at the top")] | UnsetType = UNSET
    created_at: datetime | UnsetType = UNSET
    updated_at: datetime | UnsetType = UNSET
    version: int | UnsetType = UNSET


class NewCategory(Body, frozen=True, kw_only=True):
    """Without a slug, the name gives one."""

    name: Name
    slug: Slug | None = None
    description: Description | None = None
    parent_id: Parent | None = None

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        return _violations(given)


class CategoryPatch(Body, frozen=True, kw_only=True):
    """A JSON merge patch: what is left out stays. `parent_id` moves all that is below, too."""

    name: Name | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    parent_id: Parent | UnsetType | None = UNSET

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        return _violations(given)

    def edit(self, naming: Naming) -> Naming:
        given: dict[str, Any] = {
            "name": self.name,
            "slug": self.slug,
            "description": self.description,
            "parent": self.parent_id,
        }
        return replace(naming, **{n: each for n, each in given.items() if each is not UNSET})


def _violations(given: dict[str, Any]) -> list[Violation]:
    return naming_violations(
        given.get("name", PROBE), given.get("slug"), given.get("description")
    )


CATEGORIES = Lists(
    Members("category", CategoryView.__struct_fields__),
    filters=categories.FILTERS,
    values={
        "parent": query_values.identifier,
        "slug": query_values.text,
        "name": query_values.text,
        "created_at": query_values.instant,
    },
    sorts=categories.SORTS,
    order=categories.AS_TREE,
    unsupported=categories.unsupported,
    offered=table(
        "Filtered by, beside `parent`",
        "Sorted by one of",
        {
            "nothing, `name`, `slug`": "`tree`, `name`, `created_at`",
            "`name` (`prefix`)": "`name`",
            "`created_at`": "`created_at`",
        },
    ),
)


@get(
    "/",
    opt={
        **VISITORS,
        **described_list(CATEGORIES),
        **refuses(
            CursorInvalid, CursorMismatch, UnsupportedCombination, MalformedHeader, Forbidden
        ),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def list_categories(
    request: AnyRequest,
    reading: Given[Reading],
) -> Response[Listing[CategoryView]]:
    """List categories, by default as a tree: each before what is below it, siblings by age."""
    visitor = check_may_read(request, "posts:read")
    given = query_values.parameters(request.scope["query_string"])
    listing = CATEGORIES.listing(given, reading.cursors)
    members = CATEGORIES.members.chosen(given)
    page = await reading.categories.page(listing)
    answer = CATEGORIES.shown(
        page,
        [_shown(branch, members) for branch in page.items],
        listing,
        reading.cursors,
        lambda at: categories.position(at, listing.orders),
    )
    headers = (
        caching.private()
        if visitor
        else caching.public_list(caching.LIST_OF_CATEGORIES, _tags(page.items))
    )
    return caching.answer(answer, headers, unless=request)


@get(
    "/{category_id:uuid}",
    opt={
        **VISITORS,
        **described_item(CATEGORIES.members),
        **refuses(CategoryNotFound, MalformedHeader, Forbidden),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def show_category(
    request: AnyRequest,
    category_id: FromPath[UUID],
    reading: Given[Reading],
) -> Response[CategoryView]:
    """Read a category."""
    visitor = check_may_read(request, "posts:read")
    given = query_values.parameters(request.scope["query_string"])
    check_known(given, CATEGORIES.members.parameters)
    members = CATEGORIES.members.chosen(given)
    branch = await reading.categories.get(CategoryId(category_id))
    headers = caching.private() if visitor else caching.public(_tags([branch]))
    view = _shown(branch, members)
    return caching.answer(view, headers, version=branch.version, unless=request)


@post(
    "/",
    opt=refuses(Forbidden, CategoryTaken),
    response_headers=[caching.LOCATION, caching.ETAG],
)
async def create_category(
    data: JSONBody[NewCategory],
    caller: Given[Caller],
    categorising: Given[Categorising],
) -> Response[CategoryView]:
    """Make a category, at the top or below another one."""
    naming = Naming(
        name=data.name,
        slug=data.slug,
        description=data.description,
        parent=_id(data.parent_id),
    )
    branch = await categorising.create(caller, naming)
    return _written(branch, status=201, location=f"{BASE}/{branch.id}")


@patch(
    "/{category_id:uuid}",
    opt=refuses(
        PreconditionRequired,
        MalformedHeader,
        Stale,
        CategoryNotFound,
        Forbidden,
        CategoryTaken,
        CategoryCycle,
    ),
    response_headers=[caching.ETAG],
)
async def change_category(
    request: AnyRequest,
    category_id: FromPath[UUID],
    data: JSONBody[CategoryPatch],
    caller: Given[Caller],
    categorising: Given[Categorising],
) -> Response[CategoryView]:
    """Rename a category, describe it, or move it with all that is below."""
    version = seen_version(request)
    return _written(
        await categorising.change(caller, CategoryId(category_id), data.edit, version=version)
    )


@delete(
    "/{category_id:uuid}",
    opt=refuses(Stale, CategoryNotFound, CategoryHasChildren, MalformedHeader, Forbidden),
)
async def delete_category(
    request: AnyRequest,
    category_id: FromPath[UUID],
    caller: Given[Caller],
    categorising: Given[Categorising],
) -> None:
    """Delete a category that has none below it, and take its posts out of it."""
    version = version_if_sent(request)
    await categorising.delete(caller, CategoryId(category_id), version=version)


def _id(parent: UUID | None) -> CategoryId | None:
    return None if parent is None else CategoryId(parent)


def _tags(branches: Iterable[Branch]) -> list[str]:
    """A path names what is above, too."""
    return list(dict.fromkeys(f"category:{id_}" for each in branches for id_ in each.lineage))


def _shown(branch: Branch, members: frozenset[str]) -> CategoryView:
    return CategoryView(**{name: getattr(branch, name) for name in members})


def _written(
    branch: Branch, *, status: int = 200, location: str | None = None
) -> Response[CategoryView]:
    headers = caching.private() | ({"Location": location} if location else {})
    view = _shown(branch, CATEGORIES.members.default)
    return caching.answer(view, headers, version=branch.version, status=status)


router = Router(
    BASE,
    route_handlers=[
        list_categories,
        show_category,
        create_category,
        change_category,
        delete_category,
    ],
    tags=["categories"],
)
