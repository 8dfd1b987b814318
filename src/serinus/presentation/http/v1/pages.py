"""Pages of contract v1: items, an exact total, and how many pages that makes."""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from serinus.application.slices import NumberedPage, Slice

T = TypeVar("T")
Shown = TypeVar("Shown")


class Page(msgspec.Struct, Generic[T], frozen=True):
    items: list[T]
    total: int
    page: int
    limit: int
    total_pages: int


def page_of(found: NumberedPage[T], part: Slice, show: Callable[[T], Shown]) -> Page[Shown]:
    return Page(
        items=[show(item) for item in found.items],
        total=found.total,
        page=part.page,
        limit=part.limit,
        total_pages=max(1, -(-found.total // part.limit)),
    )
