"""Asking an arm, in process, whether it works."""

from typing import Any

import structlog

from serinus.presentation.http.asgi import App, Message

HEALTH = "/api/v1/health"

log = structlog.get_logger("serinus.release")


async def works(app: App) -> bool:
    """By its own account of its health; it has the database in it."""
    status: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])

    try:
        await app(_asked(), receive, send)
    except Exception:  # whatever it is: it does not work
        log.exception("stable does not say how it is")
        return False
    return bool(status) and status[0] == 200


def _asked() -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": HEALTH,
        "raw_path": HEALTH.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
        "state": {"request_id": "probe", "client_address": "127.0.0.1", "tls": False},
    }
