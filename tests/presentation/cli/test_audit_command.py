"""`serinus audit`, as a user types it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from serinus.application.acting import Via
from serinus.application.audit import Action, AuditUser, Entity, Entry
from serinus.presentation.cli.audit import Asked, audit_app

NOTHING = Asked(
    user=None,
    entity=None,
    entity_id=None,
    action=None,
    via=None,
    since=None,
    until=None,
    limit=20,
)


class Log:
    """Holds what a test puts in, and remembers what was asked."""

    def __init__(self, *entries: Entry) -> None:
        self.entries = entries
        self.asked: list[Asked] = []
        self.pruned: list[datetime] = []

    def audit(self, asked: Asked) -> Sequence[Entry]:
        self.asked.append(asked)
        return self.entries

    def prune_audit(self, before: datetime) -> int:
        self.pruned.append(before)
        return 3


def an_entry(**members: Any) -> Entry:
    values: dict[str, Any] = {
        "id": UUID(int=1),
        "at": datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
        "action": "updated",
        "entity": "tag",
        "entity_id": UUID(int=2),
        "version": 2,
        "user": AuditUser(UUID(int=3), "ada"),
        "api_key_id": None,
        "via": "v2",
        "address": "192.0.2.1",
        "request_id": "r",
        "changes": {"name": {"before": "a", "after": "b"}},
    }
    return Entry(**values | members)


def call(log: Log, *arguments: str) -> Result:
    # Wide enough that no cell is broken.
    return CliRunner().invoke(audit_app(log), arguments, env={"COLUMNS": "240"})


def asked_by(*arguments: str) -> Asked:
    log = Log()
    result = call(log, *arguments)
    assert result.exit_code == 0, result.output
    return log.asked[0]


def test_without_options_the_newest_twenty_are_asked_for() -> None:
    assert asked_by() == NOTHING


def test_every_filter_can_be_given() -> None:
    given = (
        "--user a@example.org --entity post --entity-id 00000000-0000-0000-0000-000000000009"
        " --action published --via import --since 2030-01-01 --until 2030-01-02T03:04:05Z"
        " --limit 7"
    )

    assert asked_by(*given.split()) == Asked(
        user="a@example.org",
        entity=Entity.POST,
        entity_id=UUID(int=9),
        action=Action.PUBLISHED,
        via=Via.IMPORT,
        since=datetime(2030, 1, 1, tzinfo=UTC),
        until=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
        limit=7,
    )


@pytest.mark.parametrize(
    "wrong", ["--entity posts", "--via v3", "--limit 0", "--since yesterday", "--entity-id 1"]
)
def test_what_cannot_be_meant_is_a_usage_error(wrong: str) -> None:
    assert call(Log(), *wrong.split()).exit_code == 2


def test_entries_are_a_table_to_read() -> None:
    hostile = an_entry(
        user=None,
        via=None,
        address=None,
        entity_id=None,
        changes={"title": {"after": "[red]\x1b[2J"}, "password_hash": {"changed": True}},
    )
    gone = an_entry(user=AuditUser(UUID(int=4), None), changes={"m": {"after": "x" * 500}})

    shown = call(Log(an_entry(), hostile, gone)).output

    assert "2030-01-02 03:04:05" in shown
    assert "name: a -> b" in shown
    assert "ada" in shown
    assert str(UUID(int=4)) in shown
    assert "SQL" in shown
    assert "[red]\\x1b[2J, password_hash" in shown
    assert "\x1b[2J" not in shown
    assert "xxxx" not in shown


def test_json_holds_whole_entries() -> None:
    told = json.loads(call(Log(an_entry()), "--json").output)

    assert told[0]["changes"] == {"name": {"before": "a", "after": "b"}}
    assert told[0]["user"] == {"id": str(UUID(int=3)), "username": "ada"}


def test_pruning_needs_a_date_and_says_what_it_did() -> None:
    log = Log()

    result = call(log, "prune", "--before", "2030-01-01")

    assert "3 entries" in result.output
    assert log.pruned == [datetime(2030, 1, 1, tzinfo=UTC)]
    assert log.asked == []
    assert call(Log(), "prune").exit_code == 2
