"""/api-keys, what a key may do, and /search."""

from itertools import chain
from typing import Any

from tests.contract.table.case import (
    ADMIN,
    AUTHOR,
    EDITOR,
    ID,
    NOBODY,
    NOW,
    RAW_KEY,
    ROLES,
    SUBSCRIBER,
    SUPER_ADMIN,
    Kept,
    Number,
    answer,
    ask,
    case,
    key,
    person,
    post,
    the,
)
from tests.contract.v1.cases.shapes import (
    BAD_ID,
    BAD_TOKEN,
    BORN,
    FORBIDDEN,
    NO_HEADER,
    NO_KEY,
    NO_METHOD,
    NO_POST,
    NO_USER,
    bad_query,
    bad_type,
    env,
    invalid,
    message,
    page,
    planted_post,
)

ADMINS = (ADMIN, SUPER_ADMIN)
REVOKED = message("API key revoked")
STARTED = message("Reindexing started")
NAME = ("name", "Name must be between 1 and 100 characters")
NO_PERMISSION = ("permissions", "At least one permission is required")
PERMISSION = (
    "permissions",
    (
        "Permission must be one of "
        "posts:read, posts:write, users:read, users:write, search:reindex"
    ),
)
PERMISSIONS = ["posts:read", "posts:write", "users:read", "users:write", "search:reindex"]
#: What a permission is called in contract v2, and in the database.
SCOPES = {
    "posts:read": ["posts:read"],
    "posts:write": ["posts:write", "posts:publish"],
    "users:read": ["users:read"],
    "users:write": ["users:admin"],
    "search:reindex": ["search:admin"],
}


def info(name: str, **members: Any) -> dict[str, Any]:
    return {
        "id": the(name),
        "name": name,
        "permissions": ["posts:read"],
        "user_id": the("author"),
        "created_at": BORN,
        "expires_at": None,
        "last_used_at": None,
    } | members


def made(
    name: str, permissions: list[str], of: str = AUTHOR, *, keep: str = "made"
) -> dict[str, Any]:
    told = info(
        name, id=Kept(keep, ID), permissions=permissions, user_id=the(of), created_at=NOW
    )
    return env({"api_key": told, "raw_key": Kept(f"{keep}.key", RAW_KEY)})


