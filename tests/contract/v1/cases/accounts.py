"""/auth: registering, signing in, refreshing, signing out, one's own profile. And tags."""

from typing import Any

from tests.contract.table.case import (
    ADMIN,
    AUTHOR,
    ID,
    NOBODY,
    NOW,
    REFRESH_TOKEN,
    ROLES,
    SUBSCRIBER,
    TOKEN,
    Kept,
    Like,
    OtherThan,
    Spoken,
    answer,
    ask,
    case,
    person,
    refresh_token,
    session,
    tag,
    the,
)
from tests.contract.v1.cases.shapes import (
    BAD_LOGIN,
    BAD_TOKEN,
    EMAIL_TAKEN,
    NOON,
    TOO_MANY,
    USERNAME_TAKEN,
    auth_success,
    bad_type,
    env,
    invalid,
    message,
    new_user,
    page,
    tag_dto,
    user,
)

# One of its own in every case: accounts have a limit of their own.
ADDRESS = Spoken("ada-{case}@example.org")
ADA = {"username": "Ada", "email": ADDRESS, "password": "yellow feathers 1"}
USERNAME = ("username", "Username must be between 3 and 50 characters")
CONTROL = ("username", "Username must not contain control characters or @")
EMAIL = ("email", "Email must be a valid email address")
PASSWORD = ("password", "Password must be between 8 and 128 characters")
COMMON = ("password", "Password is too common")
SAME = ("password", "Password must not be the user name")
FIRST = ("first_name", "First name must be less than 100 characters")
LAST = ("last_name", "Last name must be less than 100 characters")
NO_EMAIL = ("email", "Email is required")
NO_PASSWORD = ("password", "Password is required")
NO_REFRESH = ("refresh_token", "Refresh token is required")
LOGGED_OUT = message("Logged out successfully")

REFUSED: list[tuple[str, tuple[str, str], Any]] = [
    ("an empty user name", USERNAME, ""),
    ("two characters", USERNAME, "ab"),
    ("two characters and blanks", USERNAME, "  ab \u3000"),
    ("51 characters", USERNAME, "x" * 51),
    ("a user name with @", CONTROL, "a@b"),
    ("a user name that rings", CONTROL, "a\u0007b"),
    ("a user name that turns round", CONTROL, "a\u202eb"),
    ("a user name of two lines", CONTROL, "a\nb"),
    ("an empty address", EMAIL, ""),
    ("a name for an address", EMAIL, "ada"),
    ("an address without a dot", EMAIL, "ada@localhost"),
    ("an address with a blank", EMAIL, "a b@example.org"),
    ("an address with two dots", EMAIL, "a..da@example.org"),
    ("an address with a name", EMAIL, "Ada <ada@example.org>"),
    ("two addresses", EMAIL, "ada@example.org, x@example.org"),
    ("a host by number", EMAIL, "ada@[127.0.0.1]"),
    ("a local part of 65", EMAIL, "x" * 65 + "@example.org"),
    ("seven characters", PASSWORD, "x" * 7),
    ("129 characters", PASSWORD, "x1" * 64 + "x"),
    ("the commonest password", COMMON, "PassWord"),
    ("the user name", SAME, "robin REDBREAST"),
    ("a first name of 101", FIRST, "x" * 101),
    ("a last name of 101", LAST, "x" * 101),
]
TAKEN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("ada", USERNAME_TAKEN, {"username": "ADA"}),
    ("Stra\u00dfe", USERNAME_TAKEN, {"username": "STRASSE"}),
    ("金糸雀", USERNAME_TAKEN, {"username": " 金糸雀 "}),
    ("Ada", USERNAME_TAKEN, {"username": "\uff21da", "email": the("taken.email")}),
    ("Other", EMAIL_TAKEN, {"email": Spoken(" {taken.email}")}),
]

