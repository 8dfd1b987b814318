"""POST, PUT and DELETE of posts: who may, what is stored, what is refused in which words."""

from typing import Any

from tests.contract.table.case import (
    ADMIN,
    AUTHOR,
    CONTRIBUTOR,
    EDITOR,
    ID,
    NOW,
    ROLES,
    SUBSCRIBER,
    SUPER_ADMIN,
    Kept,
    answer,
    ask,
    case,
    person,
    post,
    the,
)
from tests.contract.v1.cases.shapes import (
    FORBIDDEN,
    NO_POST,
    NOON,
    SLUG_TAKEN,
    bad_type,
    env,
    invalid,
    message,
    metadata,
    page,
    planted_post,
    tag_dto,
    written_post,
)

TEXT = {"title": "Canaries sing", "content": "They do."}
DELETED = message("Post deleted successfully")
PUBLISHED = {"status": "published", "published_at": the("written_at")}
CHANGED = {"updated_at": NOW}
EDITORS = (EDITOR, ADMIN, SUPER_ADMIN)
PUBLISHERS = (AUTHOR, *EDITORS)

CREATING = [
    case(
        "everything that is sent comes back",
        ask(
            AUTHOR,
            "POST",
            "/posts",
            {
                "title": "金糸雀が歌う",
                "content": "本文 🐤",
                "excerpt": "抜粋",
                "published": True,
                "tags": ["鳥", "Music"],
                "category": "Birds",
                "featured_image": "https://example.org/canary.jpg",
                "meta_title": "Canaries",
                "meta_description": "About canaries",
            },
        ),
        answer(
            201,
            env(
                written_post(
                    AUTHOR,
                    title="金糸雀が歌う",
                    content="本文 🐤",
                    excerpt="抜粋",
                    tags=["鳥", "Music"],
                    metadata=metadata("Canaries", "About canaries", "Birds"),
                    **PUBLISHED,
                )
            ),
        ),
        *(
            ask(SUBSCRIBER, "GET", "/posts/tag/music"),
            answer(
                200,
                page(
                    written_post(
                        AUTHOR,
                        id=the("written"),
                        created_at=the("written_at"),
                        title="金糸雀が歌う",
                        content="本文 🐤",
                        excerpt="抜粋",
                        tags=["鳥", "Music"],
                        metadata=metadata("Canaries", "About canaries", "Birds"),
                        **PUBLISHED,
                    )
                ),
            ),
        ),
    ),
    case(
        "the title is trimmed, the content is not",
        ask(AUTHOR, "POST", "/posts", {"title": " A title ", "content": " B\n"}),
        answer(201, env(written_post(AUTHOR, title="A title", content=" B\n"))),
    ),
    *(
        case(
            f"{name} is as good as absent",
            ask(
                AUTHOR,
                "POST",
                "/posts",
                TEXT
                | dict.fromkeys(
                    ("excerpt", "slug", "category", "featured_image", "meta_title"), value
                )
                | {"meta_description": value},
            ),
            answer(201, env(written_post(AUTHOR))),
        )
        for name, value in {"null": None, "empty text": ""}.items()
    ),
    case(
        "null for tags and published is as good as absent",
        ask(AUTHOR, "POST", "/posts", {**TEXT, "tags": None, "published": None}),
        answer(201, env(written_post(AUTHOR))),
    ),
    case(
        "tags are told apart by their letters, not by their form",
        ask(
            AUTHOR,
            "POST",
            "/posts",
            {**TEXT, "tags": ["  Birds ", "birds", "\uff22IRDS", "Music", "BIRDS"]},
        ),
        answer(201, env(written_post(AUTHOR, tags=["Birds", "Music"]))),
    ),
    case(
        "a category is found by the slug of its name",
        *(
            ask(AUTHOR, "POST", "/posts", {**TEXT, "category": "Song Birds"}),
            answer(201, env(written_post(AUTHOR, metadata=metadata(None, None, "Song Birds")))),
        ),
        *(
            ask(EDITOR, "POST", "/posts", {**TEXT, "category": "song  BIRDS!"}),
            answer(
                201,
                env(
                    written_post(
                        EDITOR,
                        id=Kept("second", ID),
                        created_at=Kept("second_at", NOW),
                        updated_at=the("second_at"),
                        metadata=metadata(None, None, "Song Birds"),
                    )
                ),
            ),
        ),
    ),
    *(
        case(
            f"the slug {given!r} is taken by {whose}",
            post("taken", slug="taken", deleted_at=deleted),
            ask(AUTHOR, "POST", "/posts", {**TEXT, "slug": given}),
            answer(409, SLUG_TAKEN),
        )
        for given, whose, deleted in [
            ("taken", "another post", None),
            ("  TAKEN! ", "a post that writes it otherwise", None),
            ("Taken", "a deleted post", NOON),
        ]
    ),
    case(
        "a title needs no slug of its own",
        post("same", slug="canaries-sing"),
        ask(AUTHOR, "POST", "/posts", TEXT),
        answer(201, env(written_post(AUTHOR))),
    ),
]

