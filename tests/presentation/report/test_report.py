"""The report says all that is claimed, opens without a network, and is the same everywhere."""

import re
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import msgspec
import pytest

from serinus.application.release.simulation.claims import Measured
from serinus.application.release.simulation.findings import Findings, findings
from serinus.application.release.simulation.scenarios import SCENARIOS
from serinus.application.release.simulation.study import (
    CURVE,
    TRACED,
    Changes,
    Setup,
    outcomes,
    whole_study,
)
from serinus.presentation.report.figures import pictures
from serinus.presentation.report.files import write
from serinus.presentation.report.markdown import markdown
from serinus.presentation.report.page import page

#: Series of a whole study that are enough to see every picture.
ENOUGH = {"worse", "gross", "no-traffic", f"{TRACED}worse", f"{TRACED}healthy", f"{CURVE}0.1"}


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.claims: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.addresses += [known[name] or "" for name in ("src", "href") if name in known]
        if "data-claim" in known:
            self.claims.append(known["data-claim"] or "")
        if tag not in {"meta", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def found() -> Findings:
    setup = Setup(runs=1)
    series = [each for each in whole_study(setup, Changes()) if each.name in ENOUGH]
    done = {each.name: outcomes(each, [Random(7)]) for each in series}  # noqa: S311 - no secret
    live = {"cost": Measured("12 us", kept=True), "applied": Measured("2 s", kept=False)}
    return findings(setup, series, done, live, seed=7)


def test_the_page_is_whole_and_has_every_claim(found: Findings) -> None:
    parsed = Page()
    parsed.feed(page(found))

    assert parsed.open == []
    assert parsed.claims == [each.name for each in found.claims]


def test_the_page_asks_nobody_for_anything(found: Findings) -> None:
    parsed = Page()
    parsed.feed(page(found))

    assert parsed.addresses == ["data:,"]


def test_every_picture_is_in_the_page(found: Findings) -> None:
    drawn = pictures(found)

    names = ["evidence", "false-rollbacks", "delays", "operating-characteristic"]
    assert [each.name for each in drawn] == [*names, "timeline-healthy"]
    text = page(found)
    assert all(f'<section id="{each.name}">' in text for each in drawn)
    assert all(msgspec.json.decode(each.figure)["data"] for each in drawn)


def test_markdown_says_the_same_claims(found: Findings) -> None:
    text = markdown(found)

    for each in found.claims:
        assert f"| {each.claim} | {each.required} | {each.measured.text} |" in text
    assert text.count("**broken**") == sum(each.measured.kept is False for each in found.claims)
    assert re.search(r"\| 10\.00% \| .* \| 100\.0% \|", text)


def test_what_servers_say_cannot_become_part_of_the_page() -> None:
    said = {"cost": Measured("</td><script>alert(1)</script>", kept=None)}
    other = findings(Setup(), [], {}, said, seed=1)

    assert "<script>alert" not in page(other)


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ("one.md", ["one.md"]),
        ("one.html", ["one.html"]),
        ("all", ["release-engine.md", "release-engine.html", "release-engine.json"]),
    ],
)
def test_it_is_written_where_it_is_asked_for(
    found: Findings, tmp_path: Path, target: str, names: list[str]
) -> None:
    written = write(found, tmp_path / "new" / target)

    assert [each.path.name for each in written] == names
    assert all(each.path.stat().st_size >= each.size > 1_000 for each in written)


def test_without_any_release_there_are_no_pictures() -> None:
    assert pictures(findings(Setup(), [], {}, {}, seed=1)) == []


def test_the_whole_study_has_every_scenario() -> None:
    names = {each.name for each in whole_study(Setup(runs=30), Changes())}

    assert set(SCENARIOS) < names
    assert sum(name.startswith(CURVE) for name in names) == 10
