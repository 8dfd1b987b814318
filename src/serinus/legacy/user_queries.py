"""Reading accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from serinus.legacy.authentication import INVALID_TOKEN, Caller, SessionCaller
from serinus.legacy.authorisation import ADMINISTRATORS
from serinus.legacy.envelope import malformed, not_found, unauthorized
from serinus.legacy.login_sessions import is_live
from serinus.legacy.models import Role, User
from serinus.legacy.paging import PageQuery, cut
from serinus.legacy.user_forms import role_named

SORTABLE = frozenset({"created_at", "updated_at", "username"})
TRUTH = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class UserFilter:
    role: Role | None
    active: bool | None


async def user_filter(
    role: Annotated[str | None, Query()] = None,
    active: Annotated[str | None, Query()] = None,
) -> UserFilter:
    """Raises 400."""
    wanted = None if role is None else role_named(role)
    if role is not None and wanted is None:
        raise malformed("Invalid query parameter: role")
    is_active = None if active is None else TRUTH.get(active.lower())
    if active is not None and is_active is None:
        raise malformed("Invalid query parameter: active")
    return UserFilter(wanted, is_active)


UserFiltering = Annotated[UserFilter, Depends(user_filter)]


async def list_users(
    session: AsyncSession, caller: Caller, paging: PageQuery, filtering: UserFilter
) -> tuple[Sequence[User], int]:
    """The accounts of a page, and how many there are on all pages."""
    rows = select(User)
    if filtering.role is not None:
        rows = rows.where(User.role == filtering.role)
        if caller.role not in ADMINISTRATORS:
            rows = rows.where(User.id == caller.id)  # whose role they see
    if filtering.active is not None:
        rows = rows.where(User.is_active.is_(filtering.active))
    name, descending = paging.order(SORTABLE)
    columns = (getattr(User, name), User.id)
    order = [column.desc() if descending else column.asc() for column in columns]
    return await cut(session, rows, order, paging)


async def find_user(session: AsyncSession, user_id: UUID) -> User:
    """Raises 404."""
    user = await session.scalar(select(User).where(User.id == user_id))
    if user is None:
        raise not_found("User not found")
    return user


async def lock_user(session: AsyncSession, caller: Caller, user_id: UUID) -> User:
    """Like `find_user`; until the transaction ends, other writers of the account wait.

    Reads the caller anew as well, who was let in before the body was read: who sends it slowly
    could keep a role or a stolen session for as long as that takes. Raises 401, 404.
    """
    users = await session.scalars(
        select(User)
        .where(User.id.in_({user_id, caller.id}))
        .order_by(User.id)  # or two who change each other would each wait for the other
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    user = next((user for user in users if user.id == user_id), None)
    if user is None:
        raise not_found("User not found")
    over = isinstance(caller, SessionCaller) and not await is_live(session, caller.session_id)
    if over or not caller.user.is_active:
        raise unauthorized(INVALID_TOKEN)
    return user
