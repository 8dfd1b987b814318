"""An engine on a database of its own, played to step by step."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import asyncpg
import httpx

from serinus.domain.identity.caller import Role
from serinus.domain.release.volatile import masked
from serinus.infrastructure.postgres.pool import open_pool
from serinus.presentation.http.asgi import App, Message
from tests.contract.v1.copies import PEOPLE, POSTS, populate, post_id
from tests.contract.v1.engines import Engine, Setting, started
from tests.contract.v1.equivalence.naming import Names, as_answered
from tests.contract.v1.equivalence.steps import NOTHING, Step

#: A test signs in thousands of times.
SETTING = Setting(bcrypt_rounds=4, pool_size=2)
UNKNOWN = str(UUID(int=999))
REFERENCE = re.compile("<([a-z ]+) ([0-9]+)>")

#: What contract v1 writes, in the order in which it came to be: ids grow with time. What others
#: refer to comes before them.
TABLES = {
    "users": "SELECT * FROM users ORDER BY id",
    # In how many steps an engine signs somebody in, each with a time of its own, is its affair.
    "sessions": """
        SELECT id, user_id, remember, end_reason, ended_at IS NULL AS lives,
               round(extract(epoch FROM expires_at - created_at) / 60) AS minutes
          FROM sessions ORDER BY id
    """,
    "refresh_tokens": """
        SELECT session_id, spent_at IS NULL AS lives
          FROM refresh_tokens ORDER BY session_id, issued_at
    """,
    "api_keys": "SELECT * FROM api_keys ORDER BY id",
    "tags": "SELECT * FROM tags ORDER BY id",
    "categories": "SELECT * FROM categories ORDER BY id",
    "posts": "SELECT * FROM posts ORDER BY id",
    "slugs": "SELECT * FROM slugs ORDER BY slug",
    "post_tags": "SELECT * FROM post_tags ORDER BY post_id, position",
    "post_categories": "SELECT * FROM post_categories ORDER BY post_id, position",
    "search_documents": "SELECT * FROM search_documents ORDER BY doc_type, id",
    "post_revisions": "SELECT * FROM post_revisions ORDER BY post_id, number",
    # In how many statements it writes, and when it hashes anew, is an engine's affair.
    "audit_log": """
        SELECT DISTINCT entity, entity_id, version, action, user_id, api_key_id,
               ARRAY(SELECT jsonb_object_keys(changes) ORDER BY 1) AS members
          FROM audit_log
         WHERE via = 'v1' AND NOT (action = 'updated' AND changes ? 'password_hash')
         ORDER BY entity, entity_id, version, action, members
    """,
}
#: No operation of contract v1 has to do with these.
UNTOUCHED = {
    "alembic_version",
    "comments",
    "idempotency_keys",
    "import_origins",
    "release_comparisons",
    "release_differences",
    "release_events",
    "release_evidence",
    "release_histograms",
    "release_nodes",
    "release_pins",
    "release_untold",
    "releases",
    "routing_epochs",
    "schema_needs",
    "webhook_deliveries",
    "webhooks",
}
#: The database fills these by itself, from the others.
FILLED = {"search_documents", "post_revisions", "audit_log"}
KEPT = [table for table in TABLES if table not in FILLED]
#: Drawn at random, or made by each engine in its own way: that there is one is all.
DRAWN = {"password_hash", "key_hash", "last_login", "last_used_at"}

# Set aside how the world is at the beginning. Triggers count usage when it is put back.
KEEP = f"""
    CREATE SCHEMA beginning;
    {"".join(f"CREATE TABLE beginning.{table} AS TABLE {table};" for table in KEPT)}
    UPDATE beginning.tags SET usage_count = 0;

    -- All columns but those that the database computes.
    DO $do$
    DECLARE
        inserts CONSTANT text := (
            SELECT string_agg(format('INSERT INTO %1$s (%2$s) SELECT %2$s FROM beginning.%1$s;',
                                     name, columns), ' ' ORDER BY place)
              FROM unnest('{{{",".join(KEPT)}}}'::text[]) WITH ORDINALITY AS kept (name, place),
                   LATERAL (SELECT string_agg(attname, ', ') AS columns FROM pg_attribute
                             WHERE attrelid = name::regclass AND attnum > 0
                               AND NOT attisdropped AND attgenerated = '') AS written);
    BEGIN
        EXECUTE 'CREATE FUNCTION beginning.again() RETURNS void LANGUAGE sql AS '
                || quote_literal(inserts);
    END $do$;
"""  # noqa: S608 - the names are ours
# Deleting these deletes what refers to them.
BEGIN = """
    DELETE FROM posts; DELETE FROM tags; DELETE FROM categories; DELETE FROM users;
    SELECT beginning.again();
    SELECT prune_audit_log(clock_timestamp());
