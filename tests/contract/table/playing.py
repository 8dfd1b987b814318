"""Plays one case on one server."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.contract.table.case import (
    NOTHING,
    Answer,
    Ask,
    Case,
    Like,
    Names,
    Nothing,
    Raw,
    said,
)
from tests.contract.table.matching import differences, header_differences
from tests.contract.table.modes import Served
from tests.contract.table.state import World, digest, without_tables

#: On every answer, unless the case says otherwise.
ALWAYS = {
    "x-request-id": Like(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "strict-transport-security": None,
    "serinus-epoch": "1",
    "access-control-allow-origin": None,
    "content-encoding": None,
    "www-authenticate": None,
    "deprecation": None,
}


@dataclass(frozen=True)
class Contract:
    """What all answers have in common. `documented` raises for one that its document lacks."""

    base: str
    always: Mapping[str, Any]
    failures: str  # their media type
    documented: Callable[[httpx.Response], None] | None = None

    def media_type(self, status: int) -> str:
        return self.failures if status >= 400 else "application/json"


V1 = Contract("/api/v1", ALWAYS, "application/json")


@dataclass
class Run:
    """One case on one server."""

    case: Case
    served: Served
    contract: Contract = V1
    names: Names = field(default_factory=Names)
    engines: list[str] = field(default_factory=list)  # by which the steps were answered

    def play(self) -> None:
        World(self.case, self.served.database, self.names).plant()
        with ExitStack() as stack:
            stack.enter_context(without_tables(self.case, self.served.database))
            if any(item.kind == "away" for item in self.case.state):
                stack.enter_context(self.served.line.cut())
            for number, (ask, answer) in enumerate(self.case.steps, 1):
                self._step(f"step {number}: {ask.method} {ask.path}", ask, answer)

    def _step(self, which: str, ask: Ask, answer: Answer) -> None:
        request = self._request(ask)
        received = self.served.http.send(request)
        path = request.url.raw_path.decode()
        engine = self.served.engine(path, request.headers, request.headers["x-forwarded-for"])
        self.engines.append(engine)
        if self.contract.documented:
            self.contract.documented(received)
        wrong = list(self._wrong(answer, received, engine))
        assert not wrong, "\n".join([f"{which}, by engine {engine}", *wrong, received.text])

    @property
    def _address(self) -> str:
        """Each case comes from an address of its own: that is a consumer, and has limits."""
        numbers = bytes.fromhex(digest(self.case.id)[:6])
        return f"10.{'.'.join(str(number) for number in numbers)}"

    def _request(self, ask: Ask) -> httpx.Request:
        # An address that begins with "=" does not lie under the contract's base.
        fill = self.names.filled
        path = (
            ask.path.removeprefix("=")
            if ask.path.startswith("=")
            else self.contract.base + ask.path
        )
        headers = {
            "X-Forwarded-For": self._address,
            "Accept-Encoding": "identity",
            **self._credentials(ask.by),
        }
        content, content_type = self._body(ask.sends)
        if content_type is not None:
            headers["Content-Type"] = content_type
        return self.served.http.build_request(
            ask.method,
            self.served.base + fill(path),
            content=content,
            headers=headers | {name: fill(value) for name, value in ask.headers.items()},
        )

    def _credentials(self, by: str | None) -> dict[str, str]:
        known = self.names.known
        if by is None:
            return {}
        if f"{by}.raw" in known:
            return {"X-API-Key": known[f"{by}.raw"]}
        return {"Authorization": f"Bearer {known[f'{by}.access']}"}

    def _body(self, sends: Any) -> tuple[bytes | Iterator[bytes] | None, str | None]:
        match sends:
            case Nothing():
                return None, None
            case Raw(content, content_type, in_pieces):
                return iter([content]) if in_pieces else content, content_type
            case _:
                return json.dumps(said(sends, self.names)).encode(), "application/json"

    def _wrong(self, answer: Answer, received: httpx.Response, engine: str) -> Iterator[str]:
        if received.status_code != answer.status:
            yield f"status: {received.status_code} is not {answer.status}"
        expected = {**self.contract.always, "serinus-engine": engine, **answer.headers}
        if answer.body is NOTHING:
            yield from ["body: there is one"] if received.content else []
        else:
            expected.setdefault("content-type", self.contract.media_type(answer.status))
            yield from differences(answer.body, _read(received), self.names)
        yield from header_differences(expected, received.headers, self.names)


def _read(received: httpx.Response) -> Any:
    try:
        return received.json()
    except ValueError:
        return received.text
