"""An answer from the cache against an application that knows nothing else. Prints a table.

    python benchmarks/cached_read.py [--rounds 7] [--seconds 1]

Both are served by Granian with one worker, and answer the same headers and bytes to the same
clients; what stands around every request (context, limits, metrics, log) is around neither.
They take turns, so that whatever else the machine does hits both. Time is the processor's, of
the server process alone: on a busy machine requests per second say more about the machine.
"""

import argparse
import asyncio
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from serinus.infrastructure.memory.answers import MemoryAnswers
from serinus.presentation.http.asgi import App, Receive, Scope, Send
from serinus.presentation.http.v2 import caching
from serinus.presentation.http.v2.kept_answers import KeptAnswers

BUDGET = 0.8  # of the bare application's rate
PATH = "/api/v2/posts/0190b2f4-5a3c-7d10-8e2f-1234567890ab"
END = b'"}'
BODY = b'{"title":"Canaries sing","content":"' + b"They do. " * 200 + END
TAGS = [f"{kind}:0190b2f4-5a3c-7d10-8e2f-1234567890ab" for kind in ("post", "user", "tag")]
HEADERS = [
    (b"content-type", b"application/json"),
    (b"etag", b'"7-0123456789ab"'),
    *((name.lower().encode(), value.encode()) for name, value in caching.public(TAGS).items()),
    (b"content-length", b"%d" % len(BODY)),
]
REQUEST = (
    f"GET {PATH} HTTP/1.1\r\nHost: cms.example\r\nUser-Agent: benchmark\r\nAccept: */*\r\n"
    "Accept-Language: en,ja\r\nAccept-Encoding: identity\r\n\r\n"
).encode()
CLIENTS = 8


async def _answered(_: Scope, _receive: Receive, send: Send, status: bytes) -> None:
    headers = [*HEADERS, (b"age", b"0"), (b"cache-status", status)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


def applications() -> dict[str, App]:
    """By the names under which the server finds them."""

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        await _answered(scope, receive, send, b"serinus; hit")

    async def contract(_: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": BODY})

    answers = MemoryAnswers(1_000_000)
    answers.began()
    answers.heard(float("inf"))
    return {"bare": bare, "cached": KeptAnswers(app=contract, answers=answers)}


class Client(asyncio.Protocol):
    """Asks again as soon as it has been answered."""

    def __init__(self, until: float) -> None:
        self._until = until
        self.answers = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport
        transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        if not data.endswith(END):
            return
        self.answers += 1
        if time.perf_counter() < self._until:
            self._transport.write(REQUEST)
        else:
            self._transport.close()
            self.done.set_result(None)


async def load(port: int, seconds: float) -> int:
    loop = asyncio.get_running_loop()
    until = time.perf_counter() + seconds
    clients = [
        (await loop.create_connection(lambda: Client(until), "127.0.0.1", port))[1]
        for _ in range(CLIENTS)
    ]
    await asyncio.gather(*(client.done for client in clients))
    return sum(client.answers for client in clients)


class Server:
    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.port = port
        self._wait()
        self._worker = max(psutil.Process(process.pid).children(recursive=True), key=_used)

    def measure(self, seconds: float) -> tuple[float, float]:
        """Microseconds of the processor for each request, and requests per second."""
        before, began = _used(self._worker), time.perf_counter()
        answers = asyncio.run(load(self.port, seconds))
        took = time.perf_counter() - began
        return (_used(self._worker) - before) / answers * 1e6, answers / took

    def _wait(self) -> None:
        """Until it answers; the first answer fills the cache."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                _ask(self.port)
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise TimeoutError("the server does not answer")


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _ask(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(REQUEST)
        answer = b""
        while not answer.endswith(BODY):
            answer += connection.recv(65536)


@contextmanager
def served(name: str) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, __file__, "--serve", name, "--port", str(port)]
    process = subprocess.Popen(command)  # noqa: S603 - this very file
    try:
        yield Server(process, port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def serve(name: str, port: int) -> None:
    from granian import Granian  # noqa: PLC0415 - the client needs none
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    here = Path(__file__)
    Granian(
        f"{here.stem}:{name}",
        port=port,
        interface=Interfaces.ASGINL,
        websockets=False,
        log_level=LogLevels.warning,
        working_dir=here.parent,
    ).serve()


def report(rounds: int, seconds: float) -> None:
    with ExitStack() as stack:
        servers = {name: stack.enter_context(served(name)) for name in ("bare", "cached")}
        for server in servers.values():
            server.measure(seconds)  # to warm up
        found = [
            {name: server.measure(seconds) for name, server in servers.items()}
            for _ in range(rounds)
        ]
    for name in servers:
        cost = statistics.median(each[name][0] for each in found)
        rate = statistics.median(each[name][1] for each in found)
        sys.stdout.write(f"{name:8} {cost:6.1f} us of the processor  {rate:8.0f} requests/s\n")
    ratios = sorted(each["bare"][0] / each["cached"][0] for each in found)
    rates = statistics.median(each["cached"][1] / each["bare"][1] for each in found)
    sys.stdout.write(
        f"cached reaches {statistics.median(ratios):.0%} of bare by the processor "
        f"({ratios[0]:.0%} to {ratios[-1]:.0%}), {rates:.0%} by the clock; "
        f"budget {BUDGET:.0%}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve, given.port)
    else:
        report(given.rounds, given.seconds)


if __name__ == "__main__":
    main()
else:
    globals().update(applications())
