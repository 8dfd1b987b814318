"""Where Litestar is kinder than the contract.

* It folds `//` and a trailing slash away; here these are other paths, and lead nowhere.
* It never takes the fixed part of one path for the variable part of another; here the `tag` of
  `/posts/tag/{tag}` is an id, if not a proper one, where no tag follows it.
* It answers OPTIONS itself; here it is a method like any other that nobody serves.
* It knows HEAD only where a handler does; here HEAD is GET without the body (RFC 9110, 9.3.2).
"""

from litestar.utils import normalize_path

from serinus.presentation.http.asgi import Message, Scope, Send

NOWHERE = "/api/v1/-"
UNSERVED = "-"
# Of `/posts/tag/publish`, GET asks for the posts of a tag named so.
TAG_AS_ID = {
    "/api/v1/posts/tag": "/api/v1/posts/-",
    "/api/v1/posts/tag/publish": "/api/v1/posts/-/publish",
}


def as_the_contract_has_it(scope: Scope, send: Send) -> tuple[Scope, Send]:
    if scope["type"] != "http":
        return scope, send
    changed: dict[str, str] = {}
    path, method = scope["path"], scope["method"]
    if path != normalize_path(path):
        changed["path"] = NOWHERE
    elif path in TAG_AS_ID and not (path.endswith("/publish") and method != "POST"):
        changed["path"] = TAG_AS_ID[path]
    if method == "OPTIONS":
        changed["method"] = UNSERVED
    elif method == "HEAD":
        changed["method"] = "GET"
        send = _without_body(send)
    return ({**scope, **changed}, send) if changed else (scope, send)


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
