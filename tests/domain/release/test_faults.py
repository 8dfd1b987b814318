"""How faults on purpose are written, and whom they strike."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.release.assignment import Share
from serinus.domain.release.faults import Fault, Symptom, parse_faults, told

FAULTS = st.one_of(
    st.builds(
        Fault,
        symptom=st.just(Symptom.ERRORS),
        part=st.builds(Share, st.integers(1, 10_000)),
        both=st.booleans(),
    ),
    st.builds(
        Fault,
        symptom=st.just(Symptom.LATENCY),
        part=st.builds(Share, st.integers(1, 10_000)),
        delay=st.integers(1, 60_000).map(lambda ms: timedelta(milliseconds=ms)),
        both=st.booleans(),
    ),
    st.just(Fault(symptom=Symptom.DIFFERENCE)),
)


@given(st.lists(FAULTS, min_size=1))
def test_what_is_told_of_faults_is_read_as_the_same(faults: list[Fault]) -> None:
    assert list(parse_faults(told(faults))) == faults


def test_several_are_separated_by_commas() -> None:
    assert parse_faults("errors:5%, both:latency:300ms@12.5%,difference") == (
        Fault(symptom=Symptom.ERRORS, part=Share(500)),
        Fault(
            symptom=Symptom.LATENCY,
            part=Share(1250),
            delay=timedelta(milliseconds=300),
            both=True,
        ),
        Fault(symptom=Symptom.DIFFERENCE),
    )


@pytest.mark.parametrize(
    "text",
    [
        *("error:5%", "errors", "errors:5", "errors:101%", "errors:0%", "latency", "both"),
        *("latency:300", "latency:300ms@", "latency:2m", "latency:0ms", "difference:5%"),
        *("both:difference", "both:both:errors:5%", "errors:5%,", "errors:5%@5%"),
    ],
)
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected errors:5%|a delay is|a fault of 0%"):
        parse_faults(text)


def test_a_fault_strikes_its_part_of_requests_the_same_ones_on_both_engines() -> None:
    fault, both = parse_faults("errors:5%,both:errors:5%")
    ids = [f"request-{n}" for n in range(20_000)]

    struck = [each for each in ids if fault.strikes(each)]

    assert 850 <= len(struck) <= 1150
    assert struck == [each for each in ids if both.strikes(each)]
