"""/api/v1/api-keys: keys for one's own programs. It takes a token to manage them."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from serinus.legacy.api_key_forms import CreateApiKey
from serinus.legacy.authentication import (
    INVALID_TOKEN,
    HasSession,
    SessionCaller,
    has_session,
)
from serinus.legacy.envelope import Done, Envelope, conflict, not_found, unauthorized
from serinus.legacy.identifiers import id_in_path
from serinus.legacy.login_sessions import is_live
from serinus.legacy.models import ApiKey, User
from serinus.legacy.permissions import scopes_of
from serinus.legacy.raw_keys import key_hash, new_raw_key
from serinus.legacy.request_body import json_body
from serinus.legacy.resources import Session
from serinus.legacy.schemas import ApiKeyCreated, ApiKeyInfo

MAX_KEYS = 100  # of one user, without those that were revoked

router = APIRouter(prefix="/api/v1/api-keys", dependencies=[Depends(has_session)])


@router.get("")
async def get_api_keys(caller: HasSession, session: Session) -> Envelope[list[ApiKeyInfo]]:
    keys = await session.scalars(
        select(ApiKey)
        .where(ApiKey.user_id == caller.id, ApiKey.revoked_at.is_(None))
        .order_by(ApiKey.created_at.desc(), ApiKey.id.desc())
    )
    return Envelope(data=[ApiKeyInfo.of(key) for key in keys])


@router.post("", status_code=HTTPStatus.CREATED)
async def create_api_key(
    caller: HasSession,
    session: Session,
    form: Annotated[CreateApiKey, Depends(json_body(CreateApiKey))],
) -> Envelope[ApiKeyCreated]:
    await _check_may_have_more(session, caller)
    key_id = uuid7()
    raw_key = new_raw_key(key_id)
    key = ApiKey(
        id=key_id,
        user_id=caller.id,
        name=form.name,
        key_hash=key_hash(raw_key),
        scopes=scopes_of(form.permissions),
        created_at=datetime.now(UTC),
        expires_at=None,
        last_used_at=None,
        revoked_at=None,
    )
    session.add(key)
    await session.commit()
    return Envelope(data=ApiKeyCreated(api_key=ApiKeyInfo.of(key), raw_key=raw_key))


@router.delete("/{id}")
async def revoke_api_key(
    caller: HasSession, session: Session, key_id: Annotated[UUID, Depends(id_in_path)]
) -> Envelope[Done]:
    revoked = await session.scalar(
        update(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.user_id == caller.id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC))
        .returning(ApiKey.id)
    )
    if revoked is None:
        raise not_found("API key not found")
    await session.commit()
    return Envelope(data=Done(message="API key revoked"))


async def _check_may_have_more(session: AsyncSession, caller: SessionCaller) -> None:
    """Raises 401, 409.

    Until the transaction ends, the user's other requests for a key wait here.
    """
    await session.execute(
        select(User.id).where(User.id == caller.id).with_for_update(key_share=True)
    )
    # A key outlives its session. Who stole one that was ended while they sent the body, by a
    # new password or with the account, must not get a key for later.
    if not await is_live(session, caller.session_id):
        raise unauthorized(INVALID_TOKEN)
    number = await session.scalar(
        select(func.count())
        .select_from(ApiKey)
        .where(ApiKey.user_id == caller.id, ApiKey.revoked_at.is_(None))
    )
    if (number or 0) >= MAX_KEYS:
        raise conflict("Too many API keys")
