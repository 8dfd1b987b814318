"""What a role allows. Who may not see a post is told that there is none."""

from sqlalchemy import ColumnElement, literal_column, or_, true

from serinus.legacy.authentication import Caller
from serinus.legacy.envelope import forbidden, not_found
from serinus.legacy.models import Post, Role, Status

EDITORS = frozenset({Role.SUPER_ADMIN, Role.ADMIN, Role.EDITOR})
PUBLISHERS = EDITORS | {Role.AUTHOR}
WRITERS = PUBLISHERS | {Role.CONTRIBUTOR}
ADMINISTRATORS = frozenset({Role.SUPER_ADMIN, Role.ADMIN})
DELETERS = ADMINISTRATORS

# Spelt out in the statement: with a parameter the planner cannot use the partial index.
IS_PUBLISHED: ColumnElement[bool] = Post.status == literal_column(f"'{Status.PUBLISHED}'")


def need(caller: Caller, roles: frozenset[Role]) -> None:
    if caller.role not in roles:
        raise forbidden()


def need_permission(caller: Caller, permission: str) -> None:
    """Raises 403 for an API key that was not given the permission."""
    if caller.permissions is not None and permission not in caller.permissions:
        raise forbidden()


def need_own_or(caller: Caller, roles: frozenset[Role], post: Post) -> None:
    if post.author_id != caller.id:
        need(caller, roles)


def is_visible(caller: Caller) -> ColumnElement[bool]:
    """The condition under which the caller may read a post."""
    if caller.role in EDITORS:
        return true()
    return or_(IS_PUBLISHED, Post.author_id == caller.id)


def post_not_found() -> Exception:
    return not_found("Post not found")
