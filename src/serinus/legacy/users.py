"""/api/v1/users."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from serinus.legacy import user_writing
from serinus.legacy.authentication import SignedIn, signed_in
from serinus.legacy.authorisation import need_permission
from serinus.legacy.envelope import Done, Envelope
from serinus.legacy.identifiers import id_in_path
from serinus.legacy.paging import Page, Paging
from serinus.legacy.post_queries import Filtering, list_posts
from serinus.legacy.request_body import json_body
from serinus.legacy.resources import Session
from serinus.legacy.schemas import PostDto, UserInfo
from serinus.legacy.user_forms import ChangeRole, UpdateUser
from serinus.legacy.user_queries import UserFiltering, find_user, list_users

router = APIRouter(prefix="/api/v1/users", dependencies=[Depends(signed_in)])


@router.get("")
async def get_users(
    caller: SignedIn, session: Session, paging: Paging, filtering: UserFiltering
) -> Envelope[Page[UserInfo]]:
    need_permission(caller, "users:read")
    users, total = await list_users(session, caller, paging, filtering)
    return Envelope(data=paging.show([UserInfo.seen_by(caller, u) for u in users], total))


@router.get("/{id}")
async def get_user(
    caller: SignedIn, session: Session, user_id: Annotated[UUID, Depends(id_in_path)]
) -> Envelope[UserInfo]:
    need_permission(caller, "users:read")
    return Envelope(data=UserInfo.seen_by(caller, await find_user(session, user_id)))


@router.get("/{id}/posts")
async def get_posts_of_user(
    caller: SignedIn,
    session: Session,
    user_id: Annotated[UUID, Depends(id_in_path)],
    paging: Paging,
    filtering: Filtering,
    tag: Annotated[str | None, Query()] = None,
) -> Envelope[Page[PostDto]]:
    need_permission(caller, "posts:read")
    await find_user(session, user_id)
    by_them = replace(filtering, author=user_id)
    posts, total = await list_posts(session, caller, paging, by_them, tag)
    return Envelope(data=paging.show([PostDto.of(post) for post in posts], total))


@router.put("/{id}")
async def update_user(
    caller: SignedIn,
    session: Session,
    user_id: Annotated[UUID, Depends(id_in_path)],
    form: Annotated[UpdateUser, Depends(json_body(UpdateUser))],
) -> Envelope[UserInfo]:
    user = await user_writing.update_user(session, caller, user_id, form)
    return Envelope(data=UserInfo.seen_by(caller, user))


@router.delete("/{id}")
async def deactivate_user(
    caller: SignedIn, session: Session, user_id: Annotated[UUID, Depends(id_in_path)]
) -> Envelope[Done]:
    await user_writing.deactivate_user(session, caller, user_id)
    return Envelope(data=Done(message="User deactivated successfully"))


@router.post("/{id}/role")
async def change_role(
    caller: SignedIn,
    session: Session,
    user_id: Annotated[UUID, Depends(id_in_path)],
    form: Annotated[ChangeRole, Depends(json_body(ChangeRole))],
) -> Envelope[UserInfo]:
    user = await user_writing.change_role(session, caller, user_id, form)
    return Envelope(data=UserInfo.seen_by(caller, user))
