"""/auth, /users and /api-keys: signing in, who sees and changes whom, keys for programs."""

from typing import Any

from tests.contract.table.case import (
    ADMIN,
    AUTHOR,
    EDITOR,
    ID,
    NOBODY,
    RAW_KEY,
    ROLES,
    SUBSCRIBER,
    SUPER_ADMIN,
    Kept,
    Spoken,
    answer,
    ask,
    case,
    key,
    person,
    refresh_token,
    session,
    the,
)
from tests.contract.v2.cases.shapes import (
    BAD_LOGIN,
    BAD_TOKEN,
    FORBIDDEN,
    GONE,
    NOON,
    NOW,
    PRIVATE,
    REUSED,
    UNREAD,
    at,
    bad_parameter,
    invalid,
    item,
    key_view,
    listing,
    of_version,
    refused,
    signed_in,
    stale,
    to_others,
    user,
)

ADMINS = (ADMIN, SUPER_ADMIN)
NO_USER, NO_KEY = refused("user_not_found"), refused("api_key_not_found")
USERNAME_TAKEN, EMAIL_TAKEN = refused("username_taken"), refused("email_taken")
LAST = refused("last_super_admin")
NEW = {"username": "naoko", "email": "Naoko-{case}@Example.org", "password": "seven-red-hats"}


def said(body: dict[str, Any]) -> dict[str, Any]:
    """With names in its texts."""
    return {
        name: Spoken(value) if isinstance(value, str) else value for name, value in body.items()
    }


def newcomer(**members: Any) -> dict[str, Any]:
    return user(
        "naoko",
        SUBSCRIBER,
        **{
            "id": Kept("new", ID),
            "email": Spoken("naoko-{case}@example.org"),
            "last_login": NOW,
            "created_at": NOW,
            "updated_at": NOW,
        }
        | members,
    )


LOGIN = said({"email": "{ada.email}", "password": "{password}"})
SIGNING_IN = [
    case(
        "whoever signs up is signed in",
        *(
            ask(NOBODY, "POST", "/auth/register", said(NEW)),
            answer(
                201,
                signed_in(newcomer()),
                location="/api/v2/users/me",
                cache_control="no-store",
            ),
        ),
        *(
            ask(NOBODY, "GET", "/users/me", authorization="Bearer {access}"),
            answer(200, newcomer(), etag='"1"', cache_control=PRIVATE),
        ),
        *(ask(NOBODY, "POST", "/auth/register", said(NEW)), USERNAME_TAKEN),
        *(
            ask(NOBODY, "POST", "/auth/register", said(NEW | {"username": "other"})),
            EMAIL_TAKEN,
        ),
    ),
    case(
        "all that is wrong with a registration is told",
        ask(NOBODY, "POST", "/auth/register", {"username": "a@b", "email": "x"}),
        invalid(
            at("/password", "required"),
            at("/username", "invalid_format"),
            at("/email", "invalid_format"),
        ),
    ),
    *(
        case(
            f"a password that is {code.replace('_', ' ')}",
            ask(NOBODY, "POST", "/auth/register", said(NEW | {"password": password})),
            invalid(at("/password", code, **params)),
        )
        for code, password, params in [
            ("too_short", "short", {"min": 8, "max": 128}),
            ("too_long", "x" * 129, {"min": 8, "max": 128}),
            ("too_common", "password1", {}),
        ]
    ),
    case(
        "who knows the password signs in, refreshes once and signs out",
        person("ada", has_password=True),
        *(
            ask(NOBODY, "POST", "/auth/login", LOGIN),
            answer(200, signed_in(user("ada", SUBSCRIBER, last_login=NOW))),
        ),
        *(
            ask(NOBODY, "POST", "/auth/refresh", {"refresh_token": the("refresh")}),
            answer(
                200,
                signed_in(user("ada", SUBSCRIBER, last_login=NOW), keep="next."),
                cache_control="no-store",
            ),
        ),
        *(ask(NOBODY, "POST", "/auth/logout", authorization="Bearer {next.access}"), GONE),
        *(ask(NOBODY, "GET", "/users/me", authorization="Bearer {access}"), BAD_TOKEN),
        *(
            ask(NOBODY, "POST", "/auth/refresh", {"refresh_token": the("next.refresh")}),
            BAD_TOKEN,
        ),
    ),
    case(
        "nobody learns what was wrong with a sign-in",
        person("ada", has_password=True),
        person("gone", has_password=True, is_active=False),
        person("mute"),
        *(
            part
            for email, password in [
                ("{ada.email}", "wrong password"),
                ("{gone.email}", "{password}"),
                ("{mute.email}", "{password}"),
                ("nobody-{case}@example.org", "{password}"),
            ]
            for part in (
                ask(
                    NOBODY,
                    "POST",
                    "/auth/login",
                    said({"email": email, "password": password}),
                ),
                BAD_LOGIN,
            )
        ),
    ),
    case(
        "a refresh token used twice ends its session",
        refresh_token("old", of="author", spent=True),
        *(ask(NOBODY, "POST", "/auth/refresh", {"refresh_token": the("old")}), REUSED),
        *(ask(AUTHOR, "GET", "/users/me"), BAD_TOKEN),
        *(ask(NOBODY, "POST", "/auth/refresh", {"refresh_token": "x"}), BAD_TOKEN),
    ),
]

