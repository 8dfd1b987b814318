"""The statements that read lists of accounts and of API keys of contract v2."""

from collections.abc import Iterable, Mapping
from itertools import product

from serinus.domain.content.listing import Condition, Listing, Op
from serinus.domain.identity.accounts import clean_email, username_key
from serinus.domain.identity.caller import Role, UserId
from serinus.infrastructure.postgres.keyset import (
    Arguments,
    Column,
    beyond,
    compare,
    order_by,
)

# As they are unique, and in an order that an index has whatever the database's locale: so the
# names that begin with something are neighbours.
NAME = 'u.username_key COLLATE "C"'

SORTED: Mapping[str, Column] = {
    "username": Column(NAME, "text"),
    "created_at": Column("u.created_at", "timestamptz"),
}
KEYS_SORTED: Mapping[str, Column] = {"created_at": Column("p.created_at", "timestamptz")}

OF_GROUP = "u.role = g.role AND u.is_active = g.is_active"


def _counted(page: str, listing: Listing, matching: str) -> str:
    if listing.counting is None:
        return page
    # An estimate would be no cheaper: there are few enough to count them.
    total = f"SELECT count(*) AS total FROM {matching}"  # noqa: S608 - constants and parameters
    return f"SELECT * FROM ({total}) total LEFT JOIN LATERAL ({page}) page ON true"  # noqa: S608


def keys_sql(columns: str, owner: UserId, listing: Listing, arguments: Arguments) -> str:
    matching = (
        f"api_keys p WHERE p.user_id = {arguments.add(owner, 'uuid')} AND p.revoked_at IS NULL"
    )
    start = beyond(listing, KEYS_SORTED, arguments) or "true"
    page = f"""
        SELECT {columns} FROM {matching} AND {start}
         ORDER BY {order_by(listing, KEYS_SORTED)}
         LIMIT {arguments.add(listing.limit + 1, "integer")}"""  # noqa: S608 - constants and parameters
    return _counted(page, listing, matching)


def users_sql(columns: str, listing: Listing, arguments: Arguments) -> str:
    where, grouping = ["true"], []
    for condition in listing.conditions:
        if condition.field in {"role", "active"}:
            grouping.append(condition)
        else:
            where.append(_plain(condition, arguments))
    groups = _groups(grouping, arguments) if grouping else None
    matching = " AND ".join(where)
    page = _page(listing, matching, groups, arguments, columns)
    joined = f"{groups} JOIN users u ON {OF_GROUP}" if groups else "users u"
    return _counted(page, listing, f"{joined} WHERE {matching}")


def _page(
    listing: Listing, where: str, groups: str | None, arguments: Arguments, columns: str
) -> str:
    start = beyond(listing, SORTED, arguments, key="u.id") or "true"
    order = order_by(listing, SORTED, key="u.id")
    limit = arguments.add(listing.limit + 1, "integer")
    if groups is None:
        return f"""
            SELECT {columns} FROM users u WHERE {where} AND {start}
             ORDER BY {order} LIMIT {limit}"""  # noqa: S608 - constants and parameters
    # Each group off its own part of an index, as far as it can be on this page.
    return f"""
        SELECT {columns} FROM {groups} CROSS JOIN LATERAL (
            SELECT u.* FROM users u WHERE {OF_GROUP} AND {where} AND {start}
             ORDER BY {order} LIMIT {limit}) u
         ORDER BY {order} LIMIT {limit}"""  # noqa: S608 - constants and parameters


def _groups(conditions: Iterable[Condition], arguments: Arguments) -> str:
    """Every role with every activity that the conditions leave."""
    roles, activities = [role.value for role in Role], [True, False]
    for condition in conditions:
        match condition.field, condition.op:
            case "active", _:
                activities = [each for each in activities if each in condition.values]
            case _, Op.NE:
                roles = [role for role in roles if role not in condition.values]
            case _:
                roles = [role for role in roles if role in condition.values]
    pairs = list(product(roles, activities))
    named = arguments.add([role for role, _ in pairs], "text[]")
    active = arguments.add([active for _, active in pairs], "boolean[]")
    return f"unnest({named}, {active}) AS g (role, is_active)"


def _plain(condition: Condition, arguments: Arguments) -> str:
    values = [str(value) for value in condition.values]
    match condition.field, condition.op:
        case "username", Op.PREFIX:
            return compare(NAME, Op.PREFIX, [username_key(values[0])], "text", arguments)
        case "username", op:
            keys = [username_key(value) for value in values]
            return compare("u.username_key", op, keys, "text", arguments)
        case "email", op:
            return compare("u.email", op, [clean_email(values[0])], "text", arguments)
        case _, op:
            return compare("u.created_at", op, condition.values, "timestamptz", arguments)
