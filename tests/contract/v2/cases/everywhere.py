"""What holds for every operation: paths, methods, credentials, bodies, lists, idempotency."""

from tests.contract.table.case import (
    ADMIN,
    AUTHOR,
    AWAY,
    EDITOR,
    ID,
    NOBODY,
    Kept,
    Like,
    Raw,
    Spoken,
    answer,
    ask,
    broken,
    case,
    claim,
    key,
    person,
    post,
    session,
    tag,
    the,
)
from tests.contract.v2.cases.shapes import (
    BAD_TOKEN,
    CURSOR,
    ETAG,
    FORBIDDEN,
    NOT_SIGNED_IN,
    PRIVATE,
    PUBLIC,
    UNREAD,
    VARY,
    WEAK,
    about,
    at,
    bad_header,
    bad_parameter,
    invalid,
    item,
    listing,
    made_tag,
    planted_post,
    public_item,
    refused,
    stale,
    tag_view,
    unknown_parameter,
    written_post,
)

ALLOWED = {
    "/auth/register": "OPTIONS, POST",
    "/auth/login": "OPTIONS, POST",
    "/auth/refresh": "OPTIONS, POST",
    "/auth/logout": "OPTIONS, POST",
    "/users/me": "GET, HEAD, OPTIONS, PATCH",
    "/users/me/sessions": "GET, HEAD, OPTIONS",
    "/users/me/sessions/{unknown}": "DELETE, OPTIONS",
    "/users": "GET, HEAD, OPTIONS, POST",
    "/users/{unknown}": "DELETE, GET, HEAD, OPTIONS, PATCH",
    "/api-keys": "GET, HEAD, OPTIONS, POST",
    "/api-keys/{unknown}": "DELETE, GET, HEAD, OPTIONS",
    "/posts": "GET, HEAD, OPTIONS, POST",
    "/posts/{unknown}": "DELETE, GET, HEAD, OPTIONS, PATCH",
    "/posts/by-slug/birds": "GET, HEAD, OPTIONS",
    "/posts/{unknown}/publish": "OPTIONS, POST",
    "/posts/{unknown}/unpublish": "OPTIONS, POST",
    "/posts/{unknown}/schedule": "OPTIONS, POST",
    "/posts/{unknown}/archive": "OPTIONS, POST",
    "/posts/{unknown}/restore": "OPTIONS, POST",
    "/posts/{unknown}/revisions": "GET, HEAD, OPTIONS",
    "/posts/{unknown}/revisions/1": "GET, HEAD, OPTIONS",
    "/posts/{unknown}/revisions/1/restore": "OPTIONS, POST",
    "/search": "GET, HEAD, OPTIONS",
    "/search/suggest": "GET, HEAD, OPTIONS",
    "/posts/batch": "OPTIONS, POST",
    "/posts/{unknown}/comments": "GET, HEAD, OPTIONS, POST",
    "/comments": "GET, HEAD, OPTIONS",
    "/comments/{unknown}": "DELETE, GET, HEAD, OPTIONS, PATCH",
    "/comments/{unknown}/approve": "OPTIONS, POST",
    "/audit": "GET, HEAD, OPTIONS",
    "/tags": "GET, HEAD, OPTIONS, POST",
    "/tags/{unknown}": "DELETE, GET, HEAD, OPTIONS, PATCH",
    "/tags/{unknown}/merge": "OPTIONS, POST",
    "/categories": "GET, HEAD, OPTIONS, POST",
    "/categories/{unknown}": "DELETE, GET, HEAD, OPTIONS, PATCH",
    "/healthz": "GET, HEAD, OPTIONS",
    "/readyz": "GET, HEAD, OPTIONS",
}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "PURGE"}
SIGNED_IN_ONLY = [
    ("POST", "/auth/logout"),
    ("GET", "/users/me"),
    ("PATCH", "/users/me"),
    ("GET", "/users/me/sessions"),
    ("DELETE", "/users/me/sessions/{unknown}"),
    ("GET", "/users"),
    ("POST", "/users"),
    ("GET", "/users/{unknown}"),
    ("PATCH", "/users/{unknown}"),
    ("DELETE", "/users/{unknown}"),
    ("GET", "/api-keys"),
    ("GET", "/api-keys/{unknown}"),
    ("POST", "/api-keys"),
    ("DELETE", "/api-keys/{unknown}"),
    ("POST", "/posts"),
    ("PATCH", "/posts/{unknown}"),
    ("DELETE", "/posts/{unknown}"),
    ("POST", "/posts/{unknown}/publish"),
    ("POST", "/posts/{unknown}/unpublish"),
    ("POST", "/posts/{unknown}/schedule"),
    ("POST", "/posts/{unknown}/archive"),
    ("POST", "/posts/{unknown}/restore"),
    ("GET", "/posts/{unknown}/revisions"),
    ("GET", "/posts/{unknown}/revisions/1"),
    ("POST", "/posts/{unknown}/revisions/1/restore"),
    ("POST", "/posts/batch"),
    ("GET", "/comments"),
    ("PATCH", "/comments/{unknown}"),
    ("DELETE", "/comments/{unknown}"),
    ("POST", "/comments/{unknown}/approve"),
    ("POST", "/comments/{unknown}/reject"),
    ("POST", "/comments/{unknown}/spam"),
    ("GET", "/audit"),
    ("POST", "/tags"),
    ("PATCH", "/tags/{unknown}"),
    ("DELETE", "/tags/{unknown}"),
    ("POST", "/tags/{unknown}/merge"),
    ("POST", "/categories"),
    ("PATCH", "/categories/{unknown}"),
    ("DELETE", "/categories/{unknown}"),
]
IN_SESSION_ONLY = [
    ("POST", "/auth/logout"),
    ("GET", "/users/me/sessions"),
    ("DELETE", "/users/me/sessions/{unknown}"),
    ("GET", "/api-keys"),
    ("GET", "/api-keys/{unknown}"),
    ("POST", "/api-keys"),
    ("DELETE", "/api-keys/{unknown}"),
]
PUBLIC_READS = ["/posts", "/posts/{bird}", "/posts/by-slug/bird", "/tags", "/categories"]
CHANGES = ["/users/me", "/users/{ada}", "/posts/{bird}", "/tags/{jazz}"]
NOTHING_HERE = (
    "/ /nothing /posts/ //posts /Posts /posts/x /posts/{unknown}/ /posts/{unknown}/nothing "
    "/tags/{unknown}/merge/ /users/you /users/me/ /api-keys/x /auth /auth/ /healthz/"
)

