"""/posts, /tags and /categories: what everybody reads, and what authors and editors write."""

from tests.contract.table.case import (
    ADMIN,
    AUTHOR,
    CONTRIBUTOR,
    EDITOR,
    NOBODY,
    SUBSCRIBER,
    Spoken,
    answer,
    ask,
    case,
    category,
    person,
    post,
    tag,
    the,
)
from tests.contract.v2.cases.shapes import (
    FORBIDDEN,
    GONE,
    NOW,
    PRIVATE,
    PUBLIC,
    at,
    category_view,
    invalid,
    item,
    listing,
    made_category,
    made_tag,
    of_version,
    planted_post,
    public_item,
    refused,
    stale,
    tag_view,
    term,
    without,
    written_post,
)

NO_POST, NO_TAG = refused("post_not_found"), refused("tag_not_found")
NO_CATEGORY = refused("category_not_found")
DRAFT = {"title": "Canaries sing", "content": "They do."}
WRONG_WITH_A_POST = [
    at("/content", "required"),
    at("/seo/descr", "unknown_member", nearest="description"),
    at("/tags/1", "invalid_type", expected=["string"]),
    at("/status", "not_allowed", allowed=["draft", "published"]),
    at("/title", "required", max=255),
    at("/excerpt", "too_long", max=500),
    at("/featured_image", "invalid_format"),
    at("/locale", "invalid_format"),
]
ONLY_TITLES = "fields[post]=title"
OF_BIRD = "post:{bird},user:{author}"

READING = [
    case(
        "everybody reads what is published, by its id and by its slug",
        post("bird", tags=("jazz",), categories=("Songs",), slug="鳥"),
        *(
            part
            for path in ("/posts/{bird}", "/posts/by-slug/%E9%B3%A5")
            for part in (
                ask(NOBODY, "GET", path),
                answer(
                    200,
                    planted_post(
                        "bird",
                        slug="鳥",
                        tags=[term("jazz")],
                        categories=[term("Songs", "songs")],
                    ),
                    cache_control=PUBLIC,
                ),
            )
        ),
        *(ask(NOBODY, "GET", "/posts/{unknown}"), NO_POST),
        *(ask(NOBODY, "GET", "/posts/by-slug/nothing"), NO_POST),
    ),
    case(
        "a draft is its author's and the editors'",
        post("bird", status="draft"),
        *(
            part
            for role in (NOBODY, SUBSCRIBER, CONTRIBUTOR)
            for part in (
                *(ask(role, "GET", "/posts/{bird}"), NO_POST),
                *(ask(role, "GET", "/posts/by-slug/bird"), NO_POST),
            )
        ),
        *(
            part
            for role in (AUTHOR, EDITOR, ADMIN)
            for part in (
                ask(role, "GET", "/posts/{bird}"),
                item(planted_post("bird", status="draft", published_at=None)),
            )
        ),
    ),
    case(
        "what was deleted is gone",
        post("bird", deleted_at="2030-01-02T00:00:00Z"),
        *(ask(NOBODY, "GET", "/posts/{bird}"), NO_POST),
        *(ask(ADMIN, "GET", "/posts/{bird}"), NO_POST),
    ),
    case(
        "one shows and includes what is asked for",
        post("bird", tags=("jazz",), content="*hop*"),
        *(
            ask(NOBODY, "GET", "/posts/{bird}?fields[post]=title,slug&include=tags"),
            public_item(
                {"slug": "bird", "title": "Planted", "tags": [term("jazz")]},
                OF_BIRD + ",tag:{jazz}",
            ),
        ),
        *(
            ask(NOBODY, "GET", "/posts/{bird}?include="),
            answer(
                200,
                without(planted_post("bird", content="*hop*"), "author", "tags", "categories"),
            ),
        ),
        *(
            ask(NOBODY, "GET", "/posts/{bird}?fields[post]=html"),
            answer(200, {"html": "<p><em>hop</em></p>\n"}),
        ),
    ),
    *(
        case(
            f"posts filtered by {query}",
            post("old", published_at="2029-01-01T00:00:00Z", tags=("jazz",), locale="ja"),
            post("new", title="New", categories=("Birds",), by="editor"),
            post("draft", status="draft", title="Draft"),
            ask(EDITOR, "GET", f"/posts?{query}&{ONLY_TITLES}"),
            answer(
                200, listing(*({"title": title} for title in titles)), cache_control=PRIVATE
            ),
        )
        for query, titles in {
            "filter[status]=draft": ["Draft"],
            "filter[status][ne]=draft": ["New", "Planted"],
            "filter[author]={editor}": ["New"],
            "filter[tag]=JAZZ": ["Planted"],
            "filter[category]=birds": ["New"],
            "filter[locale]=ja": ["Planted"],
            "filter[published_at][gte]=2030-01-01": ["New"],
            "filter[published_at][null]=true": ["Draft"],
            "sort=title": ["Draft", "New", "Planted"],
            "sort=-title": ["Planted", "New", "Draft"],
        }.items()
    ),
]

