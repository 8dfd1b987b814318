"""Answers that are worth it are compressed for those who can read that."""

import gzip
from typing import Any

import httpx
import pytest

from serinus.presentation.http.asgi import App, Receive, Scope, Send, answer
from serinus.presentation.http.compression import WORTH_IT, Compression

TEXT = [(b"content-type", b"text/plain")]
ACCEPTING = {"Accept-Encoding": "gzip"}


def sending(size: int, headers: list[tuple[bytes, bytes]] = TEXT) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, 200, headers, b"x" * size, head=scope["method"] == "HEAD")

    return app


async def in_pieces(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": TEXT})
    for more in (True, True, False):
        await send({"type": "http.response.body", "body": b"x" * 2000, "more_body": more})


def client(app: App) -> httpx.AsyncClient:
    compressed: Any = Compression(app)
    transport = httpx.ASGITransport(app=compressed)
    return httpx.AsyncClient(transport=transport, base_url="http://cms.test")


async def raw(app: App, **headers: str) -> tuple[httpx.Headers, bytes]:
    async with client(app) as http, http.stream("GET", "/", headers=headers) as answered:
        return answered.headers, b"".join([piece async for piece in answered.aiter_raw()])


async def test_a_large_answer_is_compressed_for_who_accepts_it() -> None:
    headers, body = await raw(sending(WORTH_IT), **ACCEPTING)

    assert headers["content-encoding"] == "gzip"
    assert headers["vary"] == "Accept-Encoding"
    assert int(headers["content-length"]) == len(body) < WORTH_IT
    assert gzip.decompress(body) == b"x" * WORTH_IT


@pytest.mark.parametrize(
    "accepted", ["br, gzip;q=0.5", "gzip ,br", "deflate,gzip; q=1.0", "gzip;q=0.001"]
)
async def test_it_may_be_one_of_several_and_weighted(accepted: str) -> None:
    headers, _ = await raw(sending(WORTH_IT), **{"Accept-Encoding": accepted})

    assert headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("accepted", ["identity", "br", "gzip;q=0", "gzip; q=0.0, br", "xgzip"])
async def test_others_get_it_as_it_is_and_caches_are_told(accepted: str) -> None:
    headers, body = await raw(sending(WORTH_IT), **{"Accept-Encoding": accepted})

    assert "content-encoding" not in headers
    assert headers["vary"] == "Accept-Encoding"
    assert body == b"x" * WORTH_IT


async def test_a_small_answer_is_left_alone() -> None:
    headers, body = await raw(sending(WORTH_IT - 1), **ACCEPTING)

    assert "content-encoding" not in headers
    assert body == b"x" * (WORTH_IT - 1)


async def test_what_is_compressed_already_is_left_alone() -> None:
    headers, _ = await raw(sending(5000, [(b"content-encoding", b"br"), *TEXT]), **ACCEPTING)

    assert headers["content-encoding"] == "br"


async def test_what_was_chosen_by_what_is_accepted_is_left_alone() -> None:
    varies = (b"vary", b"Authorization, Accept-Encoding")
    headers, body = await raw(sending(5000, [varies, *TEXT]), **ACCEPTING)

    assert headers.get_list("vary") == ["Authorization, Accept-Encoding"]
    assert "content-encoding" not in headers
    assert body == b"x" * 5000


async def test_an_answer_in_pieces_arrives_whole() -> None:
    headers, body = await raw(in_pieces, **ACCEPTING)

    assert "content-encoding" not in headers
    assert body == b"x" * 6000


async def test_head_is_told_the_size_without_a_body() -> None:
    async with client(sending(5000)) as http:
        answered = await http.head("/", headers=ACCEPTING)

    assert answered.headers["content-length"] == "5000"
    assert answered.content == b""