WHO_WRITES = [
    *(
        case(
            f"the {role} {'may not write' if role == SUBSCRIBER else 'writes a draft'}",
            ask(role, "POST", "/posts", TEXT),
            answer(403, FORBIDDEN)
            if role == SUBSCRIBER
            else answer(201, env(written_post(role))),
        )
        for role in ROLES
    ),
    *(
        case(
            f"the {role} {'publishes' if role in PUBLISHERS else 'may not publish'} at once",
            ask(role, "POST", "/posts", {**TEXT, "published": True}),
            answer(201, env(written_post(role, **PUBLISHED)))
            if role in PUBLISHERS
            else answer(403, FORBIDDEN),
        )
        for role in ROLES
    ),
]

TITLE = ("title", "Title must be between 1 and 255 characters")
CONTENT = ("content", "Content cannot be empty")
TOO_MUCH = ("content", "Content must be less than 2097152 bytes")
EXCERPT = ("excerpt", "Excerpt must be less than 500 characters")
SLUG = ("slug", "Slug must be less than 255 characters")
NO_SLUG = ("slug", "Slug must contain letters or digits")
TOO_MANY = ("tags", "Too many tags")
TAG = ("tags", "Tag must be between 1 and 50 characters")
CATEGORY = ("category", "Category name too long")
IMAGE = ("featured_image", "Featured image must be a valid URL")
META_TITLE = ("meta_title", "Meta title must be less than 60 characters")
META_DESCRIPTION = ("meta_description", "Meta description must be less than 160 characters")

REFUSED: list[tuple[str, tuple[str, str], Any]] = [
    ("an empty title", TITLE, ""),
    ("a title of blanks", TITLE, " \n\t"),
    ("a title of 256 characters", TITLE, "x" * 256),
    ("empty content", CONTENT, ""),
    ("content of blanks", CONTENT, "\n \t\u3000"),
    ("content of 2 MiB and a byte", TOO_MUCH, "x" * 2_097_153),
    ("Japanese content over 2 MiB", TOO_MUCH, "金" * 699_051),
    ("an excerpt of 501 characters", EXCERPT, "金" * 501),
    ("a slug of 256 characters", SLUG, "x" * 256),
    ("a slug without a letter", NO_SLUG, "---"),
    ("a slug that is a bird", NO_SLUG, "🐤"),
    ("21 tags", TOO_MANY, [f"tag {number}" for number in range(21)]),
    ("one tag 21 times", TOO_MANY, ["same"] * 21),
    ("a tag of 51 characters", TAG, ["x" * 51]),
    ("an empty tag", TAG, ["fine", ""]),
    ("a tag of blanks", TAG, ["\u3000 "]),
    ("a tag that grows beyond 50", TAG, ["\ufb03" * 17]),
    ("a category of 101 characters", CATEGORY, "x" * 101),
    ("an image that is a word", IMAGE, "x"),
    ("an image without a scheme", IMAGE, "//example.org/image.png"),
    ("an image by FTP", IMAGE, "ftp://example.org/x"),
    ("an image without a host", IMAGE, "https:///x"),
    ("an image that is a script", IMAGE, "javascript:alert(1)"),
    ("an image that is data", IMAGE, "data:image/png;base64,AA"),
    ("an image with a blank", IMAGE, "https://example.org/a b"),
    ("an image of 2,049 characters", IMAGE, "https://example.org/" + "x" * 2029),
    ("a meta title of 61 characters", META_TITLE, "x" * 61),
    ("a meta description of 161 characters", META_DESCRIPTION, "x" * 161),
]
VIOLATIONS = [
    *(
        case(
            f"{name} is refused, new or changed",
            post("p"),
            *(
                ask(AUTHOR, "POST", "/posts", {**TEXT, problem[0]: value}),
                answer(422, invalid(problem)),
            ),
            *(
                ask(AUTHOR, "PUT", "/posts/{p}", {problem[0]: value}),
                answer(422, invalid(problem)),
            ),
            *(ask(AUTHOR, "GET", "/posts/{p}"), answer(200, env(planted_post("p")))),
        )
        for name, problem, value in REFUSED
    ),
    case(
        "a title and a content are needed",
        *(ask(AUTHOR, "POST", "/posts", {}), answer(422, invalid(TITLE, CONTENT))),
        *(
            ask(AUTHOR, "POST", "/posts", {"title": None, "content": None}),
            answer(422, invalid(TITLE, CONTENT)),
        ),
    ),
    case(
        "every violation is listed once, in the contract's order",
        ask(
            AUTHOR,
            "POST",
            "/posts",
            {
                "meta_description": "x" * 161,
                "meta_title": "x" * 61,
                "featured_image": "x",
                "category": "x" * 101,
                "tags": ["x" * 51, "", "y" * 51],
                "slug": "x" * 256,
                "excerpt": "x" * 501,
                "content": " ",
                "title": "",
            },
        ),
        answer(
            422,
            invalid(
                TITLE,
                CONTENT,
                EXCERPT,
                SLUG,
                TAG,
                CATEGORY,
                IMAGE,
                META_TITLE,
                META_DESCRIPTION,
            ),
        ),
    ),
]

