"""Why engine v2 is faster: its pieces, what it says to the database, and what is left over."""

import asyncio
import statistics
from time import sleep
from urllib.parse import urlsplit

from benchmarks.side_by_side.asking import expected, requests
from benchmarks.side_by_side.cases import (
    ADAPTER,
    CACHE_OFF,
    ENGINE_V1,
    FROM_CACHE,
    Case,
    Operation,
    Way,
)
from benchmarks.side_by_side.clients import load
from benchmarks.side_by_side.findings import REST, Answered, Findings, Part, Stack
from benchmarks.side_by_side.pieces import Both, Pieces, pieces
from benchmarks.side_by_side.servers import OURS, SETTINGS, Standing
from benchmarks.side_by_side.wire import Counts, counted
from tests.support.serving import serving

REQUESTS = 30  # of each operation whose statements are counted
PAUSE = 0.02  # seconds: what is said after an answer counts, too
COUNTED = (Operation.REGISTER, Operation.POST, Operation.TAGS)


def explain(findings: Findings, standing: Standing) -> None:
    """Add parts and stacks to what was found over HTTP."""
    found = asyncio.run(pieces(standing.database, standing.known.posts[0]))
    said = [_said(standing, way) for way in (ENGINE_V1, ADAPTER)]
    findings.parts = [
        *_parts(found),
        *(_statements(operation, said) for operation in COUNTED),
        *(_trips(operation, said) for operation in COUNTED),
        *(_processor(findings.answered, operation) for operation in COUNTED),
        _cache(findings),
    ]
    findings.stacks = [
        stack
        for operation in (Operation.REGISTER, Operation.POST)
        for stack in _stacks(findings, operation, found)
    ]


def _parts(found: Pieces) -> list[Part]:
    objects = Both(found.read.v1 - found.asked.v1, found.read.v2 - found.asked.v2)
    return [
        Part("a password hashed", "ms", found.hashed.v1, found.hashed.v2,
             "bcrypt at cost 12; Argon2id at 19 MiB and two passes, as OWASP advises"),
        Part("a post asked of PostgreSQL", "ms", found.asked.v1, found.asked.v2,
             "the statements of each engine through the same driver, and nothing else"),
        Part("its rows made into objects", "ms", objects.v1, objects.v2,
             "a session, an identity map and three queries made anew; a frozen value"),
        Part("the objects made into JSON", "ms", found.encoded.v1, found.encoded.v2,
             "Pydantic; msgspec"),
    ]  # fmt: skip


def _statements(operation: Operation, said: list[dict[Operation, Counts]]) -> Part:
    v1, v2 = (float(each[operation].statements) for each in said)
    return Part(f"{operation}: statements", "", v1, v2, "transactions' begin and end included")


def _trips(operation: Operation, said: list[dict[Operation, Counts]]) -> Part:
    v1, v2 = (float(each[operation].trips) for each in said)
    return Part(f"{operation}: waits for the database", "", v1, v2, "there and back")


def _processor(answered: list[Answered], operation: Operation) -> Part:
    v1, v2 = (
        next(
            each.processor
            for each in answered
            if (each.operation, each.way, each.clients) == (operation, way.name, 1)
        )
        for way in (ENGINE_V1, ADAPTER)
    )
    return Part(f"{operation}: processor", "ms", v1, v2, "of the server, PostgreSQL left out")


def _cache(findings: Findings) -> Part:
    off, hit = (
        findings.timing(Case(Operation.POST, way, 1)).p50 for way in (CACHE_OFF, FROM_CACHE)
    )
    says = "both on engine v2: contract v2 with its cache off, and from the cache"
    return Part("a public post: cache off, cached", "ms", off, hit, says)


def _stacks(findings: Findings, operation: Operation, found: Pieces) -> list[Stack]:
    made = []
    for way, pick in ((ENGINE_V1, "v1"), (ADAPTER, "v2")):
        hashed, asked, read, encoded = (
            float(getattr(both, pick))
            for both in (found.hashed, found.asked, found.read, found.encoded)
        )
        if operation is Operation.REGISTER:
            known = {"password hash": hashed}
        else:
            known = {"PostgreSQL and driver": asked, "rows to objects": read - asked,
                     "objects to JSON": encoded}  # fmt: skip
        whole = findings.timing(Case(operation, way, 1)).p50
        rest = max(0.0, whole - sum(known.values()))
        made.append(Stack(operation, way.name, known | {REST: rest}))
    return made


def _said(standing: Standing, way: Way) -> dict[Operation, Counts]:
    """Of one request of each operation, as most of them have it."""
    with counted(standing.database) as (url, counts):
        settings = SETTINGS | OURS[way.server] | {"DATABASE_URL": url}
        with serving(standing.home, **settings) as server:
            port = urlsplit(server.address).port or 0
            return {
                operation: _each(standing, way, operation, port, counts)
                for operation in COUNTED
            }


def _each(
    standing: Standing, way: Way, operation: Operation, port: int, counts: Counts
) -> Counts:
    asked, found = requests(operation, way, standing.known), []
    for _ in range(REQUESTS):
        before = counts.copy()
        asyncio.run(load(port, asked, expected(operation), 1, 0.0))
        sleep(PAUSE)
        found.append((counts.statements - before.statements, counts.trips - before.trips))
    statements, trips = (int(statistics.median_low(each)) for each in zip(*found, strict=True))
    return Counts(statements, trips)
