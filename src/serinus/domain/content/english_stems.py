"""Stems of English words: the Porter2 algorithm of https://snowballstem.org/.

The database stems what it indexes by the same algorithm; this is for showing why something was
found. Between versions a few words differ: these are found and not marked.
"""

import re
from functools import lru_cache

_VOWEL = "[aeiouy]"
_OTHER = "[^aeiouy]"
_REGION = re.compile(f"{_VOWEL}{_OTHER}")
_EARLY_REGION = re.compile("gener|commun|arsen")
# A vowel, then a consonant other than w, x and the consonant Y; or such a pair as a word's all.
_SHORT_END = re.compile(f"(?:{_OTHER}{_VOWEL}[^aeiouywxY]|^{_VOWEL}{_OTHER})$")
# Not of `add`, `egg` and `err`.
_DOUBLED = re.compile("(?<!^[aeo])(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$")

_IRREGULAR = {
    "skis": "ski",
    "skies": "sky",
    "dying": "die",
    "lying": "lie",
    "tying": "tie",
    "idly": "idl",
    "gently": "gentl",
    "ugly": "ugli",
    "early": "earli",
    "only": "onli",
    "singly": "singl",
} | {word: word for word in ("sky", "news", "howe", "atlas", "cosmos", "bias", "andes")}
_WHOLE = frozenset(
    ("inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed")
)

# By their length, since the longest suffix that fits decides.
_STEP_2 = (
    ("ization", "ize"),
    ("ational", "ate"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("iveness", "ive"),
    ("tional", "tion"),
    ("biliti", "ble"),
    ("lessli", "less"),
    ("entli", "ent"),
    ("ation", "ate"),
    ("alism", "al"),
    ("aliti", "al"),
    ("ousli", "ous"),
    ("iviti", "ive"),
    ("fulli", "ful"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("abli", "able"),
    ("izer", "ize"),
    ("ator", "ate"),
    ("alli", "al"),
    ("bli", "ble"),
    ("ogi", "og"),
    ("li", ""),
)
_STEP_3 = (
    ("ational", "ate"),
    ("tional", "tion"),
    ("alize", "al"),
    ("icate", "ic"),
    ("iciti", "ic"),
    ("ative", ""),
    ("ical", "ic"),
    ("ness", ""),
    ("ful", ""),
)
_STEP_4 = tuple(
    (suffix, "")
    for suffix in (
        "ement",
        "ance",
        "ence",
        "able",
        "ible",
        "ment",
        "ant",
        "ent",
        "ism",
        "ate",
        "iti",
        "ous",
        "ive",
        "ize",
        "ion",
        "al",
        "er",
        "ic",
    )
)
# What must stand before a suffix for it to be one.
_BEFORE = {"ogi": "l", "li": "cdeghkmnrt", "ion": "st"}


@lru_cache(maxsize=10_000)
def stem(word: str) -> str:
    """Of a word in lower case."""
    if len(word) <= 2:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    word = re.sub(f"^y|(?<={_VOWEL})y", "Y", word)
    first = _region(word, 0)
    second = _region(word, first)
    word = _plural(word)
    if word not in _WHOLE:
        word = _past(word, first)
        word = re.sub(f"(?<=.)(?<={_OTHER})[yY]$", "i", word)
        word = _replaced(word, _STEP_2, first)
        word = _derived(word, first, second)
        word = _without_suffix(word, second)
        word = _without_ending(word, first, second)
    return word.lower()


def _region(word: str, start: int) -> int:
    """Where what follows the first consonant behind a vowel begins."""
    early = _EARLY_REGION.match(word) if start == 0 else None
    found = early or _REGION.search(word, start)
    return found.end() if found else len(word)


def _plural(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith(("ied", "ies")):
        return word[:-2] if len(word) > 4 else word[:-1]
    if word.endswith(("us", "ss")):
        return word
    return re.sub(f"(?<={_VOWEL})(.+)s$", r"\1", word, count=1)


def _past(word: str, first: int) -> str:
    for ending in ("eedly", "eed"):
        if word.endswith(ending):
            at = len(word) - len(ending)
            return f"{word[:at]}ee" if at >= first else word
    found = re.search("(?:ingly|edly|ing|ed)$", word)
    if not found or not re.search(_VOWEL, word[: found.start()]):
        return word
    word = word[: found.start()]
    if word.endswith(("at", "bl", "iz")) or _is_short(word, first):
        return f"{word}e"
    return word[:-1] if _DOUBLED.search(word) else word


def _is_short(word: str, first: int) -> bool:
    return first >= len(word) and bool(_SHORT_END.search(word))


def _replaced(word: str, endings: tuple[tuple[str, str], ...], region: int) -> str:
    for ending, by in endings:
        if word.endswith(ending):
            at = len(word) - len(ending)
            good = at >= region and word[at - 1] in _BEFORE.get(ending, word[at - 1])
            return word[:at] + by if good else word
    return word


def _derived(word: str, first: int, second: int) -> str:
    region = second if word.endswith("ative") else first
    return _replaced(word, _STEP_3, region)


def _without_suffix(word: str, second: int) -> str:
    return _replaced(word, _STEP_4, second)


def _without_ending(word: str, first: int, second: int) -> str:
    at = len(word) - 1
    if word.endswith("e"):
        goes = at >= second or (at >= first and not _SHORT_END.search(word[:-1]))
        return word[:-1] if goes else word
    if word.endswith("ll") and at >= second:
        return word[:-1]
    return word
