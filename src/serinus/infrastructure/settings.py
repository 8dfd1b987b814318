"""Everything that differs between two deployments of the same build.

Read once at the start. A value that does not parse, and a `SERINUS_*` name that does not
exist, stop the start: a misspelt setting that is silently ignored is found in production.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Self, get_type_hints

from serinus.domain.identity.api_keys import ALL_SCOPES
from serinus.domain.release.assignment import CanaryKey, Share
from serinus.domain.release.faults import Fault
from serinus.infrastructure.installed import engine_v1_installed
from serinus.infrastructure.setting_values import (
    HOW_TO_MAKE_A_KEY,
    MIN_SECRET,
    Network,
    Secret,
    boolean,
    canary_key,
    count,
    faults,
    folder,
    instant,
    networks,
    one_of,
    origins,
    percentage,
    secret_keys,
    url,
)

PREFIX = "SERINUS_"
NO_ENGINE_V1 = "engine v1 is not part of this installation"
#: Names under the prefix that are not the server's.
FOREIGN = "SERINUS_TEST_"


class SettingsError(Exception):
    """The environment does not describe a service we can start. One line a problem."""


@dataclass(frozen=True, slots=True)
class Variable:
    """How one environment variable is read, and what it is for."""

    parse: Callable[[str], Any]
    meaning: str


Switch = partial(Variable, boolean)
LIMIT = count(0, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The environment, typed. `name` in lower case is the variable, with its prefix."""

    database_url: Annotated[
        Secret | None,
        Variable(url("postgresql", "postgres"), "PostgreSQL >= 15; unset: embedded server"),
    ] = None
    redis_url: Annotated[
        Secret | None,
        Variable(
            url("redis", "rediss"), "Redis >= 6.2 or Valkey: shared rate limits and answers"
        ),
    ] = None
    api_v2_enabled: Annotated[bool, Switch("false: /api/v2 answers 404 and the share is 0")] = (
        True
    )
    api_v2_traffic_percentage: Annotated[
        Share | None,
        Variable(percentage, "share of contract v1 for engine v2; 0 is the kill switch"),
    ] = None
    use_legacy_api_v1: Annotated[
        bool,
        Switch(
            "false: engine v1 is not even imported; engine v2 serves contract v1; "
            "so it is where engine v1 is not installed"
        ),
    ] = True
    serinus_canary_key: Annotated[
        CanaryKey,
        Variable(canary_key, "consumer: sticky; request: hash of X-Request-ID"),
    ] = CanaryKey.CONSUMER
    serinus_rescue_ms: Annotated[
        int,
        Variable(
            count(0, 60_000),
            "a read that engine v2 fails, or has not begun to answer by then, is answered by "
            "engine v1; 0: off",
        ),
    ] = 2000
    serinus_fault: Annotated[
        tuple[Fault, ...],
        Variable(
            faults,
            "for demonstrations and staging, never in production: what engine v2 does wrong on "
            "purpose, as errors:5%, latency:300ms@20%, difference; both:... on both engines",
        ),
    ] = ()
    serinus_shadow_writes: Annotated[
        bool,
        Switch(
            "true: during a release writes are tried on engine v2 first, undone, and compared; "
            "for staging: it takes time"
        ),
    ] = False
    serinus_webhook_private: Annotated[
        bool, Switch("true: webhooks may lead to private and loopback addresses")
    ] = False
    serinus_host: Annotated[str, Variable(str.strip, "address to listen on")] = "127.0.0.1"
    serinus_port: Annotated[int, Variable(count(0, 65535), "port to listen on")] = 8000
    serinus_workers: Annotated[int, Variable(count(1, 64), "worker processes")] = 1
    serinus_server: Annotated[
        str, Variable(one_of("granian", "uvicorn"), "HTTP server: granian or uvicorn")
    ] = "granian"
    serinus_drain_seconds: Annotated[
        int,
        Variable(
            count(0, 600),
            "how long a server that is asked to end (SIGTERM) says that it is not ready, and "
            "goes on answering; longer than balancers need to notice",
        ),
    ] = 0
    serinus_data_dir: Annotated[
        Path, Variable(folder, "data of the embedded server, generated secrets")
    ] = Path(".serinus")
    serinus_secret_key: Annotated[
        tuple[Secret, ...],
        Variable(secret_keys, "signing keys derive from it; a comma separated list rotates"),
    ] = ()
    serinus_pool_size: Annotated[
        int, Variable(count(1, 200), "connections of each engine in each worker, at most")
    ] = 10
    serinus_cache_bytes: Annotated[
        int,
        Variable(count(0, 2**40), "bytes of public answers that each worker keeps; 0: off"),
    ] = 64 * 1024 * 1024
    serinus_rate_limit: Annotated[
        int, Variable(LIMIT, "requests a minute and address; 0: off")
    ] = 100
    serinus_rate_limit_wait_ms: Annotated[
        int,
        Variable(
            count(10, 10_000),
            "milliseconds that Redis is waited for; without it each worker limits alone",
        ),
    ] = 200
    serinus_login_rate_limit: Annotated[
        int, Variable(LIMIT, "sign-ins a minute, by address and by account; 0: off")
    ] = 10
    serinus_comment_rate_limit: Annotated[
        int, Variable(LIMIT, "comments a minute, by account or address; 0: off")
    ] = 10
    serinus_guest_comments: Annotated[
        bool, Switch("true: who is not signed in may comment; moderators approve")
    ] = False
    serinus_access_ttl: Annotated[
        int, Variable(count(30, 86_400), "seconds an access token lives")
    ] = 900
    serinus_trusted_proxies: Annotated[
        tuple[Network, ...],
        Variable(networks, "only these may set X-Forwarded-For and X-Forwarded-Proto"),
    ] = ()
    serinus_cors_origins: Annotated[
        tuple[str, ...], Variable(origins, "origins whose pages may call the API; * for all")
    ] = ()
    serinus_access_log: Annotated[
        bool, Switch("true: an event in the log for every request but probes of health")
    ] = True
    serinus_metrics_scope: Annotated[
        str | None,
        Variable(one_of(*sorted(ALL_SCOPES)), "who may read /metrics; unset: everybody"),
    ] = None
    serinus_log_level: Annotated[
        str,
        Variable(one_of("debug", "info", "warning", "error"), "least level that is logged"),
    ] = "info"
    serinus_log_format: Annotated[
        str,
        Variable(one_of("auto", "console", "json"), "auto: console on a terminal, else json"),
    ] = "auto"
    serinus_v1_deprecated_at: Annotated[
        datetime | None,
        Variable(instant, "RFC 3339; adds the Deprecation header to contract v1"),
    ] = None
    serinus_v1_sunset_at: Annotated[
        datetime | None,
        Variable(instant, "RFC 3339; adds the Sunset header to contract v1"),
    ] = None

    @classmethod
    def from_env(cls, env: Mapping[str, str], *, engine_v1: bool | None = None) -> Self:
        """Raise `SettingsError` naming every variable that is wrong. Empty means unset.

        `engine_v1`: whether it is installed; None to look.
        """
        installed = engine_v1_installed() if engine_v1 is None else engine_v1
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
        if values.setdefault("use_legacy_api_v1", installed) and not installed:
            problems.append(f"USE_LEGACY_API_V1=true: {NO_ENGINE_V1}; unset it")
        settings = cls(**values)
        problems += settings._contradictions(installed=installed)
        if problems:
            raise SettingsError("\n".join(problems))
        return settings

    def _contradictions(self, *, installed: bool) -> list[str]:
        found = [] if self.use_legacy_api_v1 else self._missing_engine(installed=installed)
        deprecated, sunset = self.serinus_v1_deprecated_at, self.serinus_v1_sunset_at
        if deprecated and sunset and sunset < deprecated:
            found.append("SERINUS_V1_SUNSET_AT is before SERINUS_V1_DEPRECATED_AT (RFC 9745)")
        if self.database_url and not self.serinus_secret_key:
            found.append(
                "SERINUS_SECRET_KEY is required with DATABASE_URL: at least "
                f"{MIN_SECRET} characters, the same on all nodes; {HOW_TO_MAKE_A_KEY} makes one"
            )
        return found

    def _missing_engine(self, *, installed: bool) -> list[str]:
        """What cannot be without engine v1, and what to do about it."""
        off = "USE_LEGACY_API_V1=false turns engine v1 off" if installed else NO_ENGINE_V1
        back = "USE_LEGACY_API_V1" if installed else "API_V2_ENABLED"
        if not self.api_v2_enabled:
            return [f"API_V2_ENABLED=false leaves no engine, as {off}: set {back}=true"]
        if self.api_v2_traffic_percentage == Share(0):
            remedy = f"set {back}=true" if installed else "unset it"
            return [f"API_V2_TRAFFIC_PERCENTAGE=0 needs engine v1, but {off}: {remedy}"]
        return []


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
