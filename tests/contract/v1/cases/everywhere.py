"""What holds for every operation: paths, methods, credentials, bodies."""

from tests.contract.table.case import (
    AUTHOR,
    NOBODY,
    SUBSCRIBER,
    Raw,
    answer,
    ask,
    case,
    key,
    person,
    post,
    session,
)
from tests.contract.v1.cases.shapes import (
    BAD_ID,
    BAD_TOKEN,
    MALFORMED,
    NO_ENDPOINT,
    NO_HEADER,
    NO_METHOD,
    NO_OBJECT,
    NO_POST,
    NOT_JSON,
    TOO_LARGE,
    bad_type,
    env,
    invalid,
    page,
    planted_post,
    written_post,
)

POST = "/posts/{unknown}"
UNKNOWN_PATHS = (
    "/ /nothing /posts/ //posts /Posts /tags/ /health/ /auth /auth/ /auth/login/ /posts/tag/ "
    "/posts/{unknown}/ /posts/{unknown}/comments /posts/{unknown}/publish/now "
    "/posts/tag/birds/ /posts/tag/a/b /users/ /users/{unknown}/ /users/{unknown}/comments "
    "/users/{unknown}/posts/ /admin /admin/ /admin/users /api-keys/ /search/ /search/nothing "
    "/metrics/"
)

PATHS = [
    case(
        f"there is no endpoint at {path}",
        *(ask(NOBODY, "GET", path), answer(404, NO_ENDPOINT)),
        *(ask(AUTHOR, "POST", path, {}), answer(404, NO_ENDPOINT)),
        *(ask(AUTHOR, "OPTIONS", path), answer(404, NO_ENDPOINT)),
    )
    for path in UNKNOWN_PATHS.split()
]

ALLOWED = {
    "": "GET, HEAD",
    "/info": "GET, HEAD",
    "/health": "GET, HEAD",
    "/health/liveness": "GET, HEAD",
    "/health/readiness": "GET, HEAD",
    "/auth/register": "POST",
    "/auth/login": "POST",
    "/auth/refresh": "POST",
    "/auth/logout": "POST",
    "/auth/profile": "GET, HEAD",
    "/posts": "GET, HEAD, POST",
    POST: "DELETE, GET, HEAD, PUT",
    f"{POST}/publish": "POST",
    "/posts/tag/birds": "GET, HEAD",
    "/tags": "GET, HEAD",
    "/users": "GET, HEAD",
    "/users/{unknown}": "DELETE, GET, HEAD, PUT",
    "/users/{unknown}/posts": "GET, HEAD",
    "/users/{unknown}/role": "POST",
    "/admin/posts": "GET, HEAD, POST",
    "/admin/posts/{unknown}": "DELETE",
    "/api-keys": "GET, HEAD, POST",
    "/api-keys/{unknown}": "DELETE",
    "/search": "GET, HEAD",
    "/search/suggest": "GET, HEAD",
    "/search/stats": "GET, HEAD",
    "/search/reindex": "POST",
}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"}

OTHER_METHODS = [
    case(
        f"{path or 'the base'} takes {allowed} alone",
        *(
            part
            for method in sorted(METHODS - set(allowed.split(", ")))
            for part in (ask(NOBODY, method, path), answer(405, NO_METHOD, allow=allowed))
        ),
    )
    for path, allowed in ALLOWED.items()
]

SIGNED_IN_ONLY = [
    ("POST", "/auth/logout"),
    ("GET", "/auth/profile"),
    ("GET", "/posts"),
    ("POST", "/posts"),
    ("GET", POST),
    ("PUT", POST),
    ("DELETE", POST),
    ("POST", f"{POST}/publish"),
    ("GET", "/posts/tag/birds"),
    ("GET", "/tags"),
    ("GET", "/users"),
    ("GET", "/users/{unknown}"),
    ("PUT", "/users/{unknown}"),
    ("DELETE", "/users/{unknown}"),
    ("GET", "/users/{unknown}/posts"),
    ("POST", "/users/{unknown}/role"),
    ("GET", "/admin/posts"),
    ("POST", "/admin/posts"),
    ("DELETE", "/admin/posts/{unknown}"),
    ("GET", "/api-keys"),
    ("POST", "/api-keys"),
    ("DELETE", "/api-keys/{unknown}"),
    ("POST", "/search/reindex"),
]