FITTING: list[tuple[str, str, Any, dict[str, Any]]] = [
    ("a title of 255 characters", "title", "金" * 255, {"title": "金" * 255}),
    ("a title of 255 and blanks", "title", f" {'x' * 255} ", {"title": "x" * 255}),
    ("a title without a letter", "title", "!!!", {"title": "!!!"}),
    ("an excerpt of 500 birds", "excerpt", "🐤" * 500, {"excerpt": "🐤" * 500}),
    ("a slug of 255 characters", "slug", "x" * 255, {}),
    (
        "20 tags",
        "tags",
        [f"tag {number}" for number in range(20)],
        {"tags": [f"tag {number}" for number in range(20)]},
    ),
    ("a tag of 50 characters", "tags", ["x" * 50], {"tags": ["x" * 50]}),
    ("tags without a letter", "tags", ["++", "--"], {"tags": ["++", "--"]}),
    (
        "a category of 100 characters",
        "category",
        "x" * 100,
        {"metadata": metadata(None, None, "x" * 100)},
    ),
    ("an image in capitals", "featured_image", "HTTPS://EXAMPLE.ORG/X", {}),
    ("an image of 2,048 characters", "featured_image", f"https://e.org/{'x' * 2034}", {}),
    ("an image with a Japanese address", "featured_image", "https://例え.jp/画像.png", {}),
    ("60 characters", "meta_title", "x" * 60, {"metadata": metadata("x" * 60)}),
    (
        "160 characters",
        "meta_description",
        "x" * 160,
        {"metadata": metadata(None, "x" * 160)},
    ),
]
LIMITS = [
    case(
        f"{name} for {member} just fits, new or changed",
        post("p"),
        *(
            ask(AUTHOR, "PUT", "/posts/{p}", {member: value}),
            answer(200, env(planted_post("p", **CHANGED, **shown))),
        ),
        *(
            ask(
                AUTHOR,
                "POST",
                "/posts",
                {**TEXT, member: value.replace("x", "y") if member == "slug" else value},
            ),
            answer(201, env(written_post(AUTHOR, **shown))),
        ),
    )
    for name, member, value, shown in FITTING
]

TEXTS = [
    "title",
    "content",
    "excerpt",
    "slug",
    "category",
    "featured_image",
    "meta_title",
    "meta_description",
]
WRONG_TYPES: dict[str, list[Any]] = {
    **{member: [1, True, ["a"], {"a": 1}, 1e300] for member in TEXTS},
    "published": [1, 0, "true", "", [], {}],
    "tags": ["birds", 1, True, {}, [1], ["birds", None], [["birds"]]],
}
TYPES = [
    *(
        case(
            f"a wrong type is named: {member}",
            *(
                part
                for value in values
                for method, path in (("POST", "/posts"), ("PUT", "/posts/{unknown}"))
                for part in (
                    ask(AUTHOR, method, path, {**TEXT, member: value}),
                    answer(400, bad_type(member)),
                )
            ),
        )
        for member, values in WRONG_TYPES.items()
    ),
    case(
        "of several wrong types the contract's first is named",
        ask(
            AUTHOR, "POST", "/posts", {"meta_title": 1, "tags": "x", "title": "", "excerpt": []}
        ),
        answer(400, bad_type("excerpt")),
    ),
]

