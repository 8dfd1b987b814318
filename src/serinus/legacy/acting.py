"""Who writes, told to the database: once in a transaction that writes, and not at all to read.

The form is that of engine v2: triggers of the database read it, and know of no engine.
"""

import json
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session

VIA = "v1"
ACTOR, TOLD_IN = "actor", "told in"  # in the `info` of a session
ACTING = text("SELECT acting(:told)")


def client_address(request: Request) -> str:
    """As the layer in front found it behind trusted proxies, else the other end's own."""
    address: str | None = getattr(request.state, "client_address", None)
    return address or (request.client.host if request.client else "")


def note_guest(session: AsyncSession, request: Request) -> None:
    """Whoever it is: where they are is known before anything of the request is read."""
    known = {
        "address": client_address(request),
        "request_id": getattr(request.state, "request_id", None),
    }
    _actor(session.info).update({name: value for name, value in known.items() if value})


def note_user(session: AsyncSession, user_id: UUID, key_id: UUID | None = None) -> None:
    """For all that is written from now on."""
    actor = _actor(session.info)
    actor["user"] = str(user_id)
    if key_id is not None:
        actor["key"] = str(key_id)


def _actor(info: dict[Any, Any]) -> dict[str, str]:
    """What is noted in a session, which serves one request."""
    actor: dict[str, str] = info.setdefault(ACTOR, {"via": VIA})
    return actor


class TellingSession(Session):
    """Tells by itself. Savepoints are not used: rolling back to one would take it back."""


@event.listens_for(TellingSession, "before_flush")
def _before_flush(session: Session, _context: object, _instances: object) -> None:
    _tell(session)


@event.listens_for(TellingSession, "do_orm_execute")
def _before_statement(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        _tell(state.session)


def _tell(session: Session) -> None:
    connection = session.connection()
    transaction = session.get_transaction()
    if session.info.get(TOLD_IN) is not transaction:
        session.info[TOLD_IN] = transaction
        connection.execute(ACTING, {"told": json.dumps(_actor(session.info))})
