"""docs/scenarios.md tells every key, every shipped scenario, and outcomes that a command printed."""

import dataclasses
import re
import typing
from pathlib import Path

import pytest

from simulations.cli.whatif_list import cells_by_name, markdown
from simulations.scenario import Scenario, read_scenario, shipped_names
from simulations.sweep import SweepResult, read_sweep, run_cell
from tests.simulations.scenario.tiny import write

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "scenarios.md").read_text(encoding="utf-8")


def keys_of(noun: object) -> set[str]:
    """Every key of a section and of the sections inside it."""
    found: set[str] = set()
    if dataclasses.is_dataclass(noun):
        hints = typing.get_type_hints(noun)
        found = set(hints) | {key for hint in hints.values() for key in keys_of(hint)}
    return found.union(*(keys_of(part) for part in typing.get_args(noun)))


def test_every_key_is_told() -> None:
    untold = {key for key in keys_of(Scenario) if not re.search(rf"[`.\[]{key}[`.\]]", PAGE)}
    assert untold == set()


def test_every_shipped_scenario_has_its_paragraph_and_its_outcome() -> None:
    for name in shipped_names():
        about = " ".join(read_scenario(name).scenario.about.split())
        assert f"**{name.partition('@')[0]}**. {about}" in PAGE
        assert re.search(rf"^\| `{re.escape(name)}` \| [\d,]+ \|", PAGE, re.MULTILINE), name


def test_the_example_of_a_file_and_of_a_sweep_can_be_read(tmp_path: Path) -> None:
    scenario, sweep = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert read_scenario(write(tmp_path, "night", scenario)).scenario.prices[-1].cny_per_kwh == 0.45
    assert len(list(read_sweep(Path(write(tmp_path, "sweep", sweep))).points())) == 6


@pytest.mark.slow
def test_an_outcome_on_the_page_is_what_the_command_prints() -> None:
    (cell,) = cells_by_name(["off-peak@without"], "cheapest")
    result = SweepResult(cells=[cell], results=[run_cell(cell.name, cell.document)], ran=1, kept=0)
    assert markdown(result).splitlines()[-1] in PAGE
