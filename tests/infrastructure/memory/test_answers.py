"""What is kept in this process: never older than what was told, never more than allowed."""

import gc
import tracemalloc
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from serinus.application.answers import LIFETIME, Filling, Kept, Key
from serinus.infrastructure.memory.answers import LARGEST, MOST_NOTED, TRUST, MemoryAnswers
from tests.support.answers import a_key, an_answer


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def answers(clock: Clock) -> MemoryAnswers:
    return trusted(MemoryAnswers(1_000_000, clock=clock), clock)


def trusted(answers: MemoryAnswers, clock: Clock) -> MemoryAnswers:
    answers.began()
    answers.heard(clock.now)
    return answers


def put(answers: MemoryAnswers, path: str, *tags: str, body: bytes = b"{}") -> bool:
    with answers.filling() as filling:
        return answers.keep(filling, a_key(path), Kept(an_answer(*tags, body=body), 0.0))


def test_what_was_kept_is_found(answers: MemoryAnswers, clock: Clock) -> None:
    assert put(answers, "/a", "post:1")
    clock.now += 0.25

    assert answers.find(a_key("/a")) == Kept(an_answer("post:1"), 0.25)
    assert answers.find(a_key("/b")) is None


def test_a_change_takes_away_what_shows_it_and_nothing_else(answers: MemoryAnswers) -> None:
    put(answers, "/a", "post:1", "tag:1")
    put(answers, "/b", "post:2", "tag:1")

    answers.changed(frozenset({"post:1", "post:3"}))
    assert (answers.find(a_key("/a")), len(answers)) == (None, 1)

    answers.changed(None)
    assert len(answers) == 0


@pytest.mark.parametrize("told", [frozenset({"post:1"}), None])
def test_what_changed_while_it_was_read_is_not_kept(
    answers: MemoryAnswers, told: frozenset[str] | None
) -> None:
    with answers.filling() as filling:
        answers.changed(told)

        assert not answers.keep(filling, a_key(), Kept(an_answer("post:1"), 0.0))
    assert put(answers, "/a", "post:1")
    assert answers.counts.discarded == 1


def test_what_else_changed_does_not_matter(answers: MemoryAnswers) -> None:
    with answers.filling() as filling:
        answers.changed(frozenset({"post:2"}))

        assert answers.keep(filling, a_key(), Kept(an_answer("post:1"), 0.0))


def test_more_changes_than_are_noted_are_all_of_them(answers: MemoryAnswers) -> None:
    with answers.filling() as filling:
        answers.changed(frozenset(f"post:{number}" for number in range(MOST_NOTED + 1)))

        assert not answers.keep(filling, a_key(), Kept(an_answer("tag:1"), 0.0))


def test_nothing_is_found_when_nothing_was_heard_for_a_while(
    answers: MemoryAnswers, clock: Clock
) -> None:
    put(answers, "/a", "post:1")
    clock.now += TRUST
    assert (answers.find(a_key("/a")), answers.trusted()) == (None, False)

    answers.heard(clock.now)
    assert answers.find(a_key("/a")) is not None


def test_who_may_have_missed_something_forgets_everything(
    answers: MemoryAnswers, clock: Clock
) -> None:
    put(answers, "/a", "post:1")
    with answers.filling() as filling:
        answers.lost()
        answers.heard(clock.now)
        assert not answers.trusted()

        answers.began()
        answers.heard(clock.now)
        assert answers.find(a_key("/a")) is None
        assert not answers.keep(filling, a_key("/a"), Kept(an_answer("post:1"), 0.0))
    assert put(answers, "/a", "post:1")


def test_nothing_is_kept_for_long(answers: MemoryAnswers, clock: Clock) -> None:
    put(answers, "/a", "post:1")
    clock.now += LIFETIME
    answers.heard(clock.now)

    assert answers.find(a_key("/a")) is None
    assert (len(answers), answers.counts.bytes) == (0, 0)


def test_what_other_nodes_kept_is_as_old_here_as_there(
    answers: MemoryAnswers, clock: Clock
) -> None:
    with answers.filling() as filling:
        answers.keep(filling, a_key(), Kept(an_answer("post:1"), 20.0))
    clock.now += LIFETIME - 20.0
    answers.heard(clock.now)

    assert answers.find(a_key()) is None


def test_what_was_not_asked_for_longest_goes_first(clock: Clock) -> None:
    answers = trusted(MemoryAnswers(30_000, clock=clock), clock)
    for path in ("/a", "/b"):
        assert put(answers, path, "post:1", body=bytes(10_000))
    answers.find(a_key("/a"))

    assert put(answers, "/c", "post:1", body=bytes(10_000))

    assert [answers.find(a_key(path)) is None for path in ("/a", "/b", "/c")] == [
        False,
        True,
        False,
    ]
    assert answers.counts.evicted == 1


