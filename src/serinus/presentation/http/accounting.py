"""What is noted of every request: a line in the log, and numbers for metrics."""

from dataclasses import dataclass
from typing import Protocol

import structlog

from serinus.presentation.http.admission import UNLIMITED
from serinus.presentation.http.asgi import Scope, shown_path
from serinus.presentation.http.route_table import RouteTable

OTHER = "other"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
LONGEST_METHOD = 20  # characters; a client may invent one

log = structlog.get_logger("serinus.access")


class AccessLog:
    """One event a request; probes of health apart, of which there are many and all alike.

    No query, header or body is looked at: tokens, keys and passwords travel there.
    """

    def __init__(self) -> None:
        self._log = log.bind()  # else each event would put the logger together anew

    def __call__(self, scope: Scope, status: int | None, size: int, seconds: float) -> None:
        if scope["path"] in UNLIMITED:
            return
        state = scope["state"]
        self._log.info(
            "request",
            method=scope["method"][:LONGEST_METHOD],
            path=shown_path(scope),
            status=status,
            duration_ms=round(seconds * 1000, 3),
            bytes=size,
            request_id=state["request_id"],
            client=state["client_address"],
            engine=state.get("engine"),
            epoch=state.get("epoch"),
        )


class Count(Protocol):
    """Takes contract, engine, route, method, status and seconds of one request."""

    def __call__(
        self, labels: tuple[str, str, str, str], status: str, seconds: float
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class RouteCounter:
    """Counts by route, never by path: anybody can invent paths, and each would cost memory."""

    routes: RouteTable
    count: Count

    def __call__(self, scope: Scope, status: int | None, _: int, seconds: float) -> None:
        path, state = scope["path"], scope["state"]
        labels = (
            contract_of(path),
            state.get("engine", "none"),
            state.get("route") or self.routes.find(path) or OTHER,
            scope["method"] if scope["method"] in METHODS else OTHER,
        )
        self.count(labels, "none" if status is None else str(status), seconds)


def contract_of(path: str) -> str:
    start = path[:8]
    if start == "/api/v1/" or path == "/api/v1":
        return "v1"
    return "v2" if start == "/api/v2/" or path == "/api/v2" else "none"
