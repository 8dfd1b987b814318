"""What one attempt of an import reads and writes; every method takes many and sends one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from serinus.application.content.import_ports import (
    Known,
    Named,
    Origin,
    PlacedComment,
    PlacedPost,
    State,
)
from serinus.domain.content.import_authors import FittedAuthor
from serinus.domain.content.imported import ImportedCategory
from serinus.domain.content.post import Status
from serinus.domain.content.slug import slugify
from serinus.domain.content.taxonomy import tag_key
from serinus.infrastructure.postgres import import_statements as sql
from serinus.infrastructure.postgres.terms import FALLBACK_TAG_SLUG

#: How often names are tried that others took meanwhile, each time on a fresh snapshot.
MAX_ROUNDS = 64

Kind = Literal["post", "comment"]


class NamesContended(asyncpg.TransactionRollbackError):
    """Others took every name that was tried; later there will be a free one."""


class PostgresImportWrites:
    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.added = 0  # posts

    async def known_posts(self, source: str, addresses: Sequence[str]) -> Mapping[str, Known]:
        # Locked before they are looked at: an edit that is under way counts as one.
        await self._connection.execute(sql.LOCK_POSTS, source, addresses)
        return _known(await self._connection.fetch(sql.KNOWN_POSTS, source, addresses))

    async def known_comments(
        self, source: str, addresses: Sequence[str]
    ) -> Mapping[str, Known]:
        return _known(await self._connection.fetch(sql.KNOWN_COMMENTS, source, addresses))

    async def authors(
        self, authors: Sequence[Named[FittedAuthor]], at: datetime
    ) -> Mapping[str, UUID]:
        values = [named.value for named in authors]
        keys = [value.key for value in values]
        await self._connection.execute(
            sql.ADD_AUTHORS,
            [named.id for named in authors],
            [value.username for value in values],
            keys,
            [value.email for value in values],
            [value.first_name for value in values],
            [value.last_name for value in values],
            at,
        )
        rows = await self._connection.fetch(sql.AUTHORS, keys)
        return {row["username_key"]: row["id"] for row in rows}

    async def tags(self, names: Sequence[Named[str]], at: datetime) -> Mapping[str, UUID]:
        keys = [tag_key(named.value) for named in names]
        for _ in range(MAX_ROUNDS):
            rows = await self._connection.fetch(sql.TAGS, keys)
            if len(rows) == len(keys):
                return {row["name_key"]: row["id"] for row in rows}
            await self._connection.execute(
                sql.ADD_TAGS,
                [named.id for named in names],
                [named.value for named in names],
                keys,
                [slugify(named.value) or FALLBACK_TAG_SLUG for named in names],
                at,
            )
        raise NamesContended("tags")

    async def categories(
        self, categories: Sequence[Named[ImportedCategory]], at: datetime
    ) -> Mapping[str, UUID]:
        values = [named.value for named in categories]
        slugs = [value.slug for value in values]
        await self._connection.execute(
            sql.ADD_CATEGORIES,
            [named.id for named in categories],
            slugs,
            [value.parent for value in values],
            [value.name for value in values],
            [value.description for value in values],
            at,
        )
        rows = await self._connection.fetch(sql.CATEGORIES, slugs)
        return {row["slug"]: row["id"] for row in rows}

    async def claim_slugs(
        self, wanted: Sequence[tuple[UUID, str]], at: datetime
    ) -> Mapping[UUID, str]:
        claimed: dict[UUID, str] = {}
        for _ in range(MAX_ROUNDS):
            left = [(post, slug) for post, slug in wanted if post not in claimed]
            if not left:
                return claimed
            posts, slugs = zip(*left, strict=True)
            rows = await self._connection.fetch(sql.CLAIM_SLUGS, posts, slugs, at)
            claimed |= {row["post_id"]: row["slug"] for row in rows}
        raise NamesContended("slugs")

    async def claim_addresses(
        self, wanted: Sequence[tuple[str, UUID]], at: datetime
    ) -> Mapping[str, UUID]:
        addresses, posts = zip(*wanted, strict=True)
        rows = await self._connection.fetch(sql.CLAIM_ADDRESSES, addresses, posts, at)
        claimed = {row["slug"] for row in rows}
        taken = [address for address in addresses if address not in claimed]
        rows = await self._connection.fetch(sql.SLUG_OWNERS, taken)
        return {row["slug"]: row["post_id"] for row in rows}

    async def add_posts(self, posts: Sequence[PlacedPost], at: datetime) -> None:
        columns = _columns([_post_row(post, at) for post in posts])
        await self._connection.execute(
            sql.ADD_POSTS, *columns, [post.slug for post in posts], at
        )
        await self._set_terms(posts)
        self.added += len(posts)

    async def replace_posts(self, posts: Sequence[PlacedPost], at: datetime) -> None:
        columns = _columns([_post_row(post, at) for post in posts])
        await self._connection.execute(sql.REPLACE_POSTS, *columns, at)
        # Not one statement: the triggers that count tags run at the end of each.
        await self._connection.execute(sql.UNTAG, *_links(posts, "tags")[:2], _ids(posts))
        await self._connection.execute(
            sql.UNCATEGORISE, *_links(posts, "categories")[:2], _ids(posts)
        )
        await self._set_terms(posts)

    async def add_comments(self, comments: Sequence[PlacedComment], at: datetime) -> None:
        columns = _columns([_comment_row(comment) for comment in comments])
        await self._connection.execute(sql.ADD_COMMENTS, *columns, at)

    async def replace_comments(self, comments: Sequence[PlacedComment], at: datetime) -> None:
        columns = _columns([_comment_row(comment) for comment in comments])
        await self._connection.execute(sql.REPLACE_COMMENTS, *columns, at)

    async def remember_posts(
        self, source: str, origins: Sequence[Origin], at: datetime
    ) -> None:
        await self._remember(source, "post", origins, at)

    async def remember_comments(
        self, source: str, origins: Sequence[Origin], at: datetime
    ) -> None:
        await self._remember(source, "comment", origins, at)

    async def _remember(
        self, source: str, kind: Kind, origins: Sequence[Origin], at: datetime
    ) -> None:
        await self._connection.execute(
            sql.REMEMBER,
            source,
            kind,
            [origin.address for origin in origins],
            [origin.target for origin in origins],
            [origin.digest for origin in origins],
            at,
        )

    async def _set_terms(self, posts: Sequence[PlacedPost]) -> None:
        await self._connection.execute(sql.TAG, *_links(posts, "tags"))
        await self._connection.execute(sql.CATEGORISE, *_links(posts, "categories"))


def _known(rows: Sequence[asyncpg.Record]) -> dict[str, Known]:
    return {
        row["address"]: Known(row["target_id"], row["digest"], State(row["state"]))
        for row in rows
    }


def _ids(posts: Sequence[PlacedPost]) -> list[UUID]:
    return [post.id for post in posts]


def _links(
    posts: Sequence[PlacedPost], kind: Literal["tags", "categories"]
) -> tuple[list[UUID], list[UUID], list[int]]:
    """Posts, terms and positions, side by side."""
    links = [
        (post.id, term, position)
        for post in posts
        for position, term in enumerate(dict.fromkeys(getattr(post, kind)))
    ]
    return [p for p, _, _ in links], [t for _, t, _ in links], [n for _, _, n in links]


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _post_row(placed: PlacedPost, at: datetime) -> tuple[object, ...]:
    """In the order of `sql.POST_COLUMNS`. A null time: keep what is there, else now."""
    post = placed.post
    date = post.date
    is_out = post.status in {Status.PUBLISHED, Status.ARCHIVED}
    return (
        placed.id,
        post.type,
        placed.author,
        post.title,
        post.content,
        post.content_format,
        post.excerpt,
        post.status,
        post.locale,
        post.featured_image,
        post.meta_title,
        post.meta_description,
        min(date, at) if date else None,
        min(post.updated or date or at, at),
        date if is_out else None,
        date if post.status is Status.SCHEDULED else None,
    )


def _comment_row(placed: PlacedComment) -> tuple[object, ...]:
    """In the order of `sql.COMMENT_COLUMNS`."""
    comment = placed.comment
    return (
        placed.id,
        placed.post,
        placed.parent,
        placed.author,
        comment.author_name,
        comment.author_email,
        comment.author_url,
        comment.content,
        comment.state,
        comment.created_at,
    )