PATHS = [
    case(
        f"there is nothing at {path}",
        *(ask(NOBODY, "GET", path), refused("path_not_found")),
    )
    for path in NOTHING_HERE.split()
]

OTHER_METHODS = [
    case(
        f"{path} takes {allowed} alone",
        *(
            part
            for method in sorted(METHODS - set(allowed.split(", ")))
            for part in (
                ask(NOBODY, method, path),
                refused("method_not_allowed", allow=allowed),
            )
        ),
        *(ask(NOBODY, "OPTIONS", path), answer(204, allow=allowed)),
    )
    for path, allowed in ALLOWED.items()
]

CREDENTIALS = [
    *(
        case(
            f"{method} {path} is for those who are signed in",
            *(ask(NOBODY, method, path), NOT_SIGNED_IN),
            *(ask(NOBODY, method, path, authorization="Basic YTpi"), NOT_SIGNED_IN),
            *(ask(NOBODY, method, path, authorization="Bearer a.b.c"), BAD_TOKEN),
            *(ask(NOBODY, method, path, x_api_key="srn_x"), BAD_TOKEN),
        )
        for method, path in SIGNED_IN_ONLY
    ),
    *(
        case(
            f"{method} {path} takes a session",
            key("script", of=ADMIN, scopes=["users:admin", "keys:admin", "users:read"]),
            *(ask("script", method, path), FORBIDDEN),
        )
        for method, path in IN_SESSION_ONLY
    ),
    *(
        case(
            f"GET {path} is for everybody whose credentials hold",
            post("bird"),
            *(ask(NOBODY, "GET", path, authorization="Bearer a.b.c"), BAD_TOKEN),
            *(ask(NOBODY, "GET", path, x_api_key="srn_x"), BAD_TOKEN),
        )
        for path in PUBLIC_READS
    ),
    case(
        "a session that has ended lets nobody in",
        session(AUTHOR, ended_at="2026-01-01T00:00:00Z", end_reason="logout"),
        *(ask(AUTHOR, "GET", "/users/me"), BAD_TOKEN),
        *(ask(AUTHOR, "GET", "/posts"), BAD_TOKEN),
    ),
    case(
        "an account that is inactive lets nobody in, nor do its keys",
        person(AUTHOR, is_active=False),
        key("script"),
        *(ask(AUTHOR, "GET", "/users/me"), BAD_TOKEN),
        *(ask("script", "GET", "/posts"), BAD_TOKEN),
    ),
    case(
        "a key that is over lets nobody in",
        key("expired", created_at="2026-01-01", expires_at="2026-01-02"),
        key("revoked", revoked_at="2026-01-02"),
        *(ask("expired", "GET", "/posts"), BAD_TOKEN),
        *(ask("revoked", "GET", "/posts"), BAD_TOKEN),
    ),
    case(
        "a key reads what it was given to read",
        post("bird"),
        key("reader"),
        key("other", scopes=["users:read"]),
        *(
            ask("reader", "GET", "/posts/{bird}"),
            answer(200, planted_post("bird"), cache_control=PRIVATE),
        ),
        *(ask("other", "GET", "/posts/{bird}"), FORBIDDEN),
        *(ask("reader", "GET", "/users"), FORBIDDEN),
    ),
]

