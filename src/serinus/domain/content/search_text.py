"""Texts as the search index compares them, and where in the original each part of them stands.

What is indexed, the database folds and takes apart (`search_fold`, `search_runs` and
`search_words` in its migrations). This repeats as much of it as showing matches needs.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

UNSEEN = "\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef"

# Written without spaces between words: Chinese, Japanese, Korean, Thai, Lao, Burmese, Khmer,
# Tibetan, Yi; and pictographs.
UNSPACED = (
    "\u0e01-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u19e0-\u19ff"
    "\u2600-\u27bf\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u303c\u3040-\ua4cf"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U0001aff0-\U0001b2ff"
    "\U0001f000-\U0001faff\U00020000-\U0003ffff"
)
# Between words. `+`, `#` and single dots are part of them: C++, C#, node.js.
BETWEEN = (
    "\u0000-\u0022\u0024-\u002a\u002c\u002d\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9"
    "\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u055a-\u055f\u0589\u05be\u05c0\u05c3"
    "\u05f3\u05f4\u060c\u061b\u061f\u066a-\u066d\u06d4\u0964\u0965\u1680\u2000-\u2bff"
    "\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f\ue000-\uf8ff\ufe10-\ufe6f"
    "\uff00-\uff65\uffe0-\uffff"
)
# What changes the character before it: combining and voiced marks, vowels of Hangul.
MARKS = (
    "\u0300-\u036f\u1160-\u11ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a"
    "\ufe00-\ufe0f\ufe20-\ufe2f\uff9e\uff9f"
)

_escaped = re.escape(BETWEEN).replace(r"\-", "-")
RUN = re.compile(f"[{UNSPACED}]+")
WORD = re.compile(rf"(?:[^{_escaped}{UNSPACED}.]|(?<!\.)\.(?!\.))+")
PIECE = re.compile(f"[^{_escaped}{UNSPACED}+#.]+")  # of a word, between symbols
SYMBOLS = re.compile(r"[+#.]")
_UNSEEN = re.compile(f"[{UNSEEN}]")
# No more marks than any script has: normalising takes the square of their number.
_CLUSTER = re.compile(f".[{MARKS}]{{0,8}}", re.DOTALL)
_MARK = re.compile(f"[{MARKS}]")
_EDGES = re.compile(r"^[+#]+|\.+$")
# `\u0130` would keep its dot; a sigma is a sigma at the end of a word, too.
_SPECIAL = str.maketrans({"\u0130": "i", "\u03c2": "\u03c3"})


@dataclass(frozen=True, slots=True)
class Folded:
    """`origins`: start and end in the original for each character; None: its own place."""

    text: str
    origins: tuple[tuple[int, int], ...] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original a part stands that is not empty."""
        if self.origins is None:
            return start, end
        return self.origins[start][0], self.origins[end - 1][1]


def fold(text: str) -> Folded:
    """NFKC, lower case, without what is not seen."""
    if text.isascii():
        return Folded(text.lower())
    clusters = _CLUSTER.findall(text) if _MARK.search(text) else text
    pieces = list(map(_fold_cluster, clusters))
    folded = "".join(pieces)
    if len(folded) == len(text) == len(pieces) and "" not in pieces:
        return Folded(folded)
    return Folded(folded, tuple(_origins(clusters, pieces)))


def runs_of(folded: str) -> list[str]:
    return RUN.findall(folded)


def words_of(folded: str) -> list[str]:
    """As they are spelled: `c++`, `node.js`, without the dot of a sentence."""
    spelled = (_EDGES.sub("", word) for word in WORD.findall(folded))
    return [word for word in spelled if word.strip("+#.")]


@lru_cache(maxsize=20_000)
def _fold_cluster(cluster: str) -> str:
    seen = _UNSEEN.sub("", cluster).translate(_SPECIAL)
    return unicodedata.normalize("NFKC", seen).lower()


def _origins(clusters: str | list[str], pieces: list[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for cluster, piece in zip(clusters, pieces, strict=True):
        end = start + len(cluster)
        for _ in piece:
            yield start, end
        start = end
