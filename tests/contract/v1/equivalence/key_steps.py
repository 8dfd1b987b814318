"""What is done with API keys."""

from hypothesis import strategies as st

from tests.contract.v1.equivalence.steps import (
    anybody,
    anything,
    at,
    one_of,
    reference,
    steps,
    texts,
    unknown_or_none,
    writers,
)

PERMISSIONS = ["posts:read", "posts:write", "users:read", "users:write", "search:reindex"]
permissions = st.sampled_from(PERMISSIONS)
key_names = st.sampled_from(["CI", " site ", "鍵", "x" * 100])
sound_keys = st.fixed_dictionaries(
    {"name": key_names, "permissions": st.lists(permissions, min_size=1, max_size=4)}
)
odd_permissions = st.lists(one_of((3, permissions), (1, texts)), max_size=3)
odd_keys = st.fixed_dictionaries(
    {},
    optional={
        "name": one_of((2, key_names), (1, anything)),
        "permissions": one_of((2, odd_permissions), (1, anything)),
    },
)
owners = one_of((5, writers), (2, reference("session")), (1, anybody))
key_ids = one_of((8, reference("key")), (1, unknown_or_none))
keeping_keys = one_of(
    (5, steps(owners, "POST", "/api-keys", sound_keys)),
    (1, steps(anybody, "POST", "/api-keys", odd_keys)),
    (3, steps(owners, "GET", "/api-keys")),
    (2, steps(owners, "DELETE", at("/api-keys/", key_ids))),
)