OWN = [
    case(
        "people change their own account and see its next version",
        *(
            ask(AUTHOR, "PATCH", "/users/me", {"first_name": "Ada"}, if_match='"1"'),
            answer(
                200,
                user("author", first_name="Ada", updated_at=NOW, version=2),
                etag='"2"',
                cache_control=PRIVATE,
            ),
        ),
        *(ask(AUTHOR, "PATCH", "/users/me", {"first_name": "A"}, if_match='"1"'), stale(2)),
        *(
            ask(AUTHOR, "PATCH", "/users/me", {"username": "Editor"}, if_match="*"),
            USERNAME_TAKEN,
        ),
        *(
            ask(AUTHOR, "PATCH", "/users/me", {"email": the("editor.email")}, if_match="*"),
            EMAIL_TAKEN,
        ),
        *(
            ask(AUTHOR, "PATCH", "/users/me", {"role": "admin"}, if_match="*"),
            invalid(at("/role", "unknown_member")),
        ),
    ),
    case(
        "a new password needs the old one",
        person("ada", has_password=True),
        *(
            ask("ada", "PATCH", "/users/me", {"password": "nine-blue-boats"}, if_match="*"),
            invalid(at("/current_password", "required")),
        ),
        *(
            ask(
                "ada",
                "PATCH",
                "/users/me",
                {"password": "nine-blue-boats", "current_password": "wrong"},
                if_match="*",
            ),
            invalid(at("/current_password", "incorrect")),
        ),
        *(
            ask(
                "ada",
                "PATCH",
                "/users/me",
                {"password": "nine-blue-boats", "current_password": the("password")},
                if_match="*",
            ),
            answer(200, user("ada", SUBSCRIBER, updated_at=NOW, version=2)),
        ),
    ),
    case(
        "people see and end their sessions, and no others",
        session(AUTHOR, created_at="2026-01-01", expires_at="2099-01-01T00:00:00Z"),
        *(
            ask(AUTHOR, "GET", "/users/me/sessions"),
            answer(
                200,
                listing(
                    {
                        "id": the("author.session"),
                        "current": True,
                        "remember_me": False,
                        "created_at": "2026-01-01T00:00:00Z",
                        "expires_at": "2099-01-01T00:00:00Z",
                    },
                    limit=100,
                ),
                cache_control=PRIVATE,
            ),
        ),
        *(
            ask(AUTHOR, "DELETE", "/users/me/sessions/{editor.session}"),
            refused("session_not_found"),
        ),
        *(ask(AUTHOR, "DELETE", "/users/me/sessions/{author.session}"), GONE),
        *(ask(AUTHOR, "GET", "/users/me"), BAD_TOKEN),
    ),
]

