"""What the families of failures carry for the two contracts."""

from serinus.domain.errors import Invalid, Stale, TooMany, Violation


def test_all_that_is_wrong_with_a_request_stays_together_and_in_order() -> None:
    found = [Violation("title", "required", "title is required"), Violation("slug", "x", "y")]

    error = Invalid(found)

    assert error.violations == tuple(found)
    assert str(error) == "title: title is required; slug: y"


def test_a_stale_copy_is_told_the_version_that_is_stored() -> None:
    assert Stale(7).version == 7


def test_who_has_to_wait_is_told_how_long() -> None:
    assert TooMany(30).retry_after == 30


def test_a_violation_has_no_numbers_unless_it_is_about_some() -> None:
    assert Violation("title", "required", "title is required").params == {}
