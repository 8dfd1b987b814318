"""Accounts as others see them, in PostgreSQL: the side that reads."""

from datetime import datetime

import asyncpg

from serinus.application.identity.people import AccountColumn, AccountFilter
from serinus.application.slices import NumberedPage, Slice
from serinus.domain.content.listing import Listing, Page
from serinus.domain.identity.accounts import Account, AccountNotFound
from serinus.domain.identity.caller import Caller, UserId
from serinus.domain.identity.people import administers
from serinus.infrastructure.postgres.account_pages import users_sql
from serinus.infrastructure.postgres.accounts import account_from
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.keyset import Arguments, count_of
from serinus.infrastructure.postgres.numbered_pages import MAX_OFFSET
from serinus.infrastructure.postgres.sessions import ACCOUNT


class PostgresPeople:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def get(self, user_id: UserId) -> Account:
        with translate_errors():
            row = await self._pool.fetchrow(
                f"SELECT {ACCOUNT} FROM users u WHERE u.id = $1",  # noqa: S608 - a constant
                user_id,
            )
        if row is None:
            raise AccountNotFound(f"no user {user_id}")
        return account_from(row)

    async def asking(self, caller: Caller, *, at: datetime) -> Account | None:
        with translate_errors():
            row = await self._pool.fetchrow(
                f"""
                SELECT {ACCOUNT} FROM users u
                 WHERE u.id = $1 AND u.is_active
                   AND ($2::uuid IS NULL OR EXISTS (
                        SELECT FROM sessions s
                         WHERE s.id = $2 AND s.user_id = u.id
                           AND s.ended_at IS NULL AND s.expires_at > $3))
                """,  # noqa: S608 - a constant
                caller.id,
                caller.session_id,
                at,
            )
        return account_from(row) if row else None

    async def listed(self, listing: Listing) -> Page[Account]:
        arguments = Arguments()
        sql = users_sql(ACCOUNT, listing, arguments)
        with translate_errors():
            rows = await self._pool.fetch(sql, *arguments.values)
        found = [account_from(row) for row in rows if row["id"] is not None]
        return Page.cut(found, listing, count_of(rows, listing))

    async def page(
        self, caller: Caller, which: AccountFilter, column: AccountColumn, part: Slice
    ) -> NumberedPage[Account]:
        arguments = Arguments()
        sql = _page_sql(caller, which, column, part, arguments)
        with translate_errors():
            rows = await self._pool.fetch(sql, *arguments.values)
        return NumberedPage(
            tuple(account_from(row) for row in rows if row["id"] is not None), rows[0]["total"]
        )


def _page_sql(
    caller: Caller,
    which: AccountFilter,
    column: AccountColumn,
    part: Slice,
    arguments: Arguments,
) -> str:
    where = ["true"]
    if which.role is not None:
        where.append(f"u.role = {arguments.add(which.role, 'text')}")
        if not administers(caller.role):
            where.append(f"u.id = {arguments.add(caller.id, 'uuid')}")
    if which.active is not None:
        where.append(f"u.is_active = {arguments.add(which.active, 'boolean')}")
    matching = f"FROM users u WHERE {' AND '.join(where)}"
    way = "DESC" if part.descending else "ASC"
    order = f"u.{column.value} {way}, u.id {way}"
    limit = arguments.add(part.limit, "bigint")
    offset = arguments.add(min(part.offset, MAX_OFFSET), "bigint")
    return f"""
        WITH page AS (
            SELECT {ACCOUNT} {matching} ORDER BY {order} LIMIT {limit} OFFSET {offset}
        )
        SELECT total.total, u.* FROM (SELECT count(*) AS total {matching}) total
          LEFT JOIN page u ON true
         ORDER BY {order}
    """  # noqa: S608 - made of constants; what a caller sends is a parameter
