"""Being told that a password is wrong takes the same time for every account."""

import pytest

from serinus.infrastructure.credentials.pace import LONGEST, MARGIN, Pace


def settled(*, slower: float = 0.25) -> Pace:
    pace = Pace()
    pace.slower_scheme_took(slower, busy=slower)
    return pace


@pytest.mark.parametrize("taken", [0.0, 0.04, 0.25])
def test_whatever_the_scheme_took_the_answer_comes_at_the_same_time(taken: float) -> None:
    assert taken + settled().left(taken) == pytest.approx(MARGIN * 0.25)


def test_the_slower_scheme_is_covered_with_a_margin() -> None:
    assert settled().left(0.25) > 0


def test_a_slower_machine_makes_all_answers_slower() -> None:
    pace = settled()
    pace.slower_scheme_took(0.5, busy=0.25)

    assert 0.04 + pace.left(0.04) == pytest.approx(MARGIN * 0.5)


def test_so_does_the_faster_scheme_when_it_is_the_one_that_crawls() -> None:
    pace = settled()
    pace.faster_scheme_took(0.6)

    assert pace.left(0.25) == pytest.approx(MARGIN * 0.6 - 0.25)


def test_what_a_crowded_moment_added_is_forgotten_but_never_the_slower_scheme() -> None:
    pace = settled()
    pace.slower_scheme_took(1.0, busy=0.25)

    answers = [0.04 + pace.left(0.04) for _ in range(200)]

    assert answers == sorted(answers, reverse=True)
    assert answers[-1] == pytest.approx(MARGIN * 0.25)


def test_a_machine_that_stood_still_does_not_make_people_wait_for_ever() -> None:
    pace = settled()
    pace.slower_scheme_took(3600.0, busy=3600.0)

    assert pace.left(0.0) <= LONGEST


def test_before_anything_is_known_nobody_waits() -> None:
    assert Pace().left(0.04) == 0.0
