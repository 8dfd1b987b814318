"""Which keys hold, and what is noted of their use."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from uuid_utils.compat import uuid7

from serinus.domain.identity.api_keys import ApiKeyId, raw_key
from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, data, refusal
from tests.contract.v1.engines import Engine, other, serving
from tests.contract.v1.keys import (
    BAD_KEY,
    FORBIDDEN,
    LONG_AGO,
    NO_TOKEN,
    PERMISSIONS,
    POST,
    holding,
    last_use,
    made,
    planted,
    program,
)


@pytest.fixture
async def there(engine: Engine, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The other engine, on the same database."""
    async with serving(other(engine), database_url) as http:
        yield http


async def test_what_is_no_live_key_is_refused(people: People, pool: asyncpg.Pool) -> None:
    ada = await people.a()
    raw = (await made(ada))["raw_key"]
    key_id = ApiKeyId(UUID(raw.split("_")[1]))
    wrong = {
        "": "empty",
        "srn_x": "malformed",
        raw[:-1]: "shortened",
        raw[:-1] + ("0" if raw[-1] != "0" else "1"): "mistyped",
        raw.upper(): "in upper case",
        raw + "0": "lengthened",
        f"Bearer {raw}": "with a scheme",
        f"{raw}, {raw}": "twice",
        raw_key(ApiKeyId(uuid7()), 1): "unknown",
        raw_key(key_id, 1): "of the right id, with another secret",
        await planted(pool, ada, revoked_at=LONG_AGO): "revoked",
        await planted(pool, ada, expires_at=datetime.now(UTC)): "expired",
        "\u00e9": "not ASCII",
    }

    for shown, why in wrong.items():
        headers: Any = {"X-API-Key": shown.encode("latin-1")}
        answer = await people.http.get("/tags", headers=headers)
        assert refusal(answer) == BAD_KEY, why
    assert await pool.fetchval("SELECT count(last_used_at) FROM api_keys") == 0
    assert data(await holding(ada, f"  {raw}\t ").get("/tags"))


async def test_the_keys_of_an_inactive_owner_rest(people: People, pool: asyncpg.Pool) -> None:
    ada = await people.a()
    script = await program(ada)
    await pool.execute("UPDATE users SET is_active = false WHERE id = $1", ada.id)

    assert refusal(await script.get("/tags")) == BAD_KEY
    assert await last_use(pool) is None

    await pool.execute("UPDATE users SET is_active = true WHERE id = $1", ada.id)
    assert data(await script.get("/tags"))


async def test_a_key_outlives_the_session_that_made_it(people: People) -> None:
    ada = await people.a()
    script = await program(ada)

    data(await ada.post("/auth/logout"))

    assert data(await script.get("/tags"))


async def test_beside_an_authorization_a_key_is_not_looked_at(
    people: People, pool: asyncpg.Pool
) -> None:
    reader, boss = await people.a(Role.SUBSCRIBER), await people.a(Role.SUPER_ADMIN)
    raw = (await made(boss, *PERMISSIONS))["raw_key"]

    async def status(authorization: str, **request: Any) -> tuple[int, str]:
        headers = {"Authorization": authorization, "X-API-Key": raw}
        return refusal(await reader.http.post("/posts", headers=headers, **request, json=POST))

    assert await status(reader.headers["Authorization"]) == FORBIDDEN
    assert await status("Bearer x") == BAD_KEY
    assert await status("Basic eDp5") == NO_TOKEN
    assert await status("") == NO_TOKEN
    assert await last_use(pool) is None
    headers = {**boss.headers, "X-API-Key": "srn_x"}
    assert data(await reader.http.post("/posts", headers=headers, json=POST), 201)


async def test_the_first_of_several_keys_counts(people: People) -> None:
    raw = (await made(await people.a()))["raw_key"]

    def shown(*keys: str) -> Any:
        return [("X-API-Key", key) for key in keys]

    assert data(await people.http.get("/tags", headers=shown(raw, "srn_x")))
    assert refusal(await people.http.get("/tags", headers=shown("srn_x", raw))) == BAD_KEY


