"""All cases, in the order in which the contract speaks of them."""

from tests.contract.v2.cases import content, everywhere, people

CASES = [*everywhere.CASES, *people.CASES, *content.CASES]
