"""The states of a post: every way from each of them, and who may go it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from uuid_utils.compat import uuid7

from serinus.domain.content import post as rules
from serinus.domain.content.post import (
    MAX_AHEAD,
    AlreadyPublished,
    NothingToRestore,
    Post,
    PostNotFound,
    Status,
    schedule_violations,
)
from serinus.domain.errors import Conflict, Forbidden
from serinus.domain.identity.caller import Role, UserId
from tests.support.content import NOON, a_caller, a_post

LATER, SET = NOON + timedelta(hours=1), NOON + timedelta(days=1)
DRAFT = a_post()
STATES = {
    "draft": DRAFT,
    "scheduled": DRAFT.scheduled(SET, at=NOON),
    "published": DRAFT.published(at=NOON),
    "archived": DRAFT.archived(at=NOON),
    "archived, once published": DRAFT.published(at=NOON).archived(at=NOON),
}
WAYS: dict[str, Callable[[Post], Post]] = {
    "publish": lambda post: post.published(at=LATER),
    "unpublish": lambda post: post.unpublished(at=LATER),
    "schedule": lambda post: post.scheduled(SET, at=LATER),
    "archive": lambda post: post.archived(at=LATER),
    "restore": lambda post: post.restored(at=LATER),
}
Told = tuple[Status, datetime | None, datetime | None] | type[Conflict]
A_DRAFT: Told = (Status.DRAFT, None, None)
SCHEDULED: Told = (Status.SCHEDULED, None, SET)
NEW: Told = (Status.PUBLISHED, LATER, None)
KEPT: Told = (Status.PUBLISHED, NOON, None)
GONE: Told = (Status.ARCHIVED, None, None)
GONE_KEPT: Told = (Status.ARCHIVED, NOON, None)

#: From each state by each way: status, date, set time; or what refuses it.
TRANSITIONS: dict[str, dict[str, Told]] = {
    "draft": {
        "publish": NEW,
        "unpublish": A_DRAFT,
        "schedule": SCHEDULED,
        "archive": GONE,
        "restore": NothingToRestore,
    },
    "scheduled": {
        "publish": NEW,
        "unpublish": A_DRAFT,
        "schedule": SCHEDULED,
        "archive": GONE,
        "restore": NothingToRestore,
    },
    "published": {
        "publish": KEPT,
        "unpublish": A_DRAFT,
        "schedule": AlreadyPublished,
        "archive": GONE_KEPT,
        "restore": NothingToRestore,
    },
    "archived": {
        "publish": NEW,
        "unpublish": A_DRAFT,
        "schedule": SCHEDULED,
        "archive": GONE,
        "restore": A_DRAFT,
    },
    "archived, once published": {
        "publish": KEPT,
        "unpublish": A_DRAFT,
        "schedule": SCHEDULED,
        "archive": GONE_KEPT,
        "restore": KEPT,
    },
}
CASES = [
    (state, way, told) for state, ways in TRANSITIONS.items() for way, told in ways.items()
]


@pytest.mark.parametrize(("state", "way", "told"), CASES, ids=lambda value: str(value)[:30])
def test_from_each_state_each_way_leads_where_the_table_says(
    state: str, way: str, told: Told
) -> None:
    if isinstance(told, type):
        with pytest.raises(told):
            WAYS[way](STATES[state])
        return

    moved = WAYS[way](STATES[state])

    assert (moved.status, moved.published_at, moved.scheduled_at) == told
    assert moved.updated_at == LATER


@pytest.mark.parametrize("state", STATES)
def test_a_deleted_post_comes_back_as_it_was(state: str) -> None:
    deleted = STATES[state].deleted(at=LATER)

    restored = deleted.restored(at=LATER)

    assert deleted.deleted_at == LATER
    assert restored == replace(STATES[state], updated_at=LATER)


def test_a_deleted_post_whose_time_has_passed_comes_back_as_a_draft() -> None:
    deleted = STATES["scheduled"].deleted(at=LATER)

    restored = deleted.restored(at=SET)

    assert (restored.status, restored.scheduled_at) == (Status.DRAFT, None)


def test_an_archived_post_that_was_deleted_comes_back_in_two_steps() -> None:
    deleted = STATES["archived, once published"].deleted(at=LATER)

    assert deleted.restored(at=LATER).status is Status.ARCHIVED
    assert deleted.restored(at=LATER).restored(at=LATER).status is Status.PUBLISHED


@pytest.mark.parametrize(
    ("when", "code"),
    [
        (NOON, "too_early"),
        (NOON + timedelta(microseconds=1), None),
        (NOON + MAX_AHEAD, None),
        (NOON + MAX_AHEAD + timedelta(microseconds=1), "too_late"),
        ((NOON + timedelta(hours=1)).astimezone(timezone(timedelta(hours=9))), None),
        (datetime(2030, 1, 1, 13), "invalid_format"),  # noqa: DTZ001 - that is what is wrong
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "too_early"),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=12))), "too_late"),
        (datetime(9999, 12, 31, tzinfo=UTC), "too_late"),
    ],
)
def test_a_time_to_publish_at_has_a_zone_and_lies_ahead(
    when: datetime, code: str | None
) -> None:
    found = schedule_violations(when, now=NOON)

    assert [(each.field, each.code) for each in found] == ([("at", code)] if code else [])


@pytest.mark.parametrize(
    ("role", "own", "deleted", "refused"),
    [
        (Role.AUTHOR, True, True, None),
        (Role.CONTRIBUTOR, True, True, None),
        (Role.SUBSCRIBER, True, True, Forbidden),
        (Role.AUTHOR, False, True, PostNotFound),
        (Role.EDITOR, False, True, Forbidden),
        (Role.ADMIN, False, True, None),
        (Role.AUTHOR, True, False, None),
        (Role.CONTRIBUTOR, True, False, Forbidden),
        (Role.AUTHOR, False, False, PostNotFound),
        (Role.EDITOR, False, False, None),
    ],
)
def test_who_may_delete_or_archive_may_restore(
    role: Role, *, own: bool, deleted: bool, refused: type[Exception] | None
) -> None:
    archived = STATES["archived, once published"]
    post = STATES["published"].deleted(at=LATER) if deleted else archived
    caller = a_caller(role) if own else a_caller(role, UserId(uuid7()))

    if refused is None:
        rules.check_may_restore(caller, post)
    else:
        with pytest.raises(refused):
            rules.check_may_restore(caller, post)
