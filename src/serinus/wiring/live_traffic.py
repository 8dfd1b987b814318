"""Some hundred consumers who call real servers, and what they see."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

from serinus.wiring.own_server import HOST

CALLERS, CONSUMERS = 8, 300
PAUSE = 0.01  # seconds between two requests of a caller
PATIENCE = 30.0  # seconds for an answer
WRITE_EVERY = 10  # requests
READ = "/api/v1/posts"
#: A write that any engine refuses, cheaply: what is not refused has failed.
WRITE, BODY = "/api/v1/auth/refresh", b'{"refresh_token":"nobody has this token"}'


@dataclass(slots=True)
class Seen:
    """By clients. Failed: answered by a 5xx, or not at all."""

    reads: int = 0
    failed_reads: int = 0
    rescued: int = 0
    writes: int = 0
    failed_writes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, *, write: bool, failed: bool, rescued: bool) -> None:
        with self.lock:
            if write:
                self.writes += 1
                self.failed_writes += failed
            else:
                self.reads += 1
                self.failed_reads += failed
                self.rescued += rescued


@contextmanager
def traffic(ports: Sequence[int]) -> Iterator[Seen]:
    seen, ended = Seen(), threading.Event()
    callers = [
        threading.Thread(target=_call, args=(ports[n % len(ports)], n, seen, ended))
        for n in range(CALLERS)
    ]
    for caller in callers:
        caller.start()
    try:
        yield seen
    finally:
        ended.set()
        for caller in callers:
            caller.join()


def _call(port: int, first: int, seen: Seen, ended: threading.Event) -> None:
    connection = HTTPConnection(HOST, port, timeout=PATIENCE)
    number = first
    while not ended.is_set():
        number += CALLERS
        write = (number // CALLERS) % WRITE_EVERY == 0
        try:
            status, rescued = _ask(connection, f"consumer-{number % CONSUMERS}", write=write)
        except (OSError, HTTPException):
            connection.close()
            status, rescued = 0, False
        if status or not ended.is_set():
            seen.note(write=write, failed=not status or status >= 500, rescued=rescued)
        time.sleep(PAUSE)
    connection.close()


def _ask(connection: HTTPConnection, consumer: str, *, write: bool) -> tuple[int, bool]:
    headers = {"X-Client-ID": consumer}
    if write:
        headers["Content-Type"] = "application/json"
        connection.request("POST", WRITE, BODY, headers)
    else:
        connection.request("GET", READ, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.getheader("Serinus-Rescued") is not None
