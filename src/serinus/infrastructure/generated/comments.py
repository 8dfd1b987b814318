"""What is said below made-up posts."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from serinus.infrastructure.generated.population import MAIL_DOMAIN, Author, made_id
from serinus.infrastructure.generated.writing import Writer

JUDGED = ("approved",) * 85 + ("pending",) * 8 + ("spam",) * 5 + ("rejected",) * 2
MOST = 200
ANSWERS = 0.3  # of what is said
SIGNED_IN = 0.4


class Discussion:
    """`average`: comments of a post. Most posts have none or few, some have many."""

    def __init__(self, authors: Sequence[Author], average: float, today: datetime) -> None:
        self._authors, self._today = authors, today
        self._goes_on = average / (1 + average)

    def of(
        self, post_id: UUID, since: datetime, writer: Writer, chance: Random
    ) -> Iterator[tuple[object, ...]]:
        at, said = since, list[UUID]()
        while len(said) < MOST and chance.random() < self._goes_on:
            at = min(at + timedelta(days=chance.expovariate(0.5)), self._today)
            comment_id = made_id(at, chance)
            parent = chance.choice(said) if said and chance.random() < ANSWERS else None
            text, status = writer.comment(chance), chance.choice(JUDGED)
            yield comment_id, post_id, parent, *self._by(chance), text, status, at, at
            said.append(comment_id)

    def _by(self, chance: Random) -> tuple[UUID | None, str, str | None]:
        """Id, name and e-mail address of an account, or of a guest."""
        author = chance.choice(self._authors)
        if chance.random() < SIGNED_IN:
            return author.id, author.name, None
        return None, author.name, f"guest.{author.username}@{MAIL_DOMAIN}"
