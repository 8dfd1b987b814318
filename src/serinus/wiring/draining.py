"""SIGTERM ends a server once balancers have had the time to leave it; SIGINT, at once."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger("serinus")


def drain_on_sigterm(seconds: int, begin: Callable[[], None]) -> None:
    """In a process that serves, within its loop: `begin`, and `seconds` later let it end.

    Takes the signal from the HTTP server and hands it on as SIGINT, which Granian and uvicorn
    understand alike. With 0 seconds, and where signals are somebody else's, nothing is taken.
    """
    if seconds == 0 or threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    begun = False

    def drain() -> None:
        nonlocal begun
        # A service manager sends it to all processes, and the first of ours to the others.
        if begun:
            return
        begun = True
        begin()
        log.info("draining", seconds=seconds)
        loop.call_later(seconds, os.kill, os.getpid(), signal.SIGINT)

    loop.add_signal_handler(signal.SIGTERM, drain)
