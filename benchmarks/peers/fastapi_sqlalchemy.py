"""A post by FastAPI, SQLAlchemy (asynchronous) and Pydantic, as their manuals show it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict
from sqlalchemy import DateTime, ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)


class Model(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 - as SQLAlchemy reads it


class User(Model):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    username: Mapped[str]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]

    @property
    def name(self) -> str:
        whole = " ".join(filter(None, (self.first_name, self.last_name)))
        return whole or self.username


class PostTag(Model):
    __tablename__ = "post_tags"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    tag_id: Mapped[UUID] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    position: Mapped[int]


class PostCategory(Model):
    __tablename__ = "post_categories"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    category_id: Mapped[UUID] = mapped_column(ForeignKey("categories.id"), primary_key=True)
    position: Mapped[int]


class Tag(Model):
    __tablename__ = "tags"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]


class Category(Model):
    __tablename__ = "categories"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]


class Post(Model):
    __tablename__ = "posts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    slug: Mapped[str]
    title: Mapped[str]
    content: Mapped[str]
    content_format: Mapped[str]
    excerpt: Mapped[str | None]
    status: Mapped[str]
    locale: Mapped[str]
    featured_image: Mapped[str | None]
    meta_title: Mapped[str | None]
    meta_description: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    scheduled_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    version: Mapped[int]

    author: Mapped[User] = relationship()
    tags: Mapped[list[Tag]] = relationship(
        secondary="post_tags", order_by=PostTag.position, viewonly=True
    )
    categories: Mapped[list[Category]] = relationship(
        secondary="post_categories", order_by=PostCategory.position, viewonly=True
    )


class Shape(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class AuthorOut(Shape):
    id: UUID
    username: str
    name: str


class TermOut(Shape):
    id: UUID
    slug: str
    name: str


class PostOut(Shape):
    id: UUID
    type: str
    slug: str
    title: str
    content: str
    content_format: str
    excerpt: str | None
    status: str
    locale: str
    author: AuthorOut
    tags: list[TermOut]
    categories: list[TermOut]
    featured_image: str | None
    meta_title: str | None
    meta_description: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    scheduled_at: datetime | None


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    url = os.environ["DATABASE_URL"]
    # SQLAlchemy names the driver in the scheme.
    engine = create_async_engine(
        f"postgresql+asyncpg://{url.partition('://')[2]}", pool_size=10
    )
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    yield
    await engine.dispose()


async def session_of(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessions() as session:
        yield session


application = FastAPI(lifespan=lifespan)


@application.get("/api/peer/posts/{post_id}")
async def show(post_id: UUID, session: Annotated[AsyncSession, Depends(session_of)]) -> PostOut:
    query = (
        select(Post)
        .where(Post.id == post_id, Post.deleted_at.is_(None), Post.status == "published")
        .options(
            joinedload(Post.author, innerjoin=True),
            selectinload(Post.tags),
            selectinload(Post.categories),
        )
    )
    post = await session.scalar(query)
    if post is None:
        raise HTTPException(404)
    return PostOut.model_validate(post)
