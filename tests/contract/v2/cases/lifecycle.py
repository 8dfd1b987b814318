"""What becomes of posts: set times, the archive, the bin, versions; finding; the log."""

from datetime import UTC, datetime
from typing import Any

from tests.contract.table.case import (
    ADMIN,
    AUTHOR,
    CONTRIBUTOR,
    EDITOR,
    ID,
    NOBODY,
    Answer,
    answer,
    ask,
    case,
    key,
    person,
    post,
    the,
)
from tests.contract.v2.cases.shapes import (
    FORBIDDEN,
    GONE,
    NOON,
    NOT_SIGNED_IN,
    NOW,
    PRIVATE,
    PUBLIC,
    TEXT,
    Anything,
    at,
    bad_parameter,
    byline,
    invalid,
    item,
    listing,
    made_tag,
    planted_post,
    refused,
    stale,
    unknown_parameter,
)

YEAR = datetime.now(UTC).year + 2  # ten years ahead is too far
LATER, AT_LATER = {"at": f"{YEAR}-01-01T09:00:00+09:00"}, f"{YEAR}-01-01T00:00:00Z"


def now(version: int, status: str, **members: Any) -> Answer:
    """The post of the state as it has become."""
    dates = {} if status in {"published", "archived"} else {"published_at": None}
    told = {"status": status, "version": version, "updated_at": NOW} | dates
    return item(planted_post("bird", **told | members))


POSTS = [
    case(
        "a post is set to be published, and is not before",
        post("bird", status="draft"),
        *(
            ask(AUTHOR, "POST", "/posts/{bird}/schedule", LATER),
            now(2, "scheduled", scheduled_at=AT_LATER),
        ),
        *(ask(NOBODY, "GET", "/posts/{bird}"), refused("post_not_found")),
        *(ask(AUTHOR, "POST", "/posts/{bird}/schedule", LATER, if_match='"1"'), stale(2)),
        *(ask(AUTHOR, "POST", "/posts/{bird}/unpublish"), now(3, "draft")),
        *(
            ask(AUTHOR, "POST", "/posts/{bird}/schedule", {"at": "2020-01-01T00:00:00Z"}),
            invalid(at("/at", "too_early")),
        ),
        *(
            ask(AUTHOR, "POST", "/posts/{bird}/schedule", {"at": "tomorrow"}),
            invalid(at("/at", "invalid_format")),
        ),
    ),
    case(
        "what is published is not published again later",
        post("bird"),
        ask(AUTHOR, "POST", "/posts/{bird}/schedule", LATER),
        refused("already_published"),
    ),
    case(
        "what was archived is hidden, and comes back with its date",
        post("bird"),
        *(ask(AUTHOR, "POST", "/posts/{bird}/restore"), refused("nothing_to_restore")),
        *(ask(AUTHOR, "POST", "/posts/{bird}/archive"), now(2, "archived")),
        *(ask(NOBODY, "GET", "/posts/{bird}"), refused("post_not_found")),
        *(
            ask(AUTHOR, "POST", "/posts/{bird}/restore", if_match='"2"'),
            now(3, "published", published_at=NOON),
        ),
    ),
    case(
        "what was deleted comes back as it was",
        post("bird"),
        *(ask(AUTHOR, "DELETE", "/posts/{bird}"), GONE),
        *(ask(NOBODY, "GET", "/posts/{bird}"), refused("post_not_found")),
        *(ask(AUTHOR, "POST", "/posts/{bird}/restore"), now(3, "published")),
        *(ask(NOBODY, "GET", "/posts/{bird}"), answer(200, Anything())),
    ),
    case(
        "set times, the archive and the bin are for whoever may publish it",
        person("eve", role=AUTHOR),
        post("bird"),
        *(
            part
            for role in ("eve", CONTRIBUTOR)
            for action, sends in {"schedule": [LATER], "archive": [], "restore": []}.items()
            for part in (ask(role, "POST", f"/posts/{{bird}}/{action}", *sends), FORBIDDEN)
        ),
    ),
]


def revision(number: int, *changed: str, **members: Any) -> dict[str, Any]:
    """Of a post that the author changed."""
    return {
        "number": number,
        "at": NOW,
        "by": byline("author"),
        "via": "v2",
        "title": "Planted",
        "content_bytes": 8,
        "changed": list(changed),
    } | members