REFUSED: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("a null name", {"name": None}, [NAME]),
    ("an empty name", {"name": ""}, [NAME]),
    ("a name of blanks", {"name": " \u3000"}, [NAME]),
    ("a name of 101", {"name": "x" * 101}, [NAME]),
    ("null permissions", {"permissions": None}, [NO_PERMISSION]),
    ("no permissions", {"permissions": []}, [NO_PERMISSION]),
    ("an unknown permission", {"permissions": ["posts:read", "x"]}, [PERMISSION]),
    ("a permission in capitals", {"permissions": ["Posts:Read"]}, [PERMISSION]),
    ("a scope of v2", {"permissions": ["users:admin"]}, [PERMISSION]),
    ("nothing right", {"name": "", "permissions": [""]}, [NAME, PERMISSION]),
]
MAKING = [
    case(
        "a key is shown once, works, and is revoked",
        ask(AUTHOR, "POST", "/api-keys", {"name": " 鳥かご ", "permissions": ["posts:read"]}),
        answer(201, made("鳥かご", ["posts:read"])),
        *(ask(NOBODY, "GET", "/posts", X_API_Key="{made.key}"), answer(200, page())),
        *(
            ask(AUTHOR, "GET", "/api-keys"),
            answer(
                200,
                env([info("鳥かご", id=the("made"), created_at=NOW, last_used_at=NOW)]),
            ),
        ),
        *(ask(AUTHOR, "DELETE", "/api-keys/{made}"), answer(200, REVOKED)),
        *(ask(NOBODY, "GET", "/posts", X_API_Key="{made.key}"), answer(401, BAD_TOKEN)),
        *(ask(AUTHOR, "GET", "/api-keys"), answer(200, env([]))),
        *(ask(AUTHOR, "DELETE", "/api-keys/{made}"), answer(404, NO_KEY)),
    ),
    case(
        "permissions keep their order and come once",
        ask(
            SUBSCRIBER,
            "POST",
            "/api-keys",
            {"name": "k", "permissions": ["users:read", "posts:write", "users:read"]},
        ),
        answer(201, made("k", ["users:read", "posts:write"], SUBSCRIBER)),
    ),
    *(
        case(
            f"a key may be granted {permission}",
            ask(AUTHOR, "POST", "/api-keys", {"name": "k", "permissions": [permission]}),
            answer(201, made("k", [permission])),
        )
        for permission in PERMISSIONS
    ),
    *(
        case(
            f"no key is made with {name}",
            ask(
                AUTHOR, "POST", "/api-keys", {"name": "k", "permissions": ["posts:read"]} | sent
            ),
            answer(422, invalid(*problems)),
        )
        for name, sent, problems in REFUSED
    ),
    case(
        "a key needs a name and permissions",
        *(ask(AUTHOR, "POST", "/api-keys", {}), answer(422, invalid(NAME, NO_PERMISSION))),
    ),
    *(
        case(
            f"a key wants another type for {member}",
            *(
                part
                for value in values
                for part in (
                    ask(AUTHOR, "POST", "/api-keys", {member: value}),
                    answer(400, bad_type(member)),
                )
            ),
        )
        for member, values in {
            "name": [1, True, ["k"], {}],
            "permissions": ["posts:read", 1, {}, [1], [None], [["posts:read"]]],
        }.items()
    ),
    case(
        "one's own keys are listed, the newest first, without the revoked",
        key("a"),
        key("b", created_at="2026-01-02T00:00:00Z", scopes=["posts:write", "posts:publish"]),
        key("c", revoked_at="2026-01-03T00:00:00Z"),
        key("d", of=EDITOR),
        key("e", created_at="2026-01-01T12:00:00Z", expires_at="2026-02-01T00:00:00Z"),
        *(
            ask(AUTHOR, "GET", "/api-keys"),
            answer(
                200,
                env(
                    [
                        info(
                            "b",
                            permissions=["posts:write"],
                            created_at="2026-01-02T00:00:00.000000Z",
                        ),
                        info(
                            "e",
                            created_at="2026-01-01T12:00:00.000000Z",
                            expires_at="2026-02-01T00:00:00.000000Z",
                        ),
                        info("a"),
                    ]
                ),
            ),
        ),
    ),
    case(
        "keys of others, unknown and revoked ones are not there to be revoked",
        key("a", of=EDITOR),
        key("b", revoked_at="2026-01-03T00:00:00Z"),
        *(ask(AUTHOR, "DELETE", "/api-keys/{a}"), answer(404, NO_KEY)),
        *(ask(AUTHOR, "DELETE", "/api-keys/{b}"), answer(404, NO_KEY)),
        *(ask(SUPER_ADMIN, "DELETE", "/api-keys/{a}"), answer(404, NO_KEY)),
        *(ask(AUTHOR, "DELETE", "/api-keys/{unknown}"), answer(404, NO_KEY)),
        *(ask(AUTHOR, "DELETE", "/api-keys/x"), answer(400, BAD_ID)),
        *(ask("a", "GET", "/posts"), answer(200, page())),
    ),
    case(
        "the 101st key is too many, revoked ones apart",
        key("revoked", revoked_at="2026-01-03T00:00:00Z"),
        *(key(f"k{number}") for number in range(99)),
        ask(AUTHOR, "POST", "/api-keys", {"name": "100", "permissions": ["posts:read"]}),
        answer(201, made("100", ["posts:read"])),
        ask(AUTHOR, "POST", "/api-keys", {"name": "101", "permissions": ["posts:read"]}),
        answer(
            409,
            {"success": False, "data": None, "message": None, "error": "Too many API keys"},
        ),
        *(ask(AUTHOR, "DELETE", "/api-keys/{k7}"), answer(200, REVOKED)),
        ask(EDITOR, "POST", "/api-keys", {"name": "1", "permissions": ["posts:read"]}),
        answer(201, made("1", ["posts:read"], EDITOR, keep="another")),
    ),
]
USING = [
    *(
        case(
            f"{name} is a bad key",
            *state,
            *(ask(NOBODY, "GET", "/posts?page=x", X_API_Key=raw), answer(401, BAD_TOKEN)),
        )
        for name, state, raw in [
            ("nothing", [], ""),
            ("a word", [], "srn_x"),
            ("a key that is mistyped", [key("k")], "{k.raw}x"),
            ("a key with an end too little", [key("k")], "x{k.raw}"),
            ("a revoked key", [key("k", revoked_at="2026-01-03T00:00:00Z")], "{k.raw}"),
            ("an expired key", [key("k", expires_at="2026-01-03T00:00:00Z")], "{k.raw}"),
            (
                "a key of an inactive account",
                [person(AUTHOR, is_active=False), key("k")],
                "{k.raw}",
            ),
        ]
    ),
    *(
        case(
            f"no key counts for {method} {path}",
            key("k", of=SUPER_ADMIN, scopes=["posts:read", "users:admin", "keys:admin"]),
            ask("k", method, path, {}),
            answer(401, NO_HEADER),
        )
        for method, path in [
            ("GET", "/api-keys"),
            ("POST", "/api-keys"),
            ("DELETE", "/api-keys/{k}"),
            ("GET", "/auth/profile"),
            ("POST", "/auth/logout"),
        ]
    ),
]