JUST_TAG = {"name": "Jazz"}
BODIES = [
    case("no body", ask(EDITOR, "POST", "/tags"), refused("malformed_json")),
    case(
        "an empty body",
        ask(EDITOR, "POST", "/tags", Raw(b"")),
        refused("malformed_json"),
    ),
    *(
        case(
            f"a body sent as {content_type}",
            ask(EDITOR, "POST", "/tags", Raw(b'{"name": "Jazz"}', content_type)),
            refused("unsupported_media_type"),
        )
        for content_type in (
            None,
            "text/plain",
            "application/xml",
            "application/merge-patch+json",
        )
    ),
    *(
        case(
            f"the body {shown}",
            ask(EDITOR, "POST", "/tags", Raw(content)),
            refused("malformed_json"),
        )
        for shown, content in {
            "is half": b'{"name": "Ja',
            "is no UTF-8": b'{"name": "\xff"}',
            "holds U+0000": b'{"name": "a\\u0000"}',
            "is nested deeply": b"[" * 100_000,
        }.items()
    ),
    *(
        case(
            f"the body {shown.decode()} is no object",
            ask(EDITOR, "POST", "/tags", Raw(shown)),
            refused("not_an_object"),
        )
        for shown in (b"[]", b'"x"', b"1", b"null")
    ),
    case(
        "more than 10 MiB, told in advance or not",
        *(
            ask(EDITOR, "POST", "/tags", Raw(b" " * (10 * 1024**2 + 1))),
            refused("body_too_large"),
        ),
        *(
            ask(EDITOR, "POST", "/tags", Raw(b" " * (10 * 1024**2 + 1), in_pieces=True)),
            refused("body_too_large"),
        ),
    ),
    case(
        "a member that there is not names the one that was meant",
        ask(EDITOR, "POST", "/tags", {"nmae": "Jazz", "slug": 1}),
        invalid(
            at("/nmae", "unknown_member", nearest="name"),
            at("/name", "required"),
            at("/slug", "invalid_type", expected=["string", "null"]),
        ),
    ),
    case(
        "a host that cannot be one",
        ask(NOBODY, "GET", "/tags", host="exa mple..org"),
        refused("malformed_request"),
    ),
]

