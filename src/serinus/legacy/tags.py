"""/api/v1/tags."""

from fastapi import APIRouter, Depends
from sqlalchemy import select

from serinus.legacy.authentication import SignedIn, signed_in
from serinus.legacy.authorisation import need_permission
from serinus.legacy.envelope import Envelope
from serinus.legacy.models import Tag
from serinus.legacy.paging import Page, Paging, cut
from serinus.legacy.resources import Session
from serinus.legacy.schemas import TagDto

SORTABLE = frozenset({"name", "usage_count", "created_at"})

router = APIRouter(prefix="/api/v1/tags", dependencies=[Depends(signed_in)])


@router.get("")
async def get_tags(
    caller: SignedIn, session: Session, paging: Paging
) -> Envelope[Page[TagDto]]:
    need_permission(caller, "posts:read")
    name, descending = paging.order(SORTABLE)
    columns = (getattr(Tag, name), Tag.id)
    order = [column.desc() if descending else column.asc() for column in columns]
    tags, total = await cut(session, select(Tag), order, paging)
    return Envelope(data=paging.show([TagDto.of(tag) for tag in tags], total))