TEXT = {"title": "T", "content": "C"}
#: Operation, the permission that it takes, and the answer to a key that has it.
NEEDED: list[tuple[str, str, Any, str, int, Any]] = [
    ("GET", "/posts", {}, "posts:read", 200, page()),
    ("GET", "/posts/{unknown}", {}, "posts:read", 404, NO_POST),
    ("GET", "/posts/tag/x", {}, "posts:read", 200, page()),
    ("GET", "/users/{author}/posts", {}, "posts:read", 200, page()),
    ("GET", "/tags", {}, "posts:read", 200, page()),
    ("GET", "/admin/posts", {}, "posts:read", 200, env([])),
    ("PUT", "/posts/{unknown}", TEXT, "posts:write", 404, NO_POST),
    ("DELETE", "/posts/{unknown}", {}, "posts:write", 404, NO_POST),
    ("POST", "/posts/{unknown}/publish", {}, "posts:write", 404, NO_POST),
    ("DELETE", "/admin/posts/{unknown}", {}, "posts:write", 404, NO_POST),
    ("GET", "/users/{unknown}", {}, "users:read", 404, NO_USER),
    ("GET", "/users?page=9", {}, "users:read", 200, page(total=6, page=9)),
    ("PUT", "/users/{unknown}", {}, "users:write", 404, NO_USER),
    ("DELETE", "/users/{unknown}", {}, "users:write", 404, NO_USER),
    ("POST", "/users/{unknown}/role", {"role": "Author"}, "users:write", 404, NO_USER),
    ("POST", "/search/reindex", {}, "search:reindex", 202, STARTED),
]
MATRIX = [
    case(
        f"{method} {path} takes a key for {needed} and no other",
        *(key(permission, of=ADMIN, scopes=scopes) for permission, scopes in SCOPES.items()),
        *(
            part
            for permission in PERMISSIONS
            for part in (
                ask(permission, method, path, sent),
                answer(status, body) if permission == needed else answer(403, FORBIDDEN),
            )
        ),
    )
    for method, path, sent, needed, status, body in NEEDED
]
ROLE_AND_KEY = [
    case(
        "a key does not make more of its owner",
        key("k", of=SUBSCRIBER, scopes=list(chain.from_iterable(SCOPES.values()))),
        *(ask("k", "POST", "/posts", TEXT), answer(403, FORBIDDEN)),
        *(ask("k", "GET", "/admin/posts"), answer(403, FORBIDDEN)),
        *(ask("k", "POST", "/search/reindex"), answer(403, FORBIDDEN)),
        *(ask("k", "PUT", "/users/{author}", {}), answer(403, FORBIDDEN)),
    ),
    case(
        "a key sees what its owner sees",
        key("k"),
        post("p", status="draft"),
        *(
            ask("k", "GET", "/posts/{p}"),
            answer(200, env(planted_post("p", status="draft", published_at=None))),
        ),
    ),
    case(
        "paths, queries and bodies come before what a key may",
        key("k", scopes=["users:read"]),
        *(ask("k", "GET", "/posts?page=x"), answer(400, bad_query("page"))),
        *(ask("k", "GET", "/posts/x"), answer(400, BAD_ID)),
        ask("k", "PUT", "/posts/{unknown}", {"title": ""}),
        answer(422, invalid(("title", "Title must be between 1 and 255 characters"))),
    ),
]


def hit(name: str, title: str, excerpt: str | None, doc_type: str = "post") -> dict[str, Any]:
    return {
        "id": the(name),
        "title": title,
        "doc_type": doc_type,
        "excerpt": excerpt,
        "score": Number(0, 100),
    }


def found(*hits: Any, total: int | None = None, posts: int = 0, users: int = 0) -> Any:
    return env(
        {
            "hits": list(hits),
            "total": len(hits) if total is None else total,
            "took_ms": Number(0, 60_000),
            "facets": {"doc_type": {"post": posts, "user": users}},
        }
    )


