"""What is cut, what is refused, and that each cut is noted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from serinus.domain.content.import_comments import ANONYMOUS, MAX_COMMENT, fit_comments
from serinus.domain.content.import_fitting import (
    Unfit,
    clean,
    fit_category,
    fit_post,
    fit_term,
)
from serinus.domain.content.imported import (
    ImportedAuthor,
    ImportedCategory,
    ImportedComment,
    ImportedPost,
    ImportedTag,
)
from serinus.domain.content.post import MAX_CONTENT_BYTES, Status

NOW = datetime(2030, 1, 1, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(days=1), NOW + timedelta(days=1)


def fitted(**members: Any) -> ImportedPost:
    given: dict[str, Any] = {"address": "a", "title": "Title", "content": "Text."}
    given["date"] = EARLIER
    return fit_post(ImportedPost(**given | members), now=NOW)


def reasons(post: ImportedPost) -> list[str]:
    return [note.reason for note in post.notes]


def test_what_fits_is_left_as_it_is() -> None:
    post = fitted(slug="a-slug", tags=("One",), excerpt="Short.", locale="de-AT")

    assert (post.slug, post.tags, post.excerpt, post.locale) == (
        "a-slug",
        ("One",),
        "Short.",
        "de-AT",
    )
    assert post.notes == ()


def test_a_long_title_is_cut_with_an_ellipsis_and_noted() -> None:
    post = fitted(title="x" * 300)

    assert post.title == "x" * 254 + "…"
    assert reasons(post) == ["title cut to 255 characters"]


def test_an_empty_title_is_made_and_noted() -> None:
    post = fitted(title="  ", content="First words.")

    assert post.title == "First words."
    assert reasons(post) == ["no title: one was made from the content or the address"]


def test_a_title_is_one_line() -> None:
    assert (
        fitted(title="One\r\ntwo\u2028three\u3000four\x07").title == "One two three\u3000four"
    )


def test_content_is_refused_rather_than_cut() -> None:
    assert fitted(content="x" * MAX_CONTENT_BYTES).content
    with pytest.raises(Unfit, match="2097152 bytes"):
        fitted(content="鳥" * MAX_CONTENT_BYTES)


def test_texts_of_search_and_lists_are_cut_to_their_limits() -> None:
    post = fitted(excerpt="e" * 501, meta_title="t" * 61, meta_description="d" * 161)

    lengths = [len(t or "") for t in (post.excerpt, post.meta_title, post.meta_description)]
    assert lengths == [500, 60, 160]
    assert len(post.notes) == 3


def test_of_many_tags_the_first_twenty_are_kept() -> None:
    post = fitted(tags=tuple(f"tag {n}" for n in range(25)))

    assert post.tags == tuple(f"tag {n}" for n in range(20))
    assert reasons(post) == ["more than 20 tags: the first were kept"]


def test_tags_are_cut_and_empty_or_repeated_ones_dropped() -> None:
    post = fitted(tags=("", "Bird", "bird", "t" * 60, "t" * 55))

    assert post.tags == ("Bird", "t" * 50)
    assert reasons(post) == ["tag cut to 50 characters"] * 2


def test_categories_are_named_once_and_need_a_name() -> None:
    names = ("News", "news", " ", "++")
    post = fitted(categories=tuple(ImportedCategory(name=name) for name in names))

    assert [(c.name, c.slug) for c in post.categories] == [("News", "news"), ("++", "category")]
    assert reasons(post) == ["a category without a name"]


def test_of_very_many_categories_the_first_hundred_are_kept() -> None:
    post = fitted(categories=tuple(ImportedCategory(name=f"c{n}") for n in range(101)))

    assert len(post.categories) == 100
    assert len(post.notes) == 1


def test_a_category_keeps_the_slug_and_parent_of_its_source() -> None:
    category = fit_category(
        ImportedCategory(name="Foo A", slug="foo-a-2", parent="Foo", description=" d ")
    )

    assert (category.slug, category.parent, category.description) == ("foo-a-2", "foo", "d")


@pytest.mark.parametrize(
    ("image", "kept"),
    [
        ("https://example.org/a.png", True),
        ("/a.png", False),
        ("http://[", False),
        ("https://example.org/a b.png", False),
        ("https://example.org/" + "a" * 2048, False),
    ],
)
def test_a_featured_image_is_an_absolute_web_address_or_none(image: str, *, kept: bool) -> None:
    post = fitted(featured_image=image)

    assert (post.featured_image is not None) is kept
    assert bool(post.notes) is not kept


def test_old_addresses_lose_their_outer_slashes_and_nothing_else() -> None:
    post = fitted(
        former_addresses=("/2020/Old.html", "//greek/έ/", "2020/Old.html", "/", "a" * 256)
    )

    assert post.former_addresses == ("2020/Old.html", "greek/έ")
    assert reasons(post) == ["old address left out: over 255 characters"]


def test_a_locale_that_is_none_is_guessed() -> None:
    assert fitted(locale="日本語", title="鳥の声", content="聞こえる").locale == "ja"


def test_characters_that_cannot_be_stored_are_replaced() -> None:
    post = fitted(title="A\0B", content="\ud83d here")

    assert (post.title, post.content) == ("AB", "? here")
    assert len(post.notes) == 1
    assert clean("fine") == "fine"


@pytest.mark.parametrize(
    ("status", "date", "becomes", "noted"),
    [
        (Status.PUBLISHED, EARLIER, Status.PUBLISHED, False),
        (Status.PUBLISHED, LATER, Status.SCHEDULED, False),
        (Status.PUBLISHED, None, Status.PUBLISHED, True),
        (Status.SCHEDULED, LATER, Status.SCHEDULED, False),
        (Status.SCHEDULED, EARLIER, Status.PUBLISHED, True),
        (Status.SCHEDULED, None, Status.DRAFT, True),
        (Status.DRAFT, None, Status.DRAFT, False),
        (Status.DRAFT, LATER, Status.DRAFT, False),
        (Status.ARCHIVED, EARLIER, Status.ARCHIVED, False),
    ],
)
def test_the_date_decides_between_published_and_scheduled(
    status: Status, date: datetime | None, becomes: Status, *, noted: bool
) -> None:
    post = fitted(status=status, date=date)

    assert post.status is becomes
    assert bool(post.notes) is noted


def test_terms_without_a_name_are_refused() -> None:
    assert fit_term(ImportedTag(name=" A\0 ")) == ImportedTag(name="A")
    assert fit_term(ImportedAuthor(username="ada")) == ImportedAuthor(username="ada")
    assert fit_term(ImportedCategory(name="A")) == ImportedCategory(name="A", slug="a")
    with pytest.raises(Unfit):
        fit_term(ImportedTag(name="\0"))


def a_comment(**members: Any) -> ImportedComment:
    given = {"address": "1", "author_name": "Ada", "content": "Yes."} | members
    return ImportedComment(**given)


def test_a_comment_without_a_date_gets_that_of_its_post() -> None:
    (comment,), notes = fit_comments([a_comment()], date=NOW)

    assert comment.created_at == NOW
    assert notes == []


def test_a_comment_shows_no_link_but_a_web_address() -> None:
    comment = a_comment(
        author_url="javascript:alert(1)", author_email="x" * 321, author_name=""
    )

    (fit,), _ = fit_comments([comment], date=NOW)

    assert (fit.author_url, fit.author_email, fit.author_name) == (None, None, ANONYMOUS)


def test_comments_without_text_or_there_twice_are_left_out_and_noted() -> None:
    comments = [a_comment(), a_comment(), a_comment(address="2", content=" ")]

    fit, notes = fit_comments(comments, date=NOW)

    assert len(fit) == 1
    assert len(notes) == 2


def test_a_comment_of_a_book_is_cut() -> None:
    (comment,), notes = fit_comments([a_comment(content="x" * 70_000)], date=NOW)

    assert len(comment.content) == MAX_COMMENT
    assert len(notes) == 1
