"""The report of a benchmark: one page, offline, and a table."""

import json
import re
from pathlib import Path

import pytest

from benchmarks.side_by_side.page import page
from benchmarks.side_by_side.table import figure_of, lines
from benchmarks.side_by_side.written import write
from tests.benchmarks.measured import findings


def test_the_page_asks_nobody_for_anything() -> None:
    text = page(findings())

    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=\"(?!data:)", text)


def test_the_page_says_what_is_met_and_what_is_missed() -> None:
    text = page(findings(v2=0.0345))

    assert '<div class="tile kept"><b>8</b> met</div>' in text
    assert '<div class="tile broken"><b>8</b> missed</div>' in text


def test_the_page_shows_distributions_and_parts() -> None:
    text = page(findings())

    assert all(f'id="{name}"' in text for name in ("saved", "stacks", "times-post-get"))
    assert "a &lt; b" in text


def test_pictures_are_data_that_can_be_read() -> None:
    found = re.findall(r'<script type="application/json">(.*?)</script>', page(findings()))

    assert [bool(json.loads(each)["data"]) for each in found[:2]] == [True, True]


def test_the_table_has_a_line_for_everything() -> None:
    text = "\n".join(lines(findings()))

    assert re.search(r"post get, v1 on v2 +1 +80.0% +80.0% to 80.0% +66% met", text)
    assert re.search(r"a part +4 +1 ms", text)
    assert "post get, v2, cached: 50% of the rate of bare ASGI" in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(14.0, "14"), (390.4, "390"), (32.15, "32.1"), (2.016, "2.02"), (0.00629, "0.006")],
)
def test_numbers_are_as_long_as_they_mean_something(value: float, shown: str) -> None:
    assert figure_of(value) == shown


def test_results_are_written_beside_the_page(tmp_path: Path) -> None:
    write(findings(), "<html>", tmp_path / "new")

    results = json.loads((tmp_path / "new" / "results.json").read_text())
    assert results["machine"] == "a-machine"
    assert results["answered"][0]["timing"]["requests"] == 27
