"""WordPress exports, well-formed, broken and hostile."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from serinus.domain.content.imported import (
    CommentState,
    Failed,
    ImportedAuthor,
    ImportedCategory,
    ImportedItem,
    ImportedPost,
    ImportedTag,
    Skipped,
)
from serinus.domain.content.post import ContentFormat, PostType, Status
from serinus.infrastructure.sources import wxr
from serinus.infrastructure.sources.wxr import WordPressSource

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="{ns}/excerpt/" xmlns:wp="{ns}/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
"""
SECURE, PLAIN = "https://wordpress.org/export/1.2", "http://wordpress.org/export/1.0"


def written(folder: Path, *elements: str, namespace: str = SECURE) -> Path:
    file = folder / "export.xml"
    head = HEAD.replace("{ns}", namespace)
    file.write_text(f"{head}{''.join(elements)}</channel></rss>", encoding="utf-8")
    return file


def read(folder: Path, *elements: str, namespace: str = SECURE) -> list[ImportedItem]:
    return list(WordPressSource(written(folder, *elements, namespace=namespace)).items())


def item(extra: str = "", **members: str) -> str:
    """An item of WordPress; members are elements of its namespace."""
    given = {"post_id": "7", "post_type": "post", "status": "publish"} | members
    return f"<item>{''.join(f'<wp:{n}>{v}</wp:{n}>' for n, v in given.items())}{extra}</item>"


def comment(**members: str) -> str:
    given = {"comment_id": "1", "comment_author": "Ada", "comment_content": "Yes."} | members
    inner = "".join(f"<wp:{name}>{value}</wp:{name}>" for name, value in given.items())
    return f"<wp:comment>{inner}</wp:comment>"


def read_one(folder: Path, *elements: str, namespace: str = SECURE) -> ImportedPost:
    posts = [
        i for i in read(folder, *elements, namespace=namespace) if isinstance(i, ImportedPost)
    ]
    (post,) = posts
    return post


@pytest.mark.parametrize("namespace", [SECURE, PLAIN])
def test_a_post_is_read_whatever_the_version_of_the_namespace(
    tmp_path: Path, namespace: str
) -> None:
    extra = (
        "<title>Fish &amp;amp; &lt;b&gt;chips&lt;/b&gt;</title>"
        "<link>https://example.org//2020/%E9%B3%A5/</link><dc:creator>ada</dc:creator>"
        "<content:encoded><![CDATA[<p>Text.</p>]]></content:encoded>"
        "<excerpt:encoded><![CDATA[<p>Short.</p>]]></excerpt:encoded>"
        '<category domain="post_tag" nicename="a-tag">A tag</category>'
        '<category domain="category" nicename="news-2">News</category>'
        '<category domain="post_format" nicename="x">Aside</category>'
    )
    post = read_one(
        tmp_path,
        item(extra, post_name="%E9%B3%A5", post_date_gmt="2020-01-02 03:04:05"),
        namespace=namespace,
    )

    assert (post.address, post.title, post.slug) == ("post/7", "Fish & chips", "鳥")
    assert (post.content, post.excerpt) == ("<p>Text.</p>", "Short.")
    assert post.content_format is ContentFormat.HTML
    assert post.date == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert post.tags == ("A tag",)
    assert post.categories == (ImportedCategory(name="News", slug="news-2"),)
    assert post.former_addresses == ("2020/鳥",)


@pytest.mark.parametrize(
    ("given", "status", "notes"),
    [
        ({"status": "publish"}, Status.PUBLISHED, 0),
        ({"status": "future"}, Status.SCHEDULED, 0),
        ({"status": "draft"}, Status.DRAFT, 0),
        ({"status": "pending"}, Status.DRAFT, 0),
        ({"status": "private"}, Status.DRAFT, 1),
        ({"status": "custom"}, Status.DRAFT, 1),
        ({"status": "publish", "post_password": "enter"}, Status.DRAFT, 1),
    ],
)
def test_a_status_is_translated(
    tmp_path: Path, given: dict[str, str], status: Status, notes: int
) -> None:
    post = read_one(tmp_path, item(**given))

    assert post.status is status
    assert len(post.notes) == notes


def test_what_is_not_content_is_reported_by_its_kind(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        item(post_type="attachment"),
        item(post_type="nav_menu_item"),
        item(status="trash"),
        item(status="auto-draft"),
    )

    assert [i.reason for i in items if isinstance(i, Skipped)] == [
        "attachment: not content",
        "nav_menu_item: not content",
        "status trash",
        "status auto-draft",
    ]


def test_pages_stay_pages_and_lose_only_their_place(tmp_path: Path) -> None:
    post = read_one(tmp_path, item(post_type="page", post_parent="3"))

    assert post.type is PostType.PAGE
    assert len(post.notes) == 1


def test_a_date_of_zeros_is_none(tmp_path: Path) -> None:
    zeros = "0000-00-00 00:00:00"

    assert read_one(tmp_path, item(post_date_gmt=zeros, post_date=zeros)).date is None


def test_the_address_of_a_draft_is_not_kept(tmp_path: Path) -> None:
    link = "<link>https://example.org/?p=7</link>"

    assert read_one(tmp_path, item(link)).former_addresses == ()


