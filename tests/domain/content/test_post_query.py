"""Which posts somebody sees of those asked for, the deleted ones among them."""

import pytest
from uuid_utils.compat import uuid7

from serinus.domain.content.listing import Condition, Op
from serinus.domain.content.post import Status
from serinus.domain.content.post_query import Scope, scopes
from serinus.domain.identity.caller import Caller, Role, UserId
from tests.support.content import ADA, a_caller

ALL, PUBLIC = frozenset(Status), frozenset({Status.PUBLISHED})
AUTHOR, EDITOR = a_caller(), a_caller(Role.EDITOR, UserId(uuid7()))


def deleted(*, asked: bool) -> Condition:
    return Condition("deleted", Op.EQ, (asked,))


@pytest.mark.parametrize(
    ("caller", "seen"),
    [
        (None, ()),
        (AUTHOR, (Scope(ALL, ADA.id, deleted=True),)),
        (EDITOR, (Scope(ALL, deleted=True),)),
    ],
)
def test_who_may_see_drafts_may_see_what_was_deleted(
    caller: Caller | None, seen: tuple[Scope, ...]
) -> None:
    assert scopes(caller, [deleted(asked=True)]) == seen


@pytest.mark.parametrize(
    ("caller", "seen"),
    [
        (None, (Scope(PUBLIC),)),
        (AUTHOR, (Scope(PUBLIC), Scope(ALL - PUBLIC, ADA.id))),
        (EDITOR, (Scope(ALL),)),
    ],
)
def test_what_was_deleted_is_seen_only_where_it_is_asked_for(
    caller: Caller | None, seen: tuple[Scope, ...]
) -> None:
    assert scopes(caller, []) == seen
    assert scopes(caller, [deleted(asked=False)]) == seen


def test_nothing_is_deleted_and_not_deleted() -> None:
    assert scopes(EDITOR, [deleted(asked=True), deleted(asked=False)]) == ()
