"""What an engine is made to do wrong on purpose, to see that it is found out.

    errors:5%            this part of the requests is answered 500
    latency:300ms@20%    this part is answered so much later; without a part, all of them
    difference           one member of every answer of 200 is wrong
    both:errors:5%       on both engines, as by a database that fails

Several are separated by commas.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self

from serinus.domain.release.assignment import EVERYTHING, NOTHING, Share, bucket
from serinus.domain.release.durations import duration, shown

BOTH = "both"
LONGEST_DELAY = timedelta(minutes=1)
EXPECTED = "errors:5%, latency:300ms, latency:300ms@20%, difference, or both:errors:5%"


class Symptom(StrEnum):
    ERRORS = "errors"
    LATENCY = "latency"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`part`: of the requests. `both`: not the candidate alone."""

    symptom: Symptom
    part: Share = EVERYTHING
    delay: timedelta = timedelta()
    both: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise ValueError."""
        first, _, rest = text.strip().partition(":")
        both = first.strip() == BOTH
        name, _, how = (rest if both else text.strip()).partition(":")
        match name.strip():
            case Symptom.ERRORS:
                return cls(symptom=Symptom.ERRORS, part=_part(how), both=both)
            case Symptom.LATENCY:
                length, at, part = how.partition("@")
                of = _part(part) if at else EVERYTHING
                return cls(symptom=Symptom.LATENCY, part=of, delay=_delay(length), both=both)
            case Symptom.DIFFERENCE if not how and not both:
                return cls(symptom=Symptom.DIFFERENCE)
            case _:
                raise ValueError(f"expected {EXPECTED}")

    def strikes(self, request_id: str) -> bool:
        """On every engine the same requests: what both do wrong has one cause."""
        number = bucket(f"serinus.fault.{self.symptom}", request_id)
        return number < self.part.basis_points

    def __str__(self) -> str:
        where = f"{BOTH}:" if self.both else ""
        match self.symptom:
            case Symptom.ERRORS:
                return f"{where}errors:{self.part.percent}%"
            case Symptom.LATENCY:
                part = "" if self.part == EVERYTHING else f"@{self.part.percent}%"
                return f"{where}latency:{shown(self.delay)}{part}"
            case Symptom.DIFFERENCE:
                return "difference"


def parse_faults(text: str) -> tuple[Fault, ...]:
    """Raise ValueError with what was expected."""
    return tuple(Fault.parse(each) for each in text.split(","))


def told(faults: Iterable[Fault]) -> str:
    """As `parse_faults` reads it."""
    return ",".join(map(str, faults))


def _part(text: str) -> Share:
    percent = text.strip()
    try:
        if not percent.endswith("%"):
            raise ValueError  # noqa: TRY301 - wrong like a number that is none
        part = Share.from_percent(percent.removesuffix("%"))
    except ValueError:
        raise ValueError(f"expected {EXPECTED}") from None
    if part == NOTHING:
        raise ValueError("a fault of 0% is none: leave it out")
    return part


def _delay(text: str) -> timedelta:
    try:
        delay = duration(text.strip())
    except ValueError:
        raise ValueError(f"expected {EXPECTED}") from None
    if not timedelta() < delay <= LONGEST_DELAY:
        raise ValueError(f"a delay is more than 0, and {shown(LONGEST_DELAY)} at most")
    return delay