REGISTER = [
    case(
        "who registers is a subscriber and signed in",
        ask(NOBODY, "POST", "/auth/register", {**ADA, "first_name": "A", "unknown": 1}),
        answer(201, auth_success(new_user("Ada", ADDRESS, first_name="A"))),
        *(
            ask(NOBODY, "GET", "/auth/profile", Authorization="Bearer {access}"),
            answer(
                200,
                env(
                    new_user(
                        "Ada",
                        ADDRESS,
                        first_name="A",
                        id=the("new"),
                        last_login=the("registered_at"),
                        created_at=the("registered_at"),
                    )
                ),
            ),
        ),
    ),
    case(
        "names and addresses are trimmed, and addresses written small",
        ask(
            NOBODY,
            "POST",
            "/auth/register",
            ADA | {"username": " 金糸雀 ", "email": Spoken(" ADA-{case}@Example.ORG ")},
        ),
        answer(201, auth_success(new_user("金糸雀", ADDRESS))),
    ),
    *(
        case(
            f"{name} may not be registered: {problem[1]}",
            ask(
                NOBODY,
                "POST",
                "/auth/register",
                {**ADA, "username": "Robin Redbreast", problem[0]: value},
            ),
            answer(422, invalid(problem)),
        )
        for name, problem, value in REFUSED
    ),
    *(
        case(
            f"{name} are named in the contract's order",
            ask(NOBODY, "POST", "/auth/register", sent),
            answer(422, invalid(USERNAME, EMAIL, PASSWORD, *more)),
        )
        for name, sent, more in [
            ("absent members", {}, ()),
            ("null members", dict.fromkeys(ADA), ()),
            (
                "members too long",
                {
                    "last_name": "x" * 101,
                    "first_name": "x" * 101,
                    "password": "x" * 129,
                    "email": "x",
                    "username": "x" * 51,
                },
                (FIRST, LAST),
            ),
        ]
    ),
    *(
        case(
            f"{name} has taken {next(iter(sent.values()))!r} already",
            person("taken", username=name),
            ask(NOBODY, "POST", "/auth/register", ADA | sent),
            answer(409, refusal),
        )
        for name, refusal, sent in TAKEN
    ),
]

WRONG_TYPES = [
    ("/auth/register", "username email password first_name last_name", [1, True, ["a"], {}]),
    ("/auth/login", "email password", [1, 1.5, False, ["a"], {}]),
    ("/auth/login", "remember_me", [1, 0, "true", [], {}]),
    ("/auth/refresh", "refresh_token", [1, False, ["a"], {}]),
]
TYPES = [
    case(
        f"{path} names a wrong type: {member}",
        *(
            part
            for value in values
            for part in (
                ask(NOBODY, "POST", path, {member: value}),
                answer(400, bad_type(member)),
            )
        ),
    )
    for path, members, values in WRONG_TYPES
    for member in members.split()
]

WITH_PASSWORD = person(AUTHOR, has_password=True)
RIGHT = {"email": the("author.email"), "password": the("password")}
SIGNED_IN = user(AUTHOR, last_login=NOW)
SIGNED_IN_ONCE_MORE = env(
    {
        "tokens": {
            "access_token": TOKEN,
            "refresh_token": REFRESH_TOKEN,
            "expires_in": 900,
            "session_id": ID,
        },
        "user": SIGNED_IN,
    }
)
LOGIN = [
    case(
        "signing in gives tokens and notes the time",
        WITH_PASSWORD,
        ask(NOBODY, "POST", "/auth/login", RIGHT),
        answer(200, auth_success(SIGNED_IN)),
        *(
            ask(NOBODY, "GET", "/auth/profile", Authorization="Bearer {access}"),
            answer(200, env(SIGNED_IN)),
        ),
    ),
    case(
        "an address may be written anyhow, and one may be remembered",
        person(AUTHOR, has_password=True, email=Spoken("ada-{case}@example.org")),
        ask(
            NOBODY,
            "POST",
            "/auth/login",
            RIGHT | {"email": Spoken(" ADA-{case}@Example.ORG "), "remember_me": True},
        ),
        answer(200, auth_success(user(AUTHOR, email=ADDRESS, last_login=NOW))),
    ),
    *(
        case(
            f"{name} has the answer of every wrong login",
            state,
            ask(NOBODY, "POST", "/auth/login", RIGHT | sent),
            answer(401, BAD_LOGIN),
        )
        for name, state, sent in [
            ("a wrong password", WITH_PASSWORD, {"password": "wrong password"}),
            ("a password in capitals", WITH_PASSWORD, {"password": "SEVEN-RED-HATS"}),
            ("a password and a blank", WITH_PASSWORD, {"password": "seven-red-hats "}),
            ("an endless password", WITH_PASSWORD, {"password": "x" * 5000}),
            ("an unknown address", WITH_PASSWORD, {"email": "nobody@example.org"}),
            ("no address at all", WITH_PASSWORD, {"email": "nobody in particular"}),
            ("an account without a password", person(AUTHOR), {}),
            ("an inactive account", person(AUTHOR, has_password=True, is_active=False), {}),
        ]
    ),
    case(
        "signing in needs both members",
        *(
            part
            for sent, missing in [
                ({}, (NO_EMAIL, NO_PASSWORD)),
                ({"email": None, "password": None}, (NO_EMAIL, NO_PASSWORD)),
                ({"email": " ", "password": ""}, (NO_EMAIL, NO_PASSWORD)),
                ({"email": "x"}, (NO_PASSWORD,)),
                ({"password": "x"}, (NO_EMAIL,)),
            ]
            for part in (
                ask(NOBODY, "POST", "/auth/login", sent),
                answer(422, invalid(*missing)),
            )
        ),
    ),
    case(
        "the 11th attempt of an address within a minute waits; what cannot be read is not one",
        WITH_PASSWORD,
        *(
            part
            for _ in range(11)
            for part in (
                ask(NOBODY, "POST", "/auth/login", {}),
                answer(422, invalid(NO_EMAIL, NO_PASSWORD)),
            )
        ),
        *(
            part
            for _ in range(10)
            for part in (
                # The right password: a wrong one takes its time on purpose.
                ask(NOBODY, "POST", "/auth/login", RIGHT),
                answer(200, SIGNED_IN_ONCE_MORE),
            )
        ),
        ask(NOBODY, "POST", "/auth/login", {"email": "other@example.org", "password": "x"}),
        answer(429, TOO_MANY, retry_after=Like(r"[1-9]|[1-5]\d|6[01]")),
        *(
            ask(NOBODY, "POST", "/auth/register", ADA),
            answer(429, TOO_MANY, retry_after=Like(r"[1-9]|[1-5]\d|6[01]")),
        ),
        *(
            ask(
                NOBODY,
                "POST",
                "/auth/login",
                RIGHT,
                X_Forwarded_For="203.0.113.9",
            ),
            answer(429, TOO_MANY, retry_after=Like(r"[1-9]|[1-5]\d|6[01]")),
        ),
    ),
]


