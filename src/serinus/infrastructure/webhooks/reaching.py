"""Connections to where webhooks may lead, and to nowhere else.

A name is resolved here, its addresses are judged, and the connection is made to one of those.
Nobody resolves it a second time, so no other answer can come in between (DNS rebinding). TLS
goes on checking the name.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import httpcore

from serinus.domain.release.destination import Address, why_not

#: The addresses of a host.
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

MOST_ADDRESSES = 3  # that are tried: a name may have many, and the time is short
CONNECT_WITHIN = 3.0  # seconds, each: one that does not answer must not use up all of it


class Refused(httpcore.ConnectError):
    """The host leads where no webhook may."""


class GuardedBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, resolve: Resolve, *, private: bool) -> None:
        self._resolve, self._private = resolve, private
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - its signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        limit = min(CONNECT_WITHIN, timeout or CONNECT_WITHIN)
        for address in (await self._permitted(host, port))[:MOST_ADDRESSES]:
            try:
                return await self._network.connect_tcp(
                    str(address), port, limit, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - its signature
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise Refused(f"{path}, {timeout}, {socket_options}: no URL leads to a socket")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _permitted(self, host: str, port: int) -> list[Address]:
        found = await self._resolve(host, port)
        refused = {address: why_not(address, private=self._private) for address in found}
        permitted = [address for address, why in refused.items() if not why]
        if refused and not permitted:
            address, why = next(iter(refused.items()))
            raise Refused(f"{address} {why}")
        return permitted


async def resolve(host: str, port: int) -> Sequence[Address]:
    """As the system does it. Raise `ConnectError`."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )
    except OSError as error:
        raise httpcore.ConnectError(f"{host} cannot be resolved") from error
    # An IPv6 address may bear the name of a network interface: fe80::1%eth0.
    texts = [str(address[0]).partition("%")[0] for *_, address in found]
    return [ipaddress.ip_address(text) for text in dict.fromkeys(texts)]
