"""Who is asking, and what they may do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType
from uuid import UUID

from serinus.domain.errors import Forbidden

UserId = NewType("UserId", UUID)
SessionId = NewType("SessionId", UUID)


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

    def at_least(self, other: "Role") -> bool:
        return self.rank <= other.rank


class Scope(StrEnum):
    """What may be done in contract v2: `resource:action`."""

    POSTS_READ = "posts:read"
    POSTS_WRITE = "posts:write"
    POSTS_PUBLISH = "posts:publish"
    COMMENTS_WRITE = "comments:write"
    COMMENTS_MODERATE = "comments:moderate"
    TAXONOMY_WRITE = "taxonomy:write"
    USERS_READ = "users:read"
    USERS_ADMIN = "users:admin"
    KEYS_ADMIN = "keys:admin"
    SEARCH_ADMIN = "search:admin"
    RELEASE_READ = "release:read"
    RELEASE_STEER = "release:steer"
    RELEASE_OVERRIDE = "release:override"
    AUDIT_READ = "audit:read"


_READ: frozenset[str] = frozenset({Scope.POSTS_READ, Scope.USERS_READ})
_WRITE = _READ | {Scope.POSTS_WRITE, Scope.COMMENTS_WRITE}
_PUBLISH = _WRITE | {Scope.POSTS_PUBLISH}
_EDIT = _PUBLISH | {Scope.COMMENTS_MODERATE, Scope.TAXONOMY_WRITE}
_ADMIN: frozenset[str] = frozenset(Scope)

#: Scopes that each role holds. An API key can only narrow them.
SCOPES: dict[Role, frozenset[str]] = {
    Role.SUPER_ADMIN: _ADMIN,
    Role.ADMIN: _ADMIN,
    Role.EDITOR: _EDIT,
    Role.AUTHOR: _PUBLISH,
    Role.CONTRIBUTOR: _WRITE,
    Role.SUBSCRIBER: _READ | {Scope.COMMENTS_WRITE},
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody known, with the rights they hold right now.

    `session_id` is None for an API key, and then `granted` holds the scopes that it was given:
    what it may do is what both it and the role of its owner allow.
    """

    id: UserId
    role: Role
    session_id: SessionId | None
    granted: frozenset[str] | None = None

    @property
    def scopes(self) -> frozenset[str]:
        held = SCOPES[self.role]
        return held if self.granted is None else held & self.granted

    def need(self, scope: str) -> None:
        """Raise `Forbidden` unless the caller holds the scope."""
        if scope not in self.scopes:
            raise Forbidden(f"this needs the scope {scope}")

    def need_grant(self, scope: str) -> None:
        """Raise `Forbidden` for an API key without the scope.

        For what no role forbids, as changing one's own account.
        """
        if self.granted is not None and scope not in self.granted:
            raise Forbidden(f"this needs an API key with the scope {scope}")

    def own_session(self) -> SessionId:
        """Raise `Forbidden` for an API key: it has none."""
        if self.session_id is None:
            raise Forbidden("this needs a session, not an API key")
        return self.session_id