WRITING = [
    *(
        case(
            f"the {role} writes a draft",
            ask(role, "POST", "/posts", DRAFT),
            item(
                written_post(role),
                201,
                location=Spoken("/api/v2/posts/{written}"),
                etag=of_version(1),
            ),
        )
        for role in (CONTRIBUTOR, AUTHOR, EDITOR, ADMIN)
    ),
    case(
        "who may not write or publish is told so",
        *(ask(SUBSCRIBER, "POST", "/posts", DRAFT), FORBIDDEN),
        *(ask(CONTRIBUTOR, "POST", "/posts", DRAFT | {"status": "published"}), FORBIDDEN),
    ),
    case(
        "everything wrong with a post is told",
        *(
            ask(
                AUTHOR,
                "POST",
                "/posts",
                {
                    "title": "",
                    "excerpt": "x" * 501,
                    "locale": "?",
                    "featured_image": "x",
                    "seo": {"title": "x" * 61, "descr": "x"},
                    "tags": ["x" * 51, 1],
                    "status": "archived",
                },
            ),
            refused("validation_failed", *WRONG_WITH_A_POST),
        ),
        *(
            ask(AUTHOR, "POST", "/posts", DRAFT | {"slug": "--"}),
            invalid(at("/slug", "invalid_format")),
        ),
    ),
    case(
        "slugs are made, or taken as they were asked for, once",
        post("bird"),
        *(ask(AUTHOR, "POST", "/posts", DRAFT | {"slug": "bird"}), refused("slug_taken")),
        *(
            ask(AUTHOR, "POST", "/posts", DRAFT | {"title": "Bird"}),
            answer(201, written_post("author", title="Bird", slug="bird-2")),
        ),
    ),
    case(
        "a post is changed by what is sent, and its old slug leads on",
        post("bird", excerpt="Old", tags=("jazz",)),
        *(
            ask(
                AUTHOR,
                "PATCH",
                "/posts/{bird}",
                {"title": "New", "slug": "new", "excerpt": None, "tags": []},
                if_match='"1"',
            ),
            item(
                planted_post("bird", title="New", slug="new", updated_at=NOW, version=2),
                etag=of_version(2),
            ),
        ),
        *(
            ask(NOBODY, "GET", "/posts/by-slug/bird?include="),
            answer(301, location="/api/v2/posts/by-slug/new?include=", cache_control=PUBLIC),
        ),
        *(ask(AUTHOR, "PATCH", "/posts/{bird}", {"title": "x"}, if_match='"1"'), stale(2)),
    ),
    case(
        "nobody changes the posts of others but editors",
        person("eve", role=AUTHOR),
        post("bird"),
        post("hidden", status="draft"),
        *(
            part
            for method, path, body in [
                ("PATCH", "/posts/{bird}", {"title": "x"}),
                ("DELETE", "/posts/{bird}", None),
                ("POST", "/posts/{bird}/publish", None),
                ("POST", "/posts/{bird}/unpublish", None),
            ]
            for part in (
                ask("eve", method, path, *([body] if body else []), if_match="*"),
                FORBIDDEN,
            )
        ),
        *(ask("eve", "PATCH", "/posts/{hidden}", {}, if_match="*"), NO_POST),
        *(
            ask(EDITOR, "PATCH", "/posts/{bird}", {"title": "x"}, if_match="*"),
            item(planted_post("bird", title="x", updated_at=NOW, version=2)),
        ),
    ),
    case(
        "a post is published, taken back and deleted",
        post("bird", status="draft"),
        *(
            ask(AUTHOR, "POST", "/posts/{bird}/publish"),
            item(planted_post("bird", published_at=NOW, updated_at=NOW, version=2)),
        ),
        *(
            ask(AUTHOR, "POST", "/posts/{bird}/unpublish", if_match='"1-0123456789ab"'),
            stale(2),
        ),
        *(
            ask(AUTHOR, "POST", "/posts/{bird}/unpublish", if_match='"2"'),
            item(
                planted_post(
                    "bird", status="draft", published_at=None, updated_at=NOW, version=3
                )
            ),
        ),
        *(ask(AUTHOR, "DELETE", "/posts/{bird}", if_match='"2"'), stale(3)),
        *(ask(AUTHOR, "DELETE", "/posts/{bird}"), GONE),
        *(ask(AUTHOR, "DELETE", "/posts/{bird}"), NO_POST),
    ),
]

