"""What the commands of the CLI do."""

import asyncio
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
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
from serinus.domain.identity.accounts import Account
from serinus.domain.identity.api_keys import ApiKey
from serinus.domain.identity.caller import Role
from serinus.domain.release.faults import told
from serinus.infrastructure.credentials.common_passwords import common_passwords
from serinus.infrastructure.credentials.password_hashes import PasswordHashes
from serinus.infrastructure.demo.loading import load_demo
from serinus.infrastructure.postgres.account_book import PostgresAccountBook
from serinus.infrastructure.postgres.audit_log import PostgresAuditLog
from serinus.infrastructure.postgres.pool import open_pool
from serinus.infrastructure.postgres.routing import PostgresRoutings
from serinus.infrastructure.settings import Settings, described
from serinus.presentation.cli.audit import Asked
from serinus.presentation.cli.demo_view import DemoEnded, DemoFrame, DemoWanted
from serinus.presentation.cli.importing import import_app
from serinus.presentation.cli.operations import (
    Finding,
    Opened,
    Setting,
    Wanted,
)
from serinus.wiring import audit, database, keys, serving
from serinus.wiring.backups import Backups
from serinus.wiring.clock import new_id, now
from serinus.wiring.generating import generate
from serinus.wiring.importing import importing, open_source
from serinus.wiring.ready import migrated, opened, ready, settings_here, with_pool
from serinus.wiring.release_operations import ReleaseOperations
from serinus.wiring.routing import boot, effective
from serinus.wiring.simulation import Simulations

T = TypeVar("T")
ADMINISTRATOR = "admin@serinus.local"


class Operations(ReleaseOperations, Simulations, Backups):
    """The composition root, as the commands see it.

    What one command alone needs and takes long to import is imported by it, so that the others
    do not wait for it.
    """

    def serve(self, *, demo: bool, announce: Callable[[Opened], None]) -> None:
        given = settings_here()
        port = serving.free_port(given)
        with serving.shared_metrics(given):
            self._serve(given, port, demo=demo, announce=announce)

    def _serve(
        self, given: Settings, port: int, *, demo: bool, announce: Callable[[Opened], None]
    ) -> None:
        # While the embedded server starts there is time. A server that is away shall be told
        # of at once, and not compete with imports.
        early = serving.preloading(given) if given.database_url is None else None
        with ready(given) as (found, settings):
            preloading = early or serving.preloading(given)
            announcement = asyncio.run(_prepare(settings, found, port, demo=demo))
            serving.hand_over(settings)
            preloading.join()
            serving.settle()
            announce(announcement)
            serving.serve_beside(settings, port, found.embedded)

    def migrate(self) -> Sequence[str]:
        with opened(settings_here()) as (_, settings):
            return migrated(settings)

    def doctor(self) -> Sequence[Finding]:
        from serinus.wiring.examination import examine  # noqa: PLC0415

        return list(examine())

    def create_user(self, *, username: str, email: str, password: str, role: str) -> Account:
        async def create(pool: asyncpg.Pool) -> Account:
            with _administering(pool) as administration:
                return await administration.create(
                    username=username, email=email, password=password, role=Role(role)
                )

        return with_pool(create)

    def users(self) -> Sequence[Account]:
        return with_pool(lambda pool: PostgresAccountBook(pool).newest())

    def set_password(self, *, email: str, password: str) -> Account:
        async def change(pool: asyncpg.Pool) -> Account:
            with _administering(pool) as administration:
                return await administration.set_password(email=email, password=password)

        return with_pool(change)

    def create_key(
        self, *, email: str, name: str, scopes: Sequence[str], days: int | None
    ) -> IssuedKey:
        return with_pool(
            lambda pool: keys.create(pool, email=email, name=name, scopes=scopes, days=days)
        )

    def keys(self, email: str) -> Sequence[ApiKey]:
        return with_pool(lambda pool: keys.of_account(pool, email))

    def revoke_key(self, key_id: UUID) -> ApiKey:
        return with_pool(lambda pool: keys.revoke(pool, key_id))

    def audit(self, asked: Asked) -> Sequence[Entry]:
        return with_pool(lambda pool: audit.entries(pool, asked))

    def prune_audit(self, before: datetime) -> int:
        return with_pool(lambda pool: PostgresAuditLog(pool).prune(before))

    def settings(self) -> Sequence[Setting]:
        return [
            Setting(name, default, meaning, bool(os.environ.get(name, "").strip()))
            for name, default, meaning in described()
        ]

    def openapi(self) -> dict[str, Any]:
        from serinus.wiring.documents import documentation  # noqa: PLC0415

        return dict(documentation().document())

    def generate(self, wanted: Wanted, on_progress: Callable[[int], None]) -> None:
        with ready(settings_here()) as (found, _):
            asyncio.run(generate(found.url, wanted, on_progress))

    def demo(self, wanted: DemoWanted, show: Callable[[DemoFrame], None]) -> DemoEnded:
        from serinus.wiring.demonstration import shown_live  # noqa: PLC0415

        return shown_live(wanted, show)

    def import_commands(self) -> typer.Typer:
        return import_app(_importing, open_source)


@contextmanager
def _importing() -> Iterator[Importing]:
    with ready(settings_here()) as (found, _):
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
        faults=told(settings.serinus_fault),
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