"""


# A key differs from world to world, so each has to make its own.
KEYS = [
    Step(str(role), "POST", "/api-keys", {"name": f"{role}", "permissions": permissions})
    for role, permissions in [
        (Role.ADMIN, ["posts:read", "posts:write", "users:read", "users:write"]),
        (Role.EDITOR, ["posts:read", "posts:write"]),
        (Role.SUPER_ADMIN, ["users:read", "search:reindex"]),
    ]
]


def planted(people: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    _, token = people[Role.SUBSCRIBER]["Authorization"].split()
    return {
        "post": [str(post_id(number)) for number in range(len(POSTS))],
        "user": [str(user_id) for user_id in PEOPLE.values()],
        "session": [token],
    }


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class World:
    """`seen`: what may be referred to, by kind; while there is none, `planted`.

    `people`: headers, by the role.
    """

    app: App
    pool: asyncpg.Pool
    people: dict[str, dict[str, str]]
    planted: dict[str, list[str]]
    names: Names = field(default_factory=Names)
    seen: dict[str, list[str]] = field(default_factory=dict)

    async def begin(self, fixed: frozenset[str]) -> None:
        """Make everything what it was when the world was made."""
        self.names, self.seen = Names(fixed), {}
        await self.pool.execute(BEGIN)

    async def take(self, step: Step) -> tuple[int, object]:
        """The status, and the whole answer as far as both engines must agree about it."""
        headers, body = {**self.credentials(step.who), **step.headers}, step.body
        if body is NOTHING:
            body = b""
        elif not isinstance(body, bytes):
            headers.setdefault("content-type", "application/json")
            body = json.dumps(self.resolved(body)).encode()
        answer = await ask(
            self.app, step.method, "/api/v1" + self.resolved(step.path), headers, body
        )
        shown = _parsed(answer.body) if answer.body else None
        if 200 <= answer.status < 300:
            self._look_at(step, shown)
        # As many bytes as there are, of a body whose volatile members are not equally long.
        told = answer.headers.pop("content-length")
        assert step.method == "HEAD" or told == str(len(answer.body))
        # As text, for the order of members counts.
        agreed = json.dumps(self.names.named(masked(shown)), ensure_ascii=False)
        return answer.status, (answer.status, answer.headers, agreed)

    async def contents(self) -> dict[str, list[object]]:
        """All rows, with names for what differs from world to world."""
        rows = await rows_of(self.pool)
        return {table: [self.names.named(row) for row in rows[table]] for table in rows}

    def credentials(self, who: str | dict[str, str] | None) -> dict[str, str]:
        match who:
            case None:
                return {}
            case dict():
                return dict(who)
            case _ if who in self.people:
                return dict(self.people[who])
            case _ if who.startswith("<raw key"):
                return {"x-api-key": self.resolved(who)}
            case _:
                return {"authorization": f"Bearer {self.resolved(who)}"}

    def resolved(self, value: Any) -> Any:
        match value:
            case dict():
                return {name: self.resolved(member) for name, member in value.items()}
            case list():
                return [self.resolved(item) for item in value]
            case str():
                return REFERENCE.sub(self._meant, value)
            case _:
                return value

    def _meant(self, reference: re.Match[str]) -> str:
        kind, number = reference.groups()
        seen = self.seen.get(kind) or self.planted.get(kind, [UNKNOWN])
        return seen[int(number) % len(seen)]

    def _look_at(self, step: Step, shown: Any) -> None:
        match shown:
            case {"data": {"tokens": tokens, "user": user}}:
                self._see("session", tokens["access_token"])
                self._see("refresh", tokens["refresh_token"])
                self._see("user", user["id"])
            case {"data": {"raw_key": raw_key, "api_key": key}}:
                self._see("raw key", raw_key)
                self._see("key", key["id"])
            case {"data": {"id": post_id, "author_id": _}}:
                self._see("post", post_id)
            case _:
                pass

    def _see(self, kind: str, value: str) -> None:
        seen = self.seen.setdefault(kind, [])
        # Two tokens of a session are one text when both were handed out in the same second,
        # which one world may see and the other not.
        if kind == "session" or value not in seen:
            seen.append(value)


def _parsed(body: bytes) -> object:
    return json.loads(body, object_pairs_hook=_object)


def _object(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    assert len(found) == len(members), "a member is there twice"
    return found


@asynccontextmanager
async def world(engine: Engine, database_url: str) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        pool = await open_pool(database_url, size=2)
        stack.push_async_callback(pool.close)
        app = await stack.enter_async_context(started(engine, database_url, SETTING))
        async with httpx.AsyncClient() as nobody:
            people = await populate(nobody, pool)
        headers = {role.value: person.headers for role, person in people.items() if role}
        begun = World(app, pool, headers, planted(headers))
        for step in KEYS:
            await begun.take(step)
        begun.planted |= begun.seen
        await pool.execute(KEEP)
        yield begun


async def rows_of(pool: asyncpg.Pool) -> dict[str, list[dict[str, object]]]:
    """All rows as answers would show them, but for what is drawn at random."""
    return {
        table: [_row(found) for found in await pool.fetch(statement)]
        for table, statement in TABLES.items()
    }


def _row(found: asyncpg.Record) -> dict[str, object]:
    return {
        name: (value is not None) if name in DRAWN else as_answered(value)
        for name, value in found.items()
    }


async def ask(
    app: App, method: str, address: str, headers: dict[str, str], body: bytes
) -> Answer:
    """Send a request to an ASGI application. An HTTP library would cost more than engine v2."""
    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"cms.test"),
            (b"content-length", str(len(body)).encode()),
            *(
                (name.lower().encode(), value.encode("latin-1"))
                for name, value in headers.items()
            ),
        ],
        "client": ("192.0.2.7", 4711),
        "server": ("cms.test", 80),
        "state": {},
    }
    sent: list[Message] = [{"type": "http.request", "body": body}]
    received: list[Message] = []

    async def receive() -> Message:
        return sent.pop(0) if sent else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        received.append(message)

    await app(scope, receive, send)
    answered = {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in received[0]["headers"]
    }
    whole = b"".join(message.get("body", b"") for message in received[1:])
    return Answer(received[0]["status"], answered, whole)