FIRST = revision(1, at=Anything(), changed=None, via=None, by=None)
NEW_TITLE = {"title": "New"}
REVISIONS = [
    case(
        "every version is kept, and an old one can be had again",
        post("bird"),
        *(
            ask(AUTHOR, "PATCH", "/posts/{bird}", NEW_TITLE, if_match="*"),
            now(2, "published", title="New"),
        ),
        *(
            ask(AUTHOR, "GET", "/posts/{bird}/revisions"),
            answer(
                200,
                listing(revision(2, "title", title="New"), FIRST),
                cache_control=PRIVATE,
            ),
        ),
        *(
            ask(AUTHOR, "GET", "/posts/{bird}/revisions/1?against=2"),
            answer(200, Anything(), cache_control=PRIVATE),
        ),
        *(
            ask(AUTHOR, "POST", "/posts/{bird}/revisions/1/restore", if_match='"1"'),
            stale(2),
        ),
        *(
            ask(AUTHOR, "POST", "/posts/{bird}/revisions/1/restore"),
            now(3, "published"),
        ),
        *(
            ask(AUTHOR, "GET", "/posts/{bird}/revisions/9"),
            refused("revision_not_found"),
        ),
        *(
            ask(AUTHOR, "GET", "/posts/{bird}/revisions/-3120183924"),
            refused("revision_not_found"),
        ),
    ),
    case(
        "versions are for whoever may change the post",
        person("eve", role=AUTHOR),
        post("bird"),
        *(
            part
            for by, told in [(NOBODY, NOT_SIGNED_IN), ("eve", FORBIDDEN)]
            for method, path in [("GET", ""), ("GET", "/1"), ("POST", "/1/restore")]
            for part in (ask(by, method, f"/posts/{{bird}}/revisions{path}"), told)
        ),
    ),
]

SUGGESTED = {"text": "Jazz", "kind": "post", "id": the("other"), "slug": "other"}
SEARCH = [
    case(
        "everybody finds what is published",
        post("bird", title="鳥の歌"),
        post("other", title="Jazz"),
        post("draft", title="鳥の声", status="draft"),
        *(
            ask(NOBODY, "GET", "/search?q=%E9%B3%A5&fields[post]=title"),
            answer(200, listing({"title": "鳥の歌"}, capped=False), cache_control=PUBLIC),
        ),
        *(
            ask(NOBODY, "GET", "/search/suggest?prefix=Ja"),
            answer(
                200,
                {"data": [SUGGESTED]},
                cache_control=PUBLIC,
            ),
        ),
        *(ask(NOBODY, "GET", "/search?q="), bad_parameter("q")),
        *(ask(NOBODY, "GET", "/search?query=x"), unknown_parameter("query")),
        *(ask(NOBODY, "GET", "/search/suggest?prefix="), bad_parameter("prefix")),
    ),
]

AUDIT = [
    case(
        "the log tells who wrote what, from where",
        key("script", of=EDITOR, scopes=["taxonomy:write"]),
        *(ask("script", "POST", "/tags", {"name": "歌"}), item(made_tag("歌"), 201)),
        *(
            ask(ADMIN, "GET", "/audit?filter[entity_id]={made}"),
            answer(
                200,
                listing(
                    {
                        "id": ID,
                        "at": NOW,
                        "action": "created",
                        "entity": "tag",
                        "entity_id": the("made"),
                        "version": 1,
                        "user": {"id": the("editor"), "username": "editor"},
                        "api_key_id": the("script"),
                        "via": "v2",
                        "address": TEXT,
                        "request_id": TEXT,
                        "changes": Anything(),
                    }
                ),
                cache_control=PRIVATE,
            ),
        ),
    ),
    case(
        "the log is for administrators, by one filter at a time",
        *(ask(EDITOR, "GET", "/audit"), FORBIDDEN),
        *(
            ask(ADMIN, "GET", "/audit?filter[user]={editor}&filter[action]=created"),
            refused("unsupported_combination"),
        ),
    ),
]

CASES = [*POSTS, *REVISIONS, *SEARCH, *AUDIT]
