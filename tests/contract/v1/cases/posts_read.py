"""GET of posts: who sees what, pages, filters, orders."""

from typing import Any

from tests.contract.table.case import (
    ADMIN,
    AUTHOR,
    CONTRIBUTOR,
    EDITOR,
    ROLES,
    SUBSCRIBER,
    SUPER_ADMIN,
    Planted,
    answer,
    ask,
    case,
    post,
    tag,
    the,
)
from tests.contract.v1.cases.shapes import (
    NO_POST,
    NOON,
    bad_query,
    env,
    metadata,
    page,
    planted_post,
)

LATER, LAST = "2030-01-01T13:00:00.000000Z", "2030-01-01T14:00:00.000000Z"
STATES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "published": ({}, {}),
    "draft": ({"status": "draft"}, {"status": "draft", "published_at": None}),
    "scheduled": (
        {"status": "scheduled", "scheduled_at": NOON},
        {"status": "draft", "published_at": None},
    ),
    "archived": (
        {"status": "archived", "published_at": NOON},
        {"status": "archived"},
    ),
    "never published and archived": (
        {"status": "archived"},
        {"status": "archived", "published_at": None},
    ),
}
SEERS = {EDITOR, ADMIN, SUPER_ADMIN, CONTRIBUTOR}

VISIBILITY = [
    *(
        case(
            f"a {state} post of a contributor is "
            f"{'seen' if state == 'published' or role in SEERS else 'hidden'} when it is "
            f"the {role} who looks",
            post("p", by=CONTRIBUTOR, **columns),
            *(
                (
                    ask(role, "GET", "/posts/{p}"),
                    answer(200, env(shown)),
                    ask(role, "GET", "/posts"),
                    answer(200, page(shown)),
                )
                if state == "published" or role in SEERS
                else (
                    ask(role, "GET", "/posts/{p}"),
                    answer(404, NO_POST),
                    ask(role, "GET", "/posts"),
                    answer(200, page()),
                )
            ),
        )
        for state, (columns, members) in STATES.items()
        for shown in [planted_post("p", **members) | {"author_id": the(CONTRIBUTOR)}]
        for role in ROLES
    ),
    *(
        case(
            f"a deleted post is gone for the {role}",
            post("p", deleted_at=NOON),
            *(ask(role, "GET", "/posts/{p}"), answer(404, NO_POST)),
            *(ask(role, "GET", "/posts"), answer(200, page())),
            *(ask(role, "GET", "/posts?author={author}"), answer(200, page())),
        )
        for role in (AUTHOR, SUPER_ADMIN)
    ),
    case(
        "an unknown post is not found",
        *(ask(SUPER_ADMIN, "GET", "/posts/{unknown}"), answer(404, NO_POST)),
    ),
    case(
        "a post shows everything that it has",
        post(
            "p",
            title="金糸雀が歌う 🐤",
            content="本文\n二行目",
            excerpt="抜粋",
            meta_title="Canaries",
            meta_description="About canaries",
            featured_image="https://example.org/canary.jpg",
            tags=("Song", "鳥"),
            categories=("Birds", "Cages"),
            updated_at=LATER,
            published_at=LAST,
        ),
        ask(SUBSCRIBER, "GET", "/posts/{p}"),
        answer(
            200,
            env(
                planted_post(
                    "p",
                    title="金糸雀が歌う 🐤",
                    content="本文\n二行目",
                    excerpt="抜粋",
                    tags=["Song", "鳥"],
                    metadata=metadata("Canaries", "About canaries", "Birds", "Cages"),
                    updated_at=LATER,
                    published_at=LAST,
                )
            ),
        ),
    ),
    case(
        "an imported page in HTML is a post like others",
        post("p", type="page", content_format="html", content="<p>Hi</p>", locale="ja"),
        *(
            ask(SUBSCRIBER, "GET", "/posts/{p}"),
            answer(200, env(planted_post("p", content="<p>Hi</p>"))),
        ),
        *(
            ask(SUBSCRIBER, "GET", "/posts"),
            answer(200, page(planted_post("p", content="<p>Hi</p>"))),
        ),
    ),
    case(
        "times have six digits and are UTC",
        post("p", created_at="2030-01-01T21:00:00.1+09:00"),
        *(
            ask(SUBSCRIBER, "GET", "/posts/{p}"),
            answer(200, env(planted_post("p", created_at="2030-01-01T12:00:00.100000Z"))),
        ),
    ),
]


