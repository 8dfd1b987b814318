"""All cases, in the order in which the contract speaks of them."""

from tests.contract.v1.cases import everywhere, headers, information, posts_read

CASES = [
    *everywhere.CASES,
    *headers.CASES,
    *information.CASES,
    *posts_read.CASES,
]
