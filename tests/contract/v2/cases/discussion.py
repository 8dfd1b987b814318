"""Comments, and many writes to posts in one request."""

from typing import Any

from tests.contract.table.case import (
    AUTHOR,
    EDITOR,
    ID,
    NOBODY,
    SUBSCRIBER,
    Answer,
    Kept,
    Spoken,
    answer,
    ask,
    case,
    post,
    the,
)
from tests.contract.v2.cases.shapes import (
    FORBIDDEN,
    GONE,
    NOT_SIGNED_IN,
    NOW,
    PRIVATE,
    PUBLIC,
    UNREAD,
    Anything,
    at,
    invalid,
    item,
    listing,
    planted_post,
    refused,
    stale,
    without,
)

ON_BIRD = "/posts/{bird}/comments"
COMMENT = "/comments/{made}"
SAID = {"content": "Lovely."}
NO_COMMENT = refused("comment_not_found")


def comment(version: int = 1, status: str = "pending", **members: Any) -> dict[str, Any]:
    """By the subscriber, on the post of the state."""
    return {
        "id": Kept("made", ID),
        "post_id": the("bird"),
        "parent_id": None,
        "depth": 1,
        "status": status,
        "author": {
            "id": the("subscriber"),
            "username": "subscriber",
            "name": "subscriber",
            "url": None,
        },
        "content": "Lovely.",
        "reply_count": 0,
        "created_at": NOW,
        "updated_at": NOW,
        "version": version,
    } | members


COMMENTS = [
    case(
        "a comment waits for a moderator before everybody sees it",
        post("bird"),
        *(
            ask(SUBSCRIBER, "POST", ON_BIRD, SAID),
            item(comment(), 201, location=Spoken("/api/v2/comments/{made}")),
        ),
        *(ask(SUBSCRIBER, "POST", ON_BIRD, SAID), refused("duplicate_comment")),
        *(ask(NOBODY, "GET", COMMENT), NO_COMMENT),
        *(ask(NOBODY, "GET", ON_BIRD), answer(200, listing(), cache_control=PUBLIC)),
        *(
            ask(EDITOR, "GET", "/comments?filter[status]=pending&fields[comment]=content"),
            answer(200, listing(SAID), cache_control=PRIVATE),
        ),
        *(ask(SUBSCRIBER, "POST", f"{COMMENT}/approve"), FORBIDDEN),
        *(ask(EDITOR, "POST", f"{COMMENT}/approve"), item(Anything())),
        *(
            ask(NOBODY, "GET", COMMENT),
            answer(200, comment(2, "approved"), cache_control=PUBLIC),
        ),
        *(
            ask(NOBODY, "GET", ON_BIRD),
            answer(200, listing(comment(2, "approved")), cache_control=PUBLIC),
        ),
        *(ask(EDITOR, "POST", f"{COMMENT}/spam", if_match='"1"'), stale(2)),
        *(ask(EDITOR, "POST", f"{COMMENT}/spam"), item(Anything())),
        *(ask(EDITOR, "POST", f"{COMMENT}/reject"), item(Anything())),
        *(ask(NOBODY, "GET", COMMENT), NO_COMMENT),
    ),
    case(
        "a comment is changed and taken away by its author",
        post("bird"),
        *(ask(SUBSCRIBER, "POST", ON_BIRD, SAID), item(comment(), 201)),
        *(ask(SUBSCRIBER, "PATCH", COMMENT, {"content": "Hm."}), UNREAD),
        *(
            ask(SUBSCRIBER, "PATCH", COMMENT, {"content": "Hm."}, if_match='"1"'),
            item(comment(2, content="Hm.")),
        ),
        *(ask(AUTHOR, "PATCH", COMMENT, {"content": "x"}, if_match="*"), NO_COMMENT),
        *(ask(SUBSCRIBER, "DELETE", COMMENT), GONE),
        *(ask(SUBSCRIBER, "GET", COMMENT), NO_COMMENT),
    ),
    case(
        "drafts are not commented on, nor is what is not there",
        post("bird", status="draft"),
        *(ask(AUTHOR, "POST", ON_BIRD, SAID), refused("comments_closed")),
        *(ask(SUBSCRIBER, "POST", ON_BIRD, SAID), refused("post_not_found")),
        *(ask(NOBODY, "GET", ON_BIRD), refused("post_not_found")),
        *(ask(AUTHOR, "POST", ON_BIRD, {"content": ""}), invalid(at("/content", "required"))),
        *(ask(SUBSCRIBER, "GET", "/comments"), FORBIDDEN),
    ),
]


def done(status: int, **members: Any) -> dict[str, Any]:
    return {"status": status} | members


PUBLISH = {"op": "publish", "id": the("bird")}
UNKNOWN = {"op": "delete", "id": the("unknown")}


def results(*told: Any, applied: int) -> Answer:
    return answer(200, {"results": list(told), "applied": applied}, cache_control=PRIVATE)


BATCHES = [
    case(
        "all operations of a batch are done, or none",
        post("bird", status="draft"),
        *(
            ask(AUTHOR, "POST", "/posts/batch", {"operations": [PUBLISH, UNKNOWN]}),
            refused("batch_refused", at("/operations/1", "post_not_found")),
        ),
        *(ask(NOBODY, "GET", "/posts/{bird}"), refused("post_not_found")),
    ),
    case(
        "each operation is done on its own when that is asked for",
        post("bird", status="draft"),
        *(
            ask(
                AUTHOR,
                "POST",
                "/posts/batch",
                {"operations": [PUBLISH, UNKNOWN], "atomic": False},
            ),
            results(
                done(
                    200,
                    id=the("bird"),
                    version=2,
                    data=without(
                        planted_post("bird", published_at=NOW, updated_at=NOW, version=2),
                        "content",
                    ),
                ),
                done(404, id=the("unknown"), error=Anything()),
                applied=1,
            ),
        ),
    ),
    case(
        "a batch is for those who may write, and is of some size",
        *(ask(NOBODY, "POST", "/posts/batch", {"operations": [UNKNOWN]}), NOT_SIGNED_IN),
        *(ask(SUBSCRIBER, "POST", "/posts/batch", {"operations": [UNKNOWN]}), FORBIDDEN),
        *(
            ask(AUTHOR, "POST", "/posts/batch", {"operations": []}),
            invalid(at("/operations", "required", min=1, max=100)),
        ),
    ),
]

CASES = [*COMMENTS, *BATCHES]
