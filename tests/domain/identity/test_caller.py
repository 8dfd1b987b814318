"""Roles, their ranks and scopes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from serinus.domain.errors import Forbidden
from serinus.domain.identity.caller import SCOPES, Caller, Role, SessionId, UserId

roles = st.sampled_from(Role)


def a_caller(role: Role) -> Caller:
    return Caller(UserId(uuid7()), role, SessionId(uuid7()))


@given(roles, roles)
def test_of_two_roles_one_is_at_least_the_other(one: Role, other: Role) -> None:
    assert one.at_least(other) or other.at_least(one)
    assert (one.at_least(other) and other.at_least(one)) == (one is other)


def test_a_more_trusted_role_may_all_that_a_less_trusted_one_may() -> None:
    assert all(SCOPES[more] >= SCOPES[less] for more, less in pairwise(Role))


def test_a_caller_without_the_scope_is_told_which_one_it_takes() -> None:
    with pytest.raises(Forbidden, match="release:steer"):
        a_caller(Role.EDITOR).need("release:steer")


def test_a_caller_with_the_scope_passes() -> None:
    a_caller(Role.ADMIN).need("release:steer")


@pytest.mark.parametrize(
    ("scope", "least"),
    [
        ("posts:read", Role.SUBSCRIBER),
        ("comments:write", Role.SUBSCRIBER),
        ("posts:write", Role.CONTRIBUTOR),
        ("posts:publish", Role.AUTHOR),
        ("taxonomy:write", Role.EDITOR),
        ("users:admin", Role.ADMIN),
        ("release:override", Role.ADMIN),
    ],
)
def test_a_scope_begins_at_one_role(scope: str, least: Role) -> None:
    assert {role for role in Role if scope in SCOPES[role]} == {
        role for role in Role if role.at_least(least)
    }
