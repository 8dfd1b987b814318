"""Answers to keep, with the details a test does not care about filled in."""

from serinus.application.answers import Answer, Key


def a_key(path: str = "/api/v2/posts") -> Key:
    return Key(path, ())


def an_answer(*tags: str, body: bytes = b"{}", etag: str | None = '"1-ab"') -> Answer:
    headers = ((b"content-type", b"application/json"),)
    return Answer(200, headers, body, etag, frozenset(tags))
