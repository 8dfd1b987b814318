"""All cases, in the order in which the contract speaks of them."""

from tests.contract.v2.cases import content, discussion, everywhere, lifecycle, people

CASES = [
    *everywhere.CASES,
    *people.CASES,
    *content.CASES,
    *lifecycle.CASES,
    *discussion.CASES,
]
