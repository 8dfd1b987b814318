"""Numbers as people read them."""

from collections.abc import Callable

from serinus.application.release.simulation.summary import Part, Spread

NONE = "-"


def number(value: float | None) -> str:
    return NONE if value is None else f"{value:,.0f}".replace(",", " ")


def percent(value: float | None) -> str:
    return NONE if value is None else f"{value:.1%}"


def clock(seconds: float | None) -> str:
    """In the unit that says enough."""
    if seconds is None:
        return NONE
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"


def part(value: Part) -> str:
    """With its exact interval."""
    return f"{value.hits} ({value.least:.2%} to {value.most:.2%})"


def spread(value: Spread, show: Callable[[float | None], str]) -> str:
    """Median and 90th percentile."""
    if value.median is None:
        return NONE
    return f"{show(value.median)}, {show(value.p90)}"
