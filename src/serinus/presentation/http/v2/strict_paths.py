"""What Litestar's routing does not do: HEAD as a GET without its body, and exact paths."""

from dataclasses import dataclass

from serinus.presentation.http.asgi import App, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class StrictPaths:
    """Litestar would take `/posts/` and `//posts` for `/posts`: one resource, one address."""

    app: App
    nothing_here: App

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if "//" in path or (path.endswith("/") and path != "/"):
            await self.nothing_here(scope, receive, send)
        elif scope["method"] == "HEAD":
            scope["method"] = "GET"
            await self.app(scope, receive, _without_body(send))
        else:
            await self.app(scope, receive, send)


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
