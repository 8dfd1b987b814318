"""The gate on coverage: what it takes for a layer, and when it stays shut."""

import runpy
from pathlib import Path
from typing import Any

import pytest

import serinus

SOURCE = Path(serinus.__file__).parent
GATE = runpy.run_path(str(Path(__file__).parents[2] / ".ci" / "coverage_by_layer.py"))
WHOLE = {layer: (1000, 1000) for layer in GATE["FLOORS"] if layer != GATE["OVERALL"]}


def report(layers: dict[str, tuple[int, int]]) -> dict[str, Any]:
    """As coverage.py writes it. `layers`: branches that there are, and those that were run."""
    return {
        "files": {
            f"src/serinus/{layer}/module.py": {
                "summary": {
                    "num_statements": 0,
                    "covered_lines": 0,
                    "num_branches": there,
                    "covered_branches": run,
                }
            }
            for layer, (there, run) in layers.items()
        }
    }


def below(layers: dict[str, tuple[int, int]]) -> list[str]:
    found: list[str] = GATE["missed"](GATE["by_layer"](report(layers)))
    return found


def test_every_layer_with_a_floor_is_one_of_ours() -> None:
    packages = {each.parent.name for each in SOURCE.glob("*/__init__.py")}

    assert set(WHOLE) <= packages


def test_what_is_covered_as_a_whole_passes() -> None:
    assert below(WHOLE) == []


@pytest.mark.parametrize("layer", WHOLE)
def test_a_layer_fails_by_one_branch_below_its_floor(layer: str) -> None:
    floor = 10 * GATE["FLOORS"][layer]

    assert layer not in below(WHOLE | {layer: (1000, floor)})
    assert layer in below(WHOLE | {layer: (1000, floor - 1)})


def test_layers_without_a_floor_count_for_the_whole() -> None:
    assert below(WHOLE | {"wiring": (1000, 0)}) == ["overall"]


def test_a_layer_of_which_nothing_was_measured_fails() -> None:
    assert below({layer: told for layer, told in WHOLE.items() if layer != "domain"}) == [
        "domain"
    ]


def test_what_is_shown_as_100_is_100() -> None:
    shown = GATE["table"](GATE["by_layer"](report(WHOLE | {"domain": (100_000, 99_999)})))

    assert "99.99" in shown.split("domain")[1].splitlines()[0]