def again(name: str) -> dict[str, Any]:
    """Tokens of the same session, and others than those of that name."""
    return env(
        {
            "tokens": {
                "access_token": TOKEN,
                "refresh_token": OtherThan(name, REFRESH_TOKEN),
                "expires_in": 900,
                "session_id": the("author.session"),
            },
            "user": user(AUTHOR),
        }
    )


def renewed(old: str, new: str) -> dict[str, Any]:
    """Other tokens of the session that began with registering, kept as `new`."""
    tokens = {
        "access_token": TOKEN,
        "refresh_token": Kept(new, OtherThan(old, REFRESH_TOKEN)),
        "expires_in": 900,
        "session_id": the("session"),
    }
    account = new_user("Ada", ADDRESS, id=the("new"), created_at=the("registered_at"))
    return env({"tokens": tokens, "user": account})


REFRESH = [
    case(
        "refreshing rotates the token, and the old one ends the session",
        refresh_token("old", of=AUTHOR),
        *(
            ask(NOBODY, "POST", "/auth/refresh", {"refresh_token": the("old")}),
            answer(200, again("old")),
        ),
        *(ask(AUTHOR, "GET", "/auth/profile"), answer(200, env(user(AUTHOR)))),
        *(
            ask(NOBODY, "POST", "/auth/refresh", {"refresh_token": the("old")}),
            answer(401, BAD_TOKEN),
        ),
        *(ask(AUTHOR, "GET", "/auth/profile"), answer(401, BAD_TOKEN)),
    ),
    case(
        "register, refresh, refresh, reuse: the whole family is gone",
        ask(NOBODY, "POST", "/auth/register", ADA),
        answer(201, auth_success(new_user("Ada", ADDRESS))),
        ask(NOBODY, "POST", "/auth/refresh", {"refresh_token": the("refresh")}),
        answer(200, renewed("refresh", "second")),
        ask(NOBODY, "POST", "/auth/refresh", {"refresh_token": the("second")}),
        answer(200, renewed("second", "third")),
        ask(NOBODY, "POST", "/auth/refresh", {"refresh_token": the("second")}),
        answer(401, BAD_TOKEN),
        ask(NOBODY, "POST", "/auth/refresh", {"refresh_token": the("third")}),
        answer(401, BAD_TOKEN),
        *(
            ask(NOBODY, "GET", "/auth/profile", Authorization="Bearer {access}"),
            answer(401, BAD_TOKEN),
        ),
    ),
    *(
        case(
            f"{name} refreshes nothing",
            *state,
            ask(NOBODY, "POST", "/auth/refresh", {"refresh_token": the("t")}),
            answer(401, BAD_TOKEN),
        )
        for name, state in {
            "a spent token": [refresh_token("t", of=AUTHOR, spent=True)],
            "a token of a session that was ended": [
                session(AUTHOR, ended_at=NOON, end_reason="logout"),
                refresh_token("t", of=AUTHOR),
            ],
            "a token of a session that is over": [
                session(
                    AUTHOR,
                    created_at="2026-06-01T00:00:00Z",
                    expires_at="2026-06-02T00:00:00Z",
                ),
                refresh_token("t", of=AUTHOR),
            ],
            "a token of an inactive account": [
                person(AUTHOR, is_active=False),
                refresh_token("t", of=AUTHOR),
            ],
        }.items()
    ),
    *(
        case(
            f"{name} is an unknown refresh token",
            ask(NOBODY, "POST", "/auth/refresh", {"refresh_token": token}),
            answer(401, BAD_TOKEN),
        )
        for name, token in {
            "a letter": "x",
            "an accent": "\u00e9",
            "a blank": " ",
            "an endless text": "x" * 5000,
            "an access token": the("author.access"),
        }.items()
    ),
    *(
        case(
            f"{name} is no refresh token at all",
            ask(NOBODY, "POST", "/auth/refresh", sent),
            answer(422, invalid(NO_REFRESH)),
        )
        for name, sent in {
            "absence": {},
            "null": {"refresh_token": None},
            "empty text": {"refresh_token": ""},
        }.items()
    ),
]

