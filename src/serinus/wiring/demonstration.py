"""A whole release in a few minutes: a real server, real HTTP, a plan of seconds.

Everything is thrown away afterwards. The traffic is made up, and nothing else: what is shown is
what happens. A fault arrives as faults do, with a new build: while half of the traffic is on
engine v2 a second server starts that has it, and the first one leaves.
"""

import asyncio
import random
import secrets
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import asyncpg

from serinus.application.acting import Actor, Via, acting_as
from serinus.application.identity.administration import Administration
from serinus.application.release.steering import Status, Steering
from serinus.domain.identity.caller import Role, Scope
from serinus.domain.release.assignment import Share
from serinus.domain.release.plan import Plan
from serinus.domain.release.release import NotAllowed
from serinus.domain.release.verdict import Why
from serinus.domain.release.verifying import verify
from serinus.infrastructure.credentials.common_passwords import common_passwords
from serinus.infrastructure.credentials.password_hashes import PasswordHashes
from serinus.infrastructure.demo.loading import load_demo
from serinus.infrastructure.demo.traffic import Traffic
from serinus.infrastructure.logs import configure_logs
from serinus.infrastructure.postgres.account_book import PostgresAccountBook
from serinus.infrastructure.postgres.embedded.errors import EmbeddedServerError
from serinus.infrastructure.postgres.embedded.server import open_embedded
from serinus.infrastructure.postgres.migrations.runner import migrate
from serinus.infrastructure.postgres.pool import open_pool
from serinus.presentation.cli.demo_view import DemoEnded, DemoFrame, DemoWanted, Fault
from serinus.presentation.cli.operations import Stopped
from serinus.wiring import keys
from serinus.wiring.clock import new_id, now
from serinus.wiring.importing import importing
from serinus.wiring.own_server import NotServing, OwnServer, own_server
from serinus.wiring.routing import steering

WHO = "demo"
KEYS_OF_ONE = 100  # that an account may have
WORKERS = 2
LOOK = 0.5  # seconds between two frames
LONGEST = 900.0  # seconds: then something is wrong
FAULTY_FROM = Share(5_000)
GATE_SHOWN = 12.0  # seconds for which the shut gate is looked at before the release is given up

#: The owner's stages, in seconds instead of weeks.
PLAN = {
    "stages": [10, 50, 90, 100],
    "dwell": "8s",
    "rollback_stages": [50, 10, 0],
    "rollback_dwell": "3s",
    "gates": {"first": "comparison", "last": "manual"},
    "bake": "8s",
    "baseline": "15s",
    "cool_down": "0s",
    "guardrails": {"slow": {"over_ms": 300, "slo": 0.01}},
    "comparison": {"least_requests": 10, "limit": 0.01, "sample": 0.2},
}
FAULTS = {
    Fault.ERRORS: "errors:5%",
    Fault.LATENCY: "latency:400ms",
    Fault.DIFFERENCE: "difference",
}


@dataclass(slots=True)
class _Course:
    """What has happened so far. Times are seconds since the release began."""

    began: float
    says: str = ""
    faulty_at: float | None = None
    taken_back_at: float | None = None
    shut_since: float | None = None
    served: set[int] = field(default_factory=set)

    @property
    def passed(self) -> float:
        return monotonic() - self.began


def shown_live(wanted: DemoWanted, show: Callable[[DemoFrame], None]) -> DemoEnded:
    """Raise `Stopped`."""
    configure_logs("error", "auto")
    # An init system's way to say Ctrl-C: nothing may be left behind then either.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return asyncio.run(_demonstrated(wanted, show))
    except (EmbeddedServerError, NotServing) as error:
        raise Stopped(str(error)) from error


async def _demonstrated(wanted: DemoWanted, show: Callable[[DemoFrame], None]) -> DemoEnded:
    with ExitStack() as stack:
        folder = stack.enter_context(_folder())
        show(DemoFrame("starting PostgreSQL"))
        database = stack.enter_context(await asyncio.to_thread(open_embedded, folder / "data"))
        await asyncio.to_thread(migrate, database.dsn)
        pool = await open_pool(database.dsn, size=4)
        try:
            demonstration = _Demonstration(
                wanted, show, pool, _Place(folder, database.dsn), stack
            )
            return await demonstration.run()
        finally:
            await pool.close()


