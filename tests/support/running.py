"""A server that runs for the tests, and processes that cannot outlive them."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    stop: Callable[[], None]
    folder: Path | None = None  # where its files are, when they are ours


class ServerMissing(Exception):
    """The server asked for cannot be had on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Tied:
    """A shell that watches over us, and over a process if it started one.

    The shell waits for the end of its input, whose only other end is held here. So it does its
    last work when we say so, and also when we die of anything, kill -9 included.
    """

    shell: subprocess.Popen[bytes]

    def stop(self) -> None:
        assert self.shell.stdin is not None
        self.shell.stdin.close()
        self.shell.wait(timeout=20)


def run_tied(command: Sequence[str | Path], *, folder: Path) -> Tied:
    """Start a process in a folder that is deleted after it, its output in `<folder>/log`."""
    script = '"$@" & child=$!; read -r _; kill -s INT $child; wait $child; rm -rf -- "$PWD"'
    return _watched(script, command, folder)


def sweep_after(ended: str, *arguments: Path, folder: Path) -> Tied:
    """Delete a folder when we are gone and the Python code `ended` has come to its end."""
    script = 'read -r _; "$@"; rm -rf -- "$PWD"'
    return _watched(script, [sys.executable, "-c", ended, *arguments], folder)


def _watched(script: str, command: Sequence[str | Path], folder: Path) -> Tied:
    with (folder / "log").open("wb") as log:
        shell = subprocess.Popen(  # noqa: S603 - the command is the tests' own
            ["/bin/sh", "-c", script, "sh", *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,  # or Ctrl-C would end it under the tests' feet
        )
    return Tied(shell)
