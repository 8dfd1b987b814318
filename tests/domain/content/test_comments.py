"""Comments: who writes, sees, changes and judges them, and in which state they begin."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from serinus.domain.content import comments as rules
from serinus.domain.content.comments import (
    EDITABLE,
    Comment,
    CommentId,
    CommentNotFound,
    CommentsClosed,
    CommentStatus,
    Ground,
    Guest,
)
from serinus.domain.content.listing import Condition, Listing, Op, Order, Position
from serinus.domain.content.post import Byline, PostId, PostNotFound, Status
from serinus.domain.errors import Forbidden
from serinus.domain.identity.caller import Caller, Role, UserId
from tests.support.content import ADA, NOON, a_caller

POST, BOB = PostId(UUID(int=1)), Byline(UserId(UUID(int=2)), "bob", "Bob")
GROUND = Ground(POST, Status.PUBLISHED, ADA.id)
READER, WRITER = a_caller(Role.SUBSCRIBER), a_caller(Role.SUBSCRIBER, BOB.id)
EDITOR = a_caller(Role.EDITOR)
GUEST = Guest("Eve", "eve@example.org")
LATER = NOON + timedelta(hours=1)


def a_comment(**changes: Any) -> Comment:
    comment = Comment(
        id=CommentId(UUID(int=3)),
        post_id=POST,
        lineage=(UUID(int=4), UUID(int=3)),
        author=BOB,
        content="They do.",
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(comment, **changes)


def allowed(act: Callable[[], object]) -> bool:
    try:
        act()
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize(
    ("caller", "status"),
    [
        (None, CommentStatus.PENDING),
        (WRITER, CommentStatus.PENDING),
        (a_caller(Role.SUBSCRIBER, ADA.id), CommentStatus.APPROVED),  # wrote the post
        (EDITOR, CommentStatus.APPROVED),
    ],
)
def test_moderators_and_the_author_of_the_post_wait_for_nobody(
    caller: Caller | None, status: CommentStatus
) -> None:
    assert rules.first_status(caller, GROUND) is status


def test_only_published_posts_are_commented_on() -> None:
    rules.check_open(None, GROUND)

    with pytest.raises(CommentsClosed):
        rules.check_open(EDITOR, replace(GROUND, status=Status.ARCHIVED))
    with pytest.raises(PostNotFound):
        rules.check_open(WRITER, replace(GROUND, status=Status.DRAFT))
    with pytest.raises(PostNotFound):
        rules.check_open(EDITOR, replace(GROUND, deleted=True))


@pytest.mark.parametrize(
    ("status", "seen_by"),
    [
        (CommentStatus.PENDING, [WRITER, EDITOR]),
        (CommentStatus.APPROVED, [None, READER, WRITER, EDITOR]),
        (CommentStatus.REJECTED, [EDITOR]),
        (CommentStatus.SPAM, [EDITOR]),
    ],
)
def test_what_waits_is_seen_by_who_wrote_it_and_what_is_refused_by_moderators(
    status: CommentStatus, seen_by: list[Caller | None]
) -> None:
    comment = a_comment(status=status)

    assert [who for who in (None, READER, WRITER, EDITOR) if comment.seen_by(who)] == seen_by


def test_a_deleted_comment_says_nothing_to_anybody() -> None:
    deleted = a_comment(status=CommentStatus.APPROVED).deleted(at=LATER)

    assert (deleted.deleted_at, deleted.updated_at) == (LATER, LATER)
    assert not deleted.seen_by(EDITOR)


def test_of_a_deleted_post_moderators_see_what_was_said() -> None:
    approved = a_comment(status=CommentStatus.APPROVED)
    deleted = replace(GROUND, deleted=True)
    rules.check_may_see(None, approved, GROUND)
    rules.check_may_see(EDITOR, approved, deleted)

    with pytest.raises(CommentNotFound):
        rules.check_may_see(WRITER, approved, deleted)
    with pytest.raises(CommentNotFound):
        rules.check_may_see(READER, a_comment(), GROUND)


def test_nobody_wrote_what_a_guest_wrote() -> None:
    by_guest = a_comment(author=GUEST)

    assert not by_guest.written_by(None)
    assert not by_guest.written_by(WRITER)
    assert a_comment().written_by(WRITER)


@pytest.mark.parametrize(
    ("caller", "status", "after", "edits"),
    [
        (WRITER, CommentStatus.PENDING, EDITABLE * 2, True),
        (WRITER, CommentStatus.APPROVED, EDITABLE, True),
        (WRITER, CommentStatus.APPROVED, EDITABLE * 2, False),
        (READER, CommentStatus.PENDING, timedelta(), False),
        (EDITOR, CommentStatus.APPROVED, EDITABLE * 2, True),
    ],
)
def test_who_wrote_a_comment_changes_it_until_it_is_judged_or_for_some_minutes(
    caller: Caller, status: CommentStatus, after: timedelta, *, edits: bool
) -> None:
    comment, at = a_comment(status=status), NOON + after

    assert allowed(lambda: rules.check_may_edit(caller, comment, at=at)) is edits


def test_who_wrote_a_comment_and_moderators_delete_it() -> None:
    key_that_reads = replace(WRITER, granted=frozenset({"posts:read"}))
    callers = [READER, WRITER, key_that_reads, EDITOR]

    def may_delete(caller: Caller) -> bool:
        return allowed(lambda: rules.check_may_delete(caller, a_comment()))

    assert [*filter(may_delete, callers)] == [WRITER, EDITOR]


def test_editing_and_judging_say_when() -> None:
    edited = a_comment().edited("Mostly.", CommentStatus.PENDING, at=LATER)
    judged = a_comment().judged(CommentStatus.SPAM, at=LATER)

    assert (edited.content, edited.status, edited.updated_at) == (
        "Mostly.",
        CommentStatus.PENDING,
        LATER,
    )
    assert (judged.content, judged.status, judged.updated_at) == (
        "They do.",
        CommentStatus.SPAM,
        LATER,
    )


LINKS = "HTTP://example.org https://example.org " * (rules.MAX_LINKS // 2)


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        ("They do.", []),
        (" \n", ["required"]),
        ("x" * rules.MAX_CONTENT, []),
        ("x" * (rules.MAX_CONTENT + 1), ["too_long"]),
        (LINKS, []),
        (f"{LINKS} http://example.org", ["too_many"]),
    ],
)
def test_a_comment_has_a_length_and_few_links(content: str, codes: list[str]) -> None:
    assert [each.code for each in rules.content_violations(content)] == codes


def test_who_is_trusted_posts_as_many_links_as_they_like() -> None:
    assert rules.content_violations(LINKS * 2, trusted=True) == []


def test_a_guest_signs_with_what_is_left_after_cleaning() -> None:
    assert rules.signed(" Eve ", " Eve@Example.org ", " ") == Guest("Eve", "eve@example.org")
    assert rules.signed(None, None, None) == Guest("", "")


@pytest.mark.parametrize(
    ("guest", "wrong"),
    [
        (GUEST, []),
        (replace(GUEST, url="https://example.org/eve"), []),
        (Guest("", ""), [("author_name", "required"), ("author_email", "required")]),
        (replace(GUEST, name="x" * 246), [("author_name", "too_long")]),
        (replace(GUEST, email="eve"), [("author_email", "invalid_format")]),
        (replace(GUEST, url="ftp://example.org"), [("author_url", "invalid_format")]),
    ],
)
def test_a_guest_gives_a_name_an_address_and_perhaps_a_page(
    guest: Guest, wrong: list[tuple[str, str]]
) -> None:
    assert [(each.field, each.code) for each in rules.guest_violations(guest)] == wrong


def listing(*conditions: Condition, by: tuple[Order, ...] = rules.AS_THREAD) -> Listing:
    return Listing(orders=by, conditions=conditions)


BELOW = Condition("parent", Op.EQ, (UUID(int=4),))
TOP = Condition("parent", Op.NULL, (True,))
BY_AGE = (Order("created_at"),)


@pytest.mark.parametrize(
    "served", [listing(), listing(BELOW), listing(TOP), listing(by=BY_AGE)]
)
def test_threads_are_listed_whole_or_below_one_comment(served: Listing) -> None:
    assert rules.unsupported(served) is None


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (listing(by=(*rules.AS_THREAD, *BY_AGE)), "not by both"),
        (listing(BELOW, by=BY_AGE), "goes with sort=thread"),
        (listing(BELOW, TOP), "is one comment"),
        (listing(replace(TOP, values=(False,))), "is one comment"),
    ],
)
def test_what_no_index_gives_of_a_thread_is_refused(refused: Listing, why: str) -> None:
    assert why in (rules.unsupported(refused) or "")


def test_the_queue_is_narrowed_by_a_post_or_by_an_author() -> None:
    post, author = (Condition(name, Op.EQ, (POST,)) for name in ("post", "author"))

    assert rules.queue_unsupported(listing(post, by=rules.NEWEST_FIRST)) is None
    assert "one at a time" in (rules.queue_unsupported(listing(post, author)) or "")


def test_a_position_in_a_thread_is_the_way_to_the_comment() -> None:
    comment = a_comment()

    assert comment.depth == 2
    assert rules.position(comment, rules.AS_THREAD) == Position((comment.lineage,), comment.id)
    assert rules.position(comment, BY_AGE) == Position((NOON,), comment.id)
