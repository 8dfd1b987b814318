"""What the supervisor waits for: clients leaving, a child ending, a signal to stop."""

import os
import select
import signal
import subprocess
import time
from types import FrameType

END_IT = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class NobodyWaits(Exception):
    """The clients have gone, or we were told to stop: whatever is being done is in vain."""


class Watch:
    """Sleeps in the kernel until there is something to look at. One per process."""

    def __init__(self, clients: int) -> None:
        """`clients` is the reading end of the FIFO, not blocking."""
        self.told_to_stop = False
        self._clients = clients
        self._bell, rope = os.pipe()
        os.set_blocking(self._bell, False)
        os.set_blocking(rope, False)
        signal.set_wakeup_fd(rope, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _only_wake)
        for number in END_IT:
            signal.signal(number, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.told_to_stop = True

    def wait(self, seconds: float | None) -> None:
        ready, _, _ = select.select([self._clients, self._bell], [], [], seconds)
        if self._bell in ready:
            os.read(self._bell, 4096)

    @property
    def abandoned(self) -> bool:
        """Whether the last client has gone: then reading does not block, it returns nothing."""
        try:
            return os.read(self._clients, 4096) == b""
        except BlockingIOError:
            return False

    def check(self) -> None:
        if self.told_to_stop or self.abandoned:
            raise NobodyWaits

    def wait_for(self, process: subprocess.Popen[bytes], deadline: float) -> bool:
        """Wait for the end of a child; False when the deadline passes before it."""
        while process.poll() is None:
            if time.monotonic() > deadline:
                return False
            self.check()
            self.wait(0.1)
        return True


def _only_wake(_number: int, _frame: FrameType | None) -> None:
    """Ignoring SIGCHLD would have the kernel reap the child and lose its exit status."""
