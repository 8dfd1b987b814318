"""Two texts compared line by line, for people who read the difference.

`difflib` finds it, held to an amount of work: it is quadratic at best and cubic at worst, and
both texts are somebody's choice. Where the work runs out the difference stays right and becomes
coarser: more is shown as replaced than was.
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

CONTEXT = 3  # unchanged lines around each change
MAX_LINES = 20_000  # of either text; longer ones are not compared at all
MAX_WORK = 1_000_000  # comparisons, about half a second
MAX_CHARACTERS = 200_000  # of the difference


@dataclass(frozen=True, slots=True)
class TextDiff:
    """In unified format, without the lines that name files. `cut`: there is more of it."""

    unified: str
    cut: bool = False


def compared(before: str, after: str) -> TextDiff:
    """What has to be done to `before` to get `after`."""
    old, new = before.split("\n"), after.split("\n")
    if max(len(old), len(new)) > MAX_LINES:
        return TextDiff("", cut=True)
    lines: list[str] = []
    length = 0
    for line in _unified(old, new):
        length += len(line) + 1
        if length > MAX_CHARACTERS:
            return TextDiff("\n".join(lines), cut=True)
        lines.append(line)
    return TextDiff("\n".join(lines))


class _Bounded(difflib.SequenceMatcher[str]):
    """Finds no more matches once it has done its share of work."""

    a: Sequence[str]
    b2j: dict[str, list[int]]  # where in the other text a line is

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        super().__init__(None, old, new)
        # To look for a line of one text means to go through its places in the other.
        places = (len(self.b2j.get(line, ())) + 1 for line in old)
        self._work = list(accumulate(places, initial=0))
        self._left = MAX_WORK

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> difflib.Match:
        end = len(self.a) if ahi is None else ahi
        self._left -= self._work[end] - self._work[alo]
        if self._left < 0:
            return difflib.Match(alo, blo, 0)
        return super().find_longest_match(alo, end, blo, bhi)


def _unified(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for group in _Bounded(old, new).get_grouped_opcodes(CONTEXT):
        (_, old_start, _, new_start, _), (_, _, old_end, _, new_end) = group[0], group[-1]
        yield f"@@ -{_range(old_start, old_end)} +{_range(new_start, new_end)} @@"
        for way, i1, i2, j1, j2 in group:
            if way == "equal":
                yield from (f" {line}" for line in old[i1:i2])
                continue
            yield from (f"-{line}" for line in old[i1:i2])
            yield from (f"+{line}" for line in new[j1:j2])


def _range(start: int, end: int) -> str:
    """As `diff -u` counts: lines begin at 1, and nothing is before where it would be."""
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"
