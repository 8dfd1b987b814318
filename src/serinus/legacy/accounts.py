"""Accounts: making one, and proving that one is yours."""

import unicodedata
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from serinus.legacy.account_forms import Login, Register
from serinus.legacy.acting import note_user
from serinus.legacy.database import broken_constraint
from serinus.legacy.envelope import conflict, unauthorized
from serinus.legacy.models import Role, User
from serinus.legacy.passwords import Passwords

USERNAME_TAKEN = "Username already taken"
EMAIL_TAKEN = "Email already registered"
TAKEN = {"users_username_key_key": USERNAME_TAKEN, "users_email_key": EMAIL_TAKEN}


def username_key(username: str) -> str:
    """The form under which a user name is unique."""
    return unicodedata.normalize("NFKC", username).casefold()


async def open_account(session: AsyncSession, passwords: Passwords, form: Register) -> User:
    """Add a subscriber to the session. Raises 409."""
    # Before hashing, which costs far more than asking.
    await check_free(session, username_key(form.username), form.email)
    await _give_back_connection(session)
    now = datetime.now(UTC)
    user = User(
        id=uuid7(),
        username=form.username,
        username_key=username_key(form.username),
        email=form.email,
        password_hash=await passwords.hash(form.password),
        first_name=form.first_name,
        last_name=form.last_name,
        role=Role.SUBSCRIBER,
        is_active=True,
        email_verified=False,
        last_login=now,  # registering signs in
        created_at=now,
        updated_at=now,
        version=1,
    )
    note_user(session, user.id)
    session.add(user)
    await flush_names(session)
    return user


async def check_free(
    session: AsyncSession, key: str, email: str, *, but: UUID | None = None
) -> None:
    """Raises 409 when somebody has the user name or the address, but for the user `but`."""
    same = or_(User.username_key == key, User.email == email)
    query = select(User.username_key, User.email).where(same)
    if but is not None:
        query = query.where(User.id != but)
    taken = (await session.execute(query)).all()
    if any(row.username_key == key for row in taken):
        raise conflict(USERNAME_TAKEN)
    if taken:
        raise conflict(EMAIL_TAKEN)


async def flush_names(session: AsyncSession) -> None:
    """Raises 409 when somebody else was faster."""
    try:
        await session.flush()
    except IntegrityError as error:
        if text := TAKEN.get(broken_constraint(error)):
            raise conflict(text) from None
        raise


async def prove(session: AsyncSession, passwords: Passwords, form: Login) -> User:
    """The account that the form opens. Raises 401, in the same time whatever is wrong."""
    user = await session.scalar(select(User).where(User.email == form.email))
    await _give_back_connection(session)
    # Of an inactive account no password is right: the time must not tell of a good one.
    known = user.password_hash if user and user.is_active else None
    proven = await passwords.verify(form.password, known)
    if user is None or not proven or not await _still_opens(session, user):
        raise unauthorized("Invalid credentials")
    note_user(session, user.id)
    return user


async def _still_opens(session: AsyncSession, user: User) -> bool:
    """Verifying takes long enough for the account to be deactivated, or its password changed.

    Until the transaction ends, whoever wants to do so waits, and then finds the new session.
    """
    found = await session.scalar(
        select(User.id)
        .where(User.id == user.id, User.is_active, User.password_hash == user.password_hash)
        .with_for_update(key_share=True)
    )
    return found is not None


async def _give_back_connection(session: AsyncSession) -> None:
    """Hashing takes a quarter of a second, in which others can use the connection."""
    await session.commit()
