"""Lists of accounts and of API keys: what they are filtered and sorted by, and who reads them.

What is offered is what an index serves, however many accounts there are.
"""

from collections.abc import Iterable
from typing import Protocol

from serinus.domain.content.listing import (
    RANGE,
    SAME,
    Listing,
    Op,
    Order,
    Page,
    Position,
    Value,
    out_of_order,
)
from serinus.domain.identity.accounts import Account, username_key
from serinus.domain.identity.api_keys import ApiKey, ApiKeyId
from serinus.domain.identity.caller import UserId

USER_FILTERS: dict[str, frozenset[Op]] = {
    "role": SAME,
    "active": frozenset({Op.EQ}),
    "username": frozenset({Op.EQ, Op.IN, Op.PREFIX}),
    "email": frozenset({Op.EQ}),
    "created_at": RANGE,
}
#: Filters by what only administrators see of others.
CONFIDENTIAL = frozenset({"role", "active", "email"})
USER_SORTS = ("username", "created_at")
BY_NAME = (Order("username"),)

KEY_FILTERS: dict[str, frozenset[Op]] = {"user": frozenset({Op.EQ})}
KEY_SORTS = ("created_at",)

NEWEST_FIRST = (Order("created_at", descending=True),)


class Directory(Protocol):
    async def get(self, user_id: UserId) -> Account:
        """Raise `AccountNotFound`."""
        ...

    async def listed(self, listing: Listing) -> Page[Account]:
        """Names are compared as they are unique. Filters by role and activity take every op."""
        ...


class KeyDirectory(Protocol):
    """Keys that were not revoked."""

    async def get(self, key_id: ApiKeyId, owner: UserId | None) -> ApiKey:
        """Raise `ApiKeyNotFound`, also when it is not of this owner, if one is given."""
        ...

    async def listed(self, owner: UserId, listing: Listing) -> Page[ApiKey]: ...


def user_unsupported(listing: Listing) -> str | None:
    """What no index can give of all accounts."""
    return out_of_order(listing, frozenset({"created_at"}))


def user_position(account: Account, orders: Iterable[Order]) -> Position:
    values: dict[str, Value] = {
        "username": username_key(account.username),
        "created_at": account.created_at,
    }
    return Position(tuple(values[order.field] for order in orders), account.id)


def key_position(key: ApiKey) -> Position:
    return Position((key.created_at,), key.id)
