"""What the commands of the CLI do."""

import asyncio
import os
import secrets
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import typer

from serinus.application.acting import Actor, Via, acting_as
from serinus.application.audit import Entry
from serinus.application.content.importing import Importing
from serinus.application.identity.administration import Administration
from serinus.application.identity.api_keys import IssuedKey
from serinus.application.release.steering import Status
from serinus.domain.identity.accounts import Account
from serinus.domain.identity.api_keys import ApiKey
from serinus.domain.identity.caller import Role
from serinus.domain.release.assignment import Arm, Routing, bucket
from serinus.infrastructure.credentials.common_passwords import common_passwords
from serinus.infrastructure.credentials.password_hashes import PasswordHashes
from serinus.infrastructure.demo.loading import load_demo
from serinus.infrastructure.logs import configure_logs
from serinus.infrastructure.postgres.account_book import PostgresAccountBook
from serinus.infrastructure.postgres.audit_log import PostgresAuditLog
from serinus.infrastructure.postgres.embedded.errors import EmbeddedServerError
from serinus.infrastructure.postgres.embedded.server import wait_until_stopped
from serinus.infrastructure.postgres.migrations.runner import migrate as apply_migrations
from serinus.infrastructure.postgres.pool import open_pool
from serinus.infrastructure.postgres.routing import PostgresRoutings
from serinus.infrastructure.settings import Settings, SettingsError, described
from serinus.presentation.cli.audit import Asked
from serinus.presentation.cli.importing import import_app
from serinus.presentation.cli.operations import (
    Finding,
    Opened,
    Setting,
    Stopped,
    Wanted,
)
from serinus.presentation.cli.releases import Work
from serinus.wiring import audit, database, keys, serving
from serinus.wiring.clock import new_id, now
from serinus.wiring.documents import documentation
from serinus.wiring.examination import examine
from serinus.wiring.generating import generate
from serinus.wiring.importing import importing, open_source
from serinus.wiring.routing import boot, effective, steering
from serinus.wiring.simulation import Simulations
from serinus.wiring.watching import watching

T = TypeVar("T")
ADMINISTRATOR = "admin@serinus.local"


class Operations(Simulations):
    """The composition root, as the commands see it."""

    def serve(self, *, demo: bool, opened: Callable[[Opened], None]) -> None:
        given = _settings()
        port = serving.free_port(given)
        with serving.shared_metrics(given):
            self._serve(given, port, demo=demo, opened=opened)

    def _serve(
        self, given: Settings, port: int, *, demo: bool, opened: Callable[[Opened], None]
    ) -> None:
        # While the embedded server starts there is time. A server that is away shall be told
        # of at once, and not compete with imports.
        early = serving.preloading(given) if given.database_url is None else None
        with _ready(given) as (found, settings):
            preloading = early or serving.preloading(given)
            announcement = asyncio.run(_prepare(settings, found, port, demo=demo))
            serving.hand_over(settings)
            preloading.join()
            opened(announcement)
            _serve(settings, found, port)

    def migrate(self) -> Sequence[str]:
        with _opened(_settings()) as (_, settings):
            return _migrate(settings)

    def doctor(self) -> Sequence[Finding]:
        return list(examine())

    def create_user(self, *, username: str, email: str, password: str, role: str) -> Account:
        async def create(pool: asyncpg.Pool) -> Account:
            with _administering(pool) as administration:
                return await administration.create(
                    username=username, email=email, password=password, role=Role(role)
                )

        return _with_pool(create)

    def users(self) -> Sequence[Account]:
        return _with_pool(lambda pool: PostgresAccountBook(pool).newest())

    def set_password(self, *, email: str, password: str) -> Account:
        async def change(pool: asyncpg.Pool) -> Account:
            with _administering(pool) as administration:
                return await administration.set_password(email=email, password=password)

        return _with_pool(change)

    def create_key(
        self, *, email: str, name: str, scopes: Sequence[str], days: int | None
    ) -> IssuedKey:
        return _with_pool(
            lambda pool: keys.create(pool, email=email, name=name, scopes=scopes, days=days)
        )

    def keys(self, email: str) -> Sequence[ApiKey]:
        return _with_pool(lambda pool: keys.of_account(pool, email))

    def revoke_key(self, key_id: UUID) -> ApiKey:
        return _with_pool(lambda pool: keys.revoke(pool, key_id))

    def audit(self, asked: Asked) -> Sequence[Entry]:
        return _with_pool(lambda pool: audit.entries(pool, asked))

    def prune_audit(self, before: datetime) -> int:
        return _with_pool(lambda pool: PostgresAuditLog(pool).prune(before))

    def settings(self) -> Sequence[Setting]:
        return [
            Setting(name, default, meaning, bool(os.environ.get(name, "").strip()))
            for name, default, meaning in described()
        ]

    def steer(self, work: Work[T]) -> T:
        # Without a limit of its own: what is in force stands apart from what it would be here.
        async def once(pool: asyncpg.Pool) -> T:
            return await work(steering(pool, ceiling=None))

        return _with_pool(once)

    def release_status(self) -> tuple[Status, Routing]:
        settings = _settings()

        async def both(pool: asyncpg.Pool) -> tuple[Status, Routing]:
            return await steering(pool, ceiling=None).status(), await effective(settings, pool)

        return _with_pool(both)

    async def watch(self, show: Callable[[Status | None], None], every: float) -> None:
        settings = _settings()
        with _ready(settings) as (found, _):
            await watching(found.url, show, every)

    def bucket(self, key: str) -> tuple[int, Arm]:
        settings = _settings()
        # Where there never was a server, none is started for that.
        known = settings.database_url is not None or settings.serinus_data_dir.exists()
        routing = (
            _with_pool(lambda pool: effective(settings, pool)) if known else boot(settings)
        )
        return bucket(routing.salt, key), routing.arm(key)

    def openapi(self) -> dict[str, Any]:
        return dict(documentation().document())

    def generate(self, wanted: Wanted, on_progress: Callable[[int], None]) -> None:
        with _ready(_settings()) as (found, _):
            asyncio.run(generate(found.url, wanted, on_progress))

    def import_commands(self) -> typer.Typer:
        return import_app(_importing, open_source)