async def test_a_use_is_noted_once_a_minute(people: People, pool: asyncpg.Pool) -> None:
    ada = await people.a()
    script = await program(ada)
    before = datetime.now(UTC)

    data(await script.get("/tags"))
    first = await last_use(pool)
    data(await script.get("/tags"))

    assert first is not None
    assert before <= first <= datetime.now(UTC)
    assert await last_use(pool) == first
    shown = data(await ada.get("/api-keys"))[0]["last_used_at"]
    assert datetime.fromisoformat(shown) == first
    await pool.execute("UPDATE api_keys SET last_used_at = now() - interval '55 s'")
    almost = await last_use(pool)
    data(await script.get("/tags"))
    assert await last_use(pool) == almost
    await pool.execute("UPDATE api_keys SET last_used_at = now() - interval '60 s'")
    data(await script.get("/tags"))
    moved = await last_use(pool)
    assert moved is not None
    assert moved > first


async def test_a_use_that_comes_to_nothing_is_noted_as_well(
    people: People, pool: asyncpg.Pool
) -> None:
    script = await program(await people.a(), "posts:read")

    assert refusal(await script.post("/posts", **POST)) == FORBIDDEN

    assert await last_use(pool) is not None


async def test_many_uses_at_once_are_one_note(people: People, pool: asyncpg.Pool) -> None:
    script = await program(await people.a())
    await pool.execute(
        """
        CREATE TABLE notes (at timestamptz);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO notes VALUES (NEW.last_used_at); RETURN NULL; END $$;
        CREATE TRIGGER noted AFTER UPDATE ON api_keys
          FOR EACH ROW EXECUTE FUNCTION note();
        """
    )

    answers = await asyncio.gather(*(script.get("/tags") for _ in range(30)))

    assert {answer.status_code for answer in answers} == {200}
    assert await pool.fetchval("SELECT count(*) FROM notes") == 1


async def test_a_key_of_one_engine_is_a_key_of_the_other(
    people: People, there: httpx.AsyncClient
) -> None:
    ada = await people.a()
    created = await made(ada, *PERMISSIONS)
    script = holding(ada, created["raw_key"])
    data(await script.get("/tags"))

    assert data(await script.at(there).get("/tags"))
    assert data(await script.at(there).post("/posts", **POST), 201)
    listed = data(await ada.get("/api-keys"))
    assert data(await ada.at(there).get("/api-keys")) == listed
    assert data(await ada.at(there).delete(f"/api-keys/{created['api_key']['id']}"))

    assert refusal(await script.get("/tags")) == BAD_KEY
    assert refusal(await script.at(there).get("/tags")) == BAD_KEY


async def test_the_key_itself_is_kept_nowhere(
    people: People,
    pool: asyncpg.Pool,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(0)
    ada = await people.a()
    created = await made(ada, *PERMISSIONS)
    raw = created["raw_key"]
    secret = raw.split("_")[2]
    script = holding(ada, raw)
    data(await script.get("/tags"))
    await script.wrote()
    listed = await ada.get("/api-keys")
    revoked = await ada.delete(f"/api-keys/{created['api_key']['id']}")
    refused = await script.get("/tags")
    await pool.execute("ALTER TABLE api_keys RENAME TO elsewhere")
    failed = await script.get("/tags")

    assert failed.status_code == 500
    for answer in (listed, revoked, refused, failed):
        assert secret not in answer.text + str(answer.headers)
    tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    stored = [await pool.fetch(f'SELECT t::text FROM "{name}" t') for (name,) in tables]  # noqa: S608 - names from the catalogue
    assert raw.split("_")[1] in str(stored).replace("-", "")
    assert secret not in str(stored)
    assert raw.encode().hex() not in str(stored)
    assert secret not in caplog.text
    assert secret not in "".join(capfd.readouterr())
