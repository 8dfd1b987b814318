"""/api/v2/users: accounts, as others see them and as administrators change them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from serinus.application.identity.directory import (
    BY_NAME,
    CONFIDENTIAL,
    NEWEST_FIRST,
    USER_FILTERS,
    USER_SORTS,
    user_position,
    user_unsupported,
)
from serinus.application.identity.membership import Membership
from serinus.domain.content.listing import Listing as Wanted
from serinus.domain.errors import Forbidden, Stale
from serinus.domain.identity.accounts import (
    Account,
    AccountNotFound,
    EmailTaken,
    UsernameTaken,
)
from serinus.domain.identity.caller import Caller, Role, Scope, UserId
from serinus.domain.identity.people import LastSuperAdmin, administers
from serinus.presentation.http.v2 import caching, query_values
from serinus.presentation.http.v2.conditional import seen_version, version_if_sent
from serinus.presentation.http.v2.cursors import CursorInvalid, CursorMismatch
from serinus.presentation.http.v2.describing import refuses
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.list_parameters import described_item, described_list, table
from serinus.presentation.http.v2.list_queries import Lists, check_known
from serinus.presentation.http.v2.lists import Listing
from serinus.presentation.http.v2.reading import Reading
from serinus.presentation.http.v2.refusals import (
    MalformedHeader,
    PreconditionRequired,
    UnsupportedCombination,
)
from serinus.presentation.http.v2.user_shapes import (
    BASE,
    MEMBERS,
    NewUser,
    UserPatch,
    UserView,
    seen,
)

AnyRequest = Request[Any, Any, Any]

USERS = Lists(
    MEMBERS,
    filters=USER_FILTERS,
    values={
        "role": query_values.member_of(Role),
        "active": query_values.boolean,
        "username": query_values.text,
        "email": query_values.text,
        "created_at": query_values.instant,
    },
    sorts=USER_SORTS,
    order=BY_NAME,
    unsupported=user_unsupported,
    offered=table(
        "Filtered by, beside `role` and `active`",
        "First sorted by",
        {
            "nothing, `username`, `email`": "`username`, `created_at`",
            "`username` (`prefix`)": "`username`",
            "`created_at`": "`created_at`",
        },
    ),
)
LATEST = replace(USERS, order=NEWEST_FIRST)


@get(
    "/",
    opt={
        **described_list(USERS),
        **refuses(
            CursorInvalid, CursorMismatch, UnsupportedCombination, MalformedHeader, Forbidden
        ),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def list_users(
    request: AnyRequest, caller: Given[Caller], reading: Given[Reading]
) -> Response[Listing[UserView]]:
    """List users, inactive ones too: by name, or the newest first when filtered by age.

    Filters by role, activity and e-mail address are for administrators.
    """
    given = query_values.parameters(request.scope["query_string"])
    listing = _list_for(given).listing(given, reading.cursors)
    members = MEMBERS.chosen(given)
    _check_may_list(caller, listing)
    page = await reading.people.listed(listing)
    answer = USERS.shown(
        page,
        [seen(caller, account, members) for account in page.items],
        listing,
        reading.cursors,
        lambda at: user_position(at, listing.orders),
    )
    return caching.answer(answer, caching.private(), unless=request)


@get(
    "/{user_id:uuid}",
    opt={
        **described_item(USERS.members),
        **refuses(AccountNotFound, MalformedHeader, Forbidden),
    },
    response_headers=caching.DESCRIBED,
    responses=caching.NOT_MODIFIED,
)
async def show_user(
    request: AnyRequest, user_id: FromPath[UUID], caller: Given[Caller], reading: Given[Reading]
) -> Response[UserView]:
    """Read an account."""
    given = query_values.parameters(request.scope["query_string"])
    check_known(given, MEMBERS.parameters)
    members = MEMBERS.chosen(given)
    caller.need(Scope.USERS_READ)
    account = await reading.people.get(UserId(user_id))
    view = seen(caller, account, members)
    return caching.answer(view, caching.private(), version=account.version, unless=request)


@post(
    "/",
    opt=refuses(Forbidden, UsernameTaken, EmailTaken),
    response_headers=[caching.LOCATION, caching.ETAG],
)
async def create_user(
    data: JSONBody[NewUser], caller: Given[Caller], membership: Given[Membership]
) -> Response[UserView]:
    """Add an account for somebody else."""
    account = await membership.add(caller, data.member)
    return _written(caller, account, status=201, location=f"{BASE}/{account.id}")


@patch(
    "/{user_id:uuid}",
    opt=refuses(
        *(PreconditionRequired, MalformedHeader, Stale, AccountNotFound, Forbidden),
        *(UsernameTaken, EmailTaken, LastSuperAdmin),
    ),
    response_headers=[caching.ETAG],
)
async def change_user(
    request: AnyRequest,
    user_id: FromPath[UUID],
    data: JSONBody[UserPatch],
    caller: Given[Caller],
    membership: Given[Membership],
) -> Response[UserView]:
    """Change an account: your own, or as an administrator one that is not above yours.

    Role, activity and password are for administrators. A new password, or `is_active: false`,
    ends all sessions of the account.
    """
    account = await membership.change(
        caller,
        UserId(user_id),
        data.changes,
        password=None if data.password is UNSET else data.password,
        version=seen_version(request),
    )
    return _written(caller, account)


@delete(
    "/{user_id:uuid}",
    opt=refuses(Stale, AccountNotFound, MalformedHeader, Forbidden, LastSuperAdmin),
)
async def deactivate_user(
    request: AnyRequest,
    user_id: FromPath[UUID],
    caller: Given[Caller],
    membership: Given[Membership],
) -> None:
    """Deactivate an account. It stays, with all that it wrote, and can be reactivated."""
    await membership.deactivate(caller, UserId(user_id), version=version_if_sent(request))


def _list_for(given: Mapping[str, str]) -> Lists:
    return LATEST if any(name.startswith("filter[created_at]") for name in given) else USERS


def _check_may_list(caller: Caller, listing: Wanted) -> None:
    """Raise `Forbidden`: what one may not see is not to be found out by filters, either."""
    caller.need(Scope.USERS_READ)
    for condition in listing.conditions:
        if condition.field in CONFIDENTIAL and not administers(caller.role):
            raise Forbidden(f"filter[{condition.field}] is for administrators")


def _written(
    caller: Caller, account: Account, *, status: int = 200, location: str | None = None
) -> Response[UserView]:
    headers = caching.private() | ({"Location": location} if location else {})
    view = seen(caller, account, MEMBERS.default)
    return caching.answer(view, headers, version=account.version, status=status)


router = Router(
    BASE,
    route_handlers=[list_users, show_user, create_user, change_user, deactivate_user],
    tags=["users"],
)
