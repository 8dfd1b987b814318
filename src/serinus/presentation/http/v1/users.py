"""/api/v1/users: accounts, as others see them and as administrators change them."""

from dataclasses import replace
from functools import partial

from litestar import Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.types import Guard

from serinus.application.content.numbered_pages import PostColumn
from serinus.application.identity.people import AccountColumn, Changes
from serinus.domain.errors import Invalid, Violation, refuse
from serinus.domain.identity.accounts import (
    Account,
    clean_email,
    clean_username,
    email_violations,
    name_violations,
    username_violations,
)
from serinus.domain.identity.caller import Role
from serinus.presentation.http.v1.envelope import Envelope, Message, ok
from serinus.presentation.http.v1.last_wins import last_wins
from serinus.presentation.http.v1.pages import Page, page_of
from serinus.presentation.http.v1.reading import (
    account_filter_of,
    body_of,
    filter_of,
    over,
    query_of,
    role_named,
    slice_of,
    user_id_of,
)
from serinus.presentation.http.v1.services import V1Services
from serinus.presentation.http.v1.shapes import ChangeRole, PostDto, UpdateUser, UserInfo
from serinus.presentation.http.v1.signed_in import SignedInRequest


@get(
    "/",
    opt={
        "asks": ["page", "limit", "role", "active", "sort"],
        "sorts": AccountColumn,
        "failures": [403],
    },
)
async def list_users(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[Page[UserInfo]]:
    """All accounts, inactive ones too."""
    caller, query = request.user.caller, query_of(request)
    column, part = slice_of(query, AccountColumn)
    which = account_filter_of(query)
    caller.need("users:read")
    found = await services.people_reader.page(caller, which, column, part)
    return ok(page_of(found, part, partial(UserInfo.seen_by, caller)))


@get("/{id:str}", opt={"failures": [403, 404]})
async def get_user(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[UserInfo]:
    """One account."""
    caller, user_id = request.user.caller, user_id_of(request)
    caller.need("users:read")
    return ok(UserInfo.seen_by(caller, await services.people_reader.get(user_id)))


@get(
    "/{id:str}/posts",
    opt={
        "asks": ["page", "limit", "status", "author", "tag", "sort"],
        "sorts": PostColumn,
        "failures": [403, 404],
    },
)
async def list_posts_of_user(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[Page[PostDto]]:
    """Posts of one author, as far as the caller sees them. A filter by `author` is ignored."""
    caller, user_id, query = request.user.caller, user_id_of(request), query_of(request)
    column, part = slice_of(query, PostColumn)
    which = replace(filter_of(query), author=user_id)
    caller.need("posts:read")
    await services.people_reader.get(user_id)
    found = await services.pages.posts(caller, which, column, part)
    return ok(page_of(found, part, PostDto.of))


@put("/{id:str}", opt={"takes": UpdateUser, "failures": [403, 404, 409]})
async def update_user(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[UserInfo]:
    """Change what is sent, leave the rest. `role` and `is_active` are for administrators."""
    caller, user_id = request.user.caller, user_id_of(request)
    sent = await body_of(request, UpdateUser)
    refuse(_violations(sent))
    changes = Changes(
        edit=partial(_edited, sent),
        role=None if sent.role is None else role_named(sent.role),
        active=sent.is_active,
    )
    changed = await last_wins(lambda: services.people.change(caller, user_id, changes))
    return ok(UserInfo.seen_by(caller, changed))


@delete("/{id:str}", status_code=200, opt={"failures": [403, 404]})
async def deactivate_user(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[Message]:
    """The account stays, but nobody signs in to it. Its sessions end."""
    caller, user_id = request.user.caller, user_id_of(request)
    await last_wins(lambda: services.people.deactivate(caller, user_id))
    return ok(Message("User deactivated successfully"))


@post(
    "/{id:str}/role",
    status_code=200,
    opt={"takes": ChangeRole, "needs": ["role"], "failures": [403, 404]},
)
async def change_role(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[UserInfo]:
    """Give a role, at most one's own."""
    caller, user_id = request.user.caller, user_id_of(request)
    role = _role(await body_of(request, ChangeRole))
    changed = await last_wins(lambda: services.people.give_role(caller, user_id, role))
    return ok(UserInfo.seen_by(caller, changed))


def router(signed_in: Guard) -> Router:
    handlers = [
        list_users,
        get_user,
        list_posts_of_user,
        update_user,
        deactivate_user,
        change_role,
    ]
    return Router("/users", route_handlers=handlers, guards=[signed_in])


def _edited(sent: UpdateUser, account: Account) -> Account:
    """What was sent, over what was there. First and last names can be cleared."""

    return replace(
        account,
        username=account.username if sent.username is None else sent.username,
        email=account.email if sent.email is None else sent.email,
        first_name=over(sent.first_name, account.first_name),
        last_name=over(sent.last_name, account.last_name),
    )


def _violations(sent: UpdateUser) -> list[Violation]:
    """The contract looks at the body before the account, so only at what was sent."""
    found: list[Violation] = []
    if sent.username is not None:
        found += username_violations(clean_username(sent.username))
    if sent.email is not None:
        found += email_violations(clean_email(sent.email))
    found += name_violations("first_name", sent.first_name)
    found += name_violations("last_name", sent.last_name)
    if sent.role is not None and role_named(sent.role) is None:
        found.append(_no_role())
    return found


def _role(sent: ChangeRole) -> Role:
    role = role_named(sent.role or "")
    if role is None:
        raise Invalid([_no_role()])
    return role


def _no_role() -> Violation:
    return Violation("role", "not_allowed", f"the roles are {', '.join(Role)}")