SUNG = [
    post("p", title="Canaries at dawn", content="They sing  of\nthe morning."),
    post("q", title="Canaries at noon", excerpt="Short", created_at="2030-01-02T00:00:00Z"),
    post("r", title="Canaries in secret", status="draft"),
    post("s", title="Canaries that left", deleted_at=BORN),
    post("t", title="金糸雀が歌う朝", content="鳥かごの中で歌う。"),
    person("canaries", first_name="Ada", last_name="Lovelace"),
    person("canaries2", username="canaries too", is_active=False),
]
P = hit("p", "Canaries at dawn", "They sing of the morning.")
Q = hit("q", "Canaries at noon", "Short")
T = hit("t", "金糸雀が歌う朝", "鳥かごの中で歌う。")
USER = hit("canaries", "canaries", "Ada Lovelace", "user")

SEARCH = [
    *(
        case(
            f"search {query} finds it",
            *SUNG,
            *(ask(NOBODY, "GET", f"/search?{query}"), answer(200, result)),
            *(
                ask(NOBODY, "GET", f"/search?{query}", Authorization="Bearer x"),
                answer(200, result),
            ),
        )
        for query, result in {
            "q=dawn": found(P, posts=1),
            "q=morning": found(P, posts=1),
            "q=%E9%87%91%E7%B3%B8%E9%9B%80": found(T, posts=1),
            "q=%E6%AD%8C%E3%81%86": found(T, posts=1),
            "q=%E9%B3%A5%E3%81%8B%E3%81%94": found(T, posts=1),
            "q=nothing-like-it": found(),
            "q=canaries&doc_type=user": found(USER, posts=2, users=1),
            "q=CANARIES&doc_type=User": found(USER, posts=2, users=1),
            "q=canaries&doc_type=post&sort_by=title&sort_order=asc": found(
                P, Q, posts=2, users=1
            ),
            "q=canaries&doc_type=post&sort_by=title": found(Q, P, posts=2, users=1),
            "q=canaries&doc_type=post&sort_by=created_at": found(Q, P, posts=2, users=1),
            "q=canaries&doc_type=post&sort_by=created_at&sort_order=ASC": found(
                P, Q, posts=2, users=1
            ),
            "q=canaries&doc_type=post&sort_by=title&limit=1": found(
                Q, total=2, posts=2, users=1
            ),
            "q=canaries&doc_type=post&sort_by=title&limit=1&offset=1": found(
                P, total=2, posts=2, users=1
            ),
            "q=canaries&offset=1000": found(total=3, posts=2, users=1),
            "q=%EF%BC%A4awn": found(P, posts=1),
        }.items()
    ),
    *(
        case(
            f"search {query} is a bad query",
            *(ask(NOBODY, "GET", f"/search{query}"), answer(400, bad_query(name))),
        )
        for query, name in [
            ("", "q"),
            ("?q=", "q"),
            ("?q=%20%E3%80%80", "q"),
            ("?q=" + "x" * 201, "q"),
            ("?q=%00", "q"),
            ("?q=x&limit=-1", "limit"),
            ("?q=x&limit=x", "limit"),
            ("?q=x&offset=-1", "offset"),
            ("?q=x&offset=", "offset"),
            ("?q=x&doc_type=comment", "doc_type"),
            ("?q=x&doc_type=", "doc_type"),
            ("/suggest", "prefix"),
            ("/suggest?prefix=", "prefix"),
            ("/suggest?prefix=x&limit=x", "limit"),
        ]
    ),
    *(
        case(
            f"suggest {query}",
            *SUNG,
            post("u", title="Canteens", tags=("Cannons",)),
            *(
                ask(NOBODY, "GET", f"/search/suggest?{query}"),
                answer(200, env({"suggestions": suggested})),
            ),
        )
        for query, suggested in {
            "prefix=canaries%20at%20d": ["Canaries at dawn"],
            "prefix=CANT": ["Canteens"],
            "prefix=cannon": ["Cannons"],
            "prefix=%E9%87%91%E7%B3%B8": ["金糸雀が歌う朝"],
            "prefix=canaries%20in": [],
            "prefix=dawn": [],
        }.items()
    ),
    case(
        "what can be searched is counted",
        *SUNG,
        ask(NOBODY, "GET", "/search/stats"),
        answer(200, env({"total_documents": 10, "post_count": 3, "user_count": 7})),
    ),
    *(
        case(
            f"the {role} {'reindexes' if role in ADMINS else 'does not reindex'}",
            ask(role, "POST", "/search/reindex"),
            answer(202, STARTED) if role in ADMINS else answer(403, FORBIDDEN),
        )
        for role in ROLES
    ),
    case(
        "reindexing asks who it is",
        *(ask(NOBODY, "POST", "/search/reindex"), answer(401, NO_HEADER)),
        *(ask(NOBODY, "GET", "/search/reindex"), answer(405, NO_METHOD, allow="POST")),
    ),
]

CASES = [*MAKING, *USING, *MATRIX, *ROLE_AND_KEY, *SEARCH]
