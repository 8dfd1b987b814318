"""Lengths of time as a plan writes them: "7d", "90m", "30s", "500ms"."""

import re
from datetime import timedelta

UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
LONGEST = timedelta(days=366)

_FORM = re.compile(r"(\d{1,9})(ms|[dhms])", re.ASCII)


def duration(text: object) -> timedelta:
    """Raise ValueError."""
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('a time is written like "7d", "1h", "90m", "30s" or "500ms"')
    number, unit = match.groups()
    length = int(number) * UNITS[unit] if int(number) <= LONGEST / UNITS[unit] else None
    if length is None:
        raise ValueError("no time is longer than a year")
    return length


def shown(length: timedelta) -> str:
    """The shortest exact form of whole milliseconds: "7d", and not "168h"."""
    for unit, one in UNITS.items():
        if length and not length % one:
            return f"{length // one}{unit}"
    return f"{length // UNITS['ms']}ms" if length else "0s"
