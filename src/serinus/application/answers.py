"""Answers kept for whoever asks the same next, and what is told of changes: the ports.

An answer is kept with the tags of all that it shows. What changed is told by the same tags. So
a cache forgets what may be wrong, and nothing else; and whatever was kept in spite of it, by a
mistake in the tags, is forgotten soon.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

Tags = frozenset[str]

#: Seconds that an answer is kept at most: no longer than public answers allow caches.
LIFETIME = 30.0


class Key(NamedTuple):
    """What was asked for: a path, and the parameters in an order that is always the same."""

    path: str
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """As HTTP sends it. `tags`: of every record without which it would be another one.

    `packed`: the same, compressed by gzip; None where that is not worth it.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    etag: str | None
    tags: Tags
    packed: "Answer | None" = None

    def with_packed(self, body: bytes) -> "Answer":
        """The same, and how it looks with its body compressed: both tell that there are two."""
        varies = dict(self.headers).get(b"vary", b"")
        if b"Accept-Encoding" not in varies:
            varies = b", ".join(filter(None, (varies, b"Accept-Encoding")))
        vary = (b"vary", varies)
        plain = [pair for pair in self.headers if pair[0] != b"vary"]
        unsized = [pair for pair in plain if pair[0] != b"content-length"]
        of_it = ((b"content-length", b"%d" % len(body)), (b"content-encoding", b"gzip"), vary)
        return replace(
            self,
            headers=(*plain, vary),
            packed=replace(self, headers=(*unsized, *of_it), body=body),
        )


class Kept(NamedTuple):
    answer: Answer
    age: float  # seconds since it was made


@dataclass(frozen=True, slots=True)
class Filling:
    """Between a look at the store and the answer made of it: what changed meanwhile counts."""

    began: int  # how much had been told to change by then


class Answers(Protocol):
    """Of this process."""

    def trusted(self) -> bool:
        """Whether all changes are known up to a moment ago. If not, nothing is found."""
        ...

    def find(self, key: Key) -> Kept | None: ...

    def filling(self) -> AbstractContextManager[Filling]:
        """To be entered before the store is read."""
        ...

    def keep(self, filling: Filling, key: Key, kept: Kept) -> bool:
        """Say whether it was kept: not if what it shows has changed since `filling` began."""
        ...


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment on the clock that all nodes share; within one `epoch` moments are ordered."""

    epoch: str
    clock: int


class Looked(NamedTuple):
    """`stamp`: for what is read from now on; None when the nodes' cache cannot be used."""

    kept: Kept | None
    stamp: Stamp | None


class SharedAnswers(Protocol):
    """Of all nodes. Never fails: without it there is nothing to be found."""

    async def find(self, key: Key) -> Looked: ...

    async def keep(self, key: Key, answer: Answer, stamp: Stamp) -> None: ...


class Follower(Protocol):
    """Is told what changes."""

    def began(self) -> None:
        """From now on nothing is missed; what was before is not known."""
        ...

    def changed(self, tags: Tags | None) -> None:
        """None: everything."""
        ...

    def heard(self, at: float) -> None:
        """All changes until then have been told. `at`: on the monotonic clock, seconds."""
        ...

    def lost(self) -> None:
        """From now on changes may be missed."""
        ...
