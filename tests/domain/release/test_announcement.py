"""What others are told of a release."""

from datetime import timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from serinus.domain.release.announcement import Announcement, trial
from tests.support.verdicts import AT

RELEASE = UUID(int=7)


def where(share: int) -> dict[str, Any]:
    return {"phase": "ramping", "stage": 1, "paused": False, "share": share, "epoch": 4}


def announced(before: dict[str, Any] | None, to: dict[str, Any]) -> Announcement:
    return Announcement(
        release=RELEASE,
        number=3,
        at=AT.astimezone(timezone(timedelta(hours=9))),
        kind="advanced",
        actor="judge",
        reason="proven",
        drill=False,
        verdict="errors are within the limit",
        before=before,
        to=to,
    )


@pytest.mark.parametrize(
    ("before", "retreats"),
    [(None, False), (where(0), False), (where(1250), False), (where(5000), True)],
)
def test_only_a_smaller_share_is_a_retreat(
    before: dict[str, Any] | None, *, retreats: bool
) -> None:
    assert announced(before, where(1250)).retreats is retreats


def test_a_webhook_has_a_type_a_time_in_utc_and_exact_shares() -> None:
    told = announced(where(1000), where(1250)).to_json()

    assert told["type"] == "release.advanced"
    assert told["timestamp"] == "2030-01-01T00:00:00.000000Z"
    assert told["data"] == {
        "release": str(RELEASE),
        "number": 3,
        "kind": "advanced",
        "phase": "ramping",
        "stage": 1,
        "paused": False,
        "share_from": "10",
        "share_to": "12.5",
        "epoch": 4,
        "drill": False,
        "actor": "judge",
        "reason": "proven",
        "verdict": "errors are within the limit",
    }


def test_before_its_start_a_release_has_no_share() -> None:
    assert announced(None, where(0)).members()["share_from"] is None


def test_a_trial_tells_of_no_release() -> None:
    assert trial(AT) == {
        "type": "webhook.test",
        "timestamp": "2030-01-01T00:00:00.000000Z",
        "data": {},
    }
