"""Runs a sweep: equal cells once, cells that are kept not at all, the others on an engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulations.scenario.document import Document
from simulations.sweep.cell import Cell
from simulations.sweep.cell_store import CellStore
from simulations.sweep.engine import Engine


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepResult:
    """What came of a sweep.

    Attributes:
        cells: in the order of the plan.
        results: of each cell: its headline, or why it could not be run.
        ran: how many were run now.
        kept: how many distinct cells had been run before.
    """

    cells: Sequence[Cell]
    results: Sequence[Document]
    ran: int
    kept: int

    @property
    def failed(self) -> int:
        """How many cells could not be run."""
        return sum("error" in result for result in self.results)

    def to_document(self) -> dict[str, Any]:
        """The result as JSON has it; it does not tell which cells had been run before."""
        return {
            "cells": [
                {"scenario": cell.name, "settings": dict(cell.settings), "digest": cell.digest, **result}
                for cell, result in zip(self.cells, self.results, strict=True)
            ]
        }


def run_sweep(
    cells: Sequence[Cell],
    folder: Path,
    engine: Engine,
    *,
    progress: Callable[[int], None] | None = None,
) -> SweepResult:
    """Run the cells of a sweep and keep each as soon as it is done.

    Args:
        cells: the cells.
        folder: where cells are kept.
        engine: what runs them.
        progress: is told how many distinct cells are done.

    Raises:
        WriteError: the folder cannot be written to.
    """
    store = CellStore(folder)
    distinct = {cell.digest: cell for cell in cells}
    found = {digest: old for digest in distinct if (old := store.find(digest)) is not None}
    kept = len(found)
    if progress:
        progress(kept)
    for cell, result in engine.run(cell for digest, cell in distinct.items() if digest not in found):
        if "error" not in result:
            store.keep(cell, result)
        found[cell.digest] = result
        if progress:
            progress(len(found))
    return SweepResult(
        cells=cells, results=[found[cell.digest] for cell in cells], ran=len(found) - kept, kept=kept
    )