def test_what_is_too_large_is_not_kept(clock: Clock) -> None:
    answers = trusted(MemoryAnswers(3 * LARGEST, clock=clock), clock)

    assert not put(answers, "/a", "post:1", body=bytes(LARGEST + 1))
    assert put(answers, "/a", "post:1", body=bytes(LARGEST))
    assert not put(trusted(MemoryAnswers(1000, clock=clock), clock), "/a", body=bytes(1000))


@pytest.mark.parametrize(("size", "tags"), [(100, 2), (2_000, 6), (20_000, 90)])
def test_its_bytes_are_those_that_the_process_has_less(
    clock: Clock, size: int, tags: int
) -> None:
    answers = trusted(MemoryAnswers(100_000_000, clock=clock), clock)
    gc.collect()
    tracemalloc.start()
    for number in range(300):
        named = [f"tag:{number * 7 + each:036}" for each in range(tags)]
        put(answers, f"/api/v2/posts/{number:036}", *named, body=bytes(size))
    gc.collect()
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert used <= answers.counts.bytes < 1.6 * used


PATHS = st.sampled_from([f"/{number}" for number in range(6)])
TAGS = st.frozensets(st.sampled_from([f"tag:{number}" for number in range(5)]), max_size=3)


class Machine(RuleBasedStateMachine):
    """A store with one number for each tag, and readers that show those of some of them.

    A change is written first and told later, as it is with a database.
    """

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.answers = trusted(MemoryAnswers(12_000, clock=self.clock), self.clock)
        self.stored = {f"tag:{number}": 0 for number in range(5)}
        self.known = dict(self.stored)  # what has been told
        self.untold: list[frozenset[str] | None] = []
        self.reading: list[tuple[AbstractContextManager[Filling], Filling, Key, Any]] = []

    @rule(tags=TAGS)
    def write(self, tags: frozenset[str]) -> None:
        for tag in tags:
            self.stored[tag] += 1
        self.untold.append(tags)

    @rule()
    def write_everything(self) -> None:
        for tag in self.stored:
            self.stored[tag] += 1
        self.untold.append(None)

    @precondition(lambda self: self.untold)
    @rule()
    def tell(self) -> None:
        told = self.untold.pop(0)
        for tag in self.stored if told is None else told:
            self.known[tag] += 1
        self.answers.changed(told)

    @rule(path=PATHS, tags=TAGS, size=st.integers(0, 5000))
    def begin_reading(self, path: str, tags: frozenset[str], size: int) -> None:
        context = self.answers.filling()
        filling = context.__enter__()
        body = repr({tag: self.stored[tag] for tag in sorted(tags)}).encode().ljust(size)
        kept = Kept(an_answer(*tags, body=body), 0.0)
        self.reading.append((context, filling, a_key(path), kept))

    @precondition(lambda self: self.reading)
    @rule(place=st.integers(0, 10))
    def end_reading(self, place: int) -> None:
        context, filling, key, kept = self.reading.pop(place % len(self.reading))
        self.answers.keep(filling, key, kept)
        context.__exit__(None, None, None)

    @rule(path=PATHS)
    def find(self, path: str) -> None:
        found = self.answers.find(a_key(path))
        if found is not None:
            shown = eval(found.answer.body)  # noqa: S307 - ours
            assert all(shown[tag] >= self.known[tag] for tag in shown)

    @rule(seconds=st.floats(0, TRUST * 1.5))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def hear(self) -> None:
        while self.untold:
            self.tell()
        self.answers.heard(self.clock.now)

    @rule()
    def lose_the_connection(self) -> None:
        self.answers.lost()
        self.untold.clear()
        self.known = dict(self.stored)
        assert all(self.answers.find(a_key(f"/{number}")) is None for number in range(6))
        trusted(self.answers, self.clock)

    @invariant()
    def within_bounds(self) -> None:
        counts = self.answers.counts
        assert 0 <= counts.bytes <= 12_000
        assert (counts.bytes == 0) == (len(self.answers) == 0) == (counts.entries == 0)

    def teardown(self) -> None:
        for context, *_ in self.reading:
            context.__exit__(None, None, None)
        self.answers.changed(frozenset(self.stored))
        left = [self.answers.find(a_key(f"/{number}")) for number in range(6)]
        assert not any(found.answer.tags for found in left if found)


TestNeverOlderThanTold = Machine.TestCase
TestNeverOlderThanTold.settings = settings(max_examples=60, stateful_step_count=40)
