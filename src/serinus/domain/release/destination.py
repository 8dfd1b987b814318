"""Where webhooks may lead: to the internet, and into the own network only if that is allowed.

Whoever may add a webhook makes this service send requests from inside the network. What answers
there to anybody, above all the service by which clouds hand out credentials, is out of reach.
A name is no protection: what counts is the address it has when a connection is made.
"""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from serinus.domain.errors import Violation, refuse

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST_URL = 2000  # characters
#: Where clouds hand out credentials, apart from the link-local addresses.
METADATA = frozenset(
    {ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200")}
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052


def why_not(address: Address, *, private: bool) -> str:
    """Why no connection is made to it; '' where one may be. `private`: the own network may be
    reached.
    """
    address = _meant(address)
    if address.is_unspecified or address.is_multicast or _reserved(address):
        return "leads to no host"
    if address.is_link_local or address in METADATA:
        return "is link-local, or hands out a cloud's credentials"
    if not private and not _public(address):
        return "is private: SERINUS_WEBHOOK_PRIVATE=true allows that"
    return ""


def check_url(url: str, *, private: bool) -> str:
    """Trimmed. Raise `Invalid`. A name is looked at when a connection is made."""
    trimmed = url.strip()
    problem = _problem(trimmed, private=private)
    refuse([Violation("url", "invalid_format", problem)] if problem else [])
    return trimmed


def _problem(url: str, *, private: bool) -> str:
    if not (len(url) <= LONGEST_URL and url.isascii() and url.isprintable()) or " " in url:
        return f"at most {LONGEST_URL} printable ASCII characters, without spaces"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "not a URL"
    if problem := _wrong_part(parts, host, port):
        return problem
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return ""
    why = why_not(address, private=private)
    return f"{address} {why}" if why else ""


def _wrong_part(parts: SplitResult, host: str | None, port: int | None) -> str:
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        return "it has to begin with https:// or http:// and a host"
    if "@" in parts.netloc:
        return "no user or password may stand in it: it is stored and shown"
    return "no #fragment may stand in it: it is never sent" if "#" in parts.geturl() else ""


def _meant(address: Address) -> Address:
    """Where it leads that has an address of IPv4 inside."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inside = address.ipv4_mapped or address.sixtofour
    if inside is None and address.teredo:
        inside = address.teredo[1]
    if inside is None and address in NAT64:
        inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inside or address


def _reserved(address: Address) -> bool:
    """The loopback address of IPv6 lies among the reserved ones, and is one that answers."""
    return address.is_reserved and not address.is_loopback


def _public(address: Address) -> bool:
    """Site-local addresses of IPv6 are out of use (RFC 3879), and are still somebody's own."""
    own = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return address.is_global and not own