def _settings() -> Settings:
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        raise Stopped(str(error), code=2) from error
    configure_logs(settings.serinus_log_level, settings.serinus_log_format)
    return settings


def _serve(settings: Settings, found: database.Database, port: int) -> None:
    """Raise `Stopped` when the embedded server ended: its successor has another port."""
    folder = found.embedded
    if folder is None:
        serving.serve(settings, port)
        return
    gone = serving.ending_without(lambda: not wait_until_stopped(folder, 0))
    try:
        serving.serve(settings, port)
    finally:
        if gone.is_set():
            raise Stopped(
                f"the embedded PostgreSQL has ended, see {folder / 'postgres.log'}: start again"
            )


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[database.Database, Settings]]:
    try:
        with database.opened(settings) as pair:
            yield pair
    except EmbeddedServerError as error:
        raise Stopped(str(error)) from error


@contextmanager
def _ready(settings: Settings) -> Iterator[tuple[database.Database, Settings]]:
    """The database, its schema up to date."""
    with _opened(settings) as (found, completed):
        _migrate(completed)
        yield found, completed


def _migrate(settings: Settings) -> list[str]:
    return apply_migrations(
        str(settings.database_url), legacy_enabled=settings.use_legacy_api_v1
    )


def _with_pool(work: Callable[[asyncpg.Pool], Coroutine[Any, Any, T]]) -> T:
    async def run(url: str) -> T:
        pool = await open_pool(url, size=2)
        try:
            with acting_as(Actor(via=Via.CLI)):
                return await work(pool)
        finally:
            await pool.close()

    with _ready(_settings()) as (found, _):
        return asyncio.run(run(found.url))


@contextmanager
def _importing() -> Iterator[Importing]:
    with _ready(_settings()) as (found, _):
        yield importing(found.url)


@contextmanager
def _administering(pool: asyncpg.Pool) -> Iterator[Administration]:
    passwords = PasswordHashes(threads=1)
    try:
        yield Administration(
            PostgresAccountBook(pool), passwords, common_passwords(), now, new_id
        )
    finally:
        passwords.close()


async def _prepare(
    settings: Settings,
    found: database.Database,
    port: int,
    *,
    demo: bool,
) -> Opened:
    """Everything before the first request that is done once, and not by every worker."""
    pool = await open_pool(found.url, size=2)
    try:
        await PostgresRoutings(pool).enter(boot(settings), at=now())
        routing = await effective(settings, pool)
        # Of somebody else's server nobody reads the start's output: there an operator makes
        # the first account, with `serinus user create`.
        with acting_as(Actor(via=Via.CLI)):
            administrator = await _first_administrator(pool) if found.embedded else None
        demo_posts = await load_demo(importing(found.url)) if demo else 0
    finally:
        await pool.close()
    host = (
        f"[{settings.serinus_host}]" if ":" in settings.serinus_host else settings.serinus_host
    )
    return Opened(
        address=f"http://{host}:{port}",
        share=routing.share.percent,
        origin=routing.origin,
        epoch=routing.epoch,
        database=found.place,
        administrator=administrator,
        demo_posts=demo_posts,
    )


async def _first_administrator(pool: asyncpg.Pool) -> tuple[str, str] | None:
    """E-mail and password of a new account, or None when there are accounts already."""
    if not await PostgresAccountBook(pool).is_empty():
        return None
    password = secrets.token_urlsafe(12)
    with _administering(pool) as administration:
        await administration.create(
            username="admin", email=ADMINISTRATOR, password=password, role=Role.SUPER_ADMIN
        )
    return ADMINISTRATOR, password