FULL: dict[str, Any] = {
    "title": "Full",
    "excerpt": "E",
    "tags": ("a", "b"),
    "categories": ("C",),
    "meta_title": "M",
    "meta_description": "D",
    "featured_image": "https://example.org/x",
}
SHOWN = {
    "title": "Full",
    "excerpt": "E",
    "tags": ["a", "b"],
    "metadata": metadata("M", "D", "C"),
}
CHANGING = [
    *(
        case(
            f"{name} leaves a post as it is, but for the time",
            post("p", **FULL),
            ask(AUTHOR, "PUT", "/posts/{p}", sent),
            answer(200, env(planted_post("p", **SHOWN, **CHANGED))),
        )
        for name, sent in {
            "nothing": {},
            "null": dict.fromkeys(
                [
                    "title",
                    "content",
                    "excerpt",
                    "slug",
                    "published",
                    "tags",
                    "category",
                    "meta_title",
                ]
            ),
        }.items()
    ),
    case(
        "empty text clears what may be absent",
        post("p", **FULL),
        ask(
            AUTHOR,
            "PUT",
            "/posts/{p}",
            dict.fromkeys(["excerpt", "slug", "category", "meta_title", "meta_description"], "")
            | {"tags": []},
        ),
        answer(200, env(planted_post("p", title="Full", **CHANGED))),
    ),
    case(
        "tags and the category are replaced as a whole",
        post("p", **FULL),
        ask(AUTHOR, "PUT", "/posts/{p}", {"tags": ["b", "c"], "category": "New"}),
        answer(
            200,
            env(
                planted_post(
                    "p",
                    **SHOWN | {"tags": ["b", "c"], "metadata": metadata("M", "D", "New")},
                    **CHANGED,
                )
            ),
        ),
    ),
    case(
        "published: true publishes once",
        post("p", status="draft"),
        *(
            ask(AUTHOR, "PUT", "/posts/{p}", {"published": True}),
            answer(
                200,
                env(planted_post("p", updated_at=NOW, published_at=Kept("first", NOW))),
            ),
        ),
        *(
            ask(AUTHOR, "PUT", "/posts/{p}", {"published": True, "title": "Again"}),
            answer(
                200,
                env(
                    planted_post("p", title="Again", updated_at=NOW, published_at=the("first"))
                ),
            ),
        ),
    ),
    case(
        "published: false makes a draft without a date",
        post("p"),
        ask(AUTHOR, "PUT", "/posts/{p}", {"published": False}),
        answer(200, env(planted_post("p", status="draft", published_at=None, **CHANGED))),
    ),
    case(
        "a former slug goes on leading to its post",
        post("p", slug="before"),
        post("q"),
        *(
            ask(AUTHOR, "PUT", "/posts/{p}", {"slug": "After!"}),
            answer(200, env(planted_post("p", **CHANGED))),
        ),
        *(ask(AUTHOR, "PUT", "/posts/{q}", {"slug": "before"}), answer(409, SLUG_TAKEN)),
        *(ask(AUTHOR, "PUT", "/posts/{q}", {"slug": "after"}), answer(409, SLUG_TAKEN)),
        *(
            ask(AUTHOR, "PUT", "/posts/{p}", {"slug": "before"}),
            answer(200, env(planted_post("p", **CHANGED))),
        ),
    ),
    *(
        case(
            f"publishing works from {state}",
            post("p", status=state, **columns),
            ask(AUTHOR, "POST", "/posts/{p}/publish"),
            answer(200, env(planted_post("p", published_at=date, **CHANGED))),
        )
        for state, columns, date in [
            ("draft", {}, NOW),
            ("published", {}, NOON),
            ("archived", {"published_at": NOON}, NOON),
            ("scheduled", {"scheduled_at": NOON}, NOW),
        ]
    ),
    case(
        "a deleted post is gone",
        post("p", tags=("t",)),
        *(ask(AUTHOR, "DELETE", "/posts/{p}"), answer(200, DELETED)),
        *(ask(AUTHOR, "GET", "/posts/{p}"), answer(404, NO_POST)),
        *(ask(AUTHOR, "PUT", "/posts/{p}", {"title": "X"}), answer(404, NO_POST)),
        *(ask(AUTHOR, "POST", "/posts/{p}/publish"), answer(404, NO_POST)),
        *(ask(AUTHOR, "DELETE", "/posts/{p}"), answer(404, NO_POST)),
        *(ask(AUTHOR, "GET", "/posts"), answer(200, page())),
        *(ask(AUTHOR, "GET", "/posts/tag/t"), answer(200, page())),
        *(ask(AUTHOR, "GET", "/tags"), answer(200, page(tag_dto("t", "t")))),
    ),
]


