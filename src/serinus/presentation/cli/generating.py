"""`serinus generate`: made-up content, to see how a large site behaves.

Ends with 0 when all of it is there, 1 when it was refused, 130 when it was interrupted; what
was added until then stays, and the next call goes on after it.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from serinus.presentation.cli.operations import Stopped, Wanted

INTERRUPTED = 130  # 128 + SIGINT, as a shell has it
MOST_POSTS = 100_000_000
MOST_TERMS = 1_000_000

Posts = Annotated[int, typer.Option(min=1, max=MOST_POSTS, help="How many posts to add.")]
Seed = Annotated[int, typer.Option(min=0, help="Another seed makes other content.")]
Authors = Annotated[
    int | None, typer.Option(min=1, max=MOST_TERMS, help="Default: one for 200 posts, 5-2000.")
]
Tags = Annotated[
    int | None, typer.Option(min=1, max=MOST_TERMS, help="Default: one for 50 posts, 20-5000.")
]
Categories = Annotated[
    int | None, typer.Option(min=1, max=MOST_TERMS, help="Default: one for 500 posts, 8-80.")
]
Comments = Annotated[
    float, typer.Option(min=0, max=50, help="Of a published post, on average.")
]
IntoExisting = Annotated[
    bool, typer.Option("--into-existing", help="Also beside content that was not made up.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print what was added as JSON.")]


@dataclass(frozen=True, slots=True)
class Generated:
    """What a call added."""

    posts: int
    seed: int
    seconds: float
    posts_per_second: float


Generate = Callable[[Wanted, Callable[[int], None]], None]
"""Adds what is wanted, and tells of each batch how many posts it added. May raise `Stopped`."""


def generate_command(generate: Generate) -> Callable[..., None]:
    def command(  # noqa: PLR0913 - one argument for every option a user has
        posts: Posts = 1_000,
        seed: Seed = 1,
        authors: Authors = None,
        tags: Tags = None,
        categories: Categories = None,
        comments: Comments = 0.5,
        *,
        into_existing: IntoExisting = False,
        as_json: AsJson = False,
    ) -> None:
        """Add made-up posts in English and Japanese, to see how a large site behaves.

        The same seed makes the same; the next call adds to it.
        """
        wanted = Wanted(
            posts=posts,
            seed=seed,
            authors=authors or _share(posts, 200, 5, 2_000),
            tags=tags or _share(posts, 50, 20, 5_000),
            categories=categories or _share(posts, 500, 8, 80),
            comments=comments,
            into_existing=into_existing,
        )
        _tell(_run(generate, wanted), as_json=as_json)

    return command


def _share(posts: int, each: int, least: int, most: int) -> int:
    return min(max(posts // each, least), most)


def _run(generate: Generate, wanted: Wanted) -> Generated:
    began = time.monotonic()
    with _progress() as progress:
        task = progress.add_task("posts", total=wanted.posts)
        try:
            generate(wanted, lambda added: progress.advance(task, added))
        except KeyboardInterrupt as error:
            added = int(progress.tasks[task].completed)
            message = f"interrupted after {added} posts; the next call goes on after them"
            raise Stopped(message, code=INTERRUPTED) from error
    seconds = time.monotonic() - began
    return Generated(
        wanted.posts, wanted.seed, round(seconds, 1), round(wanted.posts / seconds, 1)
    )


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.0f}/s" if speed else "", style="progress.data.speed")


def _progress() -> Progress:
    """On standard error, and only where a person looks at it."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _tell(generated: Generated, *, as_json: bool) -> None:
    if as_json:
        encoded = msgspec.json.format(msgspec.json.encode(generated), indent=2)
        sys.stdout.write(encoded.decode() + "\n")
        return
    Console(highlight=False).print(
        f"{generated.posts} posts in {generated.seconds} s,"
        f" {generated.posts_per_second} a second"
    )
