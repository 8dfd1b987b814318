"""What the switch and its evidence cost, in microseconds per request. Prints a table.

    python benchmarks/switch_cost.py [--rounds 300] [--consumers 100000] [--profile CASE]

In process, in front of two applications that answer at once: the same request with nothing in
between, through the switch while no release runs, and through the switch of a release that is
watched, with its routes, its rescuer and its tripwire, counted as evidence. Flushing what was
counted is not a request's cost. The cases take turns within each round, so that whatever else
the machine does hits all of them. Time is the processor's. Then 100,000 consumers that differ,
and what is kept of them.
"""

import argparse
import asyncio
import cProfile
import gc
import statistics
import sys
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from re import sub
from time import process_time
from uuid import UUID

import msgspec
import psutil

from serinus.application.release.doubt import Doubt
from serinus.application.release.evidence_counters import EvidenceCounters
from serinus.domain.release.assignment import Arm, Routing, Share
from serinus.domain.release.evidence import MOST_ROUTES, STRATA
from serinus.presentation.http.asgi import Header, Message, Receive, Scope, Send
from serinus.presentation.http.evidence import Evidence
from serinus.presentation.http.generation_switch import GenerationSwitch, InForce
from serinus.presentation.http.rescue import Ceiling, Rescuer
from serinus.presentation.http.route_table import RouteTable
from serinus.wiring.documents import documentation

BUDGET = 30.0  # microseconds
AT_ONCE = 100  # requests between two looks at the clock
SALT = "serinus.benchmark"
PATH = "/api/v1/posts/0190b2f4-5a3c-7d10-8e2f-1234567890ab"
BODY = b'{"success":true,"data":null,"message":null,"error":null}'
STARTED = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"56")],
}
HEADERS: list[Header] = [
    (b"host", b"cms.example"),
    (b"user-agent", b"benchmark"),
    (b"accept", b"*/*"),
    (b"accept-encoding", b"gzip, deflate"),
]
NO_RELEASE = Routing(share=Share(5000), origin="benchmark", epoch=3, salt=SALT)
RELEASE = Routing(
    share=Share(5000),
    origin="benchmark",
    epoch=3,
    salt=SALT,
    release_id=UUID(int=1),
    watched=True,
)

Handle = Callable[[Iterable[Header]], Awaitable[None]]
Consumer = Callable[[int], Header]


async def engine(_: Scope, _receive: Receive, send: Send) -> None:
    await send(STARTED)
    await send({"type": "http.response.body", "body": BODY})


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def sink(_: Message) -> None:
    pass


def scope(headers: Iterable[Header], path: str = PATH) -> Scope:
    """As the layers before the switch hand it on."""
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [*HEADERS, *headers],
        "client": ("127.0.0.1", 4711),
        "scheme": "http",
        "state": {
            "request_id": "0190b2f4-5a3c-7d10-8e2f-1234567890ab",
            "client_address": "127.0.0.1",
            "tls": False,
            "engine": "v2",
            "epoch": 3,
        },
    }


async def nobody(_: str | None, _key: str | None) -> bool:
    return False


async def bare(headers: Iterable[Header]) -> None:
    await engine(scope(headers), receive, sink)


@dataclass
class Trial:
    """One worker's switch and counters."""

    routing: Routing

    def __post_init__(self) -> None:
        self.counters = EvidenceCounters()
        self.evidence = Evidence(self.counters, lambda: 4, self._trip, None, Doubt())
        self.switch = GenerationSwitch(
            stable=engine,
            candidate=engine,
            in_force=InForce(self.routing),
            may_override=nobody,
            routes=RouteTable(documentation().document()["paths"]),
            rescuer=Rescuer(engine, 2.0, Ceiling(200)),
        )

    async def handle(self, headers: Iterable[Header], path: str = PATH) -> None:
        asked = scope(headers, path)
        await self.switch(asked, receive, sink)
        if self.routing.watched:
            self.evidence(asked, 200, len(BODY), 0.004)

    def _trip(self, why: str) -> None:
        raise AssertionError(why)


def subject(number: int) -> str:
    return f"0190b2f4-5a3c-7d10-8e2f-{number:012x}"


def by_token(number: int) -> Header:
    claims = {"iss": "serinus", "aud": "serinus", "sub": subject(number), "iat": 1, "exp": 2}
    payload = urlsafe_b64encode(msgspec.json.encode(claims)).rstrip(b"=")
    return b"authorization", b"Bearer eyJhbGciOiJFZERTQSJ9." + payload + b"." + b"c2ln" * 21


def by_api_key(number: int) -> Header:
    return b"x-api-key", b"srn_" + f"{number:022d}".encode() + b"_" + b"k" * 43


