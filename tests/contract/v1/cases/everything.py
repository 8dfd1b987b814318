"""All cases, in the order in which the contract speaks of them."""

from tests.contract.v1.cases import everywhere, posts_read

CASES = [*everywhere.CASES, *posts_read.CASES]