def rows(names: str, **columns: Any) -> list[Planted]:
    """Posts called so, one minute apart."""
    return [
        post(name, title=name, created_at=f"2030-01-01T12:{minute:02}:00Z", **columns)
        for minute, name in enumerate(names)
    ]


def listed(names: str, all_names: str = "abcdefg") -> list[dict[str, Any]]:
    return [
        planted_post(
            name,
            title=name,
            created_at=f"2030-01-01T12:{all_names.index(name):02}:00.000000Z",
        )
        for name in names
    ]


def whole(names: str, **members: int) -> dict[str, Any]:
    return page(*listed(names), **members)


LISTS = ("/posts", "/posts/tag/x", "/tags")
PAGES = [
    case(
        "without posts there is one empty page",
        *(ask(SUBSCRIBER, "GET", "/posts"), answer(200, page())),
        *(ask(SUBSCRIBER, "GET", "/posts?page=2"), answer(200, page(page=2))),
    ),
    case(
        "the newest come first",
        *rows("abc"),
        *(ask(SUBSCRIBER, "GET", "/posts"), answer(200, whole("cba"))),
    ),
    case(
        "pages follow each other and end",
        *rows("abcdefg"),
        *(
            part
            for number, names in enumerate(["gfe", "dcb", "a", "", ""], 1)
            for part in (
                ask(SUBSCRIBER, "GET", f"/posts?limit=3&page={number}"),
                answer(200, whole(names, total=7, page=number, limit=3, pages=3)),
            )
        ),
    ),
    case(
        "a page that is just full is the last",
        *rows("abcd"),
        *(
            ask(SUBSCRIBER, "GET", "/posts?limit=2&page=2"),
            answer(200, whole("ba", total=4, page=2, limit=2, pages=2)),
        ),
    ),
    *(
        case(
            f"page={given} is page {number}, past the end or not",
            *(
                part
                for path in LISTS
                for part in (
                    ask(SUBSCRIBER, "GET", f"{path}?page={given}"),
                    answer(200, page(page=number)),
                )
            ),
        )
        for given, number in [
            ("0", 1),
            ("1", 1),
            ("00002", 2),
            ("1000000", 10**6),
            ("2147483648", 2**31),
            ("9223372036854775808", 2**63),
            ("1" + "0" * 30, 10**30),
        ]
    ),
    *(
        case(
            f"limit={given} is {number}",
            *(
                part
                for path in LISTS
                for part in (
                    ask(SUBSCRIBER, "GET", f"{path}?limit={given}"),
                    answer(200, page(limit=number)),
                )
            ),
        )
        for given, number in [
            ("0", 20),
            ("1", 1),
            ("20", 20),
            ("100", 100),
            ("101", 100),
            ("0100", 100),
            ("9" * 30, 100),
        ]
    ),
    *(
        case(
            f"{name} is no number",
            *(
                part
                for path in LISTS
                for parameter in ("page", "limit")
                for part in (
                    ask(SUBSCRIBER, "GET", f"{path}?{parameter}={given}"),
                    answer(400, bad_query(parameter)),
                )
            ),
        )
        for name, given in {
            "nothing": "",
            "less than nothing": "-1",
            "minus zero": "-0",
            "a word": "x",
            "a fraction": "1.0",
            "a power": "1e3",
            "a plus": "%2B1",
            "a blank before a number": "%201",
            "a hexadecimal number": "0x1",
            "a number with an underscore": "1_0",
            "a full-width digit": "%EF%BC%91",
            "an Arabic digit": "%D9%A3",
        }.items()
    ),
]

