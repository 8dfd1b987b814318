"""`serinus import`, as a user types it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result
from uuid_utils.compat import uuid7

from serinus.application.content.import_ports import ImportSource
from serinus.application.content.importing import Importing
from serinus.domain.errors import Unavailable
from serinus.infrastructure.postgres.importing import PostgresImports
from serinus.infrastructure.sources.jsonl import JsonLinesSource
from serinus.infrastructure.sources.markdown import MarkdownSource
from serinus.infrastructure.sources.wxr import WordPressSource
from serinus.presentation.cli.importing import Kind, import_app
from serinus.presentation.cli.operations import Stopped


def commands(url: str, markdown: type[MarkdownSource] = MarkdownSource) -> typer.Typer:
    def open_source(kind: Kind, path: Path, locale: str) -> ImportSource:
        readers: dict[Kind, Callable[[Path, str], ImportSource]] = {
            Kind.MARKDOWN: markdown,
            Kind.JSONL: JsonLinesSource,
            Kind.WXR: WordPressSource,
        }
        return readers[kind](path, locale)

    @contextmanager
    def importing() -> Iterator[Importing]:
        yield Importing(PostgresImports(url), lambda: datetime.now(UTC), uuid7)

    return import_app(importing, open_source)


@pytest.fixture
def app(database_url: str) -> typer.Typer:
    return commands(database_url)


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    folder = tmp_path / "blog"
    folder.mkdir()
    (folder / "_index.md").write_text("Posts")
    (folder / "a.md").write_text("+++\ntitle='A'\ndate=2026-01-02\n+++\nText.")
    (folder / "b.md").write_text("+++\ntitle='[bold]B'\ndate=2026-01-02\n+++\nText.")
    return folder


def call(app: typer.Typer, *arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def counts(app: typer.Typer, *arguments: object) -> dict[str, int]:
    result = call(app, *arguments, "--json")
    return {name: count for name, count in json.loads(result.stdout)["posts"].items() if count}


def test_an_import_reports_what_it_did_and_what_it_left_out(
    app: typer.Typer, blog: Path
) -> None:
    result = call(app, "markdown", blog)

    assert result.exit_code == 0
    assert "section page: it lists posts and is none" in result.stdout
    assert "_index.md" in result.stdout
    assert "1 authors" in result.stdout


def test_importing_again_changes_nothing(app: typer.Typer, blog: Path) -> None:
    assert counts(app, "markdown", blog) == {"created": 2, "skipped": 1}
    assert counts(app, "markdown", blog) == {"unchanged": 2, "skipped": 1}


def test_a_dry_run_says_so_and_keeps_nothing(app: typer.Typer, blog: Path) -> None:
    result = call(app, "markdown", blog, "--dry-run")

    assert "dry run" in result.stdout
    assert counts(app, "markdown", blog)["created"] == 2


def test_another_source_name_imports_anew(app: typer.Typer, blog: Path) -> None:
    call(app, "markdown", blog)

    assert counts(app, "markdown", blog, "--source", "other")["created"] == 2


def test_something_that_failed_is_an_exit_code(app: typer.Typer, blog: Path) -> None:
    (blog / "bad.md").write_text("+++\nnot toml\n+++")

    result = call(app, "markdown", blog)

    assert result.exit_code == 1
    assert "bad.md: file cannot be read" in result.stdout


def test_every_kind_is_read(app: typer.Typer, tmp_path: Path) -> None:
    links, export = tmp_path / "links.jsonl", tmp_path / "export.xml"
    links.write_text('{"url": "https://example.org", "title": "T"}')
    export.write_text(
        '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><item><title>T</title>'
        "<wp:post_id>1</wp:post_id></item></channel></rss>"
    )

    assert counts(app, "jsonl", links, "--locale", "ja", "--author", "Mika") == {"created": 1}
    assert counts(app, "wxr", export) == {"created": 1}


def test_every_remark_goes_into_the_report_file(
    app: typer.Typer, blog: Path, tmp_path: Path
) -> None:
    for number in range(30):
        (blog / f"{number}.png").touch()
    report = tmp_path / "report.jsonl"

    result = call(app, "markdown", blog, "--report", report)

    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert len(lines) == 31
    assert set(lines[0]) == {"result", "address", "reason", "detail"}
    assert result.stdout.count("not a Markdown file") == 21  # 20 one by one, and the sum
    assert "and 11 more" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["markdown", "missing"],
        ["jsonl", "."],
        ["wxr", "."],
        ["markdown", ".", "--locale", "Japanese!"],
        ["markdown", ".", "--source", "s" * 101],
        ["csv", "."],
        ["markdown", ".", "--report", "missing/report.jsonl"],
    ],
)
def test_a_wrong_call_ends_with_two_and_opens_nothing(arguments: list[str]) -> None:
    result = call(commands("postgresql://nobody@127.0.0.1:1/none"), *arguments)

    code = result.exception.code if isinstance(result.exception, Stopped) else result.exit_code
    assert code == 2


def test_a_file_that_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    def refuse(kind: Kind, path: Path, locale: str) -> ImportSource:
        raise PermissionError(13, "Permission denied")

    @contextmanager
    def nothing() -> Iterator[Importing]:
        pytest.fail("nothing may be opened")
        yield

    file = tmp_path / "links.jsonl"
    file.touch()

    result = call(import_app(nothing, refuse), "jsonl", file)

    assert isinstance(result.exception, Stopped)
    assert result.exception.code == 2
    assert str(result.exception) == f"{file} cannot be read: Permission denied"


def test_an_interrupted_import_still_reports(database_url: str, blog: Path) -> None:
    class Interrupted(MarkdownSource):
        def position(self) -> tuple[int, int]:
            raise KeyboardInterrupt

    result = call(commands(database_url, Interrupted), "markdown", blog)

    assert isinstance(result.exception, Stopped)
    assert result.exception.code == 130
    assert "section page" in result.stdout


def test_what_was_done_before_the_database_went_away_is_reported(
    database_url: str, blog: Path
) -> None:
    class Lost(MarkdownSource):
        def position(self) -> tuple[int, int]:
            if super().position()[0]:
                raise Unavailable("the database did not answer")
            return 0, 1

    result = call(commands(database_url, Lost), "markdown", blog)

    assert isinstance(result.exception, Unavailable)
    assert "section page" in result.stdout
