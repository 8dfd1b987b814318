"""What `serinus doctor` looks at."""

import asyncio
import os
import platform
from collections.abc import Iterator

import redis.asyncio

import serinus
from serinus.domain.errors import SerinusError
from serinus.domain.release.faults import told
from serinus.infrastructure.postgres.connecting import connect
from serinus.infrastructure.postgres.embedded.errors import EmbeddedServerError
from serinus.infrastructure.postgres.migrations.revisions import current, head, pending
from serinus.infrastructure.settings import Settings, SettingsError, described
from serinus.presentation.cli.operations import Finding, State, Stopped
from serinus.wiring import database
from serinus.wiring.routing import boot
from serinus.wiring.serving import free_port

OLDEST_POSTGRESQL = 15
OLDEST_REDIS = (6, 2)


def examine() -> Iterator[Finding]:
    """Everything that can be said; what depends on something broken is left out."""
    yield Finding(
        "serinus", State.OK, f"{serinus.__version__}, Python {platform.python_version()}"
    )
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        for line in str(error).splitlines():
            yield Finding("settings", State.FAILED, line, "correct the variable")
        return
    given = [name for name, _, _ in described() if os.environ.get(name, "").strip()]
    yield Finding("settings", State.OK, ", ".join(given) or "all at their defaults")
    yield from _database(settings)
    yield asyncio.run(_redis(settings))
    yield _port(settings)
    yield from _engines(settings)
    if settings.serinus_fault:
        detail = f"SERINUS_FAULT={told(settings.serinus_fault)}: engines do wrong on purpose"
        yield Finding("fault", State.WARNING, detail, "unset it, unless this is a trial")


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        with database.opened(settings) as (found, completed):
            assert completed.database_url is not None  # noqa: S101 - opened() says so
            yield from asyncio.run(_postgresql(found.place, completed.database_url))
    except (EmbeddedServerError, SerinusError) as error:
        remedy = (
            "see the folder it names, or set DATABASE_URL"
            if settings.database_url is None
            else "check DATABASE_URL, and that the server runs and lets this host in"
        )
        yield Finding("database", State.FAILED, str(error), remedy)


async def _postgresql(place: str, url: str) -> list[Finding]:
    connection = await connect(url)
    try:
        version: str = await connection.fetchval("SHOW server_version")
        missing = await pending(connection)
        schema = _schema(await current(connection), missing)
        return [_version(place, version.partition(" ")[0]), schema]
    finally:
        await connection.close()


def _version(place: str, version: str) -> Finding:
    detail = f"{place}: version {version} answers"
    if int(version.partition(".")[0]) < OLDEST_POSTGRESQL:
        remedy = f"use PostgreSQL {OLDEST_POSTGRESQL} or newer"
        return Finding("database", State.FAILED, detail, remedy)
    return Finding("database", State.OK, detail)


def _schema(revision: str | None, missing: list[str]) -> Finding:
    if missing:
        detail = f"migrations are missing: {', '.join(missing)}"
        return Finding("schema", State.WARNING, detail, "serinus migrate (serve does it, too)")
    if revision != head():
        detail = f"at revision {revision}, which only adds to {head()}, this release's newest"
        return Finding("schema", State.OK, detail)
    return Finding("schema", State.OK, f"up to date, at revision {revision}")


async def _redis(settings: Settings) -> Finding:
    if settings.redis_url is None:
        if settings.serinus_workers > 1:
            detail = (
                f"none: each of {settings.serinus_workers} workers counts rate limits alone"
            )
            return Finding("redis", State.WARNING, detail, "set REDIS_URL to share them")
        return Finding("redis", State.OK, "none: rate limits are counted in process")
    client = redis.asyncio.from_url(
        settings.redis_url, socket_timeout=2, socket_connect_timeout=2
    )
    try:
        version = str((await client.info("server"))["redis_version"])
    except (redis.exceptions.RedisError, OSError) as error:
        detail = f"no answer ({type(error).__name__}): the server runs, limits count by process"
        return Finding("redis", State.WARNING, detail, "check REDIS_URL and that Redis runs")
    finally:
        await client.aclose()
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        return Finding("redis", State.WARNING, f"{version} answers", "use Redis 6.2 or newer")
    return Finding("redis", State.OK, f"{version} answers")


def _port(settings: Settings) -> Finding:
    where = f"{settings.serinus_host}:{settings.serinus_port}"
    try:
        free_port(settings)
    except Stopped as stopped:
        # Perhaps it is this very installation, running.
        return Finding("port", State.WARNING, str(stopped))
    return Finding("port", State.OK, f"{where} is free")


def _engines(settings: Settings) -> Iterator[Finding]:
    routing = boot(settings)
    detail = f"engine v2 serves {routing.share.percent} % of contract v1: {routing.origin}"
    percentage = settings.api_v2_traffic_percentage
    if percentage is not None and percentage != routing.share:
        yield Finding(
            "canary",
            State.WARNING,
            f"{detail}; API_V2_TRAFFIC_PERCENTAGE={percentage.percent} has no effect",
        )
    else:
        yield Finding("canary", State.OK, detail)