def test_former_slugs_and_the_featured_image_come_from_the_meta_data(tmp_path: Path) -> None:
    meta = "".join(
        f"<wp:postmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value>{value}</wp:meta_value>"
        "</wp:postmeta>"
        for key, value in (("_wp_old_slug", "8-2"), ("_thumbnail_id", "9"))
    )
    image = item(post_id="9", post_type="attachment", attachment_url="https://e.org/a.png")

    post = read_one(tmp_path, item(meta), image)

    assert post.former_addresses == ("8-2",)
    assert post.featured_image == "https://e.org/a.png"


def test_terms_and_authors_come_before_the_posts(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        item(),
        "<wp:tag><wp:tag_name>Song</wp:tag_name></wp:tag><wp:tag/>",
        "<wp:category><wp:category_nicename>child</wp:category_nicename>"
        "<wp:category_parent>tree</wp:category_parent><wp:cat_name>Child</wp:cat_name>"
        "<wp:category_description>D</wp:category_description></wp:category>",
        "<wp:author><wp:author_login>ada</wp:author_login>"
        "<wp:author_display_name>Ada</wp:author_display_name></wp:author>",
        "<wp:author><wp:author_login>bob</wp:author_login>"
        "<wp:author_first_name>Bob</wp:author_first_name></wp:author>",
    )

    assert items[:3] == [
        ImportedAuthor(username="ada", first_name="Ada"),
        ImportedAuthor(username="bob", first_name="Bob"),
        ImportedCategory(name="Child", slug="child", parent="tree", description="D"),
    ]
    assert items[-1] == ImportedTag(name="Song")


def test_an_author_the_export_does_not_list_is_noted(tmp_path: Path) -> None:
    post = read_one(tmp_path, item("<dc:creator>&gt;ada</dc:creator>"))

    assert post.author == "ada"
    assert post.notes[0].detail == ">ada"


def test_comments_keep_thread_state_and_account(tmp_path: Path) -> None:
    author = (
        "<wp:author><wp:author_login>ada</wp:author_login>"
        "<wp:author_email>ada@example.org</wp:author_email></wp:author>"
    )
    comments = [
        comment(comment_approved="1", comment_author="A &amp;laquo; B"),
        comment(comment_id="2", comment_parent="1", comment_approved="0"),
        comment(comment_id="3", comment_approved="spam"),
        comment(comment_id="4", comment_approved="trash"),
        comment(
            comment_id="",
            comment_approved="1",
            comment_user_id="5",
            comment_author_email="Ada@example.org",
            comment_date_gmt="2020-01-02 03:04:05",
        ),
    ]

    post = read_one(tmp_path, author, item("".join(comments)))

    first, answer, spam, trash, own = post.comments
    assert first.author_name == "A « B"
    assert (answer.address, answer.parent) == ("comment/2", "comment/1")
    assert answer.state is CommentState.PENDING
    assert (spam.state, trash.state) == (CommentState.SPAM, CommentState.REJECTED)
    assert (own.address, own.author) == ("post/7#4", "ada")
    assert own.created_at == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_the_language_of_the_site_counts_unless_it_is_the_one_every_site_has(
    tmp_path: Path,
) -> None:
    assert read_one(tmp_path, "<language>ja</language>", item()).locale == "ja"
    assert read_one(tmp_path, "<language>en-US</language>", item()).locale == ""


def test_a_source_is_named_by_its_site_so_that_a_later_export_finds_it(tmp_path: Path) -> None:
    url = "<wp:base_blog_url>https://example.org/blog/</wp:base_blog_url>"

    assert WordPressSource(written(tmp_path, url)).name == "wxr:example.org/blog"
    assert WordPressSource(written(tmp_path)).name == "wxr:export"


def test_an_item_without_an_id_is_reported(tmp_path: Path) -> None:
    (failed,) = read(tmp_path, item("<link>https://e.org/x</link>", post_id=""))

    assert failed == Failed("https://e.org/x", "no id to find it again by")


def test_what_stands_before_a_broken_line_is_kept(tmp_path: Path) -> None:
    post, failed = read(tmp_path, item(), "<item><broken></item>")

    assert isinstance(post, ImportedPost)
    assert isinstance(failed, Failed)
    assert failed.reason == "not well-formed XML: the rest is lost"


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE rss [<!ENTITY secret SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_entities_and_document_types_are_refused(tmp_path: Path, doctype: str) -> None:
    file = tmp_path / "evil.xml"
    file.write_text(f"<?xml version='1.0'?>{doctype}<rss><channel>{item()}</channel></rss>")

    (failed,) = WordPressSource(file).items()

    assert isinstance(failed, Failed)
    assert failed.reason == "document types and entities are refused"


@pytest.mark.parametrize("content", ["<html><p/></html>", "no XML", ""])
def test_a_file_that_is_no_export_is_reported(tmp_path: Path, content: str) -> None:
    file = tmp_path / "other.xml"
    file.write_text(content)

    assert [type(i) for i in WordPressSource(file).items()] == [Failed]


def test_an_item_beyond_all_bounds_ends_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wxr, "MAX_ITEM", 200_000)  # a file of 32 MiB would slow every run
    huge = item(f"<content:encoded>{'x' * 400_000}</content:encoded>", post_id="8")

    post, failed = read(tmp_path, item(), huge)

    assert isinstance(post, ImportedPost)
    assert isinstance(failed, Failed)
    assert failed.reason.startswith("an item of more than")


def test_how_much_was_read_is_known(tmp_path: Path) -> None:
    file = written(tmp_path, item())
    source = WordPressSource(file)

    assert len(list(source.items())) == 1
    assert source.position() == (file.stat().st_size, file.stat().st_size)
