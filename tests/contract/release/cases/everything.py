"""All cases of `/api/release`."""

from tests.contract.release.cases import comparing, everywhere, looking, steering

CASES = [*everywhere.CASES, *looking.CASES, *steering.CASES, *comparing.CASES]
