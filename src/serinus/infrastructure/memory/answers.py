"""Answers kept in this process, in bounded memory, and never longer than they are right.

Whoever keeps one has read the store a moment before. In between something may have changed, so
a filling notes where it began, and what has changed since is noted as long as one is going on.

What is found is trusted only until shortly after the last time that all changes were heard of:
a process that stood still, or whose connection did, must not answer with what it had before.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from sys import getsizeof

from serinus.application.answers import LIFETIME, Answer, Filling, Kept, Key, Tags

TRUST = 0.5  # seconds after all changes were heard of
LARGEST = 1024 * 1024  # bytes of one body
MOST_NOTED = 10_000  # tags that changed during fillings; beyond them all have
OVERHEAD = 500  # bytes of an entry beside what is weighed: its objects, and its place


@dataclass(slots=True)
class Counts:
    """What happened so far; `bytes` and `entries` are what is there now."""

    hits: int = 0
    misses: int = 0
    hit_age: float = 0.0  # seconds, of all hits together
    kept: int = 0
    discarded: int = 0  # something changed while it was made
    evicted: int = 0
    invalidated: int = 0
    bytes: int = 0
    entries: int = 0


class _Entry:
    __slots__ = ("answer", "made", "weight")

    def __init__(self, answer: Answer, made: float, weight: int) -> None:
        self.answer = answer
        self.made = made
        self.weight = weight


class MemoryAnswers:
    """Forgets what was not asked for longest. `limit`: bytes, index and keys included."""

    def __init__(
        self,
        limit: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        lifetime: float = LIFETIME,
    ) -> None:
        self.counts = Counts()
        self._limit = limit
        self._clock = clock
        self._lifetime = lifetime
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._index: dict[str, set[Key]] = {}
        self._trusted_until = float("-inf")
        self._following = False
        self._changes = 0  # told so far
        self._everything = 0  # the last one that changed everything
        self._noted: dict[str, int] = {}  # the last change of a tag, during fillings
        self._fillings = 0

    def trusted(self) -> bool:
        return self._clock() < self._trusted_until

    def find(self, key: Key) -> Kept | None:
        now = self._clock()
        entry = self._entries.get(key)
        if entry is None or now >= self._trusted_until:
            self.counts.misses += 1
            return None
        age = now - entry.made
        if age >= self._lifetime:
            self._remove(key)
            self.counts.misses += 1
            return None
        self._entries.move_to_end(key)
        self.counts.hits += 1
        self.counts.hit_age += age
        return Kept(entry.answer, age)

    @contextmanager
    def filling(self) -> Iterator[Filling]:
        self._fillings += 1
        try:
            yield Filling(self._changes)
        finally:
            self._fillings -= 1
            if not self._fillings:
                self._noted.clear()

    def keep(self, filling: Filling, key: Key, kept: Kept) -> bool:
        if not self._following or self._changed_since(filling.began, kept.answer.tags):
            self.counts.discarded += 1
            return False
        weight = _weight(key, kept.answer)
        if len(kept.answer.body) > LARGEST or weight > self._limit:
            return False
        if key in self._entries:
            self._remove(key)
        self._add(key, _Entry(kept.answer, self._clock() - kept.age, weight))
        self.counts.kept += 1
        while self.counts.bytes > self._limit:
            self._remove(next(iter(self._entries)))
            self.counts.evicted += 1
        return key in self._entries

    def began(self) -> None:
        self._forget_everything()
        self._following = True

    def changed(self, tags: Tags | None) -> None:
        self.counts.invalidated += 1
        if tags is None:
            self._forget_everything()
            return
        self._changes += 1
        for tag in tags:
            for key in tuple(self._index.get(tag, ())):
                self._remove(key)
        if self._fillings:
            self._note(tags)

    def heard(self, at: float) -> None:
        if self._following:
            self._trusted_until = at + TRUST

    def lost(self) -> None:
        self._following = False
        self._trusted_until = float("-inf")
        self._forget_everything()

    def __len__(self) -> int:
        return len(self._entries)

    def _note(self, tags: Tags) -> None:
        self._noted |= dict.fromkeys(tags, self._changes)
        if len(self._noted) > MOST_NOTED:
            self._everything = self._changes
            self._noted.clear()

    def _changed_since(self, began: int, tags: Tags) -> bool:
        return self._everything > began or any(self._noted.get(tag, 0) > began for tag in tags)

    def _forget_everything(self) -> None:
        self._changes += 1
        self._everything = self._changes
        self._noted.clear()
        self._entries.clear()
        self._index.clear()
        self.counts.bytes = self.counts.entries = 0

    def _add(self, key: Key, entry: _Entry) -> None:
        self._entries[key] = entry
        weight = entry.weight
        for tag in entry.answer.tags:
            keys = self._index.get(tag)
            if keys is None:
                keys = self._index[tag] = set()
                weight += _new_tag(tag)
            before = getsizeof(keys)
            keys.add(key)
            weight += getsizeof(keys) - before
        self.counts.bytes += weight
        self.counts.entries = len(self._entries)

    def _remove(self, key: Key) -> None:
        entry = self._entries.pop(key)
        weight = entry.weight
        for tag in entry.answer.tags:
            keys = self._index[tag]
            keys.discard(key)
            if not keys:
                weight += getsizeof(keys) + _new_tag(tag) - _EMPTY
                del self._index[tag]
        self.counts.bytes -= weight
        self.counts.entries = len(self._entries)


_EMPTY = getsizeof(set[Key]())
_PLACE = 104  # bytes of a place in a dictionary that has just grown


def _new_tag(tag: str) -> int:
    return _EMPTY + getsizeof(tag) + _PLACE


def _weight(key: Key, answer: Answer) -> int:
    """Bytes, without the index."""
    parts = sum(getsizeof(name) + getsizeof(value) + 72 for name, value in key.parameters)
    headers = sum(getsizeof(name) + getsizeof(value) + 72 for name, value in answer.headers)
    tags = getsizeof(answer.tags) + sum(map(getsizeof, answer.tags))
    packed = OVERHEAD + getsizeof(answer.packed.body) if answer.packed else 0
    body = getsizeof(answer.body) + packed
    return OVERHEAD + getsizeof(key.path) + parts + headers + tags + body
