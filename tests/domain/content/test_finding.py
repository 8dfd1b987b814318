"""Where a post stands among those that were found."""

from uuid import UUID

from serinus.domain.content.finding import BY_RELEVANCE, FILTERS, SORTS, Hit, position
from serinus.domain.content.listing import Op, Position
from serinus.domain.content.post import PostId
from tests.support.content import ADA, NOON

HIT = Hit(
    id=PostId(UUID(int=1)),
    slug="canaries",
    title="Canaries",
    excerpt=None,
    locale="en",
    published_at=NOON,
    author=ADA,
    tags=(),
    categories=(),
    score=0.5,
    passage=None,
)


def test_a_position_is_a_score_or_a_date() -> None:
    assert position(HIT, BY_RELEVANCE) == Position((0.5,), HIT.id)
    for name in ("published_at", "-published_at"):
        assert position(HIT, [SORTS[name]]) == Position((NOON,), HIT.id)


def test_what_is_found_is_published() -> None:
    assert "status" not in FILTERS
    assert Op.NULL not in FILTERS["published_at"]
