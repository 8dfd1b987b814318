"""What is marked in a text, and which part of a long one is shown."""

import re
import unicodedata
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.content.highlighting import (
    FRAGMENT,
    LONGEST_WORD,
    Fragment,
    Sought,
    fragment,
    literals,
)

LOREM = "lorem ipsum dolor sit amet " * 30


def marked(text: str, asked: str, *lexemes: str, size: int = FRAGMENT) -> str:
    found = fragment(text, Sought.of(asked, lexemes), size=size)
    return "" if found is None else bracketed(found)


def bracketed(found: Fragment) -> str:
    told, last = "", 0
    for start, end in found.marks:
        told += f"{found.text[last:start]}[{found.text[start:end]}]"
        last = end
    return told + found.text[last:]


@pytest.mark.parametrize(
    ("text", "asked", "lexemes", "expected"),
    [
        # What was typed as one run is marked as one, not each two neighbours of it.
        ("東京都と京都", "東京都", ["東京", "京都"], "[東京都]と京都"),
        ("東京と大阪", "東", ["東"], "[東]京と大阪"),
        ("カナリアの歌", "ｶﾅﾘｱ 歌", [], "[カナリア]の[歌]"),
        ("ｶﾞｷﾞのか\u3099き", "ガギ がき", [], "[ｶﾞｷﾞ]の[か\u3099き]"),
        ("㈱金糸雀", "株", [], "[㈱]金糸雀"),
        ("He RUNS; running, runner", "run", ["run"], "He [RUNS]; [running], runner"),
        ("Ｒｕｎｓ ﬁnely tuned", "run fine", ["run", "fine"], "[Ｒｕｎｓ] [ﬁnely] tuned"),  # noqa: RUF001 - full width
        ("İstanbul ΟΔΟΣ", "istanbul οδος", ["istanbul", "οδοσ"], "[İstanbul] [ΟΔΟΣ]"),
        ("the canary", "the canaries", ["canari"], "the [canary]"),
        ("C C# C++ C++11 ##c#", "C#", ["c#"], "C [C#] C++ C++11 ##[c#]"),
        ("C++ and c++11. c+", "c++", ["c++"], "[C++] and [c++]11. c+"),
        (
            "ASP.NET, .NET. and net...",
            ".net net",
            [".net", "net"],
            "ASP.[NET], [.NET]. and [net]...",
        ),
        ("Node.js and node", "node", ["node"], "[Node].js and [node]"),
        ("www.example.com", "example.com", ["example.com"], "www.[example.com]"),
        ("Vue3の使い方", "vue3の使い方", ["vue3", "の使", "使い"], "[Vue3の使い方]"),
        ("ca\u00adnary", "canary", ["canari"], "[ca\u00adnary]"),
        ("🐤🐣", "🐤", ["🐤"], "[🐤]🐣"),
        ("nothing of it", "canary", ["canari"], ""),
        ("", "canary", ["canari"], ""),
    ],
)
def test_what_was_looked_for_is_marked_in_every_form(
    text: str, asked: str, lexemes: list[str], expected: str
) -> None:
    assert marked(text, asked, *lexemes) == expected


def test_of_a_long_text_the_place_is_shown_where_most_terms_stand_together() -> None:
    text = f"{LOREM}one canary {LOREM}the happiness of canaries {LOREM}a canary, a canary"

    shown = marked(text, "happy canary", "happi", "canari")

    assert "the [happiness] of [canaries] lorem" in shown
    assert len(shown) <= FRAGMENT + 4


def test_no_word_is_cut_and_no_white_space_is_at_the_ends() -> None:
    shown = marked(f"{LOREM}canary  {LOREM}", "canary", "canari")

    words = re.findall(r"\w+", shown)
    assert set(words) == {"lorem", "ipsum", "dolor", "sit", "amet", "canary"}
    assert shown == shown.strip()
    assert marked("canary" + " x" * 200, "canary", "canari").startswith("[canary] x")
    assert marked("y canary" + " x" * 200, "canary", "canari").startswith("y [canary] x")
    assert marked("x " * 200 + "canary", "canary", "canari").endswith("x [canary]")


def test_a_word_without_end_is_cut() -> None:
    text = "x" * 500 + " canary " + "y" * 500

    shown = marked(text, "canary", "canari")

    assert re.fullmatch("x+ \\[canary\\] y+", shown)
    assert FRAGMENT - 2 * LONGEST_WORD <= len(shown) <= FRAGMENT + 2


def test_what_is_seen_as_one_character_is_not_parted() -> None:
    family = "👩\u200d👩\u200d👧"
    for text in (f"{family}東", "e\u0301東", "か\u3099東"):
        length = len(text)
        for before in range(FRAGMENT - 2 * length, FRAGMENT + 2):
            shown = marked("あ" * before + text * 30, "東", "東")
            assert not re.match("[\u0301\u3099\u200d]", shown)
            assert not shown.startswith(("👩\u200d👧", "👧"))
            assert not shown.endswith("\u200d")


def test_a_match_longer_than_a_fragment_is_shown_whole() -> None:
    run = "東京" * 100

    assert marked(f"{'あ' * 300}{run}{'い' * 300}", run) == f"[{run}]"


def test_literals_are_what_a_match_begins_with() -> None:
    assert literals("Canaries run in 東京都, in C#!", 4) == ["canar", "run", "東京都", "c#"]


hostile = st.text(
    st.sampled_from("東京都 \n<>&\"'ab c#+.AＡㇰｶﾞ\u3099\u0301\u200d\u200b㈱ﬃ👩ẞİ")  # noqa: RUF001 - full width
    | st.characters(),
    max_size=400,
)


@given(text=hostile, asked=hostile, lexemes=st.lists(hostile, max_size=3), size=st.integers(1))
def test_a_fragment_is_a_part_of_the_text_with_marks_in_order_and_apart(
    text: str, asked: str, lexemes: list[str], size: int
) -> None:
    found = fragment(text, Sought.of(asked, lexemes), size=size)

    if found is None:
        return
    assert found.text in text
    ends = [0, *(place for mark in found.marks for place in mark), len(found.text)]
    assert found.marks
    assert ends == sorted(ends)
    assert all(start < end for start, end in found.marks)
    assert all(a[1] < b[0] for a, b in zip(found.marks, found.marks[1:], strict=False))


@given(
    before=hostile,
    run=st.text(st.sampled_from("東京都金糸雀カナリ"), min_size=1),
    after=hostile,
)
def test_a_run_is_marked_wherever_it_stands(before: str, run: str, after: str) -> None:
    text = f"{before} {unicodedata.normalize('NFKC', run)} {after}"

    found = fragment(text, Sought.of(run, []), size=len(text))

    assert found is not None
    assert any(run in found.text[start:end] for start, end in found.marks)


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u0301\u0323" * 20_000,
        "か" + "\u3099" * 40_000,
        "東京" * 20_000,
        "a.b#" * 10_000,
        "." * 40_000,
        " ".join(f"run{n}" for n in range(5_000)),
    ],
    ids=["marks", "voiced", "no spaces", "symbols", "dots", "words"],
)
def test_no_text_takes_long(text: str) -> None:
    began = thread_time()

    fragment(text, Sought.of("running 東京 a.b", ["run", "東京", "a.b", "京東"]))

    # Of this thread alone: however busy the machine is. Ten times what it takes.
    assert thread_time() - began < 5