FILTERED = [
    *rows("a", status="published"),
    post("b", title="b", status="draft", created_at="2030-01-01T12:01:00Z"),
    post(
        "c",
        title="c",
        status="scheduled",
        scheduled_at=NOON,
        created_at="2030-01-01T12:02:00Z",
    ),
    post("d", title="d", status="archived", created_at="2030-01-01T12:03:00Z"),
]


def in_state(names: str) -> list[dict[str, Any]]:
    states = {"a": "published", "b": "draft", "c": "draft", "d": "archived"}
    return [
        item
        | {"status": states[item["title"]]}
        | ({} if item["title"] == "a" else {"published_at": None})
        for item in listed(names)
    ]


FILTERS = [
    *(
        case(
            f"status={given} finds {names}",
            *FILTERED,
            ask(EDITOR, "GET", f"/posts?status={given}"),
            answer(200, page(*in_state(names))),
        )
        for given, names in [
            ("draft", "cb"),
            ("Draft", "cb"),
            ("DRAFT", "cb"),
            ("published", "a"),
            ("Published", "a"),
            ("archived", "d"),
        ]
    ),
    case(
        "a subscriber finds no draft by its status",
        *FILTERED,
        *(ask(SUBSCRIBER, "GET", "/posts?status=draft"), answer(200, page())),
    ),
    *(
        case(
            f"{given or 'nothing'} is no status",
            ask(EDITOR, "GET", f"/posts?status={given}"),
            answer(400, bad_query("status")),
        )
        for given in ("", "x", "scheduled", "deleted", "draft%20", "draft,published")
    ),
    case(
        "posts are filtered by author",
        post("p"),
        post("q", by=CONTRIBUTOR),
        *(
            ask(SUBSCRIBER, "GET", "/posts?author={author}"),
            answer(200, page(planted_post("p"))),
        ),
        *(ask(SUBSCRIBER, "GET", "/posts?author={unknown}"), answer(200, page())),
    ),
    *(
        case(
            f"{name} is no author",
            ask(SUBSCRIBER, "GET", f"/posts?author={given}"),
            answer(400, bad_query("author")),
        )
        for name, given in {
            "nothing": "",
            "a word": "me",
            "an id without hyphens": "0198a6a000007000800000000000000a",
            "an id in braces": "%7B{unknown}%7D",
        }.items()
    ),
    *(
        case(
            f"a tag is found {how}",
            tag("Song Birds", slug="song-birds"),
            post("p", tags=("Song Birds",)),
            post("q"),
            *(
                ask(SUBSCRIBER, "GET", f"/posts?tag={given}"),
                answer(200, page(planted_post("p", tags=["Song Birds"]))),
            ),
            *(
                ask(SUBSCRIBER, "GET", f"/posts/tag/{given}"),
                answer(200, page(planted_post("p", tags=["Song Birds"]))),
            ),
        )
        for how, given in {
            "by its name": "Song%20Birds",
            "in small letters": "song%20birds",
            "in capitals and with blanks around": "%20SONG%20BIRDS%20",
            "in full-width letters": "%EF%BD%93ong%20birds",
            "by its slug": "song-birds",
        }.items()
    ),
    *(
        case(
            f"{name} is the tag of nothing",
            post("p", tags=("known",)),
            *(ask(SUBSCRIBER, "GET", f"/posts?tag={given}"), answer(200, page())),
            *(ask(SUBSCRIBER, "GET", f"/posts/tag/{given}"), answer(200, page())),
        )
        for name, given in {
            "an unknown word": "unknown",
            "NUL": "%00",
            "a byte that is no UTF-8": "%FF",
            "a bird": "%F0%9F%90%A6",
            "a percent sign": "%25",
            "a part of a name": "know",
        }.items()
    ),
    case(
        "an empty tag finds nothing",
        post("p"),
        *(ask(SUBSCRIBER, "GET", "/posts?tag="), answer(200, page())),
    ),
    case(
        "a tag's posts are those one may see",
        post("p", tags=("t",)),
        post("q", tags=("t",), status="draft"),
        *(
            ask(SUBSCRIBER, "GET", "/posts/tag/t"),
            answer(200, page(planted_post("p", tags=["t"]))),
        ),
        *(
            ask(AUTHOR, "GET", "/posts/tag/t?status=draft"),
            answer(200, page(planted_post("q", tags=["t"], status="draft", published_at=None))),
        ),
    ),
    case(
        "the tag of the path wins over the query's",
        post("p", tags=("t",)),
        *(
            ask(SUBSCRIBER, "GET", "/posts/tag/t?tag=other"),
            answer(200, page(planted_post("p", tags=["t"]))),
        ),
    ),
    case(
        "of several bad parameters the first of the contract is named",
        *(
            part
            for query, name in [
                ("author=x&status=x&limit=x&page=x", "page"),
                ("author=x&status=x&limit=x", "limit"),
                ("author=x&status=x", "status"),
                ("author=x", "author"),
            ]
            for part in (
                ask(SUBSCRIBER, "GET", f"/posts?{query}"),
                answer(400, bad_query(name)),
            )
        ),
    ),
    case(
        "of a parameter given twice the last counts",
        *(
            ask(SUBSCRIBER, "GET", "/posts?page=x&page=2&limit=5&limit=6"),
            answer(200, page(page=2, limit=6)),
        ),
    ),
    case(
        "unknown parameters are ignored",
        *(
            ask(SUBSCRIBER, "GET", "/posts?offset=x&pages=-1&Status=x&=&&&?page=x"),
            answer(200, page()),
        ),
    ),
]

