"""Everything that differs between two deployments of the same build.

Read once at the start. A value that does not parse, and a `SERINUS_*` name that does not
exist, stop the start: a misspelt setting that is silently ignored is found in production.
"""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Self, get_type_hints
from urllib.parse import urlsplit

from serinus.domain.release.assignment import CanaryKey, Share

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PREFIX = "SERINUS_"
#: Names under the prefix that are not the server's.
FOREIGN = "SERINUS_TEST_"
MIN_SECRET = 32
HOW_TO_MAKE_A_KEY = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"


class SettingsError(Exception):
    """The environment does not describe a service we can start. One line a problem."""


class Secret(str):
    """A string that stays out of logs and tracebacks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('***')"


def _boolean(text: str) -> bool:
    match text.strip().lower():
        case "true" | "1" | "yes" | "on":
            return True
        case "false" | "0" | "no" | "off":
            return False
        case _:
            raise ValueError("expected true or false")


def _count(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.strip().isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"expected a whole number from {least} to {most}")
        return int(text)

    return parse


def _url(*schemes: str) -> Callable[[str], Secret]:
    def parse(text: str) -> Secret:
        parts = urlsplit(text.strip())
        if parts.scheme not in schemes or not (parts.netloc or parts.query or parts.path):
            raise ValueError(f"expected an address like {schemes[0]}://user:password@host/name")
        return Secret(text.strip())

    return parse


def _secret_keys(text: str) -> tuple[Secret, ...]:
    keys = tuple(Secret(key.strip()) for key in text.split(",") if key.strip())
    if not keys or any(len(key) < MIN_SECRET for key in keys):
        raise ValueError(
            f"expected one key, or several separated by commas, of at least {MIN_SECRET} "
            f"characters each; {HOW_TO_MAKE_A_KEY} makes one"
        )
    return keys


def _networks(text: str) -> tuple[Network, ...]:
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


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if origin != "*" and (parts.scheme not in {"http", "https"} or parts.path):
            raise ValueError("expected origins separated by commas, like https://example.org")
    return origins


def _instant(text: str) -> datetime:
    message = "expected a time like 2027-01-31T00:00:00Z"
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(message) from None
    if instant.tzinfo is None:
        raise ValueError(f"{message}, with its offset")
    return instant


def _one_of(*values: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.strip().lower() not in values:
            raise ValueError(f"expected {' or '.join(values)}")
        return text.strip().lower()

    return parse


def _percentage(text: str) -> Share:
    try:
        return Share.from_percent(text)
    except ValueError:
        raise ValueError(
            "expected a percentage from 0 to 100 with at most two decimals, like 10 or 12.5"
        ) from None


def _folder(text: str) -> Path:
    return Path(text.strip()).expanduser()


def _canary_key(text: str) -> CanaryKey:
    return CanaryKey(_one_of(*CanaryKey)(text))


@dataclass(frozen=True, slots=True)
class Variable:
    """How one environment variable is read, and what it is for."""

    parse: Callable[[str], Any]
    meaning: str


Switch = partial(Variable, _boolean)
LIMIT = _count(0, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The environment, typed. `name` in lower case is the variable, with its prefix."""

    database_url: Annotated[
        Secret | None,
        Variable(_url("postgresql", "postgres"), "PostgreSQL >= 15; unset: embedded server"),
    ] = None
    redis_url: Annotated[
        Secret | None,
        Variable(_url("redis", "rediss"), "Redis >= 6.2 or Valkey: shared rate limits"),
    ] = None
    api_v2_enabled: Annotated[bool, Switch("false: /api/v2 answers 404 and the share is 0")] = (
        True
    )
    api_v2_traffic_percentage: Annotated[
        Share | None,
        Variable(_percentage, "share of contract v1 for engine v2; 0 is the kill switch"),
    ] = None
    use_legacy_api_v1: Annotated[
        bool, Switch("false: engine v1 is not even imported; engine v2 serves contract v1")
    ] = True
    serinus_canary_key: Annotated[
        CanaryKey,
        Variable(_canary_key, "consumer: sticky; request: hash of X-Request-ID"),
    ] = CanaryKey.CONSUMER
    serinus_host: Annotated[str, Variable(str.strip, "address to listen on")] = "127.0.0.1"
    serinus_port: Annotated[int, Variable(_count(0, 65535), "port to listen on")] = 8000
    serinus_workers: Annotated[int, Variable(_count(1, 64), "worker processes")] = 1
    serinus_server: Annotated[
        str, Variable(_one_of("granian", "uvicorn"), "HTTP server: granian or uvicorn")
    ] = "granian"
    serinus_data_dir: Annotated[
        Path, Variable(_folder, "data of the embedded server, generated secrets")
    ] = Path(".serinus")
    serinus_secret_key: Annotated[
        tuple[Secret, ...],
        Variable(_secret_keys, "signing keys derive from it; a comma separated list rotates"),
    ] = ()
    serinus_pool_size: Annotated[
        int, Variable(_count(1, 200), "connections of each engine in each worker, at most")
    ] = 10
    serinus_rate_limit: Annotated[
        int, Variable(LIMIT, "requests a minute and address; 0: off")
    ] = 100
    serinus_login_rate_limit: Annotated[
        int, Variable(LIMIT, "sign-ins a minute, by address and by account; 0: off")
    ] = 10
    serinus_access_ttl: Annotated[
        int, Variable(_count(30, 86_400), "seconds an access token lives")
    ] = 900
    serinus_trusted_proxies: Annotated[
        tuple[Network, ...],
        Variable(_networks, "only these may set X-Forwarded-For and X-Forwarded-Proto"),
    ] = ()
    serinus_cors_origins: Annotated[
        tuple[str, ...], Variable(_origins, "origins whose pages may call the API; * for all")
    ] = ()
    serinus_access_log: Annotated[bool, Switch("true: a line for every request")] = False
    serinus_log_level: Annotated[
        str,
        Variable(_one_of("debug", "info", "warning", "error"), "least level that is logged"),
    ] = "info"
    serinus_log_format: Annotated[
        str,
        Variable(_one_of("auto", "console", "json"), "auto: console on a terminal, else json"),
    ] = "auto"
    serinus_v1_deprecated_at: Annotated[
        datetime | None,
        Variable(_instant, "RFC 3339; adds the Deprecation header to contract v1"),
    ] = None
    serinus_v1_sunset_at: Annotated[
        datetime | None,
        Variable(_instant, "RFC 3339; adds the Sunset header to contract v1"),
    ] = None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Raise `SettingsError` naming every variable that is wrong. Empty means unset."""
        problems = _unknown(env)
        values: dict[str, Any] = {}
        for name, variable in _variables().items():
            text = env.get(name.upper(), "")
            if not text.strip():
                continue
            try:
                values[name] = variable.parse(text)
            except ValueError as error:
                problems.append(f"{name.upper()}{_shown(name, text)}: {error}")
        settings = cls(**values)
        problems += settings._contradictions()
        if problems:
            raise SettingsError("\n".join(problems))
        return settings

    def _contradictions(self) -> list[str]:
        found = []
        if not self.use_legacy_api_v1 and not self.api_v2_enabled:
            found.append(
                "USE_LEGACY_API_V1=false with API_V2_ENABLED=false leaves no engine: "
                "set one of them to true"
            )
        elif not self.use_legacy_api_v1 and self.api_v2_traffic_percentage == Share(0):
            found.append(
                "API_V2_TRAFFIC_PERCENTAGE=0 sends everything to engine v1, which "
                "USE_LEGACY_API_V1=false turns off: set USE_LEGACY_API_V1=true to go back to it"
            )
        deprecated, sunset = self.serinus_v1_deprecated_at, self.serinus_v1_sunset_at
        if deprecated and sunset and sunset < deprecated:
            found.append("SERINUS_V1_SUNSET_AT is before SERINUS_V1_DEPRECATED_AT (RFC 9745)")
        if self.database_url and not self.serinus_secret_key:
            found.append(
                "SERINUS_SECRET_KEY is required with DATABASE_URL: at least "
                f"{MIN_SECRET} characters, the same on every node; {HOW_TO_MAKE_A_KEY} makes one"
            )
        return found


def described() -> list[tuple[str, str, str]]:
    """(name, default, meaning) of every setting, for documentation and `doctor`."""
    variables = _variables()
    return [
        (each.name.upper(), _default(each.default), variables[each.name].meaning)
        for each in fields(Settings)
    ]


def _variables() -> dict[str, Variable]:
    hints = get_type_hints(Settings, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


def _default(value: object) -> str:
    if value is None or value == ():
        return "unset"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unknown(env: Mapping[str, str]) -> list[str]:
    known = [each.name.upper() for each in fields(Settings)]
    found = []
    for name in sorted(env):
        if name in known or name.startswith(FOREIGN):
            continue
        nearest = get_close_matches(name, known, n=1, cutoff=0.7)
        if name.startswith(PREFIX):
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            found.append(f"{name}: there is no such setting{hint}")
        elif name.startswith("API_V2_") and nearest:
            # The canary's own controls bear no prefix: a typing error there must not pass.
            found.append(f"{name}: there is no such setting; did you mean {nearest[0]}?")
    return found


def _shown(name: str, text: str) -> str:
    """The value, unless it may hold a password."""
    return (
        "" if name.endswith(("_url", "_key")) and name != "serinus_canary_key" else f"={text}"
    )