CREDENTIALS = [
    *(
        case(
            f"{method} {path} asks who it is before all else",
            *(ask(NOBODY, method, path, Raw(b"{")), answer(401, NO_HEADER)),
            *(
                ask(NOBODY, method, path, Raw(b"{"), Authorization="Bearer x"),
                answer(401, BAD_TOKEN),
            ),
        )
        for method, path in SIGNED_IN_ONLY
    ),
    *(
        case(
            f"{name} is no authorization",
            ask(NOBODY, "GET", "/tags?page=x", Authorization=value),
            answer(401, NO_HEADER),
        )
        for name, value in {
            "an empty header": "",
            "a scheme alone": "Bearer",
            "two tokens": "Bearer a b",
            "a token alone": "token",
            "Basic": "Basic YTpi",
            "a tab for a blank": "Bearer\ttoken",
        }.items()
    ),
    *(
        case(
            f"the scheme may be written {scheme}",
            ask(NOBODY, "GET", "/tags", Authorization=f"{scheme} {{author.access}}"),
            answer(200, page()),
        )
        for scheme in ("bearer", "BEARER", "bEaReR")
    ),
    *(
        case(
            f"{name} is no token of ours",
            ask(NOBODY, "GET", "/tags", Authorization=f"Bearer {token}"),
            answer(401, BAD_TOKEN),
        )
        for name, token in {
            "a token cut short": "{author.access}x",
            "an unsigned token": "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.e30.",
            "a very long token": "x" * 5000,
            "a refresh token": "x" * 43,
            "an API key": "srn_x",
        }.items()
    ),
    case(
        "an ended session answers to no token",
        session(AUTHOR, ended_at="2026-06-01T00:00:00Z", end_reason="logout"),
        *(ask(AUTHOR, "GET", "/tags"), answer(401, BAD_TOKEN)),
        *(ask(AUTHOR, "POST", "/auth/logout"), answer(401, BAD_TOKEN)),
    ),
    case(
        "an expired session answers to no token",
        session(AUTHOR, created_at="2026-06-01T00:00:00Z", expires_at="2026-06-02T00:00:00Z"),
        *(ask(AUTHOR, "GET", "/tags"), answer(401, BAD_TOKEN)),
    ),
    case(
        "an inactive account answers to no token",
        person(AUTHOR, is_active=False),
        *(ask(AUTHOR, "GET", "/tags"), answer(401, BAD_TOKEN)),
    ),
    case(
        "a bearer token wins over a key",
        *(ask(AUTHOR, "GET", "/tags", X_API_Key="srn_x"), answer(200, page())),
    ),
    case(
        "a scheme that is not ours is refused although a key is sent",
        key("k"),
        ask(NOBODY, "GET", "/tags", X_API_Key="{k.raw}", Authorization="Basic YTpi"),
        answer(401, NO_HEADER),
    ),
]

IDS = [
    *(
        case(
            f"{name} is no id",
            *(ask(AUTHOR, "GET", f"/posts/{text}"), answer(400, BAD_ID)),
            *(ask(AUTHOR, "PUT", f"/posts/{text}", Raw(b"{", None)), answer(400, BAD_ID)),
            *(ask(SUBSCRIBER, "DELETE", f"/posts/{text}"), answer(400, BAD_ID)),
            *(ask(SUBSCRIBER, "POST", f"/posts/{text}/publish"), answer(400, BAD_ID)),
        )
        for name, text in {
            "a number": "1",
            "a word": "nonsense",
            "an id cut short": "0198a6a0-0000-7000-8000-00000000000",
            "an id without hyphens": "0198a6a0000070008000000000000001",
            "an id in braces": "%7B0198a6a0-0000-7000-8000-000000000001%7D",
            "an id and a line's end": "0198a6a0-0000-7000-8000-000000000001%0A",
            "a URN": "urn:uuid:0198a6a0-0000-7000-8000-000000000001",
            "full-width digits": "%EF%BC%90198a6a0-0000-7000-8000-000000000001",
        }.items()
    ),
    case(
        "an id may be written in capitals",
        post("p", id="0198a6a0-abcd-7000-8000-00000000abcd"),
        ask(SUBSCRIBER, "GET", "/posts/0198A6A0-ABCD-7000-8000-00000000ABCD"),
        answer(200, env(planted_post("p", id="0198a6a0-abcd-7000-8000-00000000abcd"))),
    ),
]

