"""Folders of Markdown files, with every oddity that real ones have."""

import os
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
    Skipped,
)
from serinus.domain.content.post import PostType, Status
from serinus.infrastructure.sources.markdown import MAX_FILE, MarkdownSource


def read(folder: Path, **files: str) -> dict[str, ImportedItem]:
    """Write the files (`__` is a slash, `_dot_` a dot) and give the items by address."""
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return by_address(MarkdownSource(folder))


def by_address(source: MarkdownSource) -> dict[str, ImportedItem]:
    items = list(source.items())
    return {
        getattr(i, "address", getattr(i, "username", getattr(i, "name", ""))): i for i in items
    }


def read_one(folder: Path, text: str, name: str = "post.md") -> ImportedPost:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    post = by_address(MarkdownSource(folder))[name]
    assert isinstance(post, ImportedPost)
    return post


TOML = """+++
path = "2021/08/03/spring-count"
title = "The push"
authors = ["Mika Mori", "Ada"]
aliases = ["2021/08/03/spring-count.html", "/counts/1"]

[taxonomies]
tags = ["birds"]
categories = ["Language"]
+++

# The push

Text.
"""

YAML = """---
title: "Yes: \\"quoted\\""
date: 2026-01-02 10:00:00 +09:00
tags: one, two
author: Ada
draft: true
lang: ja
summary: In short.
seo: {title: T, description: D}
---
Text.
"""


def test_toml_front_matter_gives_every_member(tmp_path: Path) -> None:
    post = read_one(tmp_path, TOML)

    assert post.title == "The push"
    assert post.slug == "spring-count"
    assert post.date == datetime(2021, 8, 3, tzinfo=UTC)
    assert (post.author, post.co_authors) == ("Mika Mori", ("Ada",))
    assert post.tags == ("birds",)
    assert post.categories == (ImportedCategory(name="Language"),)
    assert post.content == "# The push\n\nText."
    assert post.status is Status.PUBLISHED


def test_the_path_and_every_alias_are_old_addresses(tmp_path: Path) -> None:
    assert read_one(tmp_path, TOML).former_addresses == (
        "2021/08/03/spring-count",
        "2021/08/03/spring-count.html",
        "/counts/1",
    )


def test_yaml_front_matter_gives_every_member(tmp_path: Path) -> None:
    post = read_one(tmp_path, YAML)

    assert post.title == 'Yes: "quoted"'
    assert post.date == datetime(2026, 1, 2, 1, tzinfo=UTC)
    assert post.tags == ("one", "two")
    assert (post.author, post.locale, post.excerpt) == ("Ada", "ja", "In short.")
    assert (post.meta_title, post.meta_description) == ("T", "D")
    assert post.status is Status.DRAFT


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("No front matter.", "No front matter."),
        ("---\n\nA rule first.", "---\n\nA rule first."),
        ("+++\n+++\nText.", "Text."),
        ("---\n---\n", ""),
        ("\ufeff+++\r\ntitle='t'\r\n+++\r\nText.\r\n", "Text."),
    ],
)
def test_front_matter_may_be_missing_or_empty(tmp_path: Path, text: str, content: str) -> None:
    assert read_one(tmp_path, text).content == content


@pytest.mark.parametrize(
    "text",
    [
        "+++\ntitle = unquoted\n+++\n",
        "+++\ntitle = 't'\n",
        "---\ntitle: [\n---\n",
        "---\ntitle: t\n\nnever closed",
        "---\n- a list\n---\n",
        "---\n" + "[" * 5000 + "\n---\n",
        "---\nx: !!python/object/apply:os.getcwd []\n---\n",
    ],
)
def test_a_file_that_cannot_be_read_costs_no_other(tmp_path: Path, text: str) -> None:
    items = read(tmp_path, bad_dot_md=text, good_dot_md="Fine.")

    assert isinstance(items["bad.md"], Failed)
    assert isinstance(items["good.md"], ImportedPost)


def test_a_file_that_is_not_utf_8_or_too_large_is_reported(tmp_path: Path) -> None:
    (tmp_path / "latin.md").write_bytes(b"caf\xe9")
    (tmp_path / "huge.md").write_bytes(b"x" * (MAX_FILE + 1))

    items = by_address(MarkdownSource(tmp_path))

    assert items["latin.md"] == Failed("latin.md", "file cannot be read", "not UTF-8 (byte 3)")
    assert isinstance(items["huge.md"], Failed)


def test_section_pages_and_other_files_are_reported_as_skipped(tmp_path: Path) -> None:
    items = read(tmp_path, _index_dot_md="", a___index_dot_ja_dot_md="", b_dot_png="")

    assert {type(item) for item in items.values()} == {Skipped}
    assert len(items) == 3


def test_hidden_files_and_folders_are_not_looked_at(tmp_path: Path) -> None:
    assert read(tmp_path, _dot_git__config_dot_md="", _dot_hidden_dot_md="") == {}


def test_an_index_in_a_folder_is_a_post_named_like_the_folder(tmp_path: Path) -> None:
    post = read_one(tmp_path, "Text.", "2020/05/06/hello/index.md")

    assert post.slug == "hello"
    assert post.date == datetime(2020, 5, 6, tzinfo=UTC)


