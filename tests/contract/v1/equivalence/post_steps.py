"""What is done with posts and tags."""

from urllib.parse import quote

from hypothesis import strategies as st

from serinus.domain.identity.caller import Role
from tests.contract.v1.copies import OTHER_AUTHOR, PEOPLE, POSTS, post_id
from tests.contract.v1.equivalence.steps import (
    PAGES,
    Step,
    Strategy,
    anybody,
    anything,
    at,
    content_types,
    in_address,
    one_of,
    queries,
    raw_bodies,
    reference,
    sorts,
    steps,
    texts,
    unknown_or_none,
    words,
    writers,
)

# Some have the same slug, some none.
TITLES = [
    "Canaries",
    "canaries!",
    "金糸雀",
    "Straße",
    "\uff21BC  d",
    "हिन्दी में",
    "C++",
    "_",
    "x" * 255,
]
TAGS = ["birds", "Song", "\uff21", "a", "C++", "c#", "金糸雀", " b ", "\u0130"]
titles = st.sampled_from(TITLES)
tag_names = st.sampled_from(TAGS)

sound_members: dict[str, Strategy] = {
    "title": one_of((3, titles), (1, words.filter(str.strip))),
    "content": st.sampled_from(["They do.", "# 鳴く\n", "<b>x</b>"]),
    "excerpt": st.sampled_from(["E", "", "概要"]),
    "slug": st.sampled_from(["", "canaries", "Canaries 2", "anothers", "draft", "金糸雀/a"]),
    "published": st.booleans(),
    "tags": st.lists(tag_names, max_size=4),
    "category": st.sampled_from(["Birds", " birds", "", "鳥", "++"]),
    "featured_image": st.sampled_from(["https://example.org/x.png", ""]),
    "meta_title": st.sampled_from(["M", ""]),
    "meta_description": st.sampled_from(["M", ""]),
}
NEEDED = ("title", "content")
OPTIONAL = {name: each for name, each in sound_members.items() if name not in NEEDED}
sound_changes = st.fixed_dictionaries({}, optional=sound_members)
sound_posts = st.fixed_dictionaries(
    {name: sound_members[name] for name in NEEDED}, optional=OPTIONAL
)
odd_members = st.dictionaries(
    st.sampled_from([*sound_members, "unknown"]), one_of((2, texts), (1, anything)), max_size=3
)


def mostly(sound: Strategy) -> Strategy:
    return one_of((3, sound), (2, st.builds(dict.__or__, sound, odd_members)), (1, odd_members))


post_ids = one_of(
    (8, reference("post")),
    (3, st.integers(0, len(POSTS)).map(post_id)),
    (1, unknown_or_none),
)
one_post = at("/posts/", post_ids)
published_post = at("/posts/", post_ids, "/publish")
raw_writing = st.builds(
    Step,
    writers,
    st.sampled_from(["POST", "PUT"]),
    st.sampled_from(["/posts", "/posts/<post 0>"]),
    raw_bodies,
    st.fixed_dictionaries({"content-type": content_types}),
)
writing = one_of(
    (7, steps(writers, "POST", "/posts", sound_posts)),
    (2, steps(anybody, "POST", "/posts", mostly(sound_posts))),
    (4, steps(writers, "PUT", one_post, sound_changes)),
    (2, steps(anybody, "PUT", one_post, mostly(sound_changes))),
    (3, steps(anybody, "POST", published_post)),
    (2, steps(anybody, "DELETE", one_post)),
    (1, raw_writing),
)

authors = st.sampled_from(
    [PEOPLE[Role.CONTRIBUTOR], OTHER_AUTHOR, PEOPLE[Role.EDITOR], "<user 0>", "x"]
)
post_queries = queries(
    *PAGES,
    sorts("created_at", "updated_at", "published_at", "title"),
    sorts("created_at", "updated_at", "published_at", "title"),
    ("status", st.sampled_from(["draft", "Published", "ARCHIVED", "scheduled"])),
    ("author", authors),
    ("tag", tag_names.map(quote)),
)
tag_addresses = one_of((3, tag_names.map(quote)), (1, in_address))
reading = one_of(
    (3, steps(anybody, "GET", one_post)),
    (4, steps(anybody, "GET", at("/posts", post_queries))),
    (
        2,
        steps(anybody, "GET", st.builds("/posts/tag/{}{}".format, tag_addresses, post_queries)),
    ),
    (2, steps(anybody, "GET", at("/tags", queries(*PAGES, sorts("name", "usage_count"))))),
)
