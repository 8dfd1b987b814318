"""One message on its way to its receiver.

Of the answer the status is looked at, and the body is not read: nothing in it could matter, and
it may never end. No redirect is followed: who answers with one has not accepted anything. No
proxy of the environment is used: it would connect where we must not.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from time import perf_counter

import httpcore
import msgspec

import serinus
from serinus.application.release.delivering import Message
from serinus.domain.release.announcement import trial
from serinus.domain.release.webhook import GONE, Outcome
from serinus.infrastructure.webhooks.reaching import GuardedBackend, Refused, Resolve, resolve
from serinus.infrastructure.webhooks.signing import signature_headers

TIMEOUT = 10.0  # seconds for everything: the name, the connection, the answer's beginning
LONGEST_ERROR = 300  # characters
USER_AGENT = f"serinus/{serinus.__version__}".encode()

NO_KEY = "its secret was sealed with a SERINUS_SECRET_KEY that is gone: rotate it"


class Sender:
    """`unix_time`: seconds since 1970. `trusted`: who vouches for receivers."""

    def __init__(
        self,
        unix_time: Callable[[], float],
        *,
        private: bool,
        resolver: Resolve = resolve,
        trusted: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._unix_time, self._timeout = unix_time, timeout
        self._backend = GuardedBackend(resolver, private=private)
        self._trusted = trusted

    async def __call__(self, message: Message) -> Outcome:
        if not message.keys:
            return Outcome(status=None, error=NO_KEY, seconds=0.0)
        began = perf_counter()

        def failed(error: str) -> Outcome:
            return Outcome(
                status=None, error=error[:LONGEST_ERROR], seconds=perf_counter() - began
            )

        try:
            async with asyncio.timeout(self._timeout):
                status, headers = await self._answered(message)
        except (TimeoutError, httpcore.TimeoutException):
            return failed(f"no answer within {self._timeout:g} s")
        except Refused as refused:
            return failed(f"refused: {refused}")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
            return failed(_told(error))
        return Outcome(
            status=status,
            error=_wrong(status),
            seconds=perf_counter() - began,
            retry_after=_seconds(headers.get(b"retry-after", b"")),
        )

    async def _answered(self, message: Message) -> tuple[int, Mapping[bytes, bytes]]:
        body = body_of(message)
        sent = [
            (b"content-type", b"application/json"),
            (b"user-agent", USER_AGENT),
            (b"connection", b"close"),
            *signature_headers(message.keys, str(message.id), int(self._unix_time()), body),
        ]
        trusted = await self._vouching() if message.url.startswith("https:") else None
        # One pool a message: connections that are kept would be made to what a name once was.
        async with (
            httpcore.AsyncConnectionPool(
                trusted, network_backend=self._backend, max_connections=1
            ) as pool,
            pool.stream("POST", message.url, headers=sent, content=body) as answer,
        ):
            return answer.status, {name.lower(): value for name, value in answer.headers}

    async def _vouching(self) -> ssl.SSLContext:
        """Reading who vouches takes a third of a second: once, and not on the loop."""
        if self._trusted is None:
            self._trusted = await asyncio.to_thread(httpcore.default_ssl_context)
        return self._trusted


def body_of(message: Message) -> bytes:
    """The same bytes at each attempt: made of what never changes."""
    told = message.announcement
    return msgspec.json.encode(told.to_json() if told else trial(message.made_at))


def _wrong(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"answered {status}: redirects are not followed, name the final URL"
    return "answered 410 Gone" if status == GONE else f"answered {status}"


def _seconds(value: bytes) -> float | None:
    """Of `Retry-After`, where it is not a date."""
    return float(value) if value.isdigit() and len(value) < 9 else None


def _told(error: Exception) -> str:
    """The libraries wrap what the system said, often without its words."""
    words = str(error) or str(error.__cause__ or "")
    return f"{type(error).__name__}: {words}".rstrip(": ")
