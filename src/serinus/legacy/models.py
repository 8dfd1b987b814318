"""The tables as this engine sees them. It owns none of them: migrations are made elsewhere.

Relationships are never loaded behind a query's back (`lazy="raise"`): each query says what it
needs. `tags.usage_count` is kept by triggers and only read here.
"""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Enum, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Role(StrEnum):
    """From most to least trusted."""

    SUPER_ADMIN = "super_admin"
    ADMIN = "admin"
    EDITOR = "editor"
    AUTHOR = "author"
    CONTRIBUTOR = "contributor"
    SUBSCRIBER = "subscriber"

    @property
    def rank(self) -> int:
        """0 is the most trusted."""
        return list(Role).index(self)


class Status(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    ARCHIVED = "archived"


def _text_enum(kind: type[StrEnum]) -> Enum:
    return Enum(kind, native_enum=False, length=None, values_callable=list)


class Model(DeclarativeBase):
    type_annotation_map: ClassVar = {
        str: Text(),
        bytes: LargeBinary(),
        datetime: DateTime(timezone=True),
        Role: _text_enum(Role),
        Status: _text_enum(Status),
    }


class User(Model):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    username: Mapped[str]
    username_key: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    role: Mapped[Role]
    is_active: Mapped[bool]
    email_verified: Mapped[bool]
    last_login: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int]


class LoginSession(Model):
    """A sign-in: the family of refresh tokens that descend from it."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    remember: Mapped[bool]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class RefreshToken(Model):
    __tablename__ = "refresh_tokens"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    issued_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


class ApiKey(Model):
    """What its owner's programs show in place of a token. Only the hash of it is kept."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    key_hash: Mapped[bytes]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Tag(Model):
    __tablename__ = "tags"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    usage_count: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Category(Model):
    __tablename__ = "categories"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class PostTag(Model):
    __tablename__ = "post_tags"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    tag_id: Mapped[UUID] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    position: Mapped[int]

    tag: Mapped[Tag] = relationship(lazy="raise")


class PostCategory(Model):
    __tablename__ = "post_categories"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    category_id: Mapped[UUID] = mapped_column(ForeignKey("categories.id"), primary_key=True)
    position: Mapped[int]

    category: Mapped[Category] = relationship(lazy="raise")


class Slug(Model):
    """Every slug that ever led to a post; the current one stands in `posts.slug` too."""

    __tablename__ = "slugs"

    slug: Mapped[str] = mapped_column(primary_key=True)
    post_id: Mapped[UUID]
    created_at: Mapped[datetime]


class Post(Model):
    __tablename__ = "posts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    slug: Mapped[str]
    title: Mapped[str]
    content: Mapped[str]
    excerpt: Mapped[str | None]
    status: Mapped[Status]
    featured_image: Mapped[str | None]
    meta_title: Mapped[str | None]
    meta_description: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    scheduled_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    version: Mapped[int]

    tag_links: Mapped[list[PostTag]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by=PostTag.position
    )
    category_links: Mapped[list[PostCategory]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by=PostCategory.position
    )

    def publish(self, now: datetime) -> None:
        self.status = Status.PUBLISHED
        self.published_at = self.published_at or now
        self.scheduled_at = None

    def withdraw(self) -> None:
        """Make it a draft again."""
        self.status = Status.DRAFT
        self.published_at = None
        self.scheduled_at = None

    def touch(self, now: datetime) -> None:
        """Every change shows in the version: by it other writers see that they are late."""
        self.updated_at = now
        self.version += 1

    def tag_with(self, tags: list[Tag]) -> None:
        kept = {link.tag_id: link for link in self.tag_links}
        self.tag_links = [kept.get(tag.id) or PostTag(tag_id=tag.id, tag=tag) for tag in tags]
        for position, link in enumerate(self.tag_links):
            link.position = position

    def file_under(self, categories: list[Category]) -> None:
        kept = {link.category_id: link for link in self.category_links}
        self.category_links = [
            kept.get(category.id) or PostCategory(category_id=category.id, category=category)
            for category in categories
        ]
        for position, link in enumerate(self.category_links):
            link.position = position
