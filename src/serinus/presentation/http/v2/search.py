"""/api/v2/search: finding published posts by what they say."""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from litestar import Request, Response, Router, get

from serinus.domain.content import finding
from serinus.domain.content.finding import Facet, Findings, Hit, Search
from serinus.domain.content.listing import MAX_LIMIT, Op, Order
from serinus.domain.errors import Forbidden
from serinus.presentation.http.v2 import caching, query_values
from serinus.presentation.http.v2.authentication import VISITORS, check_may_read
from serinus.presentation.http.v2.cursors import CursorInvalid, CursorMismatch
from serinus.presentation.http.v2.describing import refuses
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.list_parameters import described_list, described_query
from serinus.presentation.http.v2.list_queries import Lists, check_known, limit_of
from serinus.presentation.http.v2.reading import Reading
from serinus.presentation.http.v2.refusals import InvalidParameter, MalformedHeader
from serinus.presentation.http.v2.search_shapes import (
    MEMBERS,
    Results,
    Suggestions,
    parts_of,
    shown,
    shown_facets,
    suggested,
)

AnyRequest = Request[Any, Any, Any]

DEFAULT_SUGGESTIONS = 10
LISTS = f"{caching.LIST_OF_POSTS},{caching.LIST_OF_TAGS}"  # what suggestions are taken from


def text_of(name: str, value: str) -> str:
    """What is typed, in the form in which it is compared."""
    text = unicodedata.normalize("NFKC", value).strip()
    if not 1 <= len(text) <= finding.MAX_TEXT:
        raise InvalidParameter(
            f"expected 1 to {finding.MAX_TEXT} characters to look for", parameter=name
        )
    return text


class Searches(Lists):
    """A list whose cursors belong to what was looked for, too."""

    @cached_property
    def filtered(self) -> dict[str, tuple[str, Op]]:
        return {"q": ("q", Op.EQ)} | super().filtered

    @cached_property
    def known(self) -> tuple[str, ...]:
        return (*super().known, "facets", "highlight")

    def _orders(self, value: str) -> tuple[Order, ...]:
        return (finding.SORTS[query_values.one_of(finding.SORTS)("sort", value)],)


SEARCHES = Searches(
    MEMBERS,
    filters=finding.FILTERS,
    values={
        "q": text_of,
        "tag": query_values.text,
        "category": query_values.text,
        "author": query_values.identifier,
        "locale": query_values.text,
        "published_at": query_values.instant,
    },
    sorts=tuple(finding.SORTS),
    order=finding.BY_RELEVANCE,
)
Q = described_query(
    "q",
    "What to look for: every word of it, in any form; Japanese, Chinese and Korean as typed.",
    {"type": "string", "minLength": 1},
    required=True,
)
FACETS = described_query(
    "facets",
    "Comma-separated: count by `tag`, `category` and `author`, and show the ten most frequent"
    " of each. Counted are the matches that are ranked, at most 1,000.",
)
HIGHLIGHT = described_query(
    "highlight",
    "Whether to show where the query was found.",
    {"type": "boolean", "default": True},
)
PREFIX = described_query(
    "prefix", "What is typed so far.", {"type": "string", "minLength": 1}, required=True
)


SORT = described_query(
    "sort",
    "The best first, or by date; ids break ties.",
    {"type": "string", "enum": list(finding.SORTS), "default": "relevance"},
)
LIMIT = described_query(
    "limit",
    "How many.",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_SUGGESTIONS},
)
#: Here in other words than for other lists.
OWN = {each["name"]: each for each in (Q, SORT, FACETS, HIGHLIGHT)}
USUAL = [each for each in described_list(SEARCHES)["parameters"] if each["name"] not in OWN]


@get(
    "/",
    opt={
        **VISITORS,
        "parameters": [*OWN.values(), *USUAL],
        **refuses(CursorInvalid, CursorMismatch, MalformedHeader, Forbidden),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def search(request: AnyRequest, reading: Given[Reading]) -> Response[Results]:
    """Search in published posts, by default the best matches first.

    A match in the title counts more than one in the excerpt, and that more than one in the
    content. At most 1,000 matches are ranked and paged through: of more, the newest 1,000 (with
    `sort=published_at` the oldest); then `capped` is true. With filters, these are looked for
    among the newest 10,000 posts that meet them when the text is in more than 5,000.
    `count=exact` counts up to 20,000 one by one, `count=estimated` up to 5,000; beyond that the
    count is an estimate.
    """
    visitor = check_may_read(request, "posts:read")
    given = query_values.parameters(request.scope["query_string"])
    asked, members = _asked(given, reading)
    found = await reading.finder.find(asked)
    hits = await shown(found, asked.text, members)
    listing = asked.listing
    page = SEARCHES.shown(
        found.page,
        hits,
        listing,
        reading.cursors,
        lambda at: finding.position(at, listing.orders),
    )
    answer = Results(
        data=page.data,
        page=page.page,
        capped=found.capped,
        facets=shown_facets(found.facets),
        count=page.count,
    )
    headers = (
        caching.private()
        if visitor
        else caching.public_list(caching.LIST_OF_POSTS, _tags(found))
    )
    return caching.answer(answer, headers, unless=request)


@get(
    "/suggest",
    opt={
        **VISITORS,
        "parameters": [PREFIX, LIMIT],
        **refuses(MalformedHeader, Forbidden),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def suggest(request: AnyRequest, reading: Given[Reading]) -> Response[Suggestions]:
    """Titles of published posts and names of used tags that begin with what is typed so far."""
    visitor = check_may_read(request, "posts:read")
    given = query_values.parameters(request.scope["query_string"])
    check_known(given, ("prefix", "limit"))
    prefix = text_of("prefix", given.get("prefix", ""))
    found = await reading.finder.suggest(prefix, limit_of(given, DEFAULT_SUGGESTIONS))
    headers = (
        caching.private()
        if visitor
        else caching.public_list(LISTS, (f"{each.kind}:{each.id}" for each in found))
    )
    suggestions = Suggestions([suggested(each) for each in found])
    return caching.answer(suggestions, headers, unless=request)


def _asked(given: Mapping[str, str], reading: Reading) -> tuple[Search, frozenset[str]]:
    """And the members to show. Raise as `Lists.listing` does."""
    check_known(given, SEARCHES.known)
    text = text_of("q", given.get("q", ""))
    listing = SEARCHES.listing(given, reading.cursors)
    members = MEMBERS.chosen(given)
    if not query_values.boolean("highlight", given.get("highlight", "true")):
        members -= {"highlights"}
    facet = query_values.member_of(Facet)
    facets = (
        query_values.several("facets", given["facets"], facet) if given.get("facets") else ()
    )
    asked = Search(
        text=text,
        listing=listing,
        parts=parts_of(members),
        facets=frozenset(Facet(str(each)) for each in facets),
        passages="highlights" in members,
    )
    return asked, members


def _tags(found: Findings) -> Iterator[str]:
    """All records that the answer shows."""
    for hit in found.page.items:
        yield from _records(hit)
    for facet, values in found.facets.items():
        kind = "user" if facet is Facet.AUTHOR else facet.value
        yield from (f"{kind}:{each.id}" for each in values)


def _records(hit: Hit) -> Iterator[str]:
    yield f"post:{hit.id}"
    yield f"user:{hit.author.id}"
    yield from (f"tag:{tag.id}" for tag in hit.tags)
    yield from (f"category:{category.id}" for category in hit.categories)


router = Router("/api/v2/search", route_handlers=[search, suggest], tags=["search"])
