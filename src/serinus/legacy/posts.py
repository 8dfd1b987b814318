"""/api/v1/posts."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy.ext.asyncio import AsyncSession

from serinus.legacy import post_writing
from serinus.legacy.authentication import Caller, SignedIn, signed_in
from serinus.legacy.authorisation import need_permission
from serinus.legacy.envelope import Done, Envelope
from serinus.legacy.identifiers import id_in_path
from serinus.legacy.paging import Page, PageQuery, Paging
from serinus.legacy.post_forms import CreatePost, UpdatePost
from serinus.legacy.post_queries import Filtering, PostFilter, find_post, list_posts
from serinus.legacy.request_body import json_body
from serinus.legacy.resources import Session
from serinus.legacy.schemas import PostDto

# Who is asking comes before what they ask: dependencies of a router run first.
router = APIRouter(prefix="/api/v1/posts", dependencies=[Depends(signed_in)])


@router.get("")
async def get_posts(
    caller: SignedIn,
    session: Session,
    paging: Paging,
    filtering: Filtering,
    tag: Annotated[str | None, Query()] = None,
) -> Envelope[Page[PostDto]]:
    return await _page(session, caller, paging, filtering, tag)


@router.get("/tag/{tag}")
async def get_posts_by_tag(
    caller: SignedIn, session: Session, paging: Paging, filtering: Filtering, tag: str
) -> Envelope[Page[PostDto]]:
    return await _page(session, caller, paging, filtering, tag)


@router.post("", status_code=HTTPStatus.CREATED)
async def create_post(
    caller: SignedIn,
    session: Session,
    form: Annotated[CreatePost, Depends(json_body(CreatePost))],
) -> Envelope[PostDto]:
    post = await post_writing.create_post(session, caller, form)
    return Envelope(data=PostDto.of(post))


@router.get("/{id}")
async def get_post(
    caller: SignedIn, session: Session, post_id: Annotated[UUID, Depends(id_in_path)]
) -> Envelope[PostDto]:
    need_permission(caller, "posts:read")
    return Envelope(data=PostDto.of(await find_post(session, caller, post_id)))


@router.put("/{id}")
async def update_post(
    caller: SignedIn,
    session: Session,
    post_id: Annotated[UUID, Depends(id_in_path)],
    form: Annotated[UpdatePost, Depends(json_body(UpdatePost))],
) -> Envelope[PostDto]:
    post = await post_writing.update_post(session, caller, post_id, form)
    return Envelope(data=PostDto.of(post))


@router.delete("/{id}")
async def delete_post(
    caller: SignedIn, session: Session, post_id: Annotated[UUID, Depends(id_in_path)]
) -> Envelope[Done]:
    await post_writing.delete_post(session, caller, post_id)
    return Envelope(data=Done(message="Post deleted successfully"))


@router.post("/{id}/publish")
async def publish_post(
    caller: SignedIn, session: Session, post_id: Annotated[UUID, Depends(id_in_path)]
) -> Envelope[PostDto]:
    post = await post_writing.publish_post(session, caller, post_id)
    return Envelope(data=PostDto.of(post))


async def _page(
    session: AsyncSession,
    caller: Caller,
    paging: PageQuery,
    filtering: PostFilter,
    tag: str | None,
) -> Envelope[Page[PostDto]]:
    need_permission(caller, "posts:read")
    posts, total = await list_posts(session, caller, paging, filtering, tag)
    return Envelope(data=paging.show([PostDto.of(post) for post in posts], total))
