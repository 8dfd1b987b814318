"""What one sees of another's account, and who may change it."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.errors import Forbidden
from serinus.domain.identity.accounts import Account
from serinus.domain.identity.caller import Caller, Role, SessionId, UserId
from serinus.domain.identity.people import (
    administers,
    check_may_change,
    is_super_admin,
    may_see_all,
)
from tests.support.identity import an_account

ME, ANOTHER = UserId(UUID(int=1)), UserId(UUID(int=2))
ADMINISTRATORS = {Role.SUPER_ADMIN, Role.ADMIN}

roles = st.sampled_from(Role)
maybe_roles = st.none() | roles
maybe = st.none() | st.booleans()


def a_caller(role: Role) -> Caller:
    return Caller(ME, role, SessionId(UUID(int=3)))


def of(role: Role, user_id: UserId = ANOTHER) -> Account:
    return an_account(id=user_id, role=role)


def may_change(
    caller: Caller, account: Account, role: Role | None = None, *, active: bool | None = None
) -> bool:
    try:
        check_may_change(caller, account, role=role, active=active)
    except Forbidden:
        return False
    return True


@given(roles, roles)
def test_people_see_all_of_themselves_and_administrators_of_everybody(
    mine: Role, theirs: Role
) -> None:
    caller = a_caller(mine)

    assert may_see_all(caller, of(mine, ME))
    assert may_see_all(caller, of(theirs)) is (mine in ADMINISTRATORS)
    assert administers(mine) is (mine in ADMINISTRATORS)


@given(roles)
def test_people_change_themselves(role: Role) -> None:
    assert may_change(a_caller(role), of(role, ME))


@given(roles, roles)
def test_administrators_change_whoever_is_not_above_them(mine: Role, theirs: Role) -> None:
    allowed = mine in ADMINISTRATORS and mine.at_least(theirs)

    assert may_change(a_caller(mine), of(theirs)) is allowed


@given(mine=roles, theirs=roles, granted=maybe_roles, active=maybe)
def test_nobody_grants_more_than_they_have(
    *, mine: Role, theirs: Role, granted: Role | None, active: bool | None
) -> None:
    if may_change(a_caller(mine), of(theirs), granted, active=active):
        assert mine.at_least(granted or mine)


@given(role=roles, granted=maybe_roles, active=maybe)
def test_roles_and_activity_are_for_administrators(
    *, role: Role, granted: Role | None, active: bool | None
) -> None:
    touched = granted is not None or active is not None
    above = granted is not None and not role.at_least(granted)
    allowed = not touched or (role in ADMINISTRATORS and not above)

    assert may_change(a_caller(role), of(role, ME), granted, active=active) is allowed


@given(roles, st.booleans())
def test_a_super_administrator_is_one_while_active(role: Role, active: object) -> None:
    account = an_account(role=role, is_active=active)

    assert is_super_admin(account) == (role is Role.SUPER_ADMIN and active)
