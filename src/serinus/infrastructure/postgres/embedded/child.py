"""Starting a process, perhaps as somebody else, that cannot outlive the one who started it."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence

from serinus.infrastructure.postgres.embedded.account import Account

PR_SET_PDEATHSIG = 1  # linux/prctl.h

# PostgreSQL takes defaults from these; what runs here must not depend on who starts it.
FOREIGN = ("PG", "LC_")


def environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def spawn(
    command: Sequence[str],
    account: Account,
    *,
    output: int,
    keep_open: Sequence[int] = (),
    at_our_end: signal.Signals = signal.SIGKILL,
    given: bytes = b"",
) -> subprocess.Popen[bytes]:
    """Start `command`; the kernel sends it `at_our_end` should this process be killed.

    Only for a process with one thread: the kernel means the thread, and what runs between fork
    and exec must not meet another thread's lock.
    """
    stdin = _filled(given)
    try:
        return subprocess.Popen(  # noqa: S603 - our own binaries and settings, no shell
            command,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=keep_open,
            env=environment(),
            cwd="/",
            preexec_fn=_bound_to_us(at_our_end),  # noqa: PLW1509 - there is one thread
            user=None if account.is_ours else account.uid,
            group=None if account.is_ours else account.gid,
            extra_groups=None if account.is_ours else [],
        )
    finally:
        os.close(stdin)


def _filled(given: bytes) -> int:
    if not given:
        return os.open(os.devnull, os.O_RDONLY)
    reading, writing = os.pipe()  # holds what we give: a statement
    os.write(writing, given)
    os.close(writing)
    return reading


def _bound_to_us(at_our_end: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None  # there a server that is left over is stopped at the next start
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    us = os.getpid()

    def bind() -> None:
        # Changing the user clears the setting. Popen has done that by the time it calls this.
        prctl(PR_SET_PDEATHSIG, int(at_our_end), 0, 0, 0)
        if os.getppid() != us:  # killed in between: no signal would come any more
            os._exit(1)

    return bind
