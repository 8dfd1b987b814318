"""People: what one sees of another's account, and who may change it."""

from typing import ClassVar

from serinus.domain.errors import Conflict, Forbidden
from serinus.domain.identity.accounts import Account
from serinus.domain.identity.caller import Caller, Role


class LastSuperAdmin(Conflict):
    """Without one, nobody could give that role to anybody any more."""

    code: ClassVar = "last_super_admin"


def administers(role: Role) -> bool:
    return role.at_least(Role.ADMIN)


def is_super_admin(account: Account) -> bool:
    """In office: one that is inactive does nothing."""
    return account.role is Role.SUPER_ADMIN and account.is_active


def may_see_all(caller: Caller, account: Account) -> bool:
    """Address, role and last sign-in are one's own business, and the administrators'.

    They may change these anyway, so hiding them would protect nothing.
    """
    return caller.id == account.id or administers(caller.role)


def check_may_change(
    caller: Caller, account: Account, *, role: Role | None = None, active: bool | None = None
) -> None:
    """Raise `Forbidden`. `role`, `active`: what is to be given; None is not touched.

    People change themselves, administrators change whoever is not above them, and nobody
    grants more than they have. Roles and activity are for administrators alone.
    """
    if not (caller.id == account.id or administers(caller.role)):
        raise Forbidden("this account is somebody else's")
    if not caller.role.at_least(account.role):
        raise Forbidden("this account has a role above yours")
    if (role is not None or active is not None) and not administers(caller.role):
        raise Forbidden("roles and activity are for administrators")
    if role is not None and not caller.role.at_least(role):
        raise Forbidden("this role is above yours")
