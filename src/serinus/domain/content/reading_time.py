"""How long a text takes to read, in scripts with and without spaces between words."""

import re

WORDS_A_MINUTE = 238  # Brysbaert 2019, "How many words do we read per minute?": English
CHARACTERS_A_MINUTE = 500  # Japanese, silent reading: 400 to 600

# Scripts of which a character counts: Han with its extensions, kana and their punctuation,
# full and half width. Korean has spaces between words, and counts like English.
_UNSPACED = re.compile(
    "[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff9f\U00020000-\U0003ffff]+"
)
_TAG = re.compile("<[^<>]*>")


def reading_minutes(content: str) -> int:
    """Whole minutes, at least 1. Tags are not read."""
    if "<" in content:
        content = _TAG.sub(" ", content)
    if content.isascii():  # known without looking, and most of what is asked
        return max(1, round(len(content.split()) / WORDS_A_MINUTE))
    characters = sum(map(len, _UNSPACED.findall(content)))
    words = len(_UNSPACED.sub(" ", content).split())
    return max(1, round(words / WORDS_A_MINUTE + characters / CHARACTERS_A_MINUTE))
