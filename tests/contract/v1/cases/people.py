"""/users and /admin/posts: who sees whom, who may change whom, and posts for overseers."""

from typing import Any

from tests.contract.table.case import (
    ADMIN,
    AUTHOR,
    CONTRIBUTOR,
    EDITOR,
    ID,
    NOBODY,
    NOW,
    ROLES,
    SUBSCRIBER,
    SUPER_ADMIN,
    Spoken,
    answer,
    ask,
    case,
    person,
    post,
    refresh_token,
    the,
)
from tests.contract.v1.cases.shapes import (
    BAD_ID,
    BAD_TOKEN,
    EMAIL_TAKEN,
    FORBIDDEN,
    NO_METHOD,
    NO_POST,
    NO_USER,
    NOON,
    ROLE_NAMES,
    USERNAME_TAKEN,
    bad_query,
    bad_type,
    env,
    invalid,
    message,
    page,
    planted_post,
    to_others,
    user,
)

ADMINS = (ADMIN, SUPER_ADMIN)
OVERSEERS = (EDITOR, *ADMINS)
CHANGED = {"updated_at": NOW}
DEACTIVATED = message("User deactivated successfully")
DELETED = message("Post deleted successfully")
NO_ROLE = (
    "role",
    "Role must be one of SuperAdmin, Admin, Editor, Author, Contributor, Subscriber",
)
#: One after the other, so that every order is known.
STAGGERED = [
    person(role, created_at=f"2026-01-0{number}T00:00:00Z")
    for number, role in enumerate(ROLES, 1)
]


def joined(name: str, **members: Any) -> dict[str, Any]:
    at = f"2026-01-0{ROLES.index(name) + 1}T00:00:00.000000Z"
    return user(name, created_at=at, updated_at=at) | members


HIDDEN = {"email": None, "last_login": None, "role": None}

