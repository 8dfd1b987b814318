"""The data of answers, member by member in the contract's order."""

from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, PlainSerializer

from serinus.legacy.authentication import Caller
from serinus.legacy.authorisation import ADMINISTRATORS
from serinus.legacy.models import ApiKey, Post, Role, Status, Tag, User
from serinus.legacy.permissions import permissions_of


def rfc3339(time: datetime) -> str:
    """Always six digits: Pydantic leaves them out when they are zero."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


Time = Annotated[datetime, PlainSerializer(rfc3339, return_type=str)]

ROLE_NAMES = {
    Role.SUPER_ADMIN: "SuperAdmin",
    Role.ADMIN: "Admin",
    Role.EDITOR: "Editor",
    Role.AUTHOR: "Author",
    Role.CONTRIBUTOR: "Contributor",
    Role.SUBSCRIBER: "Subscriber",
}


class UserInfo(BaseModel):
    """Of others, `email`, `role` and `last_login` are None but for administrators."""

    id: UUID
    username: str
    email: str | None
    first_name: str | None
    last_name: str | None
    role: str | None
    is_active: bool
    email_verified: bool
    last_login: Time | None
    created_at: Time
    updated_at: Time

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(
            id=user.id,
            username=user.username,
            email=user.email,
            first_name=user.first_name,
            last_name=user.last_name,
            role=ROLE_NAMES[user.role],
            is_active=user.is_active,
            email_verified=user.email_verified,
            last_login=user.last_login,
            created_at=user.created_at,
            updated_at=user.updated_at,
        )

    @classmethod
    def seen_by(cls, caller: Caller, user: User) -> Self:
        whole = cls.of(user)
        if user.id == caller.id or caller.role in ADMINISTRATORS:
            return whole
        return whole.model_copy(update=dict.fromkeys(("email", "role", "last_login")))


class AuthTokens(BaseModel):
    access_token: str
    refresh_token: str
    expires_in: int  # seconds
    session_id: UUID


class AuthSuccess(BaseModel):
    tokens: AuthTokens
    user: UserInfo


class PostMetadata(BaseModel):
    meta_title: str | None
    meta_description: str | None
    categories: list[str]


class PostDto(BaseModel):
    id: UUID
    title: str
    content: str
    excerpt: str | None
    status: str
    author_id: UUID
    tags: list[str]
    metadata: PostMetadata
    created_at: Time
    updated_at: Time
    published_at: Time | None

    @classmethod
    def of(cls, post: Post) -> Self:
        """The post must have come with its tags and categories."""
        return cls(
            id=post.id,
            title=post.title,
            content=post.content,
            excerpt=post.excerpt,
            status=_status_name(post.status),
            author_id=post.author_id,
            tags=[link.tag.name for link in post.tag_links],
            metadata=PostMetadata(
                meta_title=post.meta_title,
                meta_description=post.meta_description,
                categories=[link.category.name for link in post.category_links],
            ),
            created_at=post.created_at,
            updated_at=post.updated_at,
            published_at=post.published_at,
        )


class PostSummary(BaseModel):
    id: UUID
    title: str
    author_id: UUID
    status: str
    created_at: Time

    @classmethod
    def of(cls, post: Post) -> Self:
        return cls(
            id=post.id,
            title=post.title,
            author_id=post.author_id,
            status=_status_name(post.status),
            created_at=post.created_at,
        )


class TagDto(BaseModel):
    id: UUID
    name: str
    slug: str
    usage_count: int
    created_at: Time

    @classmethod
    def of(cls, tag: Tag) -> Self:
        return cls(
            id=tag.id,
            name=tag.name,
            slug=tag.slug,
            usage_count=tag.usage_count,
            created_at=tag.created_at,
        )


class ApiKeyInfo(BaseModel):
    id: UUID
    name: str
    permissions: list[str]
    user_id: UUID
    created_at: Time
    expires_at: Time | None
    last_used_at: Time | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        return cls(
            id=key.id,
            name=key.name,
            permissions=permissions_of(key.scopes),
            user_id=key.user_id,
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
        )


class ApiKeyCreated(BaseModel):
    api_key: ApiKeyInfo
    raw_key: str  # shown this once


def _status_name(status: Status) -> str:
    """This contract knows no scheduled posts: to its clients they are drafts."""
    return Status.DRAFT if status is Status.SCHEDULED else status