ADDED = {"username": "naoko", "email": "naoko-{case}@example.org"}
PEOPLE = [
    *(
        case(
            f"the {role} sees {'all' if role in ADMINS else 'the names'} of another",
            person("ada", role=AUTHOR, last_login=NOON, is_active=False),
            ask(role, "GET", "/users/{ada}"),
            item(
                user("ada", AUTHOR, last_login=NOON, is_active=False)
                if role in ADMINS
                else to_others("ada"),
                etag=of_version(1),
            ),
        )
        for role in ROLES
    ),
    case(
        "everybody sees all of themselves",
        *(
            part
            for role in ROLES
            for part in (ask(role, "GET", f"/users/{{{role}}}"), item(user(role)))
        ),
    ),
    case(
        "users are listed by name",
        *(
            ask(ADMIN, "GET", "/users?fields[user]=username,role"),
            answer(
                200,
                listing(*({"username": role, "role": role} for role in sorted(ROLES))),
                cache_control=PRIVATE,
            ),
        ),
        *(
            ask(AUTHOR, "GET", "/users?fields[user]=username,role&limit=100"),
            answer(
                200,
                listing(
                    *(
                        {"username": role} | ({"role": role} if role == AUTHOR else {})
                        for role in sorted(ROLES)
                    ),
                    limit=100,
                ),
            ),
        ),
    ),
    *(
        case(
            f"users filtered by {query}",
            person("gone", is_active=False, created_at="2027-01-01T00:00:00Z"),
            ask(ADMIN, "GET", f"/users?filter[{query}&fields[user]=username"),
            answer(200, listing(*({"username": name} for name in names))),
        )
        for query, names in {
            "role]=author": ["author"],
            "role][in]=author,editor": ["author", "editor"],
            "role][ne]=subscriber&limit=20": sorted({*ROLES} - {SUBSCRIBER}),
            "active]=false": ["gone"],
            "username]=ADMIN": ["admin"],
            "username][prefix]=Su": ["subscriber", "super_admin"],
            "email]={admin.email}": ["admin"],
            "created_at][gte]=2026-06-01": ["gone"],
        }.items()
    ),
    case(
        "what one may not see one may not filter by",
        *(
            part
            for query in ("role]=admin", "active]=true", "email]=a@example.org")
            for part in (ask(AUTHOR, "GET", f"/users?filter[{query}"), FORBIDDEN)
        ),
        *(ask(AUTHOR, "GET", "/users?filter[role]=boss"), bad_parameter("filter[role]")),
        *(
            ask(AUTHOR, "GET", "/users?filter[username][prefix]=a&sort=created_at"),
            refused("unsupported_combination"),
        ),
    ),
    case(
        "an administrator adds an account",
        *(
            ask(ADMIN, "POST", "/users", said(ADDED | {"role": "editor"})),
            item(
                newcomer(role="editor", last_login=None),
                201,
                location=Spoken("/api/v2/users/{new}"),
                etag=of_version(1),
            ),
        ),
        *(ask(ADMIN, "POST", "/users", said(ADDED)), USERNAME_TAKEN),
        *(ask(EDITOR, "POST", "/users", said(ADDED)), FORBIDDEN),
        *(ask(ADMIN, "POST", "/users", said(ADDED | {"role": SUPER_ADMIN})), FORBIDDEN),
        *(
            ask(ADMIN, "POST", "/users", said(ADDED | {"role": "boss"})),
            invalid(at("/role", "not_allowed", allowed=list(ROLES))),
        ),
    ),
    case(
        "an administrator gives a role, deactivates and brings back",
        person("ada"),
        *(ask(ADMIN, "PATCH", "/users/{ada}", {"role": "author"}), UNREAD),
        *(
            ask(ADMIN, "PATCH", "/users/{ada}", {"role": "author"}, if_match='"1"'),
            item(user("ada", AUTHOR, updated_at=NOW, version=2), etag=of_version(2)),
        ),
        *(ask(ADMIN, "PATCH", "/users/{ada}", {"role": "editor"}, if_match='"1"'), stale(2)),
        *(ask(ADMIN, "DELETE", "/users/{ada}"), GONE),
        *(ask("ada", "GET", "/users/me"), BAD_TOKEN),
        *(
            ask(ADMIN, "PATCH", "/users/{ada}", {"is_active": True}, if_match='"3"'),
            item(user("ada", AUTHOR, updated_at=NOW, version=4)),
        ),
        *(ask("ada", "GET", "/users/me"), BAD_TOKEN),
    ),
    case(
        "nobody changes others without being an administrator, or anybody above",
        *(ask(EDITOR, "PATCH", "/users/{author}", {}, if_match="*"), FORBIDDEN),
        *(ask(EDITOR, "DELETE", "/users/{author}"), FORBIDDEN),
        *(ask(ADMIN, "PATCH", "/users/{super_admin}", {}, if_match="*"), FORBIDDEN),
        *(ask(ADMIN, "DELETE", "/users/{super_admin}"), FORBIDDEN),
        *(
            ask(ADMIN, "PATCH", "/users/{admin}", {"role": SUPER_ADMIN}, if_match="*"),
            FORBIDDEN,
        ),
        *(ask(AUTHOR, "PATCH", "/users/{author}", {"role": AUTHOR}, if_match="*"), FORBIDDEN),
        *(ask(ADMIN, "DELETE", "/users/{unknown}"), NO_USER),
        *(ask(ADMIN, "GET", "/users/{unknown}"), NO_USER),
    ),
    case(
        "the last super administrator stays",
        *(ask(SUPER_ADMIN, "DELETE", "/users/{super_admin}"), LAST),
        *(
            ask(SUPER_ADMIN, "PATCH", "/users/{super_admin}", {"role": ADMIN}, if_match="*"),
            LAST,
        ),
        *(
            ask(SUPER_ADMIN, "PATCH", "/users/{admin}", {"role": SUPER_ADMIN}, if_match="*"),
            item(user("admin", SUPER_ADMIN, updated_at=NOW, version=2)),
        ),
        *(ask(SUPER_ADMIN, "DELETE", "/users/{super_admin}"), GONE),
    ),
    case(
        "a password set by an administrator ends all sessions",
        person("ada", has_password=True),
        *(
            ask(ADMIN, "PATCH", "/users/{ada}", {"password": "nine-blue-boats"}, if_match="*"),
            item(user("ada", SUBSCRIBER, updated_at=NOW, version=2)),
        ),
        *(ask("ada", "GET", "/users/me"), BAD_TOKEN),
        *(ask(NOBODY, "POST", "/auth/login", LOGIN), BAD_LOGIN),
        *(
            ask(
                ADMIN, "PATCH", "/users/{admin}", {"password": "nine-blue-boats"}, if_match="*"
            ),
            FORBIDDEN,
        ),
    ),
]