SEEING = [
    *(
        case(
            f"the {role} sees {'all' if role in ADMINS else 'what all may see'} of another",
            person("ada", role=AUTHOR, first_name="Ada", last_login=NOON, is_active=False),
            ask(role, "GET", "/users/{ada}"),
            answer(
                200,
                env(
                    user("ada", AUTHOR, first_name="Ada", last_login=NOON, is_active=False)
                    if role in ADMINS
                    else to_others("ada", first_name="Ada", is_active=False)
                ),
            ),
        )
        for role in ROLES
    ),
    *(
        case(
            f"the {role} sees all of themselves",
            *(ask(role, "GET", f"/users/{{{role}}}"), answer(200, env(user(role)))),
        )
        for role in ROLES
    ),
    case("an unknown user", ask(ADMIN, "GET", "/users/{unknown}"), answer(404, NO_USER)),
    case(
        "everybody is listed, the newest first",
        *STAGGERED,
        *(
            ask(SUPER_ADMIN, "GET", "/users"),
            answer(200, page(*(joined(role) for role in reversed(ROLES)))),
        ),
        *(
            ask(AUTHOR, "GET", "/users"),
            answer(
                200,
                page(
                    *(
                        joined(role, **({} if role == AUTHOR else HIDDEN))
                        for role in reversed(ROLES)
                    )
                ),
            ),
        ),
    ),
    case(
        "users come in pages",
        *STAGGERED,
        *(
            part
            for number, roles in enumerate([ROLES[:4], ROLES[4:], ()], 1)
            for part in (
                ask(ADMIN, "GET", f"/users?sort=created_at&limit=4&page={number}"),
                answer(
                    200,
                    page(
                        *(joined(role) for role in roles),
                        total=6,
                        page=number,
                        limit=4,
                        pages=2,
                    ),
                ),
            )
        ),
    ),
    *(
        case(
            f"users sorted by {sort or 'nothing'}",
            *STAGGERED,
            ask(ADMIN, "GET", f"/users?sort={sort}"),
            answer(200, page(*(joined(role) for role in order))),
        )
        for sort, order in {
            "created_at": ROLES,
            "-created_at": ROLES[::-1],
            "updated_at": ROLES,
            "-updated_at": ROLES[::-1],
            "username": sorted(ROLES),
            "-username": sorted(ROLES, reverse=True),
            "": ROLES[::-1],
            "email": ROLES[::-1],
        }.items()
    ),
    *(
        case(
            f"role={given} finds the {role}",
            *STAGGERED,
            ask(ADMIN, "GET", f"/users?role={given}"),
            answer(200, page(joined(role))),
        )
        for given, role in [
            ("super_admin", SUPER_ADMIN),
            ("SuperAdmin", SUPER_ADMIN),
            ("superadmin", SUPER_ADMIN),
            ("EDITOR", EDITOR),
            ("Contributor", CONTRIBUTOR),
        ]
    ),
    case(
        "who may not see roles finds at most themselves by one",
        *(ask(AUTHOR, "GET", "/users?role=author"), answer(200, page(user(AUTHOR)))),
        *(ask(AUTHOR, "GET", "/users?role=admin"), answer(200, page())),
    ),
    *(
        case(
            f"active={given} finds {names}",
            person("ada", is_active=False, role=AUTHOR),
            person("bob", is_active=True, role=AUTHOR),
            ask(ADMIN, "GET", f"/users?active={given}&role=author&sort=username"),
            answer(
                200,
                page(*(user(name, AUTHOR, is_active=name != "ada") for name in names.split())),
            ),
        )
        for given, names in [
            ("true", "author bob"),
            ("True", "author bob"),
            ("false", "ada"),
            ("FALSE", "ada"),
        ]
    ),
    *(
        case(
            f"{query} cannot be asked of users",
            ask(SUBSCRIBER, "GET", f"/users?{query}"),
            answer(400, bad_query(name)),
        )
        for query, name in [
            ("page=-1", "page"),
            ("limit=x", "limit"),
            ("role=boss", "role"),
            ("role=", "role"),
            ("active=yes", "active"),
            ("active=1", "active"),
            ("active=", "active"),
            ("active=x&role=x&limit=x&page=x", "page"),
            ("active=x&role=x", "role"),
        ]
    ),
    case(
        "an author's posts are those one may see",
        post("p"),
        post("q", status="draft"),
        post("r", by=EDITOR),
        *(
            ask(SUBSCRIBER, "GET", "/users/{author}/posts"),
            answer(200, page(planted_post("p"))),
        ),
        *(
            ask(EDITOR, "GET", "/users/{author}/posts?author={editor}&sort=created_at"),
            answer(
                200,
                page(
                    planted_post("p"),
                    planted_post("q", status="draft", published_at=None),
                ),
            ),
        ),
        *(
            ask(EDITOR, "GET", "/users/{author}/posts?author=x"),
            answer(400, bad_query("author")),
        ),
        *(ask(EDITOR, "GET", "/users/{subscriber}/posts"), answer(200, page())),
        *(ask(EDITOR, "GET", "/users/{unknown}/posts"), answer(404, NO_USER)),
        *(ask(EDITOR, "GET", "/users/{unknown}/posts?page=x"), answer(400, bad_query("page"))),
        *(ask(EDITOR, "GET", "/users/me/posts"), answer(400, BAD_ID)),
    ),
]

USERNAME = ("username", "Username must be between 3 and 50 characters")
CONTROL = ("username", "Username must not contain control characters or @")
EMAIL = ("email", "Email must be a valid email address")
FIRST = ("first_name", "First name must be less than 100 characters")
LAST = ("last_name", "Last name must be less than 100 characters")

WRONG_TYPES: dict[str, list[Any]] = {
    "username": [1, True, []],
    "email": [1, {}],
    "first_name": [1],
    "last_name": [False],
    "role": [1, ["admin"]],
    "is_active": [1, 0, "true", []],
}

