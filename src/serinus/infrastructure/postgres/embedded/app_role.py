"""The role and the database the application works in, made where they are missing."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import asyncpg

from serinus.infrastructure.postgres.embedded.connection import Connection

Admin = asyncpg.Connection


# What a server says that is ending, or nothing at all.
ENDING = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)


class NoAnswer(Exception):
    """The server cannot be reached, or is about to end."""


def ensure_role_and_database(
    connection: Connection, *, started: bool, createdb: bool, seconds: float
) -> None:
    """Safe to repeat: a start may have been killed after any of the statements.

    Needs the lock. Runs in a thread of its own, because the caller's may have a running loop.
    Raises `NoAnswer`, and what asyncpg raises when a statement fails.
    """

    async def work() -> None:
        async with asyncio.timeout(seconds):
            admin = await _connect(connection)
            try:
                await _ensure(admin, connection, started=started, createdb=createdb)
            finally:
                await admin.close()

    with ThreadPoolExecutor(1) as thread:
        try:
            thread.submit(asyncio.run, work()).result()
        except ENDING as error:
            raise NoAnswer(str(error) or "no answer in time") from error


async def _connect(connection: Connection) -> Admin:
    return await asyncpg.connect(
        host="127.0.0.1",
        port=connection.port,
        user="postgres",
        password=connection.superuser_password,
        database="postgres",
        ssl=False,
    )


async def _ensure(
    admin: Admin, connection: Connection, *, started: bool, createdb: bool
) -> None:
    role = await admin.fetchval(
        "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'serinus')"
    )
    database = await admin.fetchval(
        "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'serinus')"
    )
    if not role:
        await admin.execute("CREATE ROLE serinus LOGIN")
    if started or not role:
        await _set_password(admin, connection.password)
    if createdb:
        await admin.execute("ALTER ROLE serinus CREATEDB")
    elif started:
        await admin.execute("ALTER ROLE serinus NOCREATEDB")
    if not database:
        await admin.execute("CREATE DATABASE serinus OWNER serinus")


async def _set_password(admin: Admin, password: str) -> None:
    # A statement that fails is logged, with the password.
    await admin.execute("SET log_min_error_statement = panic")
    statement = await admin.fetchval(
        "SELECT format('ALTER ROLE serinus PASSWORD %L', $1::text)", password
    )
    await admin.execute(statement)
