"""The state of a case, planted by SQL before it and wiped with it."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import sql

import serinus
from serinus.domain.identity.accounts import username_key
from serinus.domain.identity.api_keys import ApiKeyId, key_hash, raw_key
from serinus.infrastructure.credentials.access_tokens import PURPOSE, key_id
from serinus.infrastructure.credentials.derivation import derive
from serinus.infrastructure.credentials.sealing import Seal
from tests.contract.table.case import ROLES, Case, Names, Planted, said
from tests.contract.v1.clients import access_token
from tests.support.identity import HASH, PASSWORD
from tests.support.serving import SECRET

BORN = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
#: Of so few rows, deleting is faster than truncating.
WIPE = """
    DELETE FROM comments; DELETE FROM posts; DELETE FROM tags; DELETE FROM categories;
    DELETE FROM idempotency_keys; DELETE FROM users
"""
#: An id that is nobody's, and no post's.
UNKNOWN = "0198a6a0-0000-7000-8000-00000000000a"
SEED = derive(SECRET, PURPOSE)
KEY_ID = key_id(Ed25519PrivateKey.from_private_bytes(SEED).public_key())
Connection = psycopg.Connection[Any]
Columns = Mapping[str, Any]


@dataclass
class World:
    """The rows of one case. Names become known while they are planted."""

    case: Case
    database: Connection
    names: Names

    def plant(self) -> None:
        known = self.names.known
        known |= {"case": digest(self.case.id)[:8], "unknown": UNKNOWN, "password": PASSWORD}
        known |= {"version": serinus.__version__}
        with self.database.transaction():
            self.database.execute(WIPE)
            with self.database.pipeline():  # one round trip for all rows
                self._plant_people()
                for item in self.case.state:
                    plant = self._planters().get(item.kind)
                    if plant is not None:
                        plant(item.name, said(dict(item.columns), self.names))

    def _planters(self) -> dict[str, Callable[[str, dict[str, Any]], None]]:
        return {
            "tag": self._plant_tag,
            "post": self._plant_post,
            "refresh_token": self._plant_refresh_token,
            "key": self._plant_key,
            "category": self._plant_category,
            "claim": self._plant_claim,
        }

    def _plant_people(self) -> None:
        others = {role: Planted("person", role) for role in ROLES}
        people = others | {item.name: item for item in self.case.state if item.kind == "person"}
        sessions = {item.name: item for item in self.case.state if item.kind == "session"}
        for name, item in people.items():
            self.names.known[name] = str(self._id_of(name))
            self.names.known[f"{name}.email"] = f"{name}-{self.names.known['case']}@example.org"
            self._plant_person(name, said(dict(item.columns), self.names))
            changed = sessions.get(name, Planted("session", name))
            self._plant_session(name, dict(changed.columns))

    def _id_of(self, name: str) -> UUID:
        """Another one in every case, so that consumers of every bucket call."""
        drawn = digest(f"{self.case.id}\0{name}")
        return UUID(f"{drawn[:12]}7{drawn[:3]}8{drawn[12:27]}")

    def _plant_person(self, name: str, columns: dict[str, Any]) -> None:
        username = columns.get("username", name)
        row = {
            "id": self.names.known[name],
            "username": username,
            "username_key": username_key(username),
            "email": self.names.known[f"{name}.email"],
            "role": name if name in ROLES else "subscriber",
            "created_at": BORN,
            "updated_at": columns.get("created_at", BORN),
        } | columns
        if row.pop("has_password", False):
            row["password_hash"] = HASH
        self.names.known[f"{name}.email"] = row["email"]
        self._insert("users", row)

    def _plant_session(self, of: str, columns: dict[str, Any]) -> None:
        now = datetime.now(UTC)
        user_id = self.names.known[of]
        row: dict[str, Any] = {
            "id": str(self._id_of(f"session of {of}")),
            "user_id": user_id,
            "remember": False,
            "created_at": now - timedelta(hours=1),
            "expires_at": now + timedelta(hours=23),
        } | columns
        self._insert("sessions", row)
        self.names.known[f"{of}.session"] = row["id"]
        token = access_token(UUID(user_id), UUID(row["id"]), seed=SEED, kid=KEY_ID)
        self.names.known[f"{of}.access"] = token

    def _plant_refresh_token(self, name: str, columns: dict[str, Any]) -> None:
        token = f"{name}-{self.names.known['case']}".ljust(43, "-")
        spent = columns.get("spent", False)
        self.names.known[name] = token
        row = {
            "token_hash": hashlib.sha256(token.encode()).digest(),
            "session_id": self.names.known[f"{columns.get('of', 'author')}.session"],
            "issued_at": BORN,
            "spent_at": BORN if spent else None,
        }
        self._insert("refresh_tokens", row)

    def _plant_key(self, name: str, columns: dict[str, Any]) -> None:
        key_id = ApiKeyId(self._id_of(f"key {name}"))
        raw = raw_key(key_id, int(digest(name), 16))
        self.names.known |= {name: str(key_id), f"{name}.raw": raw}
        row = {
            "id": str(key_id),
            "user_id": self.names.known[columns.pop("of", "author")],
            "name": name,
            "key_hash": key_hash(raw),
            "scopes": ["posts:read"],
            "created_at": BORN,
        } | columns
        self._insert("api_keys", row)

    def _plant_category(self, name: str, columns: dict[str, Any]) -> None:
        row = {
            "id": self._numbered(name, 3),
            "name": name,
            "slug": name.lower(),
            "created_at": NOON,
            "updated_at": NOON,
        } | columns
        self._insert("categories", row)

    def _plant_claim(self, name: str, columns: dict[str, Any]) -> None:
        sent = json.dumps(columns["sends"]).encode()
        request = b"\0".join([b"POST", columns["path"].encode(), b"", sent])
        row = {
            "principal": f"user:{self.names.known[columns['by']]}",
            "key": name,
            "request_hash": Seal([SECRET]).digests(request)[0],
            "created_at": datetime.now(UTC),
        }
        self._insert("idempotency_keys", row)

    def _plant_tag(self, name: str, columns: dict[str, Any]) -> None:
        row = {
            "id": self._numbered(name, 1),
            "name": name,
            "name_key": name.lower(),
            "slug": name.lower(),
            "created_at": NOON,
            "updated_at": NOON,
        } | columns
        self._insert("tags", row)

    def _plant_post(self, name: str, columns: dict[str, Any]) -> None:
        tags, categories = columns.pop("tags", ()), columns.pop("categories", ())
        row: dict[str, Any] = {
            "id": self._numbered(name, 2),
            "author_id": self.names.known[columns.pop("by", "author")],
            "slug": name.lower(),
            "title": "Planted",
            "content": "Planted.",
            "status": "published",
            "created_at": NOON,
            "updated_at": NOON,
        } | columns
        if row["status"] == "published":
            row.setdefault("published_at", NOON)
        self._insert("posts", row)
        slugs = {"slug": row["slug"], "post_id": row["id"], "created_at": NOON}
        self._insert("slugs", slugs)
        self._put_terms(row["id"], tags, categories)

    def _put_terms(self, post: str, tags: tuple[str, ...], categories: tuple[str, ...]) -> None:
        for position, name in enumerate(tags):
            if name not in self.names.known:
                self._plant_tag(name, {})
            link = {"post_id": post, "tag_id": self.names.known[name], "position": position}
            self._insert("post_tags", link)
        for position, name in enumerate(categories):
            term = {"id": self._numbered(f"category {name}", 3), "name": name}
            times = {"created_at": NOON, "updated_at": NOON}
            self._insert("categories", term | {"slug": name.lower()} | times)
            link = {"post_id": post, "category_id": term["id"], "position": position}
            self._insert("post_categories", link)

    def _numbered(self, name: str, kind: int) -> str:
        """Ids rise in the order of planting."""
        number = len(self.names.known)
        self.names.known[name] = f"0190b2f4-000{kind}-7000-8000-{number:012x}"
        return self.names.known[name]

    def _insert(self, table: str, row: Columns) -> None:
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join([sql.Placeholder()] * len(row)),
        )
        self.database.execute(statement, list(row.values()))


@contextmanager
def without_tables(case: Case, database: Connection) -> Iterator[None]:
    """The tables that the case has broken bear another name meanwhile."""
    broken = [item.name for item in case.state if item.kind == "broken"]

    def rename(name: str, other: str) -> None:
        statement = sql.SQL("ALTER TABLE {} RENAME TO {}")
        database.execute(statement.format(sql.Identifier(name), sql.Identifier(other)))

    for table in broken:
        rename(table, f"{table}_elsewhere")
    try:
        yield
    finally:
        for table in broken:
            rename(f"{table}_elsewhere", table)


def digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()