CHANGING = [
    case(
        "one changes one's own account",
        ask(
            SUBSCRIBER,
            "PUT",
            "/users/{subscriber}",
            {"username": " 金糸雀 ", "first_name": "糸", "last_name": "雀"},
        ),
        answer(
            200,
            env(
                user(SUBSCRIBER, username="金糸雀", first_name="糸", last_name="雀", **CHANGED)
            ),
        ),
        *(
            ask(AUTHOR, "GET", "/users/{subscriber}"),
            answer(
                200,
                env(
                    to_others(
                        SUBSCRIBER,
                        username="金糸雀",
                        first_name="糸",
                        last_name="雀",
                        **CHANGED,
                    )
                ),
            ),
        ),
    ),
    case(
        "a new address is not verified",
        person(AUTHOR, email_verified=True),
        *(
            ask(AUTHOR, "PUT", "/users/{author}", {"email": the("author.email")}),
            answer(200, env(user(AUTHOR, email_verified=True, **CHANGED))),
        ),
        *(
            ask(AUTHOR, "PUT", "/users/{author}", {"email": " NEW@Example.org "}),
            answer(200, env(user(AUTHOR, email="new@example.org", **CHANGED))),
        ),
    ),
    *(
        case(
            f"{name} leaves an account as it is",
            person(AUTHOR, first_name="A", last_name="B"),
            ask(AUTHOR, "PUT", "/users/{author}", sent),
            answer(200, env(user(AUTHOR, first_name="A", last_name="B", **CHANGED))),
        )
        for name, sent in {
            "nothing": {},
            "null": dict.fromkeys(
                ["username", "email", "first_name", "last_name", "role", "is_active"]
            ),
        }.items()
    ),
    case(
        "empty text clears names and no more",
        person(AUTHOR, first_name="A", last_name="B"),
        *(
            ask(AUTHOR, "PUT", "/users/{author}", {"first_name": "", "last_name": ""}),
            answer(200, env(user(AUTHOR, **CHANGED))),
        ),
        *(
            ask(AUTHOR, "PUT", "/users/{author}", {"username": "", "email": ""}),
            answer(422, invalid(USERNAME, EMAIL)),
        ),
    ),
    *(
        case(
            f"an account cannot be changed to {name}",
            *(
                ask(AUTHOR, "PUT", "/users/{author}", {problem[0]: value}),
                answer(422, invalid(problem)),
            ),
            *(ask(AUTHOR, "GET", "/users/{author}"), answer(200, env(user(AUTHOR)))),
        )
        for name, problem, value in [
            ("two characters", USERNAME, "ab"),
            ("51 characters", USERNAME, "x" * 51),
            ("a name with @", CONTROL, "a@b"),
            ("no address", EMAIL, "ada"),
            ("a first name of 101", FIRST, "x" * 101),
            ("a last name of 101", LAST, "x" * 101),
            ("a role that is none", NO_ROLE, "boss"),
            ("an empty role", NO_ROLE, ""),
        ]
    ),
    case(
        "violations of an account are in the contract's order",
        ask(
            AUTHOR,
            "PUT",
            "/users/{admin}",
            {
                "role": "x",
                "last_name": "x" * 101,
                "first_name": "x" * 101,
                "email": "x",
                "username": "x",
            },
        ),
        answer(422, invalid(USERNAME, EMAIL, FIRST, LAST, NO_ROLE)),
    ),
    *(
        case(
            f"an account wants another type for {member}",
            *(
                part
                for value in values
                for part in (
                    ask(SUBSCRIBER, "PUT", "/users/{unknown}", {member: value}),
                    answer(400, bad_type(member)),
                )
            ),
        )
        for member, values in WRONG_TYPES.items()
    ),
    case(
        "a name and an address are one account's",
        person("ada", username="Stra\u00dfe"),
        *(
            ask(AUTHOR, "PUT", "/users/{author}", {"username": "STRASSE"}),
            answer(409, USERNAME_TAKEN),
        ),
        *(
            ask(AUTHOR, "PUT", "/users/{author}", {"email": the("ada.email")}),
            answer(409, EMAIL_TAKEN),
        ),
        *(
            ask(
                AUTHOR,
                "PUT",
                "/users/{author}",
                {"email": Spoken(" {ada.email}"), "username": "stra\u00dfe"},
            ),
            answer(409, USERNAME_TAKEN),
        ),
    ),
    *(
        case(
            f"the {role} does not change the account of another",
            person("ada"),
            *(
                part
                for sent in ({}, {"first_name": "X"}, {"role": "Subscriber"})
                for part in (
                    ask(role, "PUT", "/users/{ada}", sent),
                    answer(403, FORBIDDEN),
                )
            ),
            *(ask(role, "DELETE", "/users/{ada}"), answer(403, FORBIDDEN)),
            ask(role, "POST", "/users/{ada}/role", {"role": "Subscriber"}),
            answer(403, FORBIDDEN),
            ask(role, "PUT", "/users/{unknown}", {}),
            answer(404, NO_USER),
            ask(role, "POST", "/users/{unknown}/role", {"role": "Admin"}),
            answer(403, FORBIDDEN),
            *(ask(ADMIN, "GET", "/users/{ada}"), answer(200, env(user("ada", SUBSCRIBER)))),
        )
        for role in (EDITOR, AUTHOR, CONTRIBUTOR, SUBSCRIBER)
    ),
    *(
        case(
            f"the {role} gives themselves no role and no life",
            *(
                part
                for sent in ({"role": "Admin"}, {"role": role}, {"is_active": True})
                for part in (
                    ask(role, "PUT", f"/users/{{{role}}}", sent),
                    answer(403, FORBIDDEN),
                )
            ),
            ask(role, "POST", f"/users/{{{role}}}/role", {"role": "SuperAdmin"}),
            answer(403, FORBIDDEN),
        )
        for role in (EDITOR, AUTHOR, CONTRIBUTOR, SUBSCRIBER)
    ),
    *(
        case(
            f"an admin makes a subscriber {named}, by both ways",
            *(
                ask(ADMIN, "PUT", "/users/{subscriber}", {"role": role}),
                answer(200, env(user(SUBSCRIBER, role, **CHANGED))),
            ),
            *(
                ask(ADMIN, "POST", "/users/{contributor}/role", {"role": named}),
                answer(200, env(user(CONTRIBUTOR, role, **CHANGED))),
            ),
        )
        for role, named in ROLE_NAMES.items()
        if role != SUPER_ADMIN
    ),
    case(
        "nobody gives more than they have, nor touches who has more",
        *(
            ask(ADMIN, "PUT", "/users/{subscriber}", {"role": "SuperAdmin"}),
            answer(403, FORBIDDEN),
        ),
        *(
            ask(ADMIN, "POST", "/users/{admin}/role", {"role": "super_admin"}),
            answer(403, FORBIDDEN),
        ),
        *(
            ask(ADMIN, "PUT", "/users/{super_admin}", {"first_name": "X"}),
            answer(403, FORBIDDEN),
        ),
        *(
            ask(ADMIN, "POST", "/users/{super_admin}/role", {"role": "Subscriber"}),
            answer(403, FORBIDDEN),
        ),
        *(ask(ADMIN, "DELETE", "/users/{super_admin}"), answer(403, FORBIDDEN)),
        *(
            ask(SUPER_ADMIN, "GET", "/users/{super_admin}"),
            answer(200, env(user(SUPER_ADMIN))),
        ),
    ),
    *(
        case(
            f"{name} is no role to give",
            ask(SUBSCRIBER, "POST", "/users/{unknown}/role", sent),
            answer(422, invalid(NO_ROLE)),
        )
        for name, sent in {
            "nothing": {},
            "null": {"role": None},
            "empty text": {"role": ""},
            "boss": {"role": "boss"},
        }.items()
    ),
    case(
        "giving a role looks at id, body, caller and account in this order",
        *(ask(SUBSCRIBER, "POST", "/users/x/role", {"role": 5}), answer(400, BAD_ID)),
        *(
            ask(SUBSCRIBER, "POST", "/users/{unknown}/role", {"role": 5}),
            answer(400, bad_type("role")),
        ),
        *(
            ask(ADMIN, "POST", "/users/{unknown}/role", {"role": "Admin"}),
            answer(404, NO_USER),
        ),
        *(ask(ADMIN, "GET", "/users/{author}/role"), answer(405, NO_METHOD, allow="POST")),
    ),
    *(
        case(
            f"{how} ends all sessions of an account",
            refresh_token("t", of=AUTHOR),
            ask(ADMIN, method, "/users/{author}", sent),
            answer(
                200,
                DEACTIVATED
                if method == "DELETE"
                else env(user(AUTHOR, is_active=False, **CHANGED)),
            ),
            *(ask(AUTHOR, "GET", "/auth/profile"), answer(401, BAD_TOKEN)),
            *(
                ask(NOBODY, "POST", "/auth/refresh", {"refresh_token": the("t")}),
                answer(401, BAD_TOKEN),
            ),
            *(
                ask(ADMIN, "GET", "/users/{author}"),
                answer(200, env(user(AUTHOR, is_active=False, **CHANGED))),
            ),
            *(ask(ADMIN, "DELETE", "/users/{author}"), answer(200, DEACTIVATED)),
            *(
                ask(ADMIN, "PUT", "/users/{author}", {"is_active": True}),
                answer(200, env(user(AUTHOR, **CHANGED))),
            ),
            *(ask(AUTHOR, "GET", "/auth/profile"), answer(401, BAD_TOKEN)),
        )
        for how, method, sent in [
            ("deleting", "DELETE", {}),
            ("is_active: false", "PUT", {"is_active": False}),
        ]
    ),
    case(
        "one may leave by oneself",
        *(ask(SUBSCRIBER, "DELETE", "/users/{subscriber}"), answer(200, DEACTIVATED)),
        *(ask(SUBSCRIBER, "GET", "/auth/profile"), answer(401, BAD_TOKEN)),
        *(ask(ADMIN, "DELETE", "/users/{unknown}"), answer(404, NO_USER)),
        *(ask(ADMIN, "DELETE", "/users/x"), answer(400, BAD_ID)),
    ),
]