SIGNING_OUT = [
    case(
        "signing out ends the session at once, and no other",
        WITH_PASSWORD,
        refresh_token("t", of=AUTHOR),
        *(ask(NOBODY, "POST", "/auth/login", RIGHT), answer(200, auth_success(SIGNED_IN))),
        *(ask(AUTHOR, "POST", "/auth/logout"), answer(200, LOGGED_OUT)),
        *(ask(AUTHOR, "GET", "/auth/profile"), answer(401, BAD_TOKEN)),
        *(ask(AUTHOR, "POST", "/auth/logout"), answer(401, BAD_TOKEN)),
        *(
            ask(NOBODY, "POST", "/auth/refresh", {"refresh_token": the("t")}),
            answer(401, BAD_TOKEN),
        ),
        *(
            ask(NOBODY, "GET", "/auth/profile", Authorization="Bearer {access}"),
            answer(200, env(SIGNED_IN)),
        ),
    ),
]
PROFILE = [
    *(
        case(
            f"the {role}'s profile says everything",
            person(role, first_name="金", last_name="糸雀", last_login=NOON),
            ask(role, "GET", "/auth/profile"),
            answer(
                200,
                env(user(role, first_name="金", last_name="糸雀", last_login=NOON)),
            ),
        )
        for role in ROLES
    ),
]

TAGGED = [
    tag("a", usage_count=2, created_at="2029-12-30T12:00:00Z"),
    tag("b", usage_count=3, created_at="2030-01-01T12:00:00Z"),
    tag("c", usage_count=1, created_at="2029-12-31T12:00:00Z"),
]
DTOS = {
    "a": tag_dto("a", "a", 2, id=the("a"), created_at="2029-12-30T12:00:00.000000Z"),
    "b": tag_dto("b", "b", 3, id=the("b")),
    "c": tag_dto("c", "c", 1, id=the("c"), created_at="2029-12-31T12:00:00.000000Z"),
}
TAGS = [
    *(
        case(
            f"tags sorted by {sort or 'nothing'} are {names}",
            *TAGGED,
            ask(SUBSCRIBER, "GET", f"/tags?sort={sort}"),
            answer(200, page(*(DTOS[name] for name in names))),
        )
        for sort, names in {
            "name": "abc",
            "-name": "cba",
            "usage_count": "cab",
            "-usage_count": "bac",
            "created_at": "acb",
            "-created_at": "bca",
            "": "bca",
            "title": "bca",
            "--name": "bca",
        }.items()
    ),
    *(
        case(
            f"tags that tie are in the direction of {sort}",
            *(tag(name) for name in "abc"),
            ask(SUBSCRIBER, "GET", f"/tags?sort={sort}"),
            answer(200, page(*(tag_dto(name, name, id=the(name)) for name in names))),
        )
        for sort, names in {
            "usage_count": "abc",
            "-usage_count": "cba",
            "created_at": "abc",
            "-created_at": "cba",
        }.items()
    ),
    case(
        "tags come in pages",
        *TAGGED,
        *(
            part
            for number, names in enumerate(["ab", "c", ""], 1)
            for part in (
                ask(SUBSCRIBER, "GET", f"/tags?sort=name&limit=2&page={number}"),
                answer(
                    200,
                    page(
                        *(DTOS[name] for name in names), total=3, page=number, limit=2, pages=2
                    ),
                ),
            )
        ),
    ),
    case(
        "tags in Japanese are tags",
        tag("金糸雀"),
        *(
            ask(ADMIN, "GET", "/tags"),
            answer(200, page(tag_dto("金糸雀", "金糸雀", id=ID))),
        ),
    ),
]

CASES = [
    *REGISTER,
    *TYPES,
    *LOGIN,
    *REFRESH,
    *SIGNING_OUT,
    *PROFILE,
    *TAGS,
]
