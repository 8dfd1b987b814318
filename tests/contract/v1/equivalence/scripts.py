"""Scripts of everything that contract v1 has, and of what it does not have."""

from hypothesis import strategies as st

from tests.contract.v1.equivalence.account_steps import ADA_SIGNS_UP, signing
from tests.contract.v1.equivalence.key_steps import keeping_keys
from tests.contract.v1.equivalence.post_steps import reading, writing
from tests.contract.v1.equivalence.search_steps import searching
from tests.contract.v1.equivalence.steps import Step, anybody, at, in_address, one_of
from tests.contract.v1.equivalence.user_steps import administering, overseeing

METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "DELETE", "PATCH"]
PATHS = [
    "",
    "/",
    "/info",
    "/health/liveness",
    "/posts/",
    "/posts/tag",
    "/posts/<post 0>",
    "/posts/<post 0>/",
    "/posts//<post 0>",
    "/auth",
    "/tags",
    "/users",
    "/users/<user 0>/role",
    "/users/<user 0>/posts/",
    "/admin",
    "/admin/posts/<post 0>",
    "/api-keys/<key 0>",
]
elsewhere = st.builds(
    Step,
    anybody,
    st.sampled_from(METHODS),
    one_of((5, st.sampled_from(PATHS)), (1, at("/", in_address))),
)
any_step = one_of(
    (10, writing),
    (6, reading),
    (5, signing),
    (5, administering),
    (2, overseeing),
    (3, keeping_keys),
    (3, searching),
    (2, elsewhere),
)
#: Mostly after somebody has signed up, who may sign in again.
scripts = st.builds(
    list.__add__,
    st.sampled_from([[], [ADA_SIGNS_UP], [ADA_SIGNS_UP]]),
    st.lists(any_step, min_size=3, max_size=13),
)