def summary(name: str, **members: Any) -> dict[str, Any]:
    return {
        "id": the(name),
        "title": "Planted",
        "author_id": the("author"),
        "status": "published",
        "created_at": NOON,
    } | members


TITLE = ("title", "Title must be between 1 and 255 characters")
CONTENT = ("content", "Content cannot be empty")
OVERSEEING = [
    *(
        case(
            f"the {role} {'oversees' if role in OVERSEERS else 'does not oversee'} posts",
            post("p"),
            post("q", status="draft"),
            post("r", status="scheduled", scheduled_at=NOON),
            post("s", status="archived"),
            post("t", deleted_at=NOON),
            ask(role, "GET", "/admin/posts"),
            answer(
                200,
                env(
                    [
                        summary("s", status="archived"),
                        summary("r", status="draft"),
                        summary("q", status="draft"),
                        summary("p"),
                    ]
                ),
            )
            if role in OVERSEERS
            else answer(403, FORBIDDEN),
            ask(role, "POST", "/admin/posts", {"title": " T ", "content": "C"}),
            answer(
                201,
                env(
                    summary("p", id=ID, title="T", author_id=the(role), status="draft")
                    | {"created_at": NOW}
                ),
            )
            if role in OVERSEERS
            else answer(403, FORBIDDEN),
            ask(role, "DELETE", "/admin/posts/{p}"),
            answer(200, DELETED) if role in ADMINS else answer(403, FORBIDDEN),
            ask(role, "DELETE", "/admin/posts/{unknown}"),
            answer(404, NO_POST) if role in ADMINS else answer(403, FORBIDDEN),
        )
        for role in ROLES
    ),
    case(
        "an editor publishes at once when overseeing",
        ask(
            EDITOR,
            "POST",
            "/admin/posts",
            {"title": "金糸雀", "content": "C", "published": True},
        ),
        answer(
            201,
            env(
                {
                    "id": ID,
                    "title": "金糸雀",
                    "author_id": the(EDITOR),
                    "status": "published",
                    "created_at": NOW,
                }
            ),
        ),
    ),
    case(
        "overseen posts keep the rules of posts",
        *(ask(SUBSCRIBER, "POST", "/admin/posts", {}), answer(422, invalid(TITLE, CONTENT))),
        *(
            ask(EDITOR, "POST", "/admin/posts", {"title": "x" * 256, "content": " "}),
            answer(422, invalid(TITLE, CONTENT)),
        ),
        *(
            ask(EDITOR, "POST", "/admin/posts", {"title": "T", "published": "yes"}),
            answer(400, bad_type("published")),
        ),
        *(ask(ADMIN, "DELETE", "/admin/posts/x"), answer(400, BAD_ID)),
        *(
            ask(ADMIN, "PUT", "/admin/posts", {}),
            answer(405, NO_METHOD, allow="GET, HEAD, POST"),
        ),
        *(
            ask(ADMIN, "GET", "/admin/posts/{unknown}"),
            answer(405, NO_METHOD, allow="DELETE"),
        ),
    ),
    case(
        "the newest hundred posts are overseen",
        *(post(f"p{number}") for number in range(101)),
        ask(EDITOR, "GET", "/admin/posts"),
        answer(200, env([summary(f"p{number}") for number in range(100, 0, -1)])),
    ),
]

CASES = [*SEEING, *CHANGING, *OVERSEEING]
