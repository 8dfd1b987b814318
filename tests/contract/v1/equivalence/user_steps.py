"""What is done with accounts, and with posts by those who look after them."""

from hypothesis import strategies as st

from serinus.domain.identity.caller import Role
from tests.contract.v1.copies import OTHER_AUTHOR, PEOPLE
from tests.contract.v1.equivalence.account_steps import (
    addresses,
    names,
    sound_addresses,
    sound_names,
    usernames,
)
from tests.contract.v1.equivalence.post_steps import post_ids, post_queries, sound_members
from tests.contract.v1.equivalence.steps import (
    PAGES,
    anybody,
    anything,
    at,
    one_of,
    queries,
    reference,
    sorts,
    steps,
    unknown_or_none,
    words,
)

ADMINISTRATORS = [Role.ADMIN, Role.SUPER_ADMIN, Role.EDITOR]
administrators = one_of((4, st.sampled_from(ADMINISTRATORS).map(str)), (1, anybody))
editors = one_of(
    (4, st.sampled_from([Role.EDITOR, Role.ADMIN, Role.SUPER_ADMIN]).map(str)), (1, anybody)
)
user_ids = one_of(
    (4, reference("user")),
    (4, st.sampled_from([*PEOPLE.values(), OTHER_AUTHOR])),
    (1, unknown_or_none),
)
one_user = at("/users/", user_ids)
role_names = one_of(
    (
        6,
        st.sampled_from(
            ["Author", "Editor", "SUBSCRIBER", "contributor", "admin", "SuperAdmin"]
        ),
    ),
    (1, st.sampled_from(["super_admin", "Super_Admin", "superadmin", "super-admin", ""])),
    (1, words),
)
sound_changes = st.fixed_dictionaries(
    {},
    optional={
        "username": sound_names,
        "email": sound_addresses,
        "first_name": st.sampled_from(["Ada", "", "雀"]),
        "last_name": st.sampled_from(["L", ""]),
        "role": st.sampled_from(["Author", "editor", "Subscriber"]),
        "is_active": st.booleans(),
    },
)
own_changes = st.fixed_dictionaries(
    {}, optional={"username": sound_names, "email": sound_addresses, "first_name": names}
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "username": usernames,
        "email": addresses,
        "first_name": names,
        "last_name": names,
        "role": role_names,
        "is_active": one_of((3, st.booleans()), (1, anything)),
    },
)
odd = st.dictionaries(
    st.sampled_from(["username", "email", "first_name", "role", "is_active"]),
    anything,
    max_size=3,
)
themselves = st.sampled_from(list(PEOPLE.items())).flatmap(
    lambda each: steps(st.just(str(each[0])), "PUT", f"/users/{each[1]}", own_changes)
)
user_queries = queries(
    *PAGES,
    sorts("created_at", "updated_at", "username"),
    ("role", st.sampled_from([*Role, "SuperAdmin", "AUTHOR", "x", ""])),
    ("active", st.sampled_from(["true", "False", "x", ""])),
)
administering = one_of(
    (4, steps(administrators, "PUT", one_user, sound_changes)),
    (2, themselves),
    (1, steps(reference("session"), "PUT", at("/users/", reference("user")), own_changes)),
    (2, steps(anybody, "PUT", one_user, st.one_of(changes, odd))),
    (2, steps(administrators, "DELETE", one_user)),
    (
        3,
        steps(
            administrators,
            "POST",
            at("/users/", user_ids, "/role"),
            st.builds(dict, role=one_of((4, role_names), (1, anything))),
        ),
    ),
    (4, steps(anybody, "GET", at("/users", user_queries))),
    (2, steps(anybody, "GET", one_user)),
    (2, steps(anybody, "GET", st.builds("/users/{}/posts{}".format, user_ids, post_queries))),
)

brief_posts = st.fixed_dictionaries(
    {name: sound_members[name] for name in ("title", "content")},
    optional={"published": st.booleans(), "tags": st.just(["ignored"])},
)
odd_posts = st.dictionaries(st.sampled_from(["title", "content", "published"]), anything)
overseeing = one_of(
    (3, steps(editors, "GET", "/admin/posts")),
    (3, steps(editors, "POST", "/admin/posts", brief_posts)),
    (1, steps(editors, "POST", "/admin/posts", odd_posts)),
    (2, steps(editors, "DELETE", at("/admin/posts/", post_ids))),
)
