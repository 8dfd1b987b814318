"""What holds for every operation of `/api/release`: people, paths, bodies, failures."""

from typing import Any

from tests.contract.release.cases.shapes import (
    AWAY_503,
    EXPLAIN,
    PIN,
    START,
    STARTED,
    STEPS,
    WHY,
    moved,
    shown,
    state,
    whole,
)
from tests.contract.release.planting import LONG, release
from tests.contract.table.case import (
    ADMIN,
    AUTHOR,
    AWAY,
    EDITOR,
    NOBODY,
    SUPER_ADMIN,
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
    the,
)
from tests.contract.v2.cases.shapes import (
    BAD_TOKEN,
    FORBIDDEN,
    NOT_SIGNED_IN,
    PRIVATE,
    Anything,
    at,
    bad_header,
    invalid,
    listing,
    refused,
    unknown_parameter,
)

READS = [
    "",
    "/nodes",
    "/consumers",
    "/bucket?consumer=x",
    "/releases",
    "/releases/{unknown}",
    "/releases/{unknown}/history",
    "/releases/{unknown}/verify",
    "/releases/{unknown}/compare",
    "/history",
    "/verify",
    "/compare",
]
LOOKING: list[tuple[str, str, list[Any]]] = [
    *(("GET", path, []) for path in [*READS, "/watch"]),
    ("POST", "/plan-check", [{}]),
]
STEERING: list[tuple[str, str, list[Any]]] = [
    ("POST", "", [START]),
    *(("POST", f"/{step}", [WHY]) for step in STEPS),
    ("POST", "/explain", [EXPLAIN]),
]
OVERRIDING: list[tuple[str, str, list[Any]]] = [
    ("PUT", "/consumers/naoko", [PIN]),
    ("DELETE", "/consumers/naoko?reason=x", []),
]
ALLOWED = {
    "": "GET, HEAD, OPTIONS, POST",
    "/nodes": "GET, HEAD, OPTIONS",
    "/bucket": "GET, HEAD, OPTIONS",
    "/plan-check": "OPTIONS, POST",
    **{f"/{step}": "OPTIONS, POST" for step in STEPS},
    "/history": "GET, HEAD, OPTIONS",
    "/verify": "GET, HEAD, OPTIONS",
    "/compare": "GET, HEAD, OPTIONS",
    "/explain": "OPTIONS, POST",
    "/releases": "GET, HEAD, OPTIONS",
    "/releases/{unknown}": "GET, HEAD, OPTIONS",
    "/releases/{unknown}/history": "GET, HEAD, OPTIONS",
    "/releases/{unknown}/verify": "GET, HEAD, OPTIONS",
    "/releases/{unknown}/compare": "GET, HEAD, OPTIONS",
    "/consumers": "GET, HEAD, OPTIONS",
    "/consumers/naoko": "DELETE, OPTIONS, PUT",
}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "PURGE"}
ALL = {"release:read", "release:steer", "release:override"}

PEOPLE = [
    *(
        case(
            f"{method} {path} is for those who are signed in, and not for editors",
            *(ask(NOBODY, method, path, *sends), NOT_SIGNED_IN),
            *(ask(NOBODY, method, path, *sends, authorization="Bearer a.b.c"), BAD_TOKEN),
            *(ask(NOBODY, method, path, *sends, x_api_key="srn_x"), BAD_TOKEN),
            *(ask(EDITOR, method, path, *sends), FORBIDDEN),
            *(ask(AUTHOR, method, path, *sends), FORBIDDEN),
        )
        for method, path, sends in [*LOOKING, *STEERING, *OVERRIDING]
    ),
    *(
        case(
            f"a key without {scope} is not let to {method} {path}",
            key("script", of=ADMIN, scopes=sorted(ALL - {scope})),
            *(ask("script", method, path, *sends), FORBIDDEN),
        )
        for scope, operations in {
            "release:read": LOOKING,
            "release:steer": STEERING,
            "release:override": OVERRIDING,
        }.items()
        for method, path, sends in operations
    ),
    *(
        case(
            f"what {who} does is on record with an id, and with no address",
            key("script", of=ADMIN, scopes=["release:read", "release:steer"]),
            *(ask(who, "POST", "", START), STARTED),
            *(
                ask(who, "GET", "/history?fields[event]=number,kind,actor,reason"),
                shown(
                    listing(
                        {
                            "number": 1,
                            "kind": "started",
                            "actor": Spoken(actor),
                            "reason": "to try it",
                        }
                    )
                ),
            ),
        )
        for who, actor in {
            ADMIN: "user:{admin}",
            SUPER_ADMIN: "user:{super_admin}",
            "script": "key:{script}",
        }.items()
    ),
]