DEPLOY = {"name": " 鳥かご ", "scopes": ["posts:read", "posts:write"]}
ISSUED = key_view(
    "鳥かご",
    id=Kept("made", ID),
    scopes=["posts:read", "posts:write"],
    created_at=NOW,
)
KEYS = [
    case(
        "a key is shown once, works, and is revoked",
        *(
            ask(AUTHOR, "POST", "/api-keys", DEPLOY),
            answer(
                201,
                ISSUED | {"key": Kept("made.key", RAW_KEY)},
                location=Spoken("/api/v2/api-keys/{made}"),
                cache_control=PRIVATE,
                etag=None,
            ),
        ),
        *(
            ask(NOBODY, "GET", "/posts", x_api_key="{made.key}"),
            answer(200, listing(), cache_control=PRIVATE),
        ),
        *(
            ask(AUTHOR, "GET", "/api-keys"),
            answer(200, listing(ISSUED | {"last_used_at": NOW}), cache_control=PRIVATE),
        ),
        *(
            ask(AUTHOR, "GET", "/api-keys/{made}"),
            answer(200, ISSUED | {"last_used_at": NOW}),
        ),
        *(ask(AUTHOR, "DELETE", "/api-keys/{made}"), GONE),
        *(ask(NOBODY, "GET", "/posts", x_api_key="{made.key}"), BAD_TOKEN),
        *(ask(AUTHOR, "DELETE", "/api-keys/{made}"), NO_KEY),
        *(ask(AUTHOR, "GET", "/api-keys/{made}"), NO_KEY),
    ),
    case(
        "everything wrong with a key is told",
        *(
            ask(AUTHOR, "POST", "/api-keys", {"name": " ", "scopes": []}),
            invalid(at("/name", "required", min=1, max=100), at("/scopes", "required")),
        ),
        *(
            ask(AUTHOR, "POST", "/api-keys", DEPLOY | {"expires_at": "2020-01-01T00:00:00Z"}),
            invalid(at("/expires_at", "not_allowed")),
        ),
        *(
            ask(AUTHOR, "POST", "/api-keys", DEPLOY | {"expires_at": "2099-01-01T00:00:00Z"}),
            invalid(at("/expires_at", "not_allowed")),
        ),
    ),
    case(
        "keys of others are for administrators",
        key("deploy"),
        *(ask(EDITOR, "GET", "/api-keys?filter[user]={author}"), FORBIDDEN),
        *(ask(EDITOR, "GET", "/api-keys/{deploy}"), NO_KEY),
        *(ask(EDITOR, "DELETE", "/api-keys/{deploy}"), NO_KEY),
        *(
            ask(ADMIN, "GET", "/api-keys?filter[user]={author}"),
            answer(200, listing(key_view("deploy"))),
        ),
        *(ask(ADMIN, "GET", "/api-keys/{deploy}"), answer(200, key_view("deploy"))),
        *(ask(ADMIN, "DELETE", "/api-keys/{deploy}"), GONE),
        *(ask("deploy", "GET", "/posts"), BAD_TOKEN),
    ),
    case(
        "an account has a hundred keys at most",
        *(key(f"key {number}") for number in range(100)),
        ask(AUTHOR, "POST", "/api-keys", DEPLOY),
        refused("too_many_api_keys"),
    ),
]

CASES = [*SIGNING_IN, *OWN, *PEOPLE, *KEYS]
