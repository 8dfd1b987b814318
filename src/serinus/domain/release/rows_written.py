"""What a request wrote, as entries in the audit log tell it, in a form that can be compared.

Two engines may write the same in more or fewer statements, in another order, under other new
ids and a moment apart. So entries of one thing are put together, ids of what was made just now
go by their kind, and so do the times of just now; everything else has to be the same. Long
texts and secrets are no values there but marks, which are compared as they are.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

#: Actions that are the first of a thing.
MADE: Final = frozenset({"created", "signed_in"})
#: Around the time of a request, what is meant by now.
NOW: Final = timedelta(minutes=1)

Changes = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`changes`: of members, `before` and `after`, `added` and `removed`, or a mark."""

    entity: str
    entity_id: UUID | None
    action: str
    version: int | None
    user: UUID | None
    changes: Changes


def comparable(entries: Sequence[Entry], at: datetime) -> dict[str, list[object]]:
    """By kind of thing. `entries`: in the order of their writing; `at`: about when."""
    names = {str(e.entity_id): f"new {e.entity}" for e in entries if e.action in MADE}
    things: dict[tuple[str, UUID | None], list[Entry]] = {}
    for each in entries:
        things.setdefault((each.entity, each.entity_id), []).append(each)
    told: dict[str, list[object]] = {}
    for (entity, _), written in things.items():
        told.setdefault(entity, []).append(_together(written, names, at))
    return {entity: sorted(each, key=_canonical) for entity, each in told.items()}


def _together(
    written: Sequence[Entry], names: Mapping[str, str], at: datetime
) -> dict[str, object]:
    changes: dict[str, dict[str, Any]] = {}
    for each in written:
        for name, change in each.changes.items():
            changes[name] = _after(changes.get(name), change)
    plain = {name: _net(_plain(change, names, at)) for name, change in changes.items()}
    last = written[-1]
    return {
        "id": _plain(str(last.entity_id), names, at),
        "actions": sorted({each.action for each in written}),
        "by": str(last.user),
        "version": max((each.version for each in written if each.version), default=None),
        "changes": {name: change for name, change in plain.items() if change},
    }


def _after(earlier: dict[str, Any] | None, change: Mapping[str, Any]) -> dict[str, Any]:
    """Two changes of one member as one: what was first, and what is last."""
    if earlier is None:
        return dict(change)
    merged = {**earlier, **change}
    if "before" in earlier:
        merged["before"] = earlier["before"]
    elif "after" in earlier:
        merged.pop("before", None)  # that there was nothing is not told
    for links in ("added", "removed"):
        if links in earlier and links in change:
            merged[links] = [*earlier[links], *change[links]]
    return merged


def _net(change: dict[str, Any]) -> dict[str, Any]:
    """What is left of it in the end; links in any order, which the answer tells."""
    if "added" in change or "removed" in change:
        added, removed = change.get("added", []), change.get("removed", [])
        told = {
            "added": [each for each in added if each not in removed],
            "removed": [each for each in removed if each not in added],
        }
        return {name: sorted(each, key=_canonical) for name, each in told.items() if each}
    if "before" in change and change["before"] == change.get("after"):
        return {}
    return change


def _plain(value: Any, names: Mapping[str, str], at: datetime) -> Any:  # noqa: ANN401 - JSON is anything
    match value:
        case dict():
            return {name: _plain(member, names, at) for name, member in value.items()}
        case list():
            return [_plain(item, names, at) for item in value]
        case str():
            return names.get(value) or ("now" if _is_now(value, at) else value)
        case _:
            return value


def _is_now(text: str, at: datetime) -> bool:
    if not (len(text) > 18 and text[4:5] == "-" and text.endswith("Z")):
        return False
    try:
        return abs(datetime.fromisoformat(text) - at) <= NOW
    except ValueError:
        return False


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)
