"""Bodies of contract v1. The order of members is part of it: problems are named in that order.

Request shapes hold what was sent, checked for type alone; None is absent or null. The limits
beside the types are documentation: they are enforced, and worded, elsewhere.
"""

from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from msgspec import Meta

from serinus.application.identity.sign_in import SignedIn
from serinus.domain.content.post import Post, Status
from serinus.domain.content.taxonomy import CountedTag
from serinus.domain.identity.accounts import Account
from serinus.domain.identity.api_keys import ApiKey
from serinus.domain.identity.caller import Caller, Role
from serinus.domain.identity.people import may_see_all
from serinus.presentation.http.v1.envelope import Time, time
from serinus.presentation.http.v1.permissions import PERMISSIONS, permissions_of


def _documented(**schema: Any) -> Meta:  # noqa: ANN401 - JSON schema is anything
    return Meta(extra_json_schema=schema)


def role_name(role: Role) -> str:
    return role.value.title().replace("_", "")


def status_name(status: Status) -> str:
    """v1 knows no scheduling: to its clients such a post is not out yet."""
    return (Status.DRAFT if status is Status.SCHEDULED else status).value


STATUS = _documented(enum=["draft", "published", "archived"])
RoleName = Annotated[str, _documented(enum=[role_name(role) for role in Role])]
ANY_ROLE = _documented(
    description="In any case, also as in filters: `super_admin`.",
    examples=[role_name(role) for role in Role],
)


class Register(msgspec.Struct, frozen=True, kw_only=True):
    username: Annotated[str | None, _documented(minLength=3, maxLength=50)] = None
    email: Annotated[str | None, _documented(format="email")] = None
    password: Annotated[str | None, _documented(minLength=8, maxLength=128)] = None
    first_name: Annotated[str | None, _documented(maxLength=100)] = None
    last_name: Annotated[str | None, _documented(maxLength=100)] = None


class Login(msgspec.Struct, frozen=True, kw_only=True):
    email: str | None = None
    password: str | None = None
    remember_me: bool | None = None


class Refresh(msgspec.Struct, frozen=True, kw_only=True):
    refresh_token: str | None = None


class WritePost(msgspec.Struct, frozen=True, kw_only=True):
    """What may be said of a post, whether it is there yet or not."""

    title: Annotated[str | None, _documented(minLength=1, maxLength=255)] = None
    content: Annotated[str | None, _documented(minLength=1)] = None
    excerpt: Annotated[str | None, _documented(maxLength=500)] = None
    slug: Annotated[str | None, _documented(maxLength=255)] = None
    published: bool | None = None
    tags: Annotated[list[str] | None, _documented(maxItems=20)] = None
    category: Annotated[str | None, _documented(maxLength=100)] = None
    featured_image: Annotated[str | None, _documented(format="uri", maxLength=2048)] = None
    meta_title: Annotated[str | None, _documented(maxLength=60)] = None
    meta_description: Annotated[str | None, _documented(maxLength=160)] = None


class CreatePost(WritePost, frozen=True, kw_only=True):
    """Empty is as good as absent, but for the title and the content."""


class UpdatePost(WritePost, frozen=True, kw_only=True):
    """Absent or null stays as it is; an empty string clears what may be absent."""


class CreateApiKey(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str | None, _documented(minLength=1, maxLength=100)] = None
    permissions: Annotated[
        list[Annotated[str, _documented(enum=list(PERMISSIONS))]] | None,
        _documented(minItems=1),
    ] = None


class UpdateUser(msgspec.Struct, frozen=True, kw_only=True):
    """Absent or null stays as it is; an empty first or last name is none."""

    username: Annotated[str | None, _documented(minLength=3, maxLength=50)] = None
    email: Annotated[str | None, _documented(format="email")] = None
    first_name: Annotated[str | None, _documented(maxLength=100)] = None
    last_name: Annotated[str | None, _documented(maxLength=100)] = None
    role: Annotated[str | None, ANY_ROLE] = None
    is_active: bool | None = None


