"""Statements counted on the wire: of a protocol spoken in pieces, and of a real server."""

from itertools import pairwise

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.side_by_side.wire import TLS, Counts, Frontend, counted


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + (len(body) + 4).to_bytes(4) + body


def untyped(body: bytes) -> bytes:
    return (len(body) + 4).to_bytes(4) + body


SAID = b"".join(
    (
        untyped(TLS.to_bytes(4)),
        untyped((196608).to_bytes(4) + b"user\0somebody\0\0"),
        message(b"p", b"a password"),
        message(b"Q", b"BEGIN\0"),
        message(b"P", b"E Q S"),  # letters in a body are no messages
        message(b"B"),
        message(b"E"),
        message(b"S"),
        message(b"X"),
    )
)


@given(st.lists(st.integers(0, len(SAID)), max_size=20))
def test_messages_are_counted_in_whatever_pieces_they_come(cuts: list[int]) -> None:
    frontend = Frontend(Counts())
    edges = [0, *sorted(cuts), len(SAID)]

    for start, end in pairwise(edges):
        frontend.feed(SAID[start:end])

    assert frontend.counts == Counts(statements=2, trips=2)


@pytest.mark.database
async def test_a_driver_reaches_the_database_past_the_counter(database_url: str) -> None:
    with counted(database_url) as (url, counts):
        connection = await asyncpg.connect(url)
        before = counts.copy()
        async with connection.transaction():
            assert await connection.fetchval("SELECT $1::int + 1", 1) == 2
        await connection.close()

    # Its beginning, itself and its end; that it is prepared is no statement.
    assert counts.statements - before.statements == 3
