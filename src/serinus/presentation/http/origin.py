"""Where a request comes from, as the layer in front found it."""

from serinus.application.acting import Actor, Via
from serinus.presentation.http.asgi import Scope


def client_address(scope: Scope) -> str:
    """Behind trusted proxies the client's, else the peer's; empty when nobody knows."""
    client = scope.get("client")
    return str(scope.get("state", {}).get("client_address") or (client[0] if client else ""))


def guest(scope: Scope, via: Via) -> Actor:
    """Who acts as long as nobody has found out who it is."""
    request_id = scope.get("state", {}).get("request_id")
    return Actor(
        via=via,
        address=client_address(scope) or None,
        request_id=str(request_id) if request_id else None,
    )