def test_the_name_of_a_file_gives_date_slug_and_language(tmp_path: Path) -> None:
    post = read_one(tmp_path, "Text.", "2020-05-06-hello.ja.md")

    assert (post.slug, post.locale) == ("hello", "ja")
    assert post.date == datetime(2020, 5, 6, tzinfo=UTC)


def test_a_dotted_name_is_no_language(tmp_path: Path) -> None:
    post = read_one(tmp_path, "Text.", "crates.io.md")

    assert (post.slug, post.locale) == ("crates.io", "")


def test_the_locale_of_what_names_none_may_be_given(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Text.")

    (post,) = MarkdownSource(tmp_path, "de").items()

    assert isinstance(post, ImportedPost)
    assert post.locale == "de"


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ("status: archived", Status.ARCHIVED),
        ("status: Scheduled", Status.SCHEDULED),
        ("published: false", Status.DRAFT),
        ("draft: 'true'", Status.DRAFT),
        ("draft: false", Status.PUBLISHED),
    ],
)
def test_a_status_is_understood(tmp_path: Path, members: str, status: Status) -> None:
    assert read_one(tmp_path, f"---\n{members}\n---\n").status is status


def test_an_unknown_status_or_date_is_noted(tmp_path: Path) -> None:
    post = read_one(tmp_path, "---\nstatus: hatching\ndate: last spring\n---\n")

    assert post.status is Status.DRAFT
    assert {note.detail for note in post.notes} == {"hatching", "last spring"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
        ("'2026-01-02T03:04:05Z'", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("0001-01-01T00:00:00+09:00", None),
        ("1999", None),
    ],
)
def test_a_date_is_read_as_utc(tmp_path: Path, written: str, read: datetime | None) -> None:
    assert read_one(tmp_path, f"---\ndate: {written}\n---\n").date == read


def test_a_page_stays_a_page(tmp_path: Path) -> None:
    assert read_one(tmp_path, "---\ntype: page\n---\n").type is PostType.PAGE


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "secret.md").write_text("Secret.")
    (inside / "link.md").symlink_to(outside / "secret.md")
    (inside / "folder").symlink_to(outside)
    (inside / "own.md").write_text("Own.")
    (inside / "alias.md").symlink_to(inside / "own.md")

    items = by_address(MarkdownSource(inside))

    assert isinstance(items["link.md"], Skipped)
    assert isinstance(items["folder"], Skipped)
    assert isinstance(items["alias.md"], ImportedPost)
    assert isinstance(items["own.md"], ImportedPost)


def test_one_file_is_a_source_too(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("A.")
    (tmp_path / "b.md").write_text("B.")

    assert list(by_address(MarkdownSource(tmp_path / "a.md"))) == ["a.md"]


def test_a_source_is_named_by_its_folder_and_the_one_above(tmp_path: Path) -> None:
    (tmp_path / "blog" / "content").mkdir(parents=True)

    assert MarkdownSource(tmp_path / "blog" / "content").name == "markdown:blog/content"


def test_authors_and_categories_stand_beside_the_posts(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        _authors_dot_yaml="- {username: mika, first_name: Mika}\n- 7\n",
        _categories_dot_yaml="- {name: Leaf, parent: tree}\n- {name: Tree}\n",
    )

    assert items["mika"] == ImportedAuthor(username="mika", first_name="Mika")
    assert items["Leaf"] == ImportedCategory(name="Leaf", parent="tree")
    assert isinstance(items["_authors.yaml"], Failed)
    assert len(items) == 4


def test_comments_stand_beside_their_post_and_wait_unless_approved(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        a__post_dot_md="Text.",
        a__post_dot_comments_dot_yaml=(
            "- {id: 1, author: Ada, text: Yes., status: approved, date: 2026-01-02}\n"
            "- {parent: 1, username: mika, text: No.}\n"
        ),
    )

    post = items["a/post.md"]
    assert isinstance(post, ImportedPost)
    first, second = post.comments
    assert (first.address, first.state) == ("a/post.md#1", CommentState.APPROVED)
    assert first.created_at == datetime(2026, 1, 2, tzinfo=UTC)
    assert (second.parent, second.author) == ("a/post.md#1", "mika")
    assert second.state is CommentState.PENDING


@pytest.mark.parametrize("comments", ["just a text", "- 1\n", "[", "x" * (MAX_FILE + 1)])
def test_a_post_whose_comments_cannot_be_read_is_reported(
    tmp_path: Path, comments: str
) -> None:
    items = read(tmp_path, post_dot_md="Text.", post_dot_comments_dot_yaml=comments)

    assert isinstance(items["post.md"], Failed)


def test_authors_that_cannot_be_read_are_reported(tmp_path: Path) -> None:
    assert isinstance(read(tmp_path, _authors_dot_yaml="[")["_authors.yaml"], Failed)


def test_how_much_was_read_is_known(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("A.")
    source = MarkdownSource(tmp_path)

    assert source.position() == (0, 1)
    assert len(list(source.items())) == 1
    assert source.position() == (1, 1)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")

    assert by_address(MarkdownSource(tmp_path)) == {"pipe.md": Skipped("pipe.md", "not a file")}
