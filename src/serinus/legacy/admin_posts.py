"""/api/v1/admin/posts: all posts in brief, for editors."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from serinus.legacy import post_writing
from serinus.legacy.authentication import SignedIn, signed_in
from serinus.legacy.authorisation import DELETERS, EDITORS, need, need_permission
from serinus.legacy.envelope import Done, Envelope
from serinus.legacy.identifiers import id_in_path
from serinus.legacy.post_forms import CreateAdminPost, CreatePost
from serinus.legacy.post_queries import newest_posts
from serinus.legacy.request_body import json_body
from serinus.legacy.resources import Session
from serinus.legacy.schemas import PostSummary

router = APIRouter(prefix="/api/v1/admin/posts", dependencies=[Depends(signed_in)])


@router.get("")
async def get_newest_posts(caller: SignedIn, session: Session) -> Envelope[list[PostSummary]]:
    need_permission(caller, "posts:read")
    need(caller, EDITORS)
    return Envelope(data=[PostSummary.of(post) for post in await newest_posts(session)])


@router.post("", status_code=HTTPStatus.CREATED)
async def create_post(
    caller: SignedIn,
    session: Session,
    form: Annotated[CreateAdminPost, Depends(json_body(CreateAdminPost))],
) -> Envelope[PostSummary]:
    need_permission(caller, "posts:write")
    need(caller, EDITORS)
    whole = CreatePost.model_construct(**form.model_dump())  # checked already
    post = await post_writing.create_post(session, caller, whole)
    return Envelope(data=PostSummary.of(post))


@router.delete("/{id}")
async def delete_post(
    caller: SignedIn, session: Session, post_id: Annotated[UUID, Depends(id_in_path)]
) -> Envelope[Done]:
    need_permission(caller, "posts:write")
    need(caller, DELETERS)
    await post_writing.delete_post(session, caller, post_id)
    return Envelope(data=Done(message="Post deleted successfully"))
