"""Titles and languages for content that comes without them."""

import html
import re
import unicodedata

from serinus.domain.content.post import ContentFormat

UNTITLED = "Untitled"
TITLE_LENGTH = 60  # of a title made from content: about one line in a list
SHARE_OF_JAPANESE = 0.1  # of the letters; a quotation does not make a text Japanese

_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->", re.DOTALL)
_FENCE = re.compile(r"^(```|~~~|\+\+\+|---|===)")
_BLOCK_MARK = re.compile(r"^\s{0,3}(#{1,6}\s+|>\s?|[-*+]\s+|\d{1,9}[.)]\s+)+")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`+|~~)")
_SENTENCE_END = re.compile("[。\uff0e\uff01\uff1f!?](?=.)|\\.\\s")
_JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d]")


def plain(marked_up: str) -> str:
    """Without HTML tags and entities, white space collapsed."""
    return " ".join(html.unescape(_TAG.sub(" ", marked_up)).split())


def plain_title(marked_up: str) -> str:
    """Like `plain`; a tag inside a word leaves no gap."""
    return " ".join(html.unescape(_TAG.sub("", marked_up)).split())


def title_for(content: str, content_format: ContentFormat, slug: str) -> str:
    """The content's first words, else the slug's words, else `Untitled`."""
    return _first_words(content, content_format) or _words_of(slug) or UNTITLED


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, the last of them an ellipsis if anything was cut."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1].rstrip()
    while kept and unicodedata.category(text[len(kept)]).startswith("M"):
        kept = kept[:-1]  # not between a letter and its marks
    return kept + "…"


def contains_japanese(text: str) -> bool:
    return _JAPANESE.search(text) is not None


def guess_locale(text: str) -> str:
    """`ja` when at least a tenth of the letters are kana or kanji, else `en`."""
    letters = sum(map(str.isalpha, text))
    japanese = len(_JAPANESE.findall(text))
    return "ja" if japanese and japanese >= letters * SHARE_OF_JAPANESE else "en"


def _first_words(content: str, content_format: ContentFormat) -> str:
    start = content[:20_000]  # enough to find a line; the rest would only cost time
    if content_format is ContentFormat.HTML:
        return _one_line(plain(start))
    lines = (_unmarked(line) for line in start.splitlines() if not _FENCE.match(line.strip()))
    return _one_line(next((line for line in lines if line), ""))


def _unmarked(line: str) -> str:
    line = _LINK.sub(r"\1", _BLOCK_MARK.sub("", line))
    return plain(_EMPHASIS.sub("", line))


def _one_line(text: str) -> str:
    """The first sentence if it is short, else as many whole words as fit."""
    sentence = _SENTENCE_END.split(text, maxsplit=1)[0].strip().rstrip("。")
    if len(sentence) <= TITLE_LENGTH:
        return sentence
    cut = sentence[:TITLE_LENGTH]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > TITLE_LENGTH // 2 else cut[:-1]).rstrip(
        " ,;:、"
    ) + "…"


def _words_of(slug: str) -> str:
    words = slug.replace("-", " ").replace("_", " ").split()
    return " ".join(words)[:1].upper() + " ".join(words)[1:]
