"""Where a revision stands in the list of them."""

from serinus.domain.content.listing import Position
from serinus.domain.content.revision import NEWEST_FIRST, SORTS, Revision, position
from tests.support.content import ADA, NOON, a_post


def test_a_revision_stands_where_its_number_says_among_those_of_its_post() -> None:
    post = a_post()
    revision = Revision(
        number=3, at=NOON, by=ADA, via="v2", title="t", content_bytes=1, changed=("title",)
    )

    assert position(post.id, revision) == Position((3,), post.id)
    assert [order.field for order in NEWEST_FIRST] == list(SORTS)
