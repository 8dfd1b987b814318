"""A server that runs for the tests, and processes that cannot outlive them."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    stop: Callable[[], None]


class ServerMissing(Exception):
    """The server asked for cannot be had on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Tied:
    """A process and the shell that watches over it.

    The shell waits for the end of its input, whose only other end is held here. So the process
    is told to stop when we say so, and also when we die of anything, kill -9 included.
    """

    shell: subprocess.Popen[bytes]

    def stop(self) -> None:
        assert self.shell.stdin is not None
        self.shell.stdin.close()
        self.shell.wait(timeout=20)

    @property
    def ended(self) -> bool:
        return self.shell.poll() is not None


def run_tied(command: Sequence[str | Path], *, folder: Path, user: int | None = None) -> Tied:
    """Start a process in a folder that is deleted after it, its output in `<folder>/log`."""
    script = '"$@" & child=$!; read -r _; kill -s INT $child; wait $child; rm -rf -- "$PWD"'
    with (folder / "log").open("wb") as log:
        shell = subprocess.Popen(  # noqa: S603 - the command is the tests' own
            ["/bin/sh", "-c", script, "sh", *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            user=user,
            start_new_session=True,  # or Ctrl-C would end it under the tests' feet
        )
    return Tied(shell)
