"""Posts: their states, their limits, and who may do what."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from serinus.domain.content import post as rules
from serinus.domain.content.post import PostNotFound, Status, Text, text_violations
from serinus.domain.errors import Forbidden
from serinus.domain.identity.caller import Role, UserId
from tests.support.content import ADA, NOON, a_caller, a_post

LATER = NOON + timedelta(hours=1)
DRAFT, PUBLISHED = a_post(), a_post().published(at=NOON)
OTHER = UserId(a_post().id)


def test_publishing_again_keeps_the_date() -> None:
    again = PUBLISHED.published(at=LATER)

    assert (again.published_at, again.updated_at) == (NOON, LATER)


def test_unpublishing_forgets_the_date() -> None:
    hidden = PUBLISHED.unpublished(at=LATER)

    assert (hidden.status, hidden.published_at, hidden.updated_at) == (
        Status.DRAFT,
        None,
        LATER,
    )


def test_an_edit_keeps_the_slug_unless_it_brings_one() -> None:
    text = Text(title="New", content="c")

    assert a_post(slug="old").edited(text, at=LATER).slug == "old"
    edited = a_post(slug="old").edited(text, slug="new", at=LATER)
    assert (edited.slug, edited.text, edited.updated_at) == ("new", text, LATER)


@pytest.mark.parametrize(
    ("role", "drafts", "publishes"),
    [
        (Role.SUBSCRIBER, False, False),
        (Role.CONTRIBUTOR, True, False),
        (Role.AUTHOR, True, True),
        (Role.SUPER_ADMIN, True, True),
    ],
)
def test_contributors_write_drafts_and_authors_publish(
    role: Role, *, drafts: bool, publishes: bool
) -> None:
    caller = a_caller(role)

    assert allowed(lambda: rules.check_may_create(caller, publish=False)) is drafts
    assert allowed(lambda: rules.check_may_create(caller, publish=True)) is publishes
    assert allowed(lambda: rules.check_may_edit(caller, PUBLISHED)) is drafts
    assert allowed(lambda: rules.check_may_publish(caller, PUBLISHED)) is publishes
    assert allowed(lambda: rules.check_may_delete(caller, PUBLISHED)) is drafts


@pytest.mark.parametrize(
    ("role", "edits", "deletes"),
    [
        (Role.AUTHOR, False, False),
        (Role.EDITOR, True, False),
        (Role.ADMIN, True, True),
    ],
)
def test_editors_edit_what_others_wrote_and_admins_delete_it(
    role: Role, *, edits: bool, deletes: bool
) -> None:
    caller = a_caller(role, OTHER)

    assert allowed(lambda: rules.check_may_edit(caller, PUBLISHED)) is edits
    assert allowed(lambda: rules.check_may_publish(caller, PUBLISHED)) is edits
    assert allowed(lambda: rules.check_may_delete(caller, PUBLISHED)) is deletes


@pytest.mark.parametrize("role", Role)
def test_editors_look_after_the_posts_of_all_and_admins_remove_them(role: Role) -> None:
    caller = a_caller(role)
    reading = replace(caller, session_id=None, granted=frozenset({"posts:read"}))

    assert allowed(lambda: rules.check_may_oversee(caller)) is role.at_least(Role.EDITOR)
    assert allowed(lambda: rules.check_may_remove(caller)) is role.at_least(Role.ADMIN)
    assert not allowed(lambda: rules.check_may_remove(reading))


def allowed(check: Callable[[], None]) -> bool:
    try:
        check()
    except Forbidden:
        return False
    return True


def test_a_draft_is_seen_by_its_author_and_by_editors() -> None:
    assert rules.may_see(None, PUBLISHED)
    assert not rules.may_see(None, DRAFT)
    assert rules.may_see(a_caller(Role.SUBSCRIBER, ADA.id), DRAFT)
    assert rules.may_see(a_caller(Role.EDITOR, OTHER), DRAFT)
    assert not rules.may_see(a_caller(Role.AUTHOR, OTHER), DRAFT)


def test_what_may_not_be_seen_is_not_found_whatever_is_tried() -> None:
    stranger = a_caller(Role.AUTHOR, OTHER)

    for check in (
        rules.check_may_see,
        rules.check_may_edit,
        rules.check_may_publish,
        rules.check_may_delete,
    ):
        with pytest.raises(PostNotFound):
            check(stranger, DRAFT)


def test_a_text_at_every_limit_is_good() -> None:
    text = Text(
        title="カ" * 255,
        content="c" * rules.MAX_CONTENT_BYTES,
        excerpt="e" * 500,
        locale="pt-BR",
        featured_image="https://example.org/" + "i" * (2048 - 20),
        meta_title="t" * 60,
        meta_description="d" * 160,
    )

    assert text_violations(text) == []


def test_everything_beyond_its_limit_is_told_in_order() -> None:
    text = Text(
        title="t" * 256,
        content="カ" * rules.MAX_CONTENT_BYTES,
        excerpt="e" * 501,
        locale="EN",
        featured_image="i" * 2049,
        meta_title="t" * 61,
        meta_description="d" * 161,
    )

    assert [(each.field, each.code) for each in text_violations(text)] == [
        ("title", "too_long"),
        ("content", "too_long"),
        ("excerpt", "too_long"),
        ("featured_image", "too_long"),
        ("meta_title", "too_long"),
        ("meta_description", "too_long"),
        ("locale", "invalid_format"),
    ]


def test_white_space_is_no_title_and_no_content() -> None:
    found = text_violations(Text(title=" \n", content="\t"))

    assert [(each.field, each.code) for each in found] == [
        ("title", "required"),
        ("content", "required"),
    ]


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("http://example.org/a.png", True),
        ("HTTPS://例え.jp/画像.png", True),
        ("ftp://example.org", False),
        ("https://", False),
        ("//example.org/a", False),
        ("https://exa mple.org", False),
        ("https://[::1", False),
        ("javascript:alert(1)", False),
    ],
)
def test_a_featured_image_has_a_web_address(address: str, *, good: bool) -> None:
    text = Text(title="t", content="c", featured_image=address)

    assert (text_violations(text) == []) is good
