"""How the values of settings are written in the environment.

Each function takes the text of a variable and raises ValueError with what was expected.
"""

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from serinus.domain.release.assignment import CanaryKey, Share
from serinus.domain.release.faults import Fault, parse_faults

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MIN_SECRET = 32
HOW_TO_MAKE_A_KEY = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"


class Secret(str):
    """A string that stays out of logs and tracebacks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('***')"


def boolean(text: str) -> bool:
    match text.strip().lower():
        case "true" | "1" | "yes" | "on":
            return True
        case "false" | "0" | "no" | "off":
            return False
        case _:
            raise ValueError("expected true or false")


def count(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.strip().isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"expected a whole number from {least} to {most}")
        return int(text)

    return parse


def url(*schemes: str) -> Callable[[str], Secret]:
    def parse(text: str) -> Secret:
        parts = urlsplit(text.strip())
        if parts.scheme not in schemes or not (parts.netloc or parts.query or parts.path):
            raise ValueError(f"expected an address like {schemes[0]}://user:password@host/name")
        return Secret(text.strip())

    return parse


def secret_keys(text: str) -> tuple[Secret, ...]:
    keys = tuple(Secret(key.strip()) for key in text.split(",") if key.strip())
    if not keys or any(len(key) < MIN_SECRET for key in keys):
        raise ValueError(
            f"expected one key, or several separated by commas, of at least {MIN_SECRET} "
            f"characters each; {HOW_TO_MAKE_A_KEY} makes one"
        )
    return keys


def networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(
            ipaddress.ip_network(part.strip(), strict=False)
            for part in text.split(",")
            if part.strip()
        )
    except ValueError:
        raise ValueError(
            "expected addresses or networks separated by commas, like 10.0.0.0/8,::1"
        ) from None


def origins(text: str) -> tuple[str, ...]:
    origins = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if origin != "*" and (parts.scheme not in {"http", "https"} or parts.path):
            raise ValueError("expected origins separated by commas, like https://example.org")
    return origins


def instant(text: str) -> datetime:
    message = "expected a time like 2027-01-31T00:00:00Z"
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(message) from None
    if instant.tzinfo is None:
        raise ValueError(f"{message}, with its offset")
    try:
        return instant.astimezone(UTC)
    except OverflowError:  # an hour of the first or last year that lies beyond it in UTC
        raise ValueError(message) from None


def one_of(*values: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.strip().lower() not in values:
            raise ValueError(f"expected {' or '.join(values)}")
        return text.strip().lower()

    return parse


def percentage(text: str) -> Share:
    try:
        return Share.from_percent(text)
    except ValueError:
        raise ValueError(
            "expected a percentage from 0 to 100 with at most two decimals, like 10 or 12.5"
        ) from None


def faults(text: str) -> tuple[Fault, ...]:
    try:
        return parse_faults(text)
    except ValueError as error:
        raise ValueError(f"{error}; unset it where no engine shall do wrong") from None


def folder(text: str) -> Path:
    return Path(text.strip()).expanduser()


def canary_key(text: str) -> CanaryKey:
    return CanaryKey(one_of(*CanaryKey)(text))
