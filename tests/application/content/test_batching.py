"""Batches of writes, and what is told of those that cannot be done."""

from dataclasses import replace

import pytest
from uuid_utils.compat import uuid7

from serinus.application.content.batching import Batching, BatchRefused, Operation
from serinus.application.content.editing import Editing
from serinus.domain.content.post import Post, PostId, PostNotFound, Text
from serinus.domain.errors import Unavailable
from tests.support.content import ADA, NOON, a_caller
from tests.support.fakes import MemoryPosts

AUTHOR = a_caller()
MISSING = PostId(uuid7())


@pytest.fixture
def posts() -> MemoryPosts:
    return MemoryPosts(authors={ADA.id: ADA})


@pytest.fixture
def batching(posts: MemoryPosts) -> Batching:
    return Batching(Editing(posts, now=lambda: NOON, new_id=uuid7), posts)


def creation(title: str) -> Operation:
    async def create(editing: Editing) -> Post:
        return await editing.create(AUTHOR, Text(title=title, content="c"))

    return Operation(None, create)


async def publish_what_is_missing(editing: Editing) -> Post:
    return await editing.publish(AUTHOR, MISSING)


async def meet_an_outage(_: Editing) -> Post:
    raise Unavailable("away")


FAILING, AWAY = Operation(MISSING, publish_what_is_missing), Operation(None, meet_an_outage)


async def test_all_are_done_in_their_order(batching: Batching, posts: MemoryPosts) -> None:
    written = await batching.all_or_none([creation("a"), creation("b")])

    assert [post.slug for post in written] == ["a", "b"]
    assert list(posts.rows.values()) == written


async def test_none_is_done_when_one_cannot_be_and_it_is_told_which(
    batching: Batching, posts: MemoryPosts
) -> None:
    with pytest.raises(BatchRefused) as refused:
        await batching.all_or_none([creation("a"), FAILING, creation("b")])

    assert refused.value.index == 1
    assert isinstance(refused.value.cause, PostNotFound)
    assert (posts.rows, posts.slugs) == ({}, {})


async def test_an_outage_is_nobody_s_fault(batching: Batching, posts: MemoryPosts) -> None:
    with pytest.raises(Unavailable):
        await batching.all_or_none([creation("a"), AWAY])

    assert posts.rows == {}


async def test_on_its_own_each_is_done_that_can_be(batching: Batching) -> None:
    first, second, third = await batching.one_by_one([creation("a"), FAILING, creation("b")])

    assert isinstance(first, Post)
    assert isinstance(second, PostNotFound)
    assert isinstance(third, Post)


async def test_during_an_outage_nothing_more_is_tried(
    batching: Batching, posts: MemoryPosts
) -> None:
    done, *not_tried = await batching.one_by_one([creation("a"), AWAY, creation("b"), FAILING])

    assert isinstance(done, Post)
    assert all(isinstance(each, Unavailable) for each in not_tried)
    assert len(posts.rows) == 1


async def test_operations_see_what_those_before_them_did(batching: Batching) -> None:
    written: list[PostId] = []

    async def create(editing: Editing) -> Post:
        post = await editing.create(AUTHOR, Text(title="a", content="c"))
        written.append(post.id)
        return post

    async def publish(editing: Editing) -> Post:
        return await editing.publish(AUTHOR, written[-1], version=1)

    first, second = await batching.all_or_none(
        [Operation(None, create), Operation(None, publish)]
    )

    assert second == replace(first.published(at=NOON), version=2)
