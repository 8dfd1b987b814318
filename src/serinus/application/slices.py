"""Parts of a list by number, with an exact total: what contract v1 promises."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list. `page` counts from 1; past the end there is nothing."""

    page: int
    limit: int
    descending: bool

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.limit


@dataclass(frozen=True, slots=True)
class NumberedPage(Generic[T]):
    """`total`: how many there are on all pages together."""

    items: tuple[T, ...]
    total: int