SORTED = [
    post("p", title="b", updated_at=LAST),
    post("q", title="c", created_at=LATER, published_at=LAST),
    post("r", title="a", created_at=LAST, updated_at=LATER, published_at=LATER),
]
SHOWN = {
    "p": planted_post("p", title="b", updated_at=LAST),
    "q": planted_post("q", title="c", created_at=LATER, published_at=LAST),
    "r": planted_post("r", title="a", created_at=LAST, updated_at=LATER, published_at=LATER),
}
SORTS = [
    *(
        case(
            f"posts sorted by {sort or 'nothing'}",
            *SORTED,
            ask(SUBSCRIBER, "GET", f"/posts?sort={sort}"),
            answer(200, page(*(SHOWN[name] for name in names))),
        )
        for column, ascending in {
            "created_at": "pqr",
            "updated_at": "qrp",
            "published_at": "prq",
            "title": "rpq",
        }.items()
        for sort, names in ((column, ascending), (f"-{column}", ascending[::-1]))
    ),
    *(
        case(
            f"sort={sort} is unknown, and the newest come first",
            *SORTED,
            ask(SUBSCRIBER, "GET", f"/posts?sort={sort}"),
            answer(200, page(*(SHOWN[name] for name in "rqp"))),
        )
        for sort in ("", "-", "x", "--created_at", "Created_At", "author", "id;--")
    ),
    *(
        case(
            f"ties are broken by id in the direction of {sort}",
            *(post(name) for name in "abc"),
            ask(SUBSCRIBER, "GET", f"/posts?sort={sort}"),
            answer(200, page(*(planted_post(name) for name in names))),
        )
        for column in ("created_at", "updated_at", "published_at", "title")
        for sort, names in ((column, "abc"), (f"-{column}", "cba"))
    ),
    case(
        "posts that were never published come last when descending",
        post("early"),
        post("draft", status="draft"),
        post("late", published_at=LATER),
        *(
            ask(EDITOR, "GET", "/posts?sort=-published_at"),
            answer(
                200,
                page(
                    planted_post("late", published_at=LATER),
                    planted_post("early"),
                    planted_post("draft", status="draft", published_at=None),
                ),
            ),
        ),
    ),
]

CASES = [*VISIBILITY, *PAGES, *FILTERS, *SORTS]
