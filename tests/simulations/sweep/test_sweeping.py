"""A sweep runs equal cells once, resumes, and gives the same results on every engine."""

import os
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from simulations.scenario.document import Document
from simulations.sweep import (
    Cell,
    CellStore,
    EngineError,
    LocalEngine,
    cells_of,
    engine_of,
    read_sweep,
    run_cell,
    run_sweep,
)
from tests.simulations.scenario.tiny import write, write_tiny

AXES = """
scenario = "tiny.toml"
[[axes]]
key = "title"
values = ["one name", "another name"]
[[axes]]
key = "planning.policy"
values = ["cheapest", "nearest"]
"""


class Here:
    """Runs cells in this process and counts them; stops after `most`, as an interrupted sweep does."""

    def __init__(self, most: int = 1000) -> None:
        self.ran: list[str] = []
        self._most = most

    def run(self, cells: Iterable[Cell]) -> Iterator[tuple[Cell, Document]]:
        for cell in cells:
            if len(self.ran) == self._most:
                raise KeyboardInterrupt
            self.ran.append(cell.digest)
            yield cell, run_cell(cell.name, cell.document)


@pytest.fixture
def cells(tmp_path: Path) -> list[Cell]:
    write_tiny(tmp_path)
    file = Path(write(tmp_path, "sweep", AXES))
    return cells_of(read_sweep(file), file)


def test_equal_cells_are_run_once(cells: list[Cell], tmp_path: Path) -> None:
    here = Here()
    result = run_sweep(cells, tmp_path / "out", here)
    assert len(cells) == 4
    assert len(here.ran) == result.ran == 2
    assert result.results[0] == result.results[2]
    assert result.results[0] != result.results[1]


def test_an_interrupted_sweep_resumes(cells: list[Cell], tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_sweep(cells, tmp_path / "out", Here(most=1))
    again = Here()
    resumed = run_sweep(cells, tmp_path / "out", again)
    assert (resumed.kept, resumed.ran, len(again.ran)) == (1, 1, 1)
    assert resumed.to_document() == run_sweep(cells, tmp_path / "afresh", Here()).to_document()


def test_half_a_cell_counts_as_none(cells: list[Cell], tmp_path: Path) -> None:
    store = CellStore(tmp_path)
    store.keep(cells[0], {"headline": {}})
    assert store.find(cells[0].digest) == {"headline": {}}
    path = tmp_path / "cells" / f"{cells[0].digest}.json"
    path.write_text(path.read_text()[:40])
    assert store.find(cells[0].digest) is None


def test_a_cell_that_cannot_be_run_is_told_and_not_kept(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    text = 'scenario = "tiny.toml"\n[[axes]]\nkey = "demand.generate.load"\nvalues = [9.0]\n'
    file = Path(write(tmp_path, "sweep", text))
    cells = cells_of(read_sweep(file), file)
    result = run_sweep(cells, tmp_path / "out", Here())
    assert result.failed == 1
    assert "load 9" in str(result.results[0]["error"])
    assert CellStore(tmp_path / "out").find(cells[0].digest) is None


def test_another_process_gives_what_this_process_gives(cells: list[Cell], tmp_path: Path) -> None:
    local = run_sweep(cells, tmp_path / "local", LocalEngine(1))
    here = run_sweep(cells, tmp_path / "here", Here())
    assert local.to_document() == here.to_document()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
def test_ray_gives_what_processes_give(cells: list[Cell], tmp_path: Path) -> None:
    if find_spec("ray") is None:
        if "ray" in os.environ.get("EDWC_REQUIRE", "").split(","):
            pytest.fail("Ray not exercised, though EDWC_REQUIRE asks for it")
        pytest.skip("Ray is not installed")
    ray = run_sweep(cells, tmp_path / "ray", engine_of("ray", 2))
    local = run_sweep(cells, tmp_path / "local", engine_of("local", 2))
    assert ray.to_document() == local.to_document()


def test_a_missing_ray_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulations.sweep.engine.find_spec", lambda _: None)
    with pytest.raises(EngineError, match=r"edwc\[ray\]"):
        engine_of("ray")
    with pytest.raises(EngineError, match="local, ray"):
        engine_of("dask")