def by_client_id(number: int) -> Header:
    return b"x-client-id", subject(number).encode()


CONSUMERS: dict[str, tuple[Consumer, Callable[[int], str]]] = {
    "token": (by_token, subject),
    "API key": (by_api_key, "{:022d}".format),
    "client id": (by_client_id, subject),
}


def of_arm(name: str, arm: Arm) -> list[Header]:
    """Consumers that the release gives to that arm."""
    consumer, key = CONSUMERS[name]
    return [consumer(n) for n in range(AT_ONCE * 4) if RELEASE.arm(key(n)) is arm][:AT_ONCE]


@dataclass(frozen=True)
class Case:
    name: str
    arm: Arm
    layer: str
    handle: Handle
    consumers: list[Header]

    async def once(self) -> float:
        """Microseconds a request."""
        began = process_time()
        for consumer in self.consumers:
            await self.handle((consumer,))
        await asyncio.sleep(0)  # as between requests: the loop clears away what was cancelled
        return (process_time() - began) / len(self.consumers) * 1e6


LAYERS = ("bare", "switch", "switch and evidence")


def cases() -> list[Case]:
    handles = (bare, Trial(NO_RELEASE).handle, Trial(RELEASE).handle)
    return [
        Case(name, arm, layer, handle, of_arm(name, arm))
        for name in CONSUMERS
        for arm in Arm
        for layer, handle in zip(LAYERS, handles, strict=True)
    ]


async def measure(rounds: int) -> list[tuple[str, list[float]]]:
    """Of each kind of consumer and arm: what the switch adds to the application, and the switch
    with evidence, in each round.
    """
    everything = cases()
    taken: dict[tuple[str, Arm, str], list[float]] = {}
    gc.disable()
    for number in range(rounds + 10):
        for case in everything:
            cost = await case.once()
            if number >= 10:  # before that it warms up
                taken.setdefault((case.name, case.arm, case.layer), []).append(cost)
        gc.collect(0)
    gc.enable()
    return [
        (
            f"{name}, {arm}: {layer}",
            [
                with_it - without
                for with_it, without in zip(
                    taken[name, arm, layer], taken[name, arm, "bare"], strict=True
                )
            ],
        )
        for name in CONSUMERS
        for arm in Arm
        for layer in LAYERS[1:]
    ]


def paths() -> list[str]:
    """One of each route of contract v1."""
    routes = documentation().document()["paths"]
    return [sub(r"{\w+}", "1", route) for route in routes if route.startswith("/api/v1")]


async def crowd(consumers: int) -> tuple[int, int, float, float]:
    """Places counted, histograms, and resident bytes a consumer and in all, of consumers that
    each come once.
    """
    trial, process, asked = Trial(RELEASE), psutil.Process(), paths()
    for number in range(consumers // 10):  # every place has been seen by then
        await trial.handle((by_client_id(number),), asked[number % len(asked)])
    gc.collect()
    before = process.memory_info().rss
    for number in range(consumers // 10, consumers + consumers // 10):
        await trial.handle((by_client_id(number),), asked[number % len(asked)])
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    gc.collect()
    grown = process.memory_info().rss - before
    batch = trial.counters.take()
    return len(batch.counts), len(batch.histograms), grown / consumers, grown / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--consumers", type=int, default=100_000)
    parser.add_argument("--profile", help="part of a case's name")
    arguments = parser.parse_args()
    if arguments.profile:
        profile(arguments.profile)
        return
    out = sys.stdout
    out.write(f"load of the machine {psutil.getloadavg()[0]:.1f}\n")
    out.write(f"{'':42} median    p10    min  (us)\n")
    for name, costs in asyncio.run(measure(arguments.rounds)):
        tenth = sorted(costs)[len(costs) // 10]
        out.write(f"{name:42} {statistics.median(costs):6.1f} {tenth:6.1f} {min(costs):6.1f}\n")
    out.write(f"{'budget':42} {BUDGET:6.1f}\n\n")
    places, histograms, each, total = asyncio.run(crowd(arguments.consumers))
    most = STRATA * len(Arm) * (MOST_ROUTES + 1)
    out.write(
        f"{arguments.consumers:,} consumers: {places} places of at most {most} an epoch, "
        f"{histograms} histograms; {total:.1f} MiB more resident, {each:.1f} bytes a consumer\n"
    )


def profile(part: str) -> None:
    found = [each for each in cases() if part in f"{each.name}, {each.arm}: {each.layer}"]

    async def run() -> None:
        for _ in range(200):
            for each in found:
                await each.once()

    with cProfile.Profile() as profiler:
        asyncio.run(run())
    profiler.print_stats("tottime")


if __name__ == "__main__":
    main()