CONDITIONS = [
    *(
        case(
            f"a change of {path} is one of a version",
            person("ada"),
            post("bird"),
            tag("jazz"),
            *(ask(ADMIN, "PATCH", path, {}), UNREAD),
            *(ask(ADMIN, "PATCH", path, {}, if_match='"7"'), stale(1)),
            *(ask(ADMIN, "PATCH", path, {}, if_match='W/"1"'), stale(1)),
            *(ask(ADMIN, "PATCH", path, {}, if_match="1"), bad_header("If-Match")),
        )
        for path in CHANGES
    ),
    case(
        "who has it already is not sent it again",
        post("bird"),
        *(
            ask(NOBODY, "GET", "/posts/{bird}"),
            public_item(
                planted_post("bird"), "post:{bird},user:{author}", etag=Kept("seen", ETAG)
            ),
        ),
        *(
            ask(NOBODY, "GET", "/posts/{bird}", if_none_match="{seen}"),
            answer(304, etag=the("seen"), cache_control=PUBLIC, vary=VARY),
        ),
        *(
            ask(NOBODY, "GET", "/posts/{bird}", if_none_match="*"),
            answer(304, etag=the("seen")),
        ),
        *(
            ask(NOBODY, "GET", "/posts/{bird}", if_none_match='"1-0123456789ab"'),
            public_item(planted_post("bird"), "post:{bird},user:{author}"),
        ),
        *(
            ask(NOBODY, "GET", "/posts/{bird}", if_none_match="x"),
            bad_header("If-None-Match"),
        ),
    ),
    case(
        "lists are marked by what they show",
        tag("jazz"),
        *(
            ask(NOBODY, "GET", "/tags"),
            answer(
                200,
                listing(tag_view("jazz")),
                etag=Kept("seen", WEAK),
                cache_control=PUBLIC,
                vary=VARY,
            ),
        ),
        *(ask(NOBODY, "GET", "/tags", if_none_match="{seen}"), answer(304, etag=the("seen"))),
        *(
            ask(AUTHOR, "GET", "/tags", if_none_match="{seen}"),
            answer(304, etag=the("seen"), cache_control=PRIVATE),
        ),
    ),
    case(
        "the head of an answer is the answer without its body",
        tag("jazz"),
        *(
            ask(NOBODY, "HEAD", "/tags/{jazz}"),
            answer(200, cache_control=PUBLIC, content_type="application/json"),
        ),
        *(ask(NOBODY, "HEAD", "/tags/{unknown}"), answer(404)),
    ),
]

LISTS = {
    "/posts": ("filter[stats]=draft", "sort=-publishd_at", "fields[post]=titel"),
    "/tags": ("filter[nam]=jazz", "sort=usage", "fields[tag]=nam"),
    "/categories": ("filter[nam]=birds", "sort=nam", "fields[category]=nam"),
    "/comments": ("filter[stat]=x", "sort=name", "fields[comment]=text"),
    "/audit": ("filter[usr]=x", "sort=name", "fields[entry]=who"),
    "/users": ("filter[rol]=admin", "sort=name", "fields[user]=mail"),
    "/api-keys": ("filter[usr]=x", "sort=name", "fields[api_key]=key"),
}
QUERIES = [
    *(
        case(
            f"what {path} does not know is refused",
            *(ask(ADMIN, "GET", f"{path}?{name}"), unknown_parameter(name.partition("=")[0])),
            *(ask(ADMIN, "GET", f"{path}?{sort}"), bad_parameter("sort")),
            *(ask(ADMIN, "GET", f"{path}?{fields}"), bad_parameter(fields.partition("=")[0])),
            *(ask(ADMIN, "GET", f"{path}?page=2"), unknown_parameter("page")),
        )
        for path, (name, sort, fields) in LISTS.items()
    ),
    *(
        case(
            f"pages of {path} have a size and a place",
            *(ask(ADMIN, "GET", f"{path}?limit=101"), bad_parameter("limit")),
            *(ask(ADMIN, "GET", f"{path}?limit=0"), bad_parameter("limit")),
            *(ask(ADMIN, "GET", f"{path}?limit=-1"), bad_parameter("limit")),
            *(ask(ADMIN, "GET", f"{path}?limit=5&limit=6"), bad_parameter("limit")),
            *(ask(ADMIN, "GET", f"{path}?count=all"), bad_parameter("count")),
            *(
                ask(ADMIN, "GET", f"{path}?after=x"),
                refused("cursor_invalid", about("after", "cursor_invalid")),
            ),
        )
        for path in LISTS
    ),
    case(
        "a cursor leads on, and in its own list alone",
        *(tag(name) for name in ("a", "b", "c")),
        *(
            ask(NOBODY, "GET", "/tags?limit=2&fields[tag]=name&count=exact"),
            answer(
                200,
                listing(
                    {"name": "a"},
                    {"name": "b"},
                    after=Kept("on", CURSOR),
                    limit=2,
                    count={"value": 3, "exact": True},
                ),
            ),
        ),
        *(
            ask(NOBODY, "GET", "/tags?limit=2&fields[tag]=name&after={on}"),
            answer(200, listing({"name": "c"}, before=Kept("back", CURSOR), limit=2)),
        ),
        *(
            ask(NOBODY, "GET", "/tags?limit=2&fields[tag]=name&before={back}"),
            answer(200, listing({"name": "a"}, {"name": "b"}, after=the("on"), limit=2)),
        ),
        *(
            ask(NOBODY, "GET", "/tags?sort=-name&after={on}"),
            refused("cursor_mismatch", about("after", "cursor_mismatch")),
        ),
        *(ask(NOBODY, "GET", "/tags?after={on}&before={back}"), bad_parameter("before")),
    ),
]