WITH_BODY = [
    ("POST", "/auth/register"),
    ("POST", "/auth/login"),
    ("POST", "/auth/refresh"),
    ("POST", "/posts"),
    ("PUT", POST),
    ("PUT", "/users/{unknown}"),
    ("POST", "/users/{unknown}/role"),
    ("POST", "/admin/posts"),
    ("POST", "/api-keys"),
]
OTHER_TYPES = {
    "no content type": None,
    "plain text": "text/plain",
    "a relative of JSON": "application/problem+json",
    "a form": "application/x-www-form-urlencoded",
    "several parts": "multipart/form-data; boundary=x",
}
JSON_TYPES = [
    "application/json; charset=utf-8",
    "Application/JSON",
    "application/json;x=y",
]
NOT_AS_JSON = {
    "nothing": b"",
    "a blank": b" ",
    "an open brace": b"{",
    "a word": b"nothing",
    "single quotes": b"{'title': 'quotes'}",
    "a comma too many": b'{"title": "t",}',
    "two objects": b'{"title": "t"} {}',
    "NaN": b'{"title": NaN}',
    "Infinity": b'{"title": Infinity}',
    "a number beyond all": b'{"x": 1e999}',
    "bytes that are no UTF-8": b'{"title": "\xff\xfe"}',
    "an encoded surrogate": b'{"title": "\xed\xa0\x80"}',
    "half a surrogate pair": rb'{"title": "\ud800"}',
    "an escaped NUL": rb'{"title": "nul \u0000"}',
    "an escaped NUL in a name": rb'{"nul \u0000": 1}',
    "a raw NUL": b'{"title": "raw \x00"}',
    "a byte order mark": b'\xef\xbb\xbf{"title": "t"}',
    "UTF-16": '{"title": "t"}'.encode("utf-16"),
    "endless nesting": b"[" * 100_000,
    "nesting beyond all need": b'{"x": ' + b"[" * 201 + b"]" * 201 + b"}",
}

BODIES = [
    *(
        case(
            f"{method} {path} wants JSON, not {name}",
            ask(AUTHOR, method, path, Raw(b"{", content_type)),
            answer(415, NOT_JSON),
        )
        for method, path in WITH_BODY
        for name, content_type in OTHER_TYPES.items()
    ),
    *(
        case(
            f"{content_type} is JSON",
            ask(AUTHOR, "POST", "/posts", Raw(b"[]", content_type)),
            answer(400, NO_OBJECT),
        )
        for content_type in JSON_TYPES
    ),
    *(
        case(
            f"{name} is malformed for every operation",
            *(
                part
                for method, path in WITH_BODY
                for part in (
                    ask(AUTHOR, method, path, Raw(content)),
                    answer(400, MALFORMED),
                )
            ),
        )
        for name, content in NOT_AS_JSON.items()
    ),
    *(
        case(
            f"{text} is JSON and no object",
            *(
                part
                for method, path in WITH_BODY
                for part in (
                    ask(AUTHOR, method, path, Raw(text.encode())),
                    answer(400, NO_OBJECT),
                )
            ),
        )
        for text in ("[]", '"text"', "1", "null", "true", '["a", {}]')
    ),
    case(
        "of a member sent twice the last counts",
        ask(AUTHOR, "POST", "/posts", Raw(b'{"title":1,"content":"c","title":"The last"}')),
        answer(201, env(written_post(AUTHOR, title="The last", content="c"))),
    ),
    case(
        "unknown members are ignored, whatever they are",
        ask(
            AUTHOR,
            "POST",
            "/posts",
            {
                "title": "T",
                "content": "c",
                "id": 5,
                "author_id": [],
                "Title": 1,
                "": {"a": [[]]},
            },
        ),
        answer(201, env(written_post(AUTHOR, title="T", content="c"))),
    ),
    case(
        "an escaped backslash before a zero is no NUL",
        ask(AUTHOR, "POST", "/posts", Raw(rb'{"title": "a \\u0000 b", "content": "c"}')),
        answer(201, env(written_post(AUTHOR, title=r"a \u0000 b", content="c"))),
    ),
    case(
        "a body in pieces is as good",
        ask(
            AUTHOR,
            "POST",
            "/posts",
            Raw(b'{"title": "T", "content": "c"}', in_pieces=True),
        ),
        answer(201, env(written_post(AUTHOR, title="T", content="c"))),
    ),
    case(
        "over 10 MiB are too many, announced or not",
        *(
            part
            for in_pieces in (True, False)
            for part in (
                ask(AUTHOR, "POST", "/posts", Raw(b" " * 10_485_761, in_pieces=in_pieces)),
                answer(413, TOO_LARGE),
            )
        ),
    ),
]

ORDER = [
    case(
        "a wrong content type comes before a wrong body",
        *(ask(SUBSCRIBER, "POST", "/posts", Raw(b"{", "text/plain")), answer(415, NOT_JSON)),
    ),
    case(
        "a wrong type comes before a violation",
        ask(SUBSCRIBER, "POST", "/posts", {"title": "", "published": "yes"}),
        answer(400, bad_type("published")),
    ),
    case(
        "a violation comes before what a role may",
        ask(SUBSCRIBER, "PUT", POST, {"title": ""}),
        answer(422, invalid(("title", "Title must be between 1 and 255 characters"))),
    ),
    case(
        "what a role may comes before what is there",
        *(
            ask(SUBSCRIBER, "PUT", POST, {"title": "T"}),
            answer(403, {**NO_POST, "error": "Insufficient permissions"}),
        ),
        *(ask(AUTHOR, "PUT", POST, {"title": "T"}), answer(404, NO_POST)),
    ),
]

CASES = [*PATHS, *OTHER_METHODS, *CREDENTIALS, *IDS, *BODIES, *ORDER]
