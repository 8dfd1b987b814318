"""`serinus generate`, as a user types it."""

import json
from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner, Result

from serinus.presentation.cli.generating import Generate, generate_command
from serinus.presentation.cli.operations import Stopped, Wanted


def call(generate: Generate, *arguments: str) -> Result:
    app = typer.Typer()
    app.command()(generate_command(generate))
    return CliRunner().invoke(app, arguments)


def wanted_by(*arguments: str) -> Wanted:
    asked: list[Wanted] = []
    result = call(lambda wanted, _: asked.append(wanted), *arguments)
    assert result.exit_code == 0, result.output
    return asked[0]


def test_the_number_of_posts_says_how_many_of_all_else() -> None:
    assert wanted_by("--posts", "1000") == Wanted(
        posts=1_000, seed=1, authors=5, tags=20, categories=8, comments=0.5, into_existing=False
    )
    large = wanted_by("--posts", "1000000")
    assert (large.authors, large.tags, large.categories) == (2_000, 5_000, 80)


def test_every_number_can_be_chosen() -> None:
    given = (
        "--posts 7 --seed 3 --authors 1 --tags 2 --categories 4 --comments 0 --into-existing"
    )

    assert wanted_by(*given.split()) == Wanted(
        posts=7, seed=3, authors=1, tags=2, categories=4, comments=0, into_existing=True
    )


def test_what_was_added_is_told_as_json() -> None:
    result = call(lambda wanted, tell: tell(wanted.posts), "--posts", "20", "--json")

    told = json.loads(result.stdout)
    assert (told["posts"], told["seed"]) == (20, 1)
    assert told["posts_per_second"] > 0


def test_an_interruption_says_how_far_it_came() -> None:
    def interrupted(_: Wanted, tell: Callable[[int], None]) -> None:
        tell(1_000)
        raise KeyboardInterrupt

    result = call(interrupted, "--posts", "5000")

    assert isinstance(result.exception, Stopped)
    assert result.exception.code == 130
    assert "after 1000 posts" in str(result.exception)


@pytest.mark.parametrize("wrong", [("--posts", "0"), ("--tags", "0"), ("--comments", "99")])
def test_numbers_are_bounded(wrong: tuple[str, ...]) -> None:
    result = call(lambda _, tell: tell(0), *wrong)

    assert result.exit_code == 2
