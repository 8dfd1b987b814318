"""Which of stable's reads are compared: a pure function of a salt, a request id and a part.

By the same hash as the assignment, under a salt of its own: with a shared one the sample would
be of those consumers who come next.
"""

from serinus.domain.release.assignment import BUCKETS, bucket

#: Put behind the salt of the release.
PURPOSE = "/shadow"


def is_sampled(salt: str, request_id: str, part: float) -> bool:
    """`part`: from 0 to 1. A larger one only adds requests."""
    if part >= 1.0:
        return True
    return part > 0.0 and bucket(salt + PURPOSE, request_id) < part * BUCKETS