def may(role: str, operation: str, *, published: bool) -> int:
    """The status when this role does it to the post of somebody else."""
    if role == SUBSCRIBER or (operation == "publish" and role == CONTRIBUTOR):
        return 403
    if role in (CONTRIBUTOR, "another author"):
        return 403 if published else 404
    if operation == "delete" and role == EDITOR:
        return 403
    return 200


OPERATIONS = {
    "change": ("PUT", "/posts/{p}", {"excerpt": "E"}),
    "publish": ("POST", "/posts/{p}/publish", {}),
    "delete": ("DELETE", "/posts/{p}", {}),
}
RIGHTS = [
    case(
        f"to {operation} {'a published post' if published else 'a draft'} of somebody else "
        f"is for the {role} {status}",
        person("another author", role=AUTHOR, username="another"),
        post("p", status="published" if published else "draft"),
        ask(role, method, path, sent),
        answer(
            status,
            {
                403: FORBIDDEN,
                404: NO_POST,
                200: DELETED
                if operation == "delete"
                else env(
                    planted_post(
                        "p",
                        excerpt="E" if operation == "change" else None,
                        updated_at=NOW,
                        **(
                            {"published_at": NOON if published else NOW}
                            if published or operation == "publish"
                            else {"status": "draft", "published_at": None}
                        ),
                    )
                ),
            }[status],
        ),
    )
    for operation, (method, path, sent) in OPERATIONS.items()
    for published in (True, False)
    for role in (*EDITORS, "another author", CONTRIBUTOR, SUBSCRIBER)
    for status in [may(role, operation, published=published)]
]
OWN = [
    case(
        "a contributor changes and deletes drafts of their own, and publishes none",
        post("p", by=CONTRIBUTOR, status="draft"),
        *(
            ask(CONTRIBUTOR, "PUT", "/posts/{p}", {"excerpt": "E", "published": False}),
            answer(
                200,
                env(
                    planted_post(
                        "p",
                        author_id=the(CONTRIBUTOR),
                        excerpt="E",
                        status="draft",
                        published_at=None,
                        **CHANGED,
                    )
                ),
            ),
        ),
        *(
            ask(CONTRIBUTOR, "PUT", "/posts/{p}", {"published": True}),
            answer(403, FORBIDDEN),
        ),
        *(ask(CONTRIBUTOR, "POST", "/posts/{p}/publish"), answer(403, FORBIDDEN)),
        *(ask(CONTRIBUTOR, "DELETE", "/posts/{p}"), answer(200, DELETED)),
    ),
    case(
        "an editor deletes a post of their own",
        post("p", by=EDITOR),
        *(ask(EDITOR, "DELETE", "/posts/{p}"), answer(200, DELETED)),
    ),
    case(
        "who became a subscriber changes nothing any more",
        post("p", by=SUBSCRIBER),
        *(ask(SUBSCRIBER, "PUT", "/posts/{p}", {}), answer(403, FORBIDDEN)),
        *(ask(SUBSCRIBER, "DELETE", "/posts/{p}"), answer(403, FORBIDDEN)),
        *(ask(SUBSCRIBER, "POST", "/posts/{p}/publish"), answer(403, FORBIDDEN)),
        *(
            ask(SUBSCRIBER, "GET", "/posts/{p}"),
            answer(200, env(planted_post("p", author_id=the(SUBSCRIBER)))),
        ),
    ),
]

CASES = [
    *CREATING,
    *WHO_WRITES,
    *VIOLATIONS,
    *LIMITS,
    *TYPES,
    *CHANGING,
    *RIGHTS,
    *OWN,
]
