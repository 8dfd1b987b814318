"""How long a session lives."""

from datetime import timedelta

from serinus.domain.identity.sessions import lifetime


def test_a_session_lasts_a_day_and_a_remembered_one_a_month() -> None:
    assert lifetime(remember=False) == timedelta(hours=24)
    assert lifetime(remember=True) == timedelta(days=30)
