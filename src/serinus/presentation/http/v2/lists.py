"""The form of every list of v2."""

from typing import Annotated, Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

from serinus.presentation.http.v2.describing import about

T = TypeVar("T")


class Page(Struct, frozen=True, kw_only=True):
    next: Annotated[str | None, about("for `after=`; null on the last page")]
    prev: Annotated[str | None, about("for `before=`; null on the first page")]
    limit: int


class Count(Struct, frozen=True):
    """How many there are on all pages together."""

    value: int
    exact: bool


class Listing(Struct, Generic[T], frozen=True, kw_only=True):
    data: list[T]
    page: Page
    count: Annotated[Count, about("only with `count=`")] | UnsetType = UNSET