DRAFT = {"title": "Canaries sing", "content": "They do."}
IDEMPOTENCY = [
    case(
        "the same request twice has one effect and one answer",
        *(
            ask(AUTHOR, "POST", "/posts", DRAFT, idempotency_key='"first"'),
            item(written_post("author"), 201, etag=Kept("seen", ETAG)),
        ),
        *(
            ask(AUTHOR, "POST", "/posts", DRAFT, idempotency_key='"first"'),
            answer(
                201,
                written_post("author"),
                idempotency_replayed="true",
                etag=the("seen"),
                location=Spoken("/api/v2/posts/{written}"),
                cache_control=PRIVATE,
            ),
        ),
        *(
            ask(AUTHOR, "GET", "/posts?filter[author]={author}&fields[post]=title"),
            answer(200, listing({"title": "Canaries sing"})),
        ),
    ),
    case(
        "a refusal is kept as well",
        *(
            ask(EDITOR, "POST", "/tags", {"name": ""}, idempotency_key="1"),
            invalid(at("/name", "invalid_length", min=1, max=50)),
        ),
        *(
            ask(EDITOR, "POST", "/tags", {"name": ""}, idempotency_key="1"),
            refused(
                "validation_failed",
                at("/name", "invalid_length", min=1, max=50),
                idempotency_replayed="true",
            ),
        ),
    ),
    case(
        "a key is for one request",
        *(
            ask(EDITOR, "POST", "/tags", JUST_TAG, idempotency_key="1"),
            item(made_tag("Jazz"), 201),
        ),
        *(
            ask(EDITOR, "POST", "/tags", {"name": "Blues"}, idempotency_key="1"),
            refused("idempotency_key_reused"),
        ),
        *(
            ask(ADMIN, "POST", "/tags", {"name": "Blues"}, idempotency_key="1"),
            item(made_tag("Blues", id=ID), 201),
        ),
    ),
    case(
        "while the first request runs the second is told to wait",
        claim("1", by=EDITOR, path="/api/v2/tags", sends=JUST_TAG),
        *(
            ask(EDITOR, "POST", "/tags", JUST_TAG, idempotency_key="1"),
            refused("idempotency_in_progress", retry_after="1"),
        ),
    ),
    case(
        "a key that is none",
        ask(EDITOR, "POST", "/tags", JUST_TAG, idempotency_key='"open'),
        bad_header("Idempotency-Key"),
    ),
]

FAILURES = [
    case(
        "it is alive, and ready",
        *(ask(NOBODY, "GET", "/healthz"), answer(200, {"status": "alive"})),
        *(ask(NOBODY, "GET", "=/healthz"), answer(200, {"status": "alive"})),
        *(ask(NOBODY, "GET", "/readyz"), answer(200, {"status": "ready"})),
        *(ask(NOBODY, "GET", "=/readyz"), answer(200, {"status": "ready"})),
    ),
    case(
        "without a database it is alive, and not ready",
        AWAY,
        *(ask(NOBODY, "GET", "/healthz"), answer(200, {"status": "alive"})),
        *(ask(NOBODY, "GET", "/readyz"), refused("dependency_unavailable", retry_after="5")),
    ),
    case(
        "a failure inside says nothing of it",
        broken("tags"),
        *(ask(NOBODY, "GET", "/tags"), refused("internal_error")),
        *(ask(EDITOR, "POST", "/tags", JUST_TAG), refused("internal_error")),
    ),
    case(
        "without a database there is nothing to answer for a while",
        AWAY,
        *(ask(NOBODY, "GET", "/tags"), refused("dependency_unavailable", retry_after="5")),
        *(
            ask(EDITOR, "POST", "/tags", JUST_TAG),
            refused("dependency_unavailable", retry_after="5"),
        ),
    ),
    case(
        "whoever asks too often waits",
        *(
            part
            for _ in range(100)
            for part in (ask(NOBODY, "GET", "/tags"), answer(200, listing()))
        ),
        ask(NOBODY, "GET", "/tags"),
        refused("rate_limited", retry_after=Like(r"[1-9]\d*")),
    ),
]

CASES = [
    *PATHS,
    *OTHER_METHODS,
    *CREDENTIALS,
    *BODIES,
    *CONDITIONS,
    *QUERIES,
    *IDEMPOTENCY,
    *FAILURES,
]
