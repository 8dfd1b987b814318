"""A kind of problem in words for people: what it means and what to do."""

from dataclasses import dataclass

from serinus.domain.errors import SerinusError


@dataclass(frozen=True, slots=True)
class Explanation:
    error: type[SerinusError]
    title: str
    meaning: str
    remedy: str

    @property
    def code(self) -> str:
        return self.error.code