HTTP = [
    *(
        case(
            f"{path or 'the release'} takes {allowed} alone",
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
    ),
    *(
        case(
            f"there is nothing at {path}",
            *(ask(ADMIN, "GET", path), refused("path_not_found")),
        )
        for path in ("/", "/nothing", "//", "/releases/x", "/history/", "/consumers/a/b")
    ),
    *(
        case(
            f"{path or 'the status'} knows no other parameter",
            ask(ADMIN, "GET", f"{path}{'&' if '?' in path else '?'}lmit=2"),
            unknown_parameter("lmit"),
        )
        for path in [*READS, "/watch"]
    ),
    case(
        "who has it already is not sent it again",
        *(ask(ADMIN, "POST", "", START), STARTED),
        *(
            ask(ADMIN, "GET", "/releases/{release}"),
            answer(200, whole(LONG), etag=Kept("seen", state(1))),
        ),
        *(
            ask(ADMIN, "GET", "/releases/{release}", if_none_match="{seen}"),
            answer(304, etag=the("seen"), cache_control=PRIVATE),
        ),
        *(
            ask(ADMIN, "GET", "/releases/{release}", if_none_match="x"),
            bad_header("If-None-Match"),
        ),
        *(ask(ADMIN, "HEAD", "/releases"), answer(200, cache_control=PRIVATE)),
    ),
    case(
        "the same start twice starts one release",
        *(ask(ADMIN, "POST", "", START, idempotency_key='"1"'), STARTED),
        *(
            ask(ADMIN, "POST", "", START, idempotency_key='"1"'),
            moved(whole(LONG), 201, idempotency_replayed="true", vary="Origin"),
        ),
        *(
            ask(ADMIN, "POST", "", WHY, idempotency_key='"1"'),
            refused("idempotency_key_reused"),
        ),
        *(ask(ADMIN, "POST", "", START, idempotency_key='"2"'), refused("release_runs")),
        *(
            ask(ADMIN, "POST", "/pause", WHY, idempotency_key='"open'),
            bad_header("Idempotency-Key"),
        ),
    ),
    case(
        "while the first request runs the second is told to wait",
        claim("1", by=ADMIN, path="/api/release/abort", sends=WHY),
        *(
            ask(ADMIN, "POST", "/abort", WHY, idempotency_key="1"),
            refused("idempotency_in_progress", retry_after="1"),
        ),
    ),
    *(
        case(
            f"POST /{step} reads its body strictly",
            *(ask(ADMIN, "POST", f"/{step}"), refused("malformed_json")),
            *(ask(ADMIN, "POST", f"/{step}", Raw(b"[]")), refused("not_an_object")),
            *(
                ask(ADMIN, "POST", f"/{step}", Raw(b"{}", "text/plain")),
                refused("unsupported_media_type"),
            ),
            *(ask(ADMIN, "POST", f"/{step}", {}), invalid(at("/reason", "required"))),
            *(
                ask(ADMIN, "POST", f"/{step}", {"resaon": "x", "reason": "a\nb"}),
                invalid(
                    at("/resaon", "unknown_member", nearest="reason"),
                    at("/reason", "invalid_format"),
                ),
            ),
        )
        for step in STEPS
    ),
    *(
        case(
            f"a reason that is {shown_} is none",
            release("one"),
            *(
                ask(ADMIN, "POST", "/pause", {"reason": reason}),
                invalid(at("/reason", "invalid_format")),
            ),
            *(
                ask(ADMIN, "POST", "", {"reason": reason}),
                invalid(at("/reason", "invalid_format")),
            ),
        )
        for shown_, reason in {
            "empty": "",
            "blank": "   ",
            "of two lines": "a\nb",
            "too long": "x" * 501,
        }.items()
    ),
    case(
        "more than 10 MiB",
        ask(ADMIN, "POST", "/abort", Raw(b" " * (10 * 1024**2 + 1))),
        refused("body_too_large"),
    ),
    case(
        "without a database nobody steers, and it says so",
        AWAY,
        *(ask(ADMIN, "GET", ""), AWAY_503),
        *(ask(ADMIN, "POST", "/abort", WHY), AWAY_503),
    ),
    case(
        "a failure inside says nothing of it",
        broken("release_pins"),
        *(ask(ADMIN, "POST", "", START), STARTED),
        *(ask(ADMIN, "GET", "/consumers"), refused("internal_error")),
    ),
    case(
        "whoever looks too often waits, and takes a release back all the same",
        release("one", phase="ramping", stage=1, share=5000),
        *(
            part
            for _ in range(100)
            for part in (ask(ADMIN, "GET", "/consumers"), shown(listing(limit=1000)))
        ),
        *(
            ask(ADMIN, "GET", "/consumers"),
            refused("rate_limited", retry_after=Like(r"[1-9]\d*")),
        ),
        *(
            ask(ADMIN, "POST", "/promote", WHY),
            refused("rate_limited", retry_after=Like(r"[1-9]\d*")),
        ),
        *(ask(ADMIN, "POST", "/abort", WHY), answer(200, Anything(), ratelimit=None)),
    ),
]

CASES = [*PEOPLE, *HTTP]
