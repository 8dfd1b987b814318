"""How texts and queries become lexemes."""

import asyncio
import re
import sys
import unicodedata

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

law = settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

FOUND = """
SELECT terms.vector @@ query.matching
       AND NOT EXISTS (SELECT FROM unnest(query.runs) AS run WHERE strpos(terms.runs, run) = 0)
  FROM search_terms($1, $2, $3) AS terms, search_query($4) AS query
"""
WITHOUT_SPACES = re.compile(
    "[\u0e01-\u0e5b\u3005-\u3007\u3041-\u3096\u30a1-\u30fe\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\U0001f400-\U0001f4ff\U00020000-\U0002a6df]{2,}"
)
#: Where Python keeps a dot, and where it keeps a form that stands only at the end of words.
FOLDED_OTHERWISE = {"\u0130": "i", "\u03c2": "\u03c3"}
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")

signs = st.sampled_from("東京都金糸雀日本語のはをカナリアー・ガｶﾞか\u3099한국어สวัสดี𠮷🐤🐣々")
others = st.sampled_from("ab C9+#. \n、。「」_-é\u3000\u200b")
documents = st.lists(signs | others, max_size=60).map("".join)


async def is_found(pool: asyncpg.Pool, query: str, *texts: str | None) -> bool:
    found = await pool.fetchval(FOUND, *[*texts, None, None, None][:3], query)
    return bool(found)


@law
@given(title=documents, excerpt=documents, body=documents, data=st.data())
async def test_any_two_neighbours_and_more_find_their_document(
    pool: asyncpg.Pool, title: str, excerpt: str, body: str, data: st.DataObject
) -> None:
    text = data.draw(st.sampled_from([title, excerpt, body]))
    runs = WITHOUT_SPACES.findall(unicodedata.normalize("NFKC", UNSEEN.sub("", text)))
    if not runs:
        return
    run = data.draw(st.sampled_from(runs))
    start = data.draw(st.integers(0, len(run) - 2))
    end = data.draw(st.integers(start + 2, len(run)))

    assert await is_found(pool, run[start:end], title, excerpt, body)


@law
@given(body=documents, query=st.text(signs, min_size=2, max_size=5))
async def test_what_has_no_spaces_is_found_only_where_it_stands_in_one_piece(
    pool: asyncpg.Pool, body: str, query: str
) -> None:
    folded, asked = [unicodedata.normalize("NFKC", UNSEEN.sub("", t)) for t in (body, query)]
    if len(asked) < 2 or not WITHOUT_SPACES.fullmatch(asked):
        return

    assert await is_found(pool, query, None, None, body) is (asked in folded)


@law
@given(sign=signs, before=documents, after=documents)
async def test_one_character_finds_its_document(
    pool: asyncpg.Pool, sign: str, before: str, after: str
) -> None:
    body = f"{before} {sign} {after}"

    if WITHOUT_SPACES.fullmatch(unicodedata.normalize("NFKC", sign) * 2):
        assert await is_found(pool, sign, None, None, body)


@law
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
async def test_any_text_can_be_indexed_and_asked_for(pool: asyncpg.Pool, text: str) -> None:
    for query in (text, f"{text}+", f".{text}"):
        await pool.fetchrow("SELECT * FROM search_query($1)", query)
    await pool.fetchrow("SELECT * FROM search_terms($1, $1, $1)", text)


@law
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
async def test_folding_twice_changes_nothing(pool: asyncpg.Pool, text: str) -> None:
    once = await pool.fetchval("SELECT search_fold($1)", text)

    assert await pool.fetchval("SELECT search_fold($1)", once) == once


