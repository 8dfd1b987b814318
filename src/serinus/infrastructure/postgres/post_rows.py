"""Rows of posts: which columns are read, and how one becomes a `Post`."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import asyncpg

from serinus.domain.content.post import (
    Byline,
    ContentFormat,
    Post,
    PostId,
    PostType,
    Status,
    Text,
)
from serinus.domain.content.post_query import Part
from serinus.domain.content.taxonomy import Category, CategoryId, Tag, TagId
from serinus.domain.identity.caller import UserId

# Where the family name is written in Han, kana or Hangul, it comes first.
AUTHOR_COLUMNS = r"""
    u.username,
    coalesce(nullif(btrim(
        CASE WHEN u.last_name ~ '[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]'
             THEN concat_ws(' ', u.last_name, u.first_name)
             ELSE concat_ws(' ', u.first_name, u.last_name)
        END), ''), u.username) AS author_name"""

TAGS = """
    ARRAY(SELECT ROW (t.id, t.slug, t.name)
            FROM post_tags pt JOIN tags t ON t.id = pt.tag_id
           WHERE pt.post_id = p.id ORDER BY pt.position, t.id)"""

CATEGORIES = """
    ARRAY(SELECT ROW (c.id, c.slug, c.name)
            FROM post_categories pc JOIN categories c ON c.id = pc.category_id
           WHERE pc.post_id = p.id ORDER BY pc.position, c.id)"""

PLAIN_COLUMNS = """
    p.id, p.type, p.author_id, p.slug, p.title, p.content_format, p.excerpt, p.status, p.locale,
    p.featured_image, p.meta_title, p.meta_description, p.created_at, p.updated_at,
    p.published_at, p.scheduled_at, p.deleted_at, p.version"""

USERS = "JOIN users u ON u.id = p.author_id"

#: Everything of a post; `p` is its row, `u` its author's.
POST_COLUMNS = (
    f"{PLAIN_COLUMNS}, p.content, {AUTHOR_COLUMNS}, {TAGS} AS tags, {CATEGORIES} AS categories"
)


@lru_cache(maxsize=1 << len(Part))
def columns_of(parts: frozenset[Part]) -> str:
    """`POST_COLUMNS` without what is not asked for."""
    content = "p.content" if Part.CONTENT in parts else "'' AS content"
    author = AUTHOR_COLUMNS if Part.AUTHOR in parts else "'' AS username, '' AS author_name"
    tags = TAGS if Part.TAGS in parts else "NULL"
    categories = CATEGORIES if Part.CATEGORIES in parts else "NULL"
    return f"{PLAIN_COLUMNS}, {content}, {author}, {tags} AS tags, {categories} AS categories"


def users_of(parts: frozenset[Part]) -> str:
    """The join that `columns_of` needs."""
    return USERS if Part.AUTHOR in parts else ""


def post_from(row: Mapping[str, Any] | asyncpg.Record) -> Post:
    return Post(
        id=PostId(row["id"]),
        type=PostType(row["type"]),
        author=Byline(UserId(row["author_id"]), row["username"], row["author_name"]),
        slug=row["slug"],
        text=Text(
            title=row["title"],
            content=row["content"],
            content_format=ContentFormat(row["content_format"]),
            excerpt=row["excerpt"],
            locale=row["locale"],
            featured_image=row["featured_image"],
            meta_title=row["meta_title"],
            meta_description=row["meta_description"],
        ),
        status=Status(row["status"]),
        tags=tuple(Tag(TagId(id_), slug, name) for id_, slug, name in row["tags"] or ()),
        categories=tuple(
            Category(CategoryId(id_), slug, name) for id_, slug, name in row["categories"] or ()
        ),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        published_at=row["published_at"],
        scheduled_at=row["scheduled_at"],
        deleted_at=row["deleted_at"],
        version=row["version"],
    )