TAGS = [
    case(
        "tags are made, renamed, merged and deleted by editors",
        tag("jazz"),
        post("bird", tags=("jam",)),
        *(
            ask(EDITOR, "POST", "/tags", {"name": " 歌 "}),
            item(made_tag("歌"), 201, location=Spoken("/api/v2/tags/{made}")),
        ),
        *(
            ask(EDITOR, "PATCH", "/tags/{made}", {"name": "Song"}, if_match='"1"'),
            item(made_tag("Song", slug="歌", updated_at=NOW, version=2), etag=of_version(2)),
        ),
        *(ask(EDITOR, "POST", "/tags", {"name": "JAZZ"}), refused("tag_taken")),
        *(
            ask(EDITOR, "POST", "/tags/{jam}/merge", {"into": the("jazz")}),
            item(tag_view("jazz", usage_count=1)),
        ),
        *(
            ask(EDITOR, "POST", "/tags/{jazz}/merge", {"into": the("jazz")}),
            invalid(at("/into", "not_allowed")),
        ),
        *(ask(EDITOR, "DELETE", "/tags/{made}"), GONE),
        *(ask(NOBODY, "GET", "/tags/{made}"), NO_TAG),
        *(ask(EDITOR, "POST", "/tags/{made}/merge", {"into": the("jazz")}), NO_TAG),
    ),
    case(
        "tags are read by everybody and kept by editors",
        tag("jazz"),
        *(
            ask(NOBODY, "GET", "/tags/{jazz}"),
            answer(200, tag_view("jazz"), cache_control=PUBLIC),
        ),
        *(ask(AUTHOR, "GET", "/tags/{jazz}"), item(tag_view("jazz"))),
        *(ask(AUTHOR, "POST", "/tags", {"name": "x"}), FORBIDDEN),
        *(ask(AUTHOR, "PATCH", "/tags/{jazz}", {"name": "x"}, if_match="*"), FORBIDDEN),
        *(ask(AUTHOR, "DELETE", "/tags/{jazz}"), FORBIDDEN),
        *(ask(AUTHOR, "POST", "/tags/{jazz}/merge", {"into": the("jazz")}), FORBIDDEN),
    ),
]

CATEGORIES = [
    case(
        "categories are a tree",
        category("animals"),
        *(
            ask(EDITOR, "POST", "/categories", {"name": "Birds", "parent_id": the("animals")}),
            item(
                made_category(
                    "Birds",
                    parent_id=the("animals"),
                    path=["animals", "birds"],
                    depth=2,
                ),
                201,
                location=Spoken("/api/v2/categories/{made}"),
            ),
        ),
        *(
            ask(
                EDITOR,
                "PATCH",
                "/categories/{animals}",
                {"parent_id": the("made")},
                if_match="*",
            ),
            refused("category_cycle"),
        ),
        *(ask(EDITOR, "DELETE", "/categories/{animals}"), refused("category_has_children")),
        *(
            ask(EDITOR, "POST", "/categories", {"name": "x", "slug": "birds"}),
            refused("category_taken"),
        ),
        *(ask(EDITOR, "DELETE", "/categories/{made}"), GONE),
        *(ask(NOBODY, "GET", "/categories/{made}"), NO_CATEGORY),
    ),
    case(
        "categories are read by everybody and kept by editors",
        category("birds"),
        *(ask(NOBODY, "GET", "/categories/{birds}"), answer(200, category_view("birds"))),
        *(
            ask(NOBODY, "GET", "/categories"),
            answer(200, listing(category_view("birds")), cache_control=PUBLIC),
        ),
        *(ask(AUTHOR, "POST", "/categories", {"name": "x"}), FORBIDDEN),
        *(ask(AUTHOR, "PATCH", "/categories/{birds}", {}, if_match="*"), FORBIDDEN),
        *(ask(AUTHOR, "DELETE", "/categories/{birds}"), FORBIDDEN),
    ),
]

CASES = [*READING, *WRITING, *TAGS, *CATEGORIES]
