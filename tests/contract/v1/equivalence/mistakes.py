"""Small mistakes an engine could make, each put around a right one."""

import json
from collections.abc import Callable
from typing import Any

from serinus.presentation.http.asgi import (
    App,
    Header,
    Message,
    Receive,
    Scope,
    Send,
    answer,
)

Mistake = Callable[[Any], None]


def in_answers(change: Mistake) -> Callable[[App], App]:
    """`change` is given the data of every successful answer."""

    def wrap(app: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            sent: list[Message] = []

            async def keep(message: Message) -> None:
                sent.append(message)

            await app(scope, receive, keep)
            start, *parts = sent
            body = _changed(b"".join(part.get("body", b"") for part in parts), change)
            await answer(send, start["status"], _without(b"content-length", start), body)

        return wrong

    return wrap


def _changed(body: bytes, change: Mistake) -> bytes:
    if not body:
        return body
    shown = json.loads(body)
    if shown.get("data"):
        change(shown["data"])
    return json.dumps(shown).encode()


def _without(name: bytes, start: Message) -> list[Header]:
    return [pair for pair in start["headers"] if pair[0].lower() != name]


def in_status(right: int, wrong: int) -> Callable[[App], App]:
    def wrap(app: App) -> App:
        async def other(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_other(message: Message) -> None:
                if message.get("status") == right:
                    message = {**message, "status": wrong}
                await send(message)

            await app(scope, receive, send_other)

        return other

    return wrap


def without_header(name: bytes) -> Callable[[App], App]:
    def wrap(app: App) -> App:
        async def silent(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_less(message: Message) -> None:
                if "headers" in message:
                    message = {**message, "headers": _without(name, message)}
                await send(message)

            await app(scope, receive, send_less)

        return silent

    return wrap


def in_requests(change: Mistake) -> Callable[[App], App]:
    """`change` is given the body of every request: the engine stores something else."""

    def wrap(app: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            async def receive_wrong() -> Message:
                message = await receive()
                try:
                    body = json.loads(message.get("body", b""))
                except ValueError:
                    return message
                change(body)
                return {**message, "body": json.dumps(body).encode()}

            await app(scope, receive_wrong, send)

        return wrong

    return wrap


def each_post(change: Mistake) -> Mistake:
    def change_all(data: Any) -> None:
        for item in data.get("items", [data]) if isinstance(data, dict) else data:
            if "content" in item:
                change(item)

    return change_all


def members_in_another_order(post: Any) -> None:
    post["title"] = post.pop("title")


def last_tag_forgotten(post: Any) -> None:
    del post["tags"][-1:]


def tags_of_two_sorted(post: Any) -> None:
    post["tags"].sort()


def author_is_the_post(post: Any) -> None:
    post["author_id"] = post["id"]


def never_updated(post: Any) -> None:
    post["updated_at"] = post["created_at"]


def milliseconds(post: Any) -> None:
    post["created_at"] = post["created_at"][:-4] + "Z"


def one_too_many(data: Any) -> None:
    if isinstance(data, dict) and "total" in data:
        data["total"] += 1


def role_forgotten(data: Any) -> None:
    if isinstance(data, dict) and "username" in data:
        data["role"] = None


def image_lost(body: Any) -> None:
    """No answer of this contract shows it."""
    if isinstance(body, dict):
        body.pop("featured_image", None)


def everybody_remembered(body: Any) -> None:
    if isinstance(body, dict) and "email" in body:
        body["remember_me"] = True


MISTAKES: dict[str, Callable[[App], App]] = {
    "members in another order": in_answers(each_post(members_in_another_order)),
    "the last tag forgotten": in_answers(each_post(last_tag_forgotten)),
    "tags sorted": in_answers(each_post(tags_of_two_sorted)),
    "another author": in_answers(each_post(author_is_the_post)),
    "never updated": in_answers(each_post(never_updated)),
    "times in milliseconds": in_answers(each_post(milliseconds)),
    "a wrong total": in_answers(one_too_many),
    "a role not shown": in_answers(role_forgotten),
    "another status": in_status(409, 400),
    "403 told as 404": in_status(403, 404),
    "no Allow": without_header(b"allow"),
    "a member not stored": in_requests(image_lost),
    "sessions that live too long": in_requests(everybody_remembered),
}
