"""All cases, in the order in which the contract speaks of them."""

from tests.contract.v1.cases import (
    accounts,
    everywhere,
    headers,
    information,
    keys_and_search,
    people,
    posts_read,
    posts_write,
)

CASES = [
    *everywhere.CASES,
    *headers.CASES,
    *information.CASES,
    *accounts.CASES,
    *posts_read.CASES,
    *posts_write.CASES,
    *people.CASES,
    *keys_and_search.CASES,
]
