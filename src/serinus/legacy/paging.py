"""Numbered pages with an exact total."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.base import ExecutableOption

from serinus.legacy.envelope import malformed

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
DIGITS = re.compile("[0-9]{1,1000}")

Item = TypeVar("Item")
Row = TypeVar("Row")


class Page(BaseModel, Generic[Item]):
    items: list[Item]
    total: int
    page: int
    limit: int
    total_pages: int


@dataclass(frozen=True, slots=True)
class PageQuery:
    page: int
    limit: int
    sort: str

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.limit

    def order(self, columns: frozenset[str]) -> tuple[str, bool]:
        """(column, descending); newest first when the column is unknown."""
        column = self.sort.removeprefix("-")
        if column in columns:
            return column, self.sort != column
        return "created_at", True

    def show(self, items: list[Item], total: int) -> Page[Item]:
        return Page(
            items=items,
            total=total,
            page=self.page,
            limit=self.limit,
            total_pages=max(1, -(-total // self.limit)),
        )


async def page_query(
    page: Annotated[str | None, Query()] = None,
    limit: Annotated[str | None, Query()] = None,
    sort: Annotated[str, Query()] = "",
) -> PageQuery:
    first = number("page", page) or 1
    size = min(number("limit", limit) or DEFAULT_LIMIT, MAX_LIMIT)
    return PageQuery(first, size, sort)


Paging = Annotated[PageQuery, Depends(page_query)]


async def cut(
    session: AsyncSession,
    rows: Select[Row],
    order: Sequence[ColumnElement[Any]],
    paging: PageQuery,
    options: Sequence[ExecutableOption] = (),
) -> tuple[Sequence[Row], int]:
    """The rows of the page, and how many there are on all pages."""
    total = await session.scalar(
        rows.with_only_columns(func.count(), maintain_column_froms=True)
    )
    # A page far past the end would need an offset that no integer of the database holds.
    if not total or paging.offset >= total:
        return [], total or 0
    part = rows.order_by(*order).offset(paging.offset).limit(paging.limit)
    return (await session.scalars(part.options(*options))).all(), total


def number(name: str, given: str | None) -> int:
    """0 when absent. Raises 400."""
    if given is None:
        return 0
    if not DIGITS.fullmatch(given):
        raise malformed(f"Invalid query parameter: {name}")
    return int(given)
