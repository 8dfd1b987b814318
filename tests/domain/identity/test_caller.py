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


def an_api_key(role: Role, *scopes: str) -> Caller:
    return Caller(UserId(uuid7()), role, None, frozenset(scopes))


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


def test_an_api_key_narrows_the_role_of_its_owner() -> None:
    key = an_api_key(Role.AUTHOR, "posts:read", "users:admin")

    assert key.scopes == {"posts:read"}
    with pytest.raises(Forbidden, match="posts:write"):
        key.need("posts:write")


def test_what_no_role_forbids_an_api_key_must_still_be_granted() -> None:
    an_api_key(Role.SUBSCRIBER, "users:admin").need_grant("users:admin")
    a_caller(Role.SUBSCRIBER).need_grant("users:admin")
    with pytest.raises(Forbidden, match="API key"):
        an_api_key(Role.ADMIN, "posts:read").need_grant("users:admin")


def test_an_api_key_has_no_session() -> None:
    caller = a_caller(Role.AUTHOR)

    assert caller.own_session() == caller.session_id
    with pytest.raises(Forbidden, match="session"):
        an_api_key(Role.AUTHOR).own_session()
