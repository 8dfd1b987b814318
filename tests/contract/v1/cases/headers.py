"""What every answer carries, HEAD, CORS, compression, limits, and failures inside."""

from tests.contract.table.case import (
    AUTHOR,
    AWAY,
    NOBODY,
    NOW,
    SUBSCRIBER,
    Like,
    answer,
    ask,
    broken,
    case,
    post,
)
from tests.contract.table.modes import ORIGIN
from tests.contract.v1.cases.shapes import (
    BAD_TOKEN,
    FAILED,
    NO_ENDPOINT,
    NO_HEADER,
    TOO_MANY,
    UNAVAILABLE,
    env,
    health,
    invalid,
    page,
    planted_post,
    refused,
    services,
    user,
)

MADE = Like(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ALIVE, READY = env({"status": "alive"}), env({"status": "ready"})
HSTS = "max-age=31536000; includeSubDomains"
SECONDS = Like(r"[1-9]|[1-5]\d|6[01]")

REQUEST_IDS = [
    *(
        case(
            f"a request id of {name} is echoed",
            ask(NOBODY, "GET", "/health/liveness", X_Request_ID=given),
            answer(200, ALIVE, x_request_id=given),
        )
        for name, given in {
            "one character": "1",
            "all characters that are sane": "Az09.~+/=:@-_",
            "128 characters": "x" * 128,
            "a trace parent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        }.items()
    ),
    *(
        case(
            f"a request id of {name} is replaced",
            ask(NOBODY, "GET", "/health/liveness", X_Request_ID=given),
            answer(200, ALIVE, x_request_id=MADE),
        )
        for name, given in {
            "nothing": "",
            "129 characters": "x" * 129,
            "two words": "a b",
            "markup": "<script>",
            "a list": "a,b",
            "quotes": '"a"',
        }.items()
    ),
    case(
        "failures carry their request id as well",
        *(
            ask(NOBODY, "GET", "/tags", X_Request_ID="t-401"),
            answer(401, NO_HEADER, x_request_id="t-401"),
        ),
        *(
            ask(NOBODY, "GET", "/nothing", X_Request_ID="t-404"),
            answer(404, NO_ENDPOINT, x_request_id="t-404"),
        ),
        *(
            ask(NOBODY, "POST", "/auth/refresh", {}, X_Request_ID="t-422"),
            answer(
                422,
                invalid(("refresh_token", "Refresh token is required")),
                x_request_id="t-422",
            ),
        ),
    ),
]

TLS = [
    case(
        "over TLS the browser is told to stay there",
        ask(NOBODY, "GET", "/health/liveness", X_Forwarded_Proto="https"),
        answer(200, ALIVE, strict_transport_security=HSTS),
        ask(NOBODY, "GET", "/tags", X_Forwarded_Proto="https"),
        answer(401, NO_HEADER, strict_transport_security=HSTS),
    ),
    case(
        "without TLS it is not",
        ask(NOBODY, "GET", "/health/liveness", X_Forwarded_Proto="http"),
        answer(200, ALIVE, strict_transport_security=None),
    ),
]

CORS = [
    case(
        "a page of an origin that is let in may read the answer",
        ask(NOBODY, "GET", "/health/liveness", Origin=ORIGIN),
        answer(
            200,
            ALIVE,
            access_control_allow_origin=ORIGIN,
            vary="Origin",
            access_control_allow_credentials=None,
            access_control_expose_headers=Like(r".*Serinus-Engine.*Serinus-Epoch.*"),
        ),
    ),
    case(
        "failures may be read as well",
        ask(NOBODY, "GET", "/tags", Origin=ORIGIN),
        answer(401, NO_HEADER, access_control_allow_origin=ORIGIN),
    ),
    case(
        "a page of another origin may not",
        ask(NOBODY, "GET", "/health/liveness", Origin="https://elsewhere.example.org"),
        answer(200, ALIVE, access_control_allow_origin=None),
    ),
]

ITEMS = [planted_post(name, content="x" * 200) for name in "edcba"]
COMPRESSION = [
    case(
        "a long answer is compressed for those who take it",
        *(post(name, content="x" * 200) for name in "abcde"),
        *(
            ask(SUBSCRIBER, "GET", "/posts", Accept_Encoding="gzip"),
            answer(200, page(*ITEMS), content_encoding="gzip", vary="Accept-Encoding, Origin"),
        ),
        *(ask(SUBSCRIBER, "GET", "/posts"), answer(200, page(*ITEMS), content_encoding=None)),
    ),
    case(
        "a short answer is not",
        ask(NOBODY, "GET", "/health/liveness", Accept_Encoding="gzip"),
        answer(200, ALIVE, content_encoding=None),
    ),
]

HEAD = [
    case(
        f"HEAD {path} is GET without the body, {status}",
        ask(by, "HEAD", path),
        answer(status, content_type="application/json"),
    )
    for by, path, status in [
        (NOBODY, "", 200),
        (NOBODY, "/info", 200),
        (NOBODY, "/health", 200),
        (NOBODY, "/health/liveness", 200),
        (NOBODY, "/health/readiness", 200),
        (SUBSCRIBER, "/auth/profile", 200),
        (SUBSCRIBER, "/posts", 200),
        (SUBSCRIBER, "/posts?page=x", 400),
        (SUBSCRIBER, "/posts/{unknown}", 404),
        (SUBSCRIBER, "/posts/nonsense", 400),
        (SUBSCRIBER, "/posts/tag/birds", 200),
        (SUBSCRIBER, "/tags", 200),
        (SUBSCRIBER, "/users", 200),
        (SUBSCRIBER, "/users/{author}", 200),
        (SUBSCRIBER, "/users/{unknown}", 404),
        (SUBSCRIBER, "/users/{author}/posts", 200),
        (SUBSCRIBER, "/admin/posts", 403),
        ("editor", "/admin/posts", 200),
        (SUBSCRIBER, "/api-keys", 200),
        (NOBODY, "/search?q=canary", 200),
        (NOBODY, "/search", 400),
        (NOBODY, "/search/suggest?prefix=ca", 200),
        (NOBODY, "/search/stats", 200),
        (NOBODY, "/tags", 401),
        (NOBODY, "/nothing", 404),
        (NOBODY, "/auth/login", 405),
    ]
]

LIMITS = [
    case(
        "the 101st request of an address within a minute waits",
        *(
            part
            for number in range(100)
            for part in (
                ask(NOBODY, "GET", "/nothing"),
                answer(
                    404,
                    NO_ENDPOINT,
                    ratelimit_policy='"default";q=100;w=60',
                    ratelimit=Like(rf'"default";r={99 - number};t=\d+'),
                ),
            )
        ),
        *(ask(AUTHOR, "GET", "/tags"), answer(429, TOO_MANY, retry_after=SECONDS)),
        *(ask(NOBODY, "POST", "/auth/login", {}), answer(429, TOO_MANY, retry_after=SECONDS)),
        *(ask(NOBODY, "GET", "/nothing"), answer(429, TOO_MANY, retry_after=SECONDS)),
        *(ask(NOBODY, "GET", "/health/liveness"), answer(200, ALIVE, ratelimit=None)),
        *(ask(NOBODY, "GET", "/health/readiness"), answer(200, READY, ratelimit=None)),
        *(ask(NOBODY, "GET", "/health"), answer(200, env(health()), ratelimit=None)),
        *(
            ask(AUTHOR, "GET", "/auth/profile", X_Forwarded_For="203.0.113.7"),
            answer(200, env(user(AUTHOR))),
        ),
    ),
]

BROKEN = [
    case(
        f"a failure of {method} {path} says nothing of its cause",
        post("p"),
        broken(table),
        ask(AUTHOR, method, path, sent),
        answer(500, FAILED),
    )
    for method, path, table, sent in [
        ("GET", "/tags", "tags", {}),
        ("GET", "/posts", "posts", {}),
        ("GET", "/posts/{p}", "post_tags", {}),
        ("POST", "/posts", "slugs", {"title": "T", "content": "C"}),
        ("PUT", "/posts/{p}", "categories", {"category": "C"}),
        ("GET", "/auth/profile", "sessions", {}),
        ("GET", "/search?q=canary", "search_documents", {}),
        ("GET", "/api-keys", "api_keys", {}),
        ("POST", "/auth/refresh", "refresh_tokens", {"refresh_token": "x" * 43}),
    ]
]

WRITES = {"title": "T", "content": "C", "email": "a@example.org", "password": "x" * 9}
UNREACHABLE = [
    *(
        case(
            f"without a database {method} {path} asks to come again",
            AWAY,
            ask(AUTHOR, method, path, WRITES | {"refresh_token": "x"}),
            answer(503, UNAVAILABLE, retry_after="5"),
        )
        for method, path in [
            ("GET", "/posts"),
            ("POST", "/posts"),
            ("GET", "/tags"),
            ("GET", "/auth/profile"),
            ("POST", "/auth/login"),
            ("POST", "/auth/refresh"),
            ("POST", "/auth/logout"),
            ("GET", "/users"),
            ("PUT", "/users/{author}"),
            ("GET", "/admin/posts"),
            ("GET", "/api-keys"),
            ("GET", "/search?q=canary"),
            ("GET", "/search/stats"),
        ]
    ),
    case(
        "without a database the process is alive and not ready",
        AWAY,
        *(ask(NOBODY, "GET", "/health/liveness"), answer(200, ALIVE)),
        *(
            ask(NOBODY, "GET", "/health/readiness"),
            answer(503, UNAVAILABLE, retry_after="5"),
        ),
        *(
            ask(NOBODY, "GET", "/health"),
            answer(
                503,
                refused(
                    "Service temporarily unavailable",
                    health(status="degraded", services=services("down")),
                ),
                retry_after="5",
            ),
        ),
    ),
    case(
        "without a database what needs none is answered",
        AWAY,
        *(ask(NOBODY, "GET", "/tags"), answer(401, NO_HEADER)),
        *(ask(NOBODY, "GET", "/nothing"), answer(404, NO_ENDPOINT)),
        ask(NOBODY, "POST", "/auth/login", {}),
        answer(
            422,
            invalid(("email", "Email is required"), ("password", "Password is required")),
        ),
    ),
]

CONDITION = [
    case("all well is healthy", ask(NOBODY, "GET", "/health"), answer(200, env(health()))),
    case("an answer is life", ask(NOBODY, "GET", "/health/liveness"), answer(200, ALIVE)),
    case("ready", ask(NOBODY, "GET", "/health/readiness"), answer(200, READY)),
    case(
        "the root has a health for load balancers",
        ask(NOBODY, "GET", "=/health"),
        answer(200, {"status": "healthy", "timestamp": NOW}),
    ),
    case(
        "health looks at no credentials",
        ask(NOBODY, "GET", "/health", Authorization="Bearer x"),
        answer(200, env(health())),
    ),
]

CONSUMERS = [
    case(
        "a client that names itself is one consumer",
        *(ask(NOBODY, "GET", "/health/liveness", X_Client_ID="pages"), answer(200, ALIVE)),
        *(ask(NOBODY, "GET", "/health/liveness", X_Client_ID="mobile"), answer(200, ALIVE)),
        *(ask(NOBODY, "GET", "/health/liveness", X_Client_ID="x" * 200), answer(200, ALIVE)),
        *(ask(NOBODY, "GET", "/health/liveness", X_Client_ID="x" * 201), answer(200, ALIVE)),
    ),
    case(
        "an arm that anybody wishes for is not given",
        *(
            ask(NOBODY, "GET", "/health/liveness", Serinus_Arm="candidate"),
            answer(200, ALIVE),
        ),
        *(ask(AUTHOR, "GET", "/tags", Serinus_Arm="candidate"), answer(200, page())),
        *(ask("editor", "GET", "/tags", Serinus_Arm="stable"), answer(200, page())),
        *(
            ask(NOBODY, "GET", "/tags", Serinus_Arm="stable", Authorization="Bearer a.b.c"),
            answer(401, BAD_TOKEN),
        ),
    ),
    case(
        "administrators choose their engine",
        ask("admin", "GET", "/tags", Serinus_Arm="candidate"),
        answer(200, page(), serinus_engine="v2"),
        ask("super_admin", "GET", "/tags", Serinus_Arm="candidate"),
        answer(200, page(), serinus_engine="v2"),
    ),
]

CASES = [
    *REQUEST_IDS,
    *TLS,
    *CORS,
    *COMPRESSION,
    *HEAD,
    *LIMITS,
    *BROKEN,
    *UNREACHABLE,
    *CONDITION,
    *CONSUMERS,
]