async def test_folding_is_nfkc_and_lower_case(pool: asyncpg.Pool) -> None:
    expected = {}
    for code in range(1, sys.maxunicode + 1):
        sign = chr(code)
        if 0xD800 <= code < 0xE000 or unicodedata.category(sign) == "Cn" or UNSEEN.match(sign):
            continue
        normal = unicodedata.normalize("NFKC", sign)
        low = "".join(FOLDED_OTHERWISE.get(c, c.lower()) for c in normal)
        low = "".join(FOLDED_OTHERWISE.get(c, c) for c in low)
        if low != sign:
            expected[sign] = low

    rows = await pool.fetch(
        "SELECT sign, search_fold(sign) AS folded FROM unnest($1::text[]) AS sign",
        list(expected),
    )

    assert {row["sign"]: row["folded"] for row in rows} == expected


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("We write C++11.", "c++"),
        ("C++/C# (and F#)", "f#"),
        ("C++.", "C++"),
        ("Moving to .NET 9", ".net"),
        ("ASP.NET Core", "asp.net"),
        ("Use Node.js.", "node.js"),
        ("Use Node.js.", "node"),
        ("Use Node.js.", "js"),
        ("node.js-based", "Node.JS"),
        ("at https://docs.example.com/a", "docs.example.com"),
        ("at https://docs.example.com/a", "example.com"),
        ("wait...what?", "wait"),
        ("#hashtag", "hashtag"),
        ("snake_case", "case"),
        ("e-mail", "e-mail"),
        ("an owl's nest", "owl's nest"),
        ("soft\u00adhyphen", "softhyphen"),
        ("x" * 500, "x" * 200),
        ("Привет, мир", "ПРИВЕТ"),
        ("हिन्दी", "हिन्दी"),
        ("fi\ufb01", "fifi"),
    ],
)
async def test_words_are_found_as_people_write_them(
    pool: asyncpg.Pool, text: str, query: str
) -> None:
    assert await is_found(pool, query, None, None, text)


@pytest.mark.parametrize(
    ("text", "query"),
    [("C language", "c++"), ("a net", ".net"), ("node and js", "node.js"), ("carpet", "car")],
)
async def test_words_are_not_found_in_others(pool: asyncpg.Pool, text: str, query: str) -> None:
    assert not await is_found(pool, query, None, None, text)


FIRST_HAN = 0x4E00
FULL = 100_000  # characters of a text that are indexed
LARGEST = {
    "han, each pair but once": "".join(
        chr(FIRST_HAN + (n * n + n // 1000) % 20_000) for n in range(FULL)
    ),
    "of four bytes": "".join(chr(0x20000 + n * 7919 % 40_000) for n in range(FULL)),
    "words of four bytes": " ".join(
        chr(0x10280 + n % 29) + chr(0x12000 + n % 900) + chr(0x10400 + n % 40)
        for n in range(FULL // 4)
    ),
    "spellings": " ".join(f"{n:x}.{n + 1:x}.{n:x}+" for n in range(FULL // 10)),
    "one word": "x" * FULL,
    "dots": "." * FULL,
    "one-letter words": "a.b+" * (FULL // 4),
    "ligatures of eighteen": "\ufdfa" * FULL,
    "spaces": " " * FULL,
    "quotes": "'\\" * (FULL // 2),
}


@pytest.mark.parametrize("name", LARGEST)
async def test_no_text_is_too_large_for_the_index(pool: asyncpg.Pool, name: str) -> None:
    text = LARGEST[name] * 3

    assert await pool.fetchval(
        "SELECT vector IS NOT NULL FROM search_terms($1, $2, $3)", text[:255], text[:500], text
    )


async def test_a_text_is_indexed_up_to_a_length(pool: asyncpg.Pool) -> None:
    text = "x" * (FULL - 2) + "東京" + "都"

    assert await is_found(pool, "東京", None, None, text)
    assert not await is_found(pool, "京都", None, None, text)


@pytest.mark.parametrize(
    "marks",
    ["\u0301\u0323", "\u0f73", "\u0301\u200b\u0323\ufe0f", "\u3099\u0301"],
    ids=["marks", "made of marks", "marks and what is not seen", "voiced"],
)
async def test_no_number_of_marks_on_a_character_takes_long(
    pool: asyncpg.Pool, marks: str
) -> None:
    text = "owl a" + marks * (100_000 // len(marks))

    async with asyncio.timeout(20):  # it would be minutes
        assert await is_found(pool, "owl", None, None, text)


@law
@given(st.text(st.sampled_from("a\u304b\u0301\u0323\u3099\u200b\u0f71\u0f72"), max_size=30))
async def test_as_many_marks_as_any_script_has_stay(pool: asyncpg.Pool, text: str) -> None:
    assert await pool.fetchval("SELECT search_stream_safe($1)", text) == text
