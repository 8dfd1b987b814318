"""Showing why a post was found: the places where what was looked for stands.

The text of a query decides together with its lexemes, as the index makes them: these know the
stems, and which words are too common to count.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from serinus.domain.content.english_stems import stem
from serinus.domain.content.search_text import (
    MARKS,
    PIECE,
    RUN,
    SYMBOLS,
    UNSPACED,
    WORD,
    Folded,
    fold,
    runs_of,
    words_of,
)

FRAGMENT = 160  # characters
MOST_MATCHES = 200  # in one text
LONGEST_WORD = 40  # characters that are given up for not cutting a word

Span = tuple[int, int]
Match = tuple[int, int, str]  # where it stands, and the term

_SPELLINGS = (
    re.compile(r"(?<![^+#])([^+#].*?)\.*$"),  # c#, .net, node.js
    re.compile(r"^([^+#.]+[+#]+)[^+#]"),  # c++ in c++11
    re.compile(r"[^.]\.([^.]+\.[^.]+)$"),  # example.com in www.example.com
)
_ZERO_WIDTH_JOINER = "\u200d"
_CONTINUES = re.compile(f"[{MARKS}{_ZERO_WIDTH_JOINER}\U0001f3fb-\U0001f3ff]")
_LETTER = re.compile(f"[^\\W{UNSPACED}]")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of a text, and what of it is to be marked, in order and apart."""

    text: str
    marks: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Sought:
    """`runs` are looked for as they are, `spellings` as whole words, `stems` in any form."""

    runs: frozenset[str]
    spellings: frozenset[str]
    stems: frozenset[str]

    @classmethod
    def of(cls, asked: str, lexemes: Iterable[str]) -> "Sought":
        words = [lexeme for lexeme in lexemes if not RUN.search(lexeme)]
        spellings = frozenset(word for word in words if SYMBOLS.search(word))
        runs = frozenset(runs_of(fold(asked).text))
        return cls(runs, spellings, frozenset(words) - spellings)


def literals(asked: str, most: int) -> list[str]:
    """What nearly every match begins with, the most telling first."""
    folded = fold(asked).text
    words = [word if SYMBOLS.search(word) else stem(word) for word in words_of(folded)]
    words = [word[:-1] if len(word) > 3 else word for word in words]
    return sorted({*runs_of(folded), *words}, key=lambda each: (-len(each), each))[:most]


def fragment(text: str, sought: Sought, *, size: int = FRAGMENT) -> Fragment | None:
    """About `size` characters around the best place; None where there is nothing to mark."""
    found = sorted(_found(fold(text), sought))[:MOST_MATCHES]
    if not found:
        return None
    start, end = (0, len(text)) if len(text) <= size else _cut(text, found, size)
    inside = [(a - start, b - start) for a, b, _ in found if start <= a and b <= end]
    return Fragment(text[start:end], tuple(_merged(inside)))


def _found(folded: Folded, sought: Sought) -> Iterator[Match]:
    """Places in the original, and which term stands there."""
    text = folded.text
    found = chain(_runs(text, sought), _spelled(text, sought), _stemmed(text, sought))
    for start, end, term in found:
        yield *folded.original(start, end), term


def _runs(text: str, sought: Sought) -> Iterator[Match]:
    for run in sought.runs:
        for found in re.finditer(re.escape(run), text):
            yield found.start(), found.end(), run


def _spelled(text: str, sought: Sought) -> Iterator[Match]:
    for word in WORD.finditer(text) if sought.spellings else ():
        for spelling in _SPELLINGS if SYMBOLS.search(word[0]) else ():
            found = spelling.search(word[0])
            if found and found[1] in sought.spellings:
                yield word.start() + found.start(1), word.start() + found.end(1), found[1]


def _stemmed(text: str, sought: Sought) -> Iterator[Match]:
    """Only words with the right beginning are looked at: there are few of them."""
    for each in sought.stems:
        beginning = _beginning(each)
        at = text.find(beginning)
        while at >= 0:
            piece = None if at and PIECE.match(text[at - 1]) else PIECE.match(text, at)
            if piece and stem(piece[0]) == each:
                yield piece.start(), piece.end(), each
            at = text.find(beginning, piece.end() if piece else at + 1)


def _beginning(stem: str) -> str:
    """What all words of a stem begin with: its end may be another letter there."""
    return stem[:-1] if len(stem) > 3 else stem[:1]


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """One where several overlap, or meet."""
    from_, to = 0, 0
    for start, end in spans:
        if start > to:
            if to:
                yield from_, to
            from_ = start
        to = max(end, to)
    yield from_, to


def _cut(text: str, found: Sequence[Match], size: int) -> Span:
    """Around the place where most terms stand together."""
    first, last = _best(found, size)
    start = max(0, min(first - (size - (last - first)) // 2, len(text) - size, first))
    return _start(text, start, first), _end(text, max(last, start + size), last)


def _best(found: Sequence[Match], size: int) -> Span:
    """Start and end of the matches that fit together; the first and best."""
    starts = [start for start, _, _ in found]

    def together(at: int) -> Sequence[Match]:
        near = found[at : bisect_left(starts, starts[at] + size)]
        return [each for each in near if each[1] <= starts[at] + size] or near[:1]

    def worth(at: int) -> tuple[int, int, int]:
        near = together(at)
        return len({term for _, _, term in near}), len(near), -at

    best = together(max(range(len(found)), key=worth))
    return best[0][0], max(end for _, end, _ in best)


def _start(text: str, start: int, latest: int) -> int:
    """Not within a word, nor within what is seen as one character."""
    if _is_within_word(text, start):
        word = range(start, min(latest, start + LONGEST_WORD))
        start = next((at for at in word if not _LETTER.match(text[at])), start)
    while start < latest and (text[start].isspace() or _splits(text, start)):
        start += 1
    return start


def _end(text: str, end: int, earliest: int) -> int:
    if _is_within_word(text, end):
        word = range(end, max(earliest, end - LONGEST_WORD), -1)
        end = next((at for at in word if not _LETTER.match(text[at - 1])), end)
    while end > earliest and (text[end - 1].isspace() or _splits(text, end)):
        end -= 1
    return end


def _is_within_word(text: str, at: int) -> bool:
    around = text[max(0, at - 1) : at + 1]
    return len(around) == 2 and all(map(_LETTER.match, around))


def _splits(text: str, at: int) -> bool:
    """Whether a cut here would part what is seen as one character."""
    if not 0 < at < len(text):
        return False
    return bool(_CONTINUES.match(text[at])) or text[at - 1] == _ZERO_WIDTH_JOINER
