"""Changing accounts: one's own, and as an administrator those of others."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from serinus.legacy.accounts import check_free, flush_names, username_key
from serinus.legacy.authentication import Caller
from serinus.legacy.authorisation import ADMINISTRATORS, need, need_permission
from serinus.legacy.envelope import forbidden
from serinus.legacy.models import LoginSession, Role, User
from serinus.legacy.user_forms import ChangeRole, UpdateUser
from serinus.legacy.user_queries import lock_user


async def update_user(
    session: AsyncSession, caller: Caller, user_id: UUID, form: UpdateUser
) -> User:
    """Raises 403, 404, 409."""
    need_permission(caller, "users:write")
    user = await lock_user(session, caller, user_id)
    _need_power_over(caller, user)
    if form.role is not None or form.is_active is not None:
        need(caller, ADMINISTRATORS)
    if form.role is not None:
        _need_rank(caller, form.role)
    key = username_key(form.username) if form.username else user.username_key
    await check_free(session, key, form.email or user.email, but=user.id)
    _set_names(user, form)
    if form.role is not None:
        user.role = form.role
    if form.is_active is not None:
        user.is_active = form.is_active
    await _save(session, user)
    return user


async def change_role(
    session: AsyncSession, caller: Caller, user_id: UUID, form: ChangeRole
) -> User:
    """Raises 403, 404."""
    need_permission(caller, "users:write")
    need(caller, ADMINISTRATORS)
    user = await lock_user(session, caller, user_id)
    _need_power_over(caller, user)
    _need_rank(caller, form.role)
    user.role = form.role
    await _save(session, user)
    return user


async def deactivate_user(session: AsyncSession, caller: Caller, user_id: UUID) -> None:
    """Raises 403, 404."""
    need_permission(caller, "users:write")
    user = await lock_user(session, caller, user_id)
    _need_power_over(caller, user)
    user.is_active = False
    await _save(session, user)


def _need_power_over(caller: Caller, user: User) -> None:
    if user.id != caller.id:
        need(caller, ADMINISTRATORS)
    _need_rank(caller, user.role)


def _need_rank(caller: Caller, role: Role) -> None:
    if caller.role.rank > role.rank:
        raise forbidden()


def _set_names(user: User, form: UpdateUser) -> None:
    if form.username is not None:
        user.username = form.username
        user.username_key = username_key(form.username)
    if form.email is not None and form.email != user.email:
        user.email = form.email
        user.email_verified = False
    if form.first_name is not None:
        user.first_name = form.first_name or None
    if form.last_name is not None:
        user.last_name = form.last_name or None


async def _save(session: AsyncSession, user: User) -> None:
    """Commit; nobody stays signed in to an inactive account."""
    now = datetime.now(UTC)
    user.updated_at = now
    user.version += 1
    await flush_names(session)
    if not user.is_active:
        await session.execute(
            update(LoginSession)
            .where(LoginSession.user_id == user.id, LoginSession.ended_at.is_(None))
            .values(ended_at=now, end_reason="deactivated")
        )
    await session.commit()
