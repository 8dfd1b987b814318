"""What somebody sees who starts Serinus with a database that is not there."""

import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from serinus.infrastructure.postgres.connecting import DatabaseUnreachable, connect
from serinus.infrastructure.postgres.migrations.revisions import pending
from serinus.infrastructure.postgres.migrations.runner import migrate
from serinus.infrastructure.postgres.pool import open_pool
from tests.support.databases import on_database
from tests.support.embedded import free_port

SECRET = "open-sesame"

MALFORMED = [
    "",
    "localhost",
    f"mysql://root:{SECRET}@localhost/cms",
    f"postgresql+asyncpg://root:{SECRET}@localhost/cms",
    f"postgresql://root:{SECRET}@localhost:port/cms",
    f"postgresql://root:{SECRET}@localhost:0/cms",
    f"postgresql://root:{SECRET}@localhost:99999/cms",
    f"postgresql://root:{SECRET}/with-slash@localhost/cms",
    f"postgresql://root:{SECRET}#with-hash@localhost/cms",
    f"postgresql://root:{SECRET}?with-mark@localhost/cms",
    f"postgresql://root:{SECRET}@[::1/cms",
]

Opening = Callable[[str], Awaitable[object]]


@pytest.fixture(params=[connect, open_pool, pending])
def opening(request: pytest.FixtureRequest) -> Opening:
    function: Opening = request.param
    return function


@pytest.mark.parametrize("url", MALFORMED)
async def test_a_malformed_url_is_explained_and_not_repeated(
    opening: Opening, url: str
) -> None:
    with pytest.raises(DatabaseUnreachable, match="postgresql://user:password@host") as raised:
        await opening(url)

    assert SECRET not in str(raised.value)


async def test_a_port_nobody_listens_on_is_named(opening: Opening) -> None:
    port = free_port()

    with pytest.raises(DatabaseUnreachable) as raised:
        await opening(f"postgresql://root:{SECRET}@127.0.0.1:{port}/cms")

    assert str(raised.value) == (
        f'cannot use PostgreSQL at 127.0.0.1:{port}, database "cms": nothing listens there'
    )


async def test_an_unknown_host_is_named(opening: Opening) -> None:
    with pytest.raises(DatabaseUnreachable, match=r"nowhere\.invalid:5432.*cannot be reached"):
        await opening(f"postgresql://root:{SECRET}@nowhere.invalid/cms")


async def test_an_unknown_database_is_named(opening: Opening, server_dsn: str) -> None:
    with pytest.raises(DatabaseUnreachable, match='"nothing": there is no such database'):
        await opening(on_database(server_dsn, "nothing"))


async def test_a_server_that_does_not_answer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://root:{SECRET}@127.0.0.1:{silent.getsockname()[1]}/cms"

        with pytest.raises(DatabaseUnreachable, match="no answer in time"):
            await open_pool(url, connect_timeout=0.05)
        with pytest.raises(DatabaseUnreachable, match="no answer in time"):
            await connect(url, connect_timeout=0.05)


def test_migrating_says_it_like_the_others() -> None:
    with pytest.raises(DatabaseUnreachable, match="nothing listens there"):
        migrate(f"postgresql://root:{SECRET}@127.0.0.1:{free_port()}/cms")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
@pytest.mark.parametrize("query", ["", "sslmode=disable", "sslmode=prefer&connect_timeout=3"])
async def test_the_usual_spellings_of_a_url_work(
    opening: Opening, database_url: str, scheme: str, query: str
) -> None:
    url = urlunsplit(urlsplit(database_url)._replace(scheme=scheme, query=query))

    opened = await opening(url)

    if isinstance(opened, asyncpg.Pool | asyncpg.Connection):
        await opened.close()


def test_migrating_keeps_the_query_of_the_url(blank_database_url: str) -> None:
    url = blank_database_url.replace("postgresql://", "postgres://") + "?sslmode=disable"

    assert migrate(url)


async def test_a_wrong_password_is_told_from_a_missing_database(
    opening: Opening, server_dsn: str
) -> None:
    parts = urlsplit(server_dsn)
    wrong = f"{parts.username}:{SECRET}@{parts.hostname}:{parts.port}"

    with pytest.raises(DatabaseUnreachable, match="user or password refused") as raised:
        await opening(urlunsplit(parts._replace(netloc=wrong)))
    assert SECRET not in str(raised.value)
