"""What importing needs from the outside, in its own words."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Generic, Protocol, TypeVar
from uuid import UUID

from serinus.domain.content.import_authors import FittedAuthor
from serinus.domain.content.imported import (
    ImportedCategory,
    ImportedComment,
    ImportedItem,
    ImportedPost,
)
from serinus.domain.errors import Conflict

T = TypeVar("T")


class ImportRunning(Conflict):
    """Two imports at once would make everything twice."""

    code: ClassVar = "import_running"


class Refused(Exception):
    """The store would not take something; the text says why. Nothing of it was kept.

    `passing`: it was in another writer's way, and may well succeed when tried again.
    """

    def __init__(self, reason: str, *, passing: bool = False) -> None:
        super().__init__(reason)
        self.passing = passing


class State(StrEnum):
    """What became of an imported thing since."""

    AS_IMPORTED = "as imported"
    EDITED = "edited"
    DELETED = "deleted"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Known:
    """An imported thing that is there, or was. `digest` is of the item it was made from."""

    id: UUID
    digest: bytes
    state: State


@dataclass(frozen=True, slots=True)
class Origin:
    address: str
    target: UUID
    digest: bytes


@dataclass(frozen=True, slots=True)
class PlacedPost:
    """A fitted post with what it refers to found or made. `slug` empty: it keeps its own."""

    id: UUID
    author: UUID
    slug: str
    tags: Sequence[UUID]
    categories: Sequence[UUID]
    post: ImportedPost


@dataclass(frozen=True, slots=True)
class PlacedComment:
    id: UUID
    post: UUID
    parent: UUID | None
    author: UUID | None
    comment: ImportedComment


@dataclass(frozen=True, slots=True)
class Named(Generic[T]):
    """Something found by its name, or made with this id."""

    id: UUID
    value: T


class ImportSource(Protocol):
    """One folder or file of another system."""

    @property
    def name(self) -> str:
        """What it is called in the records unless somebody says otherwise."""
        ...

    def items(self) -> Iterator[ImportedItem]: ...

    def position(self) -> tuple[int, int]:
        """How much has been read, of how much; the unit is the reader's."""
        ...


class ImportWrites(Protocol):
    """Reads and writes of one attempt. Whatever takes many takes them in one statement."""

    async def known_posts(self, source: str, addresses: Sequence[str]) -> Mapping[str, Known]:
        """By address. The posts are locked until the attempt ends."""
        ...

    async def known_comments(
        self, source: str, addresses: Sequence[str]
    ) -> Mapping[str, Known]: ...

    async def authors(
        self, authors: Sequence[Named[FittedAuthor]], at: datetime
    ) -> Mapping[str, UUID]:
        """Find or make; by key."""
        ...

    async def tags(self, names: Sequence[Named[str]], at: datetime) -> Mapping[str, UUID]:
        """Find or make; by `tag_key`."""
        ...

    async def categories(
        self, categories: Sequence[Named[ImportedCategory]], at: datetime
    ) -> Mapping[str, UUID]:
        """Find or make; by slug. What is there stays as it is; parents come before children."""
        ...

    async def claim_slugs(
        self, wanted: Sequence[tuple[UUID, str]], at: datetime
    ) -> Mapping[UUID, str]:
        """The first free of `slug`, `slug-2` ... for each post, which need not be there yet."""
        ...

    async def claim_addresses(
        self, wanted: Sequence[tuple[str, UUID]], at: datetime
    ) -> Mapping[str, UUID]:
        """Let free ones lead to their post. Gives where those lead that were not free."""
        ...

    async def add_posts(self, posts: Sequence[PlacedPost], at: datetime) -> None: ...

    async def replace_posts(self, posts: Sequence[PlacedPost], at: datetime) -> None:
        """Deleted ones are restored; slugs stay."""
        ...

    async def add_comments(self, comments: Sequence[PlacedComment], at: datetime) -> None: ...

    async def replace_comments(
        self, comments: Sequence[PlacedComment], at: datetime
    ) -> None: ...

    async def remember_posts(
        self, source: str, origins: Sequence[Origin], at: datetime
    ) -> None: ...

    async def remember_comments(
        self, source: str, origins: Sequence[Origin], at: datetime
    ) -> None: ...


class ImportSession(Protocol):
    def attempt(self) -> AbstractAsyncContextManager[ImportWrites]:
        """Everything done in it is kept together, or nothing. Raise `Refused` at its end."""
        ...


class ImportStore(Protocol):
    def session(self, *, dry_run: bool) -> AbstractAsyncContextManager[ImportSession]:
        """The only import until it is closed. A dry run keeps nothing of any attempt.

        Raise `ImportRunning`.
        """
        ...

    async def has_posts(self) -> bool:
        """Deleted ones count too."""
        ...
