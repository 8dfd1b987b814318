"""Signing up, in, on and out."""

from hypothesis import strategies as st

from tests.contract.v1.equivalence.steps import (
    Step,
    anybody,
    anything,
    at,
    one_of,
    raw_bodies,
    reference,
    steps,
    texts,
    writers,
)

PASSWORD = "yellow feathers"
nobody = st.none()
sound_names = st.sampled_from(["Ada", "Robin Hood", "金糸雀さん", "\uff21da", "Wren"])
# Mostly one, so that who signs in has often signed up.
ADDRESSES = ["ada@example.org", "ada@example.org", "robin@example.org", "wren@例え.jp"]
sound_addresses = st.sampled_from(ADDRESSES)
usernames = one_of((2, sound_names), (1, texts), (1, st.sampled_from(["ADA", "a@b", "a\tb"])))
addresses = one_of((2, sound_addresses), (1, st.sampled_from([" ADA@Example.org", "x", "a@b"])))
passwords = st.sampled_from(
    [PASSWORD, "金糸雀" * 30, "robin hood", "password", "short", "x" * 129]
)
names = one_of((1, st.sampled_from(["Ada", "", "雀"])), (1, texts))

sound_accounts = st.fixed_dictionaries(
    {"username": sound_names, "email": sound_addresses, "password": st.just(PASSWORD)},
    optional={"first_name": st.sampled_from(["Ada", "", "雀"]), "last_name": st.just("L")},
)
accounts = st.fixed_dictionaries(
    {},
    optional={
        "username": usernames,
        "email": addresses,
        "password": passwords,
        "first_name": names,
        "last_name": names,
    },
)
sound_logins = st.fixed_dictionaries(
    {
        "email": st.sampled_from([" ADA@Example.org", *ADDRESSES]),
        "password": st.just(PASSWORD),
    },
    optional={"remember_me": st.booleans()},
)
MEMBERS = ["email", "password", "remember_me", "refresh_token", "username", "first_name"]
odd = st.dictionaries(st.sampled_from(MEMBERS), anything, max_size=3)

somebody = one_of((5, reference("session")), (4, writers), (1, anybody))
refreshing = reference("refresh").map(lambda token: {"refresh_token": token})
ADA_SIGNS_UP = Step(
    None,
    "POST",
    "/auth/register",
    {"username": "Ada", "email": "ada@example.org", "password": PASSWORD},
)
signing = one_of(
    (4, steps(nobody, "POST", "/auth/register", sound_accounts)),
    (1, steps(nobody, "POST", "/auth/register", accounts)),
    (3, steps(nobody, "POST", "/auth/login", sound_logins)),
    (3, steps(nobody, "POST", "/auth/refresh", refreshing)),
    (
        1,
        steps(
            nobody,
            "POST",
            at("/auth/", st.sampled_from(["register", "login", "refresh"])),
            st.one_of(odd, raw_bodies),
        ),
    ),
    (3, steps(somebody, "GET", "/auth/profile")),
    (1, steps(somebody, "POST", "/auth/logout")),
)
