"""Sentences and posts in Markdown, drawn from a language's words.

What is drawn depends on nothing but the chance that is handed in. Patterns have `{thing}` and
`{other}`, which belong to the topic, `{quality}`, `{quality2}`, `{place}` and `{person}`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from random import Random
from typing import Self

from serinus.infrastructure.generated.words import Language, Topic

POOL = 1_200  # sentences about a topic
SHORTEST, MEDIAN, SPREAD, LONGEST = 150, 1_000, 0.8, 20_000  # bytes of a post, about
LONG_READS = 0.003
CODE = "```\nserinus import markdown notes/{number}\n```"


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes about one topic. Posts are put together from sentences that are ready."""

    language: Language
    topic: Topic
    sentences: Sequence[str]
    bytes_each: float

    @classmethod
    def about(cls, topic: Topic, language: Language, chance: Random) -> Self:
        sentences = [
            _phrase(chance.choice(language.sentences), topic, language, chance)
            for _ in range(POOL)
        ]
        size = sum(len(each.encode()) for each in sentences)
        return cls(language, topic, sentences, size / POOL)

    def title(self, chance: Random) -> str:
        return self._said(self.language.titles, chance)

    def comment(self, chance: Random) -> str:
        return self._said(self.language.comments, chance)

    def excerpt(self, chance: Random) -> str:
        return chance.choice(self.sentences)

    def content(self, chance: Random, number: int) -> str:
        """Markdown. `number` is something that few other posts say."""
        wanted = round(_size(chance) / self.bytes_each) or 1
        drawn = chance.choices(self.sentences, k=wanted)
        blocks, place = [], 0
        while place < wanted:
            size = chance.randint(2, 6)
            blocks.append(self._block(drawn[place : place + size], chance, number))
            place += size
        return "\n\n".join(blocks)

    def _block(self, sentences: list[str], chance: Random, number: int) -> str:
        dice = chance.random()
        if dice < 0.08:
            return "\n".join(f"- {each}" for each in sentences)
        if dice < 0.13:
            return "\n".join(f"> {each}" for each in sentences)
        paragraph = self.language.joined_by.join(sentences)
        if dice < 0.20:
            return f"## {chance.choice(self.topic.things)} {number}\n\n{paragraph}"
        if dice < 0.22:
            return f"{paragraph}\n\n{CODE.format(number=number)}"
        return paragraph

    def _said(self, patterns: Sequence[str], chance: Random) -> str:
        return _phrase(chance.choice(patterns), self.topic, self.language, chance)


def _phrase(pattern: str, topic: Topic, language: Language, chance: Random) -> str:
    thing, other = chance.sample(topic.things, 2)
    quality, quality2 = chance.sample(language.qualities, 2)
    said = pattern.format(
        thing=thing,
        other=other,
        quality=quality,
        quality2=quality2,
        place="".join(map(chance.choice, language.syllables)),
        person=chance.choice(language.persons),
    )
    return said[0].upper() + said[1:]


def _size(chance: Random) -> float:
    """In bytes: half of all below the median, and some long reads."""
    if chance.random() < LONG_READS:
        return chance.uniform(LONGEST * 0.8, LONGEST * 1.2)
    return min(max(MEDIAN * exp(chance.gauss(0, SPREAD)), SHORTEST), LONGEST)
