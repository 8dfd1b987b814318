"""The statements that read one page of comments: under a post, and in the queue of moderators.

Like pages of posts, one is cut from branches that do not overlap, each with an order and a
limit of its own, so that each walks an index and stops.
"""

from collections.abc import Mapping, Sequence

from serinus.domain.content.comments import CommentStatus, moderates
from serinus.domain.content.listing import Condition, Counting, Listing, Op
from serinus.domain.content.post import PostId
from serinus.domain.identity.caller import Caller
from serinus.infrastructure.postgres.comment_rows import COLUMNS, GROUND_COLUMNS, USERS
from serinus.infrastructure.postgres.keyset import (
    Arguments,
    Column,
    beyond,
    compare,
    order_by,
)

#: Up to so many are counted when an estimate will do.
COUNTED = 10_000

SORTED: Mapping[str, Column] = {
    "thread": Column("p.lineage", "uuid[]"),
    "created_at": Column("p.created_at", "timestamptz"),
}

QUEUED = {"post": "p.post_id", "author": "p.author_id"}

# Also the condition of the indexes in the order of threads.
KEPT = "(p.deleted_at IS NULL OR p.answers > 0)"
LIVE = "p.deleted_at IS NULL"


def under_post_sql(
    caller: Caller | None, post_id: PostId, listing: Listing, arguments: Arguments
) -> str:
    """Rows for `comment_from` and `ground_from`, at least one if the post is there.

    Without comments its `id` is null; with a count there is also `total`.
    """
    post = arguments.add(post_id, "uuid")
    threaded = listing.orders[0].field == "thread"
    within = [f"p.post_id = {post}", *_hanging(listing, post, arguments)]
    seen = _threaded(caller, arguments) if threaded else _dated(caller, arguments)
    page = _page([" AND ".join([*within, each]) for each in seen], listing, arguments)
    return f"""
        SELECT {GROUND_COLUMNS}, page.*
          FROM posts post LEFT JOIN LATERAL ({page}) page ON true
         WHERE post.id = {post}"""  # noqa: S608 - constants and numbered parameters


def queue_sql(listing: Listing, arguments: Arguments) -> str:
    """Rows for `comment_from`; with a count also `total`, and one row at least."""
    within = [
        LIVE,
        *(
            compare(QUEUED[each.field], each.op, each.values, "uuid", arguments)
            for each in listing.conditions
            if each.field in QUEUED
        ),
    ]
    branches = [
        " AND ".join([f"p.status = '{status.value}'", *within])
        for status in _statuses(listing.conditions)
    ]
    return _page(branches or ["false"], listing, arguments)


def _statuses(conditions: Sequence[Condition]) -> list[CommentStatus]:
    wanted = set(CommentStatus)
    for condition in conditions:
        if condition.field == "status":
            named = {CommentStatus(str(value)) for value in condition.values}
            wanted = wanted - named if condition.op is Op.NE else wanted & named
    return [status for status in CommentStatus if status in wanted]


def _hanging(listing: Listing, post: str, arguments: Arguments) -> list[str]:
    """What it is directly below, as `comments_below` has it."""
    found: list[str] = []
    for condition in listing.conditions:
        if condition.field != "parent":
            continue
        top = condition.op is Op.NULL
        parent = post if top else arguments.add(condition.values[0], "uuid")
        found.append(f"coalesce(p.parent_id, p.post_id) = {parent}")
    return found


def _threaded(caller: Caller | None, arguments: Arguments) -> list[str]:
    """With those that only hold a place in a thread."""
    shown = f"p.shown AND {KEPT}"
    if moderates(caller):
        return [shown, f"NOT p.shown AND {KEPT}"]
    return [shown, *(f"NOT p.shown AND {own}" for own in _own(caller, arguments))]


def _dated(caller: Caller | None, arguments: Arguments) -> list[str]:
    if moderates(caller):
        return [LIVE]
    return [f"p.status = 'approved' AND {LIVE}", *_own(caller, arguments)]


def _own(caller: Caller | None, arguments: Arguments) -> list[str]:
    if caller is None:
        return []
    author = arguments.add(caller.id, "uuid")
    return [f"p.author_id = {author} AND p.status = 'pending' AND {LIVE}"]


def _page(branches: Sequence[str], listing: Listing, arguments: Arguments) -> str:
    start = beyond(listing, SORTED, arguments) or "true"
    limit = arguments.add(listing.limit + 1, "integer")
    order = order_by(listing, SORTED)
    cuts = [
        f"(SELECT p.* FROM comments p WHERE {each} AND {start} ORDER BY {order} LIMIT {limit})"  # noqa: S608
        for each in branches
    ]
    page = f"""
        SELECT {COLUMNS} FROM (
            SELECT p.* FROM ({" UNION ALL ".join(cuts)}) p ORDER BY {order} LIMIT {limit}
        ) p {USERS} ORDER BY {order}"""  # noqa: S608 - constants and numbered parameters
    if listing.counting is None:
        return page
    matching = " OR ".join(f"({each})" for each in branches)
    total = f"SELECT FROM comments p WHERE {matching}"
    if listing.counting is Counting.ESTIMATED:
        total = f"{total} LIMIT {COUNTED + 1}"
    return f"""
        SELECT * FROM (SELECT count(*) AS total FROM ({total}) p) total
          LEFT JOIN LATERAL ({page}) page ON true"""  # noqa: S608