class ChangeRole(msgspec.Struct, frozen=True, kw_only=True):
    role: Annotated[str | None, ANY_ROLE] = None


class CreateAdminPost(msgspec.Struct, frozen=True, kw_only=True):
    title: Annotated[str | None, _documented(minLength=1, maxLength=255)] = None
    content: Annotated[str | None, _documented(minLength=1)] = None
    published: bool | None = None


class UserInfo(msgspec.Struct, frozen=True):
    """Of others, `email`, `role` and `last_login` are null but for administrators."""

    id: UUID
    username: str
    email: str | None
    first_name: str | None
    last_name: str | None
    role: RoleName | None
    is_active: bool
    email_verified: bool
    last_login: Time | None
    created_at: Time
    updated_at: Time

    @classmethod
    def own(cls, account: Account) -> Self:
        """An account as its owner sees it: with everything."""
        return cls(
            account.id,
            account.username,
            account.email,
            account.first_name,
            account.last_name,
            role_name(account.role),
            account.is_active,
            account.email_verified,
            time(account.last_login) if account.last_login else None,
            time(account.created_at),
            time(account.updated_at),
        )

    @classmethod
    def seen_by(cls, caller: Caller, account: Account) -> Self:
        whole = cls.own(account)
        if may_see_all(caller, account):
            return whole
        return msgspec.structs.replace(whole, email=None, role=None, last_login=None)


class AuthTokens(msgspec.Struct, frozen=True):
    access_token: str
    refresh_token: str
    expires_in: int
    session_id: UUID


class AuthSuccess(msgspec.Struct, frozen=True):
    tokens: AuthTokens
    user: UserInfo

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        given = signed_in.tokens
        tokens = AuthTokens(
            given.access_token, given.refresh_token, given.expires_in, given.session_id
        )
        return cls(tokens, UserInfo.own(signed_in.account))


class PostMetadata(msgspec.Struct, frozen=True):
    meta_title: str | None
    meta_description: str | None
    categories: list[str]


class PostDto(msgspec.Struct, frozen=True):
    id: UUID
    title: str
    content: str
    excerpt: str | None
    status: Annotated[str, STATUS]
    author_id: UUID
    tags: list[str]
    metadata: PostMetadata
    created_at: Time
    updated_at: Time
    published_at: Time | None

    @classmethod
    def of(cls, post: Post) -> Self:
        text = post.text
        return cls(
            post.id,
            text.title,
            text.content,
            text.excerpt,
            status_name(post.status),
            post.author.id,
            [tag.name for tag in post.tags],
            PostMetadata(
                text.meta_title,
                text.meta_description,
                [category.name for category in post.categories],
            ),
            time(post.created_at),
            time(post.updated_at),
            time(post.published_at) if post.published_at else None,
        )


class PostSummary(msgspec.Struct, frozen=True):
    id: UUID
    title: str
    author_id: UUID
    status: Annotated[str, STATUS]
    created_at: Time

    @classmethod
    def of(cls, post: Post) -> Self:
        return cls(
            post.id,
            post.text.title,
            post.author.id,
            status_name(post.status),
            time(post.created_at),
        )


class TagDto(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    slug: str
    usage_count: int
    created_at: Time

    @classmethod
    def of(cls, tag: CountedTag) -> Self:
        return cls(tag.id, tag.name, tag.slug, tag.usage_count, time(tag.created_at))


class ApiKeyInfo(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    permissions: list[Annotated[str, _documented(enum=list(PERMISSIONS))]]
    user_id: UUID
    created_at: Time
    expires_at: Time | None
    last_used_at: Time | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        return cls(
            key.id,
            key.name,
            permissions_of(key.scopes),
            key.user_id,
            time(key.created_at),
            time(key.expires_at) if key.expires_at else None,
            time(key.last_used_at) if key.last_used_at else None,
        )


class ApiKeyCreated(msgspec.Struct, frozen=True):
    api_key: ApiKeyInfo
    raw_key: str