@contextmanager
def _folder() -> Iterator[Path]:
    """PostgreSQL runs as somebody else where this is root, and has to pass through."""
    with tempfile.TemporaryDirectory(prefix="serinus-demo-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@dataclass(frozen=True, slots=True)
class _Place:
    """Where servers of this demonstration live. `url`: of the database."""

    folder: Path
    url: str


class _Demonstration:
    def __init__(
        self,
        wanted: DemoWanted,
        show: Callable[[DemoFrame], None],
        pool: asyncpg.Pool,
        place: _Place,
        stack: ExitStack,
    ) -> None:
        self._wanted, self._show, self._pool = wanted, show, pool
        self._place, self._stack = place, stack
        self._secret = secrets.token_urlsafe(32)
        self._steer: Steering = steering(pool, ceiling=None)

    async def run(self) -> DemoEnded:
        self._show(DemoFrame("loading posts, making consumers"))
        consumers = await self._prepared()
        self._show(DemoFrame("starting the server"))
        first = self._wanted.fault if self._wanted.fault is Fault.DIFFERENCE else None
        server = await self._started(first)
        chance = random.Random(self._wanted.seed)  # noqa: S311 - nobody gains by guessing it
        traffic = Traffic(consumers, self._wanted.rate, chance, server.address)
        async with _beside(traffic):
            await self._steer.start(
                Plan.from_json(PLAN), actor=WHO, reason="to show how a release goes"
            )
            return await self._followed(traffic, server)

    async def _prepared(self) -> list[str]:
        """API keys, a consumer each."""
        await load_demo(importing(self._place.url))
        with acting_as(Actor(via=Via.CLI)):
            return await _consumers(self._pool, self._wanted.consumers)

    async def _started(self, fault: Fault | None) -> OwnServer:
        place = self._place
        settings = {
            "DATABASE_URL": place.url,
            "SERINUS_SECRET_KEY": self._secret,
            "SERINUS_WORKERS": str(WORKERS),
            "SERINUS_RATE_LIMIT": "0",
            "SERINUS_ACCESS_LOG": "false",
        }
        if fault is not None:
            settings["SERINUS_FAULT"] = FAULTS[fault]
        opening = own_server(place.folder, settings)
        return await asyncio.to_thread(self._stack.enter_context, opening)

    async def _followed(self, traffic: Traffic, server: OwnServer) -> DemoEnded:
        course = _Course(began=monotonic())
        while True:
            status = await self._steer.status()
            release = status.release
            assert release is not None  # noqa: S101 - it was started here
            self._show(DemoFrame(course.says, status, traffic.seen))
            course.served.add(release.share.basis_points)
            if course.faulty_at is not None and release.share < FAULTY_FROM:
                course.taken_back_at = course.taken_back_at or course.passed
            if release.ended:
                return await self._ended(status, traffic, course)
            if course.passed > LONGEST:
                raise Stopped(f"the release has not ended within {LONGEST / 60:.0f} minutes")
            await self._acted(status, course)
            if self._wanted.fault in {Fault.ERRORS, Fault.LATENCY}:
                server = await self._deployed(status, course, traffic, server)
            await asyncio.sleep(LOOK)

    async def _acted(self, status: Status, course: _Course) -> None:
        """What people do: open the gate that waits for them, give up what cannot go on."""
        why = status.verdict.why if status.verdict else None
        if why is Why.GATE:
            with suppress(NotAllowed):
                await self._steer.promote(actor=WHO, reason="looks good: to 100 %")
        if why is not Why.COMPARISON or not _differ(status):
            course.shut_since = None
            return
        course.shut_since = course.shut_since or course.passed
        if course.passed > self._shut_at(course) + GATE_SHOWN:
            await self._steer.abort(actor=WHO, reason="the answers differ: back to the desk")

    def _shut_at(self, course: _Course) -> float:
        baseline = Plan.from_json(PLAN).baseline.total_seconds()
        return max(course.shut_since or 0.0, baseline)

    async def _deployed(
        self, status: Status, course: _Course, traffic: Traffic, server: OwnServer
    ) -> OwnServer:
        """The build with the fault, once, when half of the traffic is there to meet it."""
        release = status.release
        if course.faulty_at is not None or release is None or release.share < FAULTY_FROM:
            return server
        course.says = "a new build of engine v2 goes out"
        self._show(DemoFrame(course.says, status, traffic.seen))
        faulty = await self._started(self._wanted.fault)
        traffic.address = faulty.address
        course.faulty_at = course.passed
        course.says = f"the new build has a fault: {FAULTS[self._wanted.fault or Fault.ERRORS]}"
        await asyncio.to_thread(server.end)
        return faulty

    async def _ended(self, status: Status, traffic: Traffic, course: _Course) -> DemoEnded:
        history = await self._steer.history()
        return DemoEnded(
            fault=self._wanted.fault,
            status=status,
            seen=traffic.seen,
            history=history,
            broken=verify(history),
            seconds=course.passed,
            faulty_at=course.faulty_at,
            taken_back_at=course.taken_back_at,
            served=frozenset(course.served),
        )


def _differ(status: Status) -> bool:
    """Not only too few answers compared yet."""
    alerts = status.verdict.alerts if status.verdict else ()
    return any(each.startswith("answers differ") for each in alerts)


@asynccontextmanager
async def _beside(traffic: Traffic) -> AsyncIterator[None]:
    going = asyncio.create_task(traffic.go_on())
    try:
        yield
    finally:
        going.cancel()
        with suppress(asyncio.CancelledError):
            await going


async def _consumers(pool: asyncpg.Pool, number: int) -> list[str]:
    passwords = PasswordHashes(threads=1)
    accounts = Administration(
        PostgresAccountBook(pool), passwords, common_passwords(), now, new_id
    )
    made: list[str] = []
    try:
        for first in range(0, number, KEYS_OF_ONE):
            name = f"reader-{first // KEYS_OF_ONE + 1}"
            email = f"{name}@example.org"
            password = secrets.token_urlsafe(16)
            await accounts.create(
                username=name, email=email, password=password, role=Role.EDITOR
            )
            made += await _keys(pool, email, min(KEYS_OF_ONE, number - first))
    finally:
        passwords.close()
    return made


async def _keys(pool: asyncpg.Pool, email: str, number: int) -> Sequence[str]:
    scopes = [Scope.POSTS_READ, Scope.POSTS_WRITE, Scope.USERS_READ]
    return [
        (await keys.create(pool, email=email, name=f"site {n + 1}", scopes=scopes, days=1)).raw
        for n in range(number)
    ]
