"""CellStore: one file for each cell that has run, there only when it is whole, so that a sweep can be resumed."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from simulations.errors import WriteError
from simulations.scenario.document import Document
from simulations.sweep.cell import Cell


class CellStore:
    """The cells of a folder.

    Args:
        folder: made when the first cell is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "cells"

    def find(self, digest: str) -> Document | None:
        """What is kept of a cell, or None; a file that is no cell counts as none."""
        try:
            kept = json.loads(self._path(digest).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return kept["result"] if isinstance(kept, dict) and isinstance(kept.get("result"), dict) else None

    def keep(self, cell: Cell, result: Document) -> None:
        """Keep what came of a cell: written beside its place and renamed, so that half a file is never found.

        Raises:
            WriteError: the folder cannot be written to.
        """
        kept = {
            "name": cell.name,
            "settings": dict(cell.settings),
            "scenario": cell.document,
            "result": result,
        }
        text = json.dumps(kept, ensure_ascii=False, sort_keys=True, indent=1)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".cell-")
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text + "\n")
            Path(name).replace(self._path(cell.digest))
        except OSError as error:
            raise WriteError(f"{self._folder}: cannot be written: {error.strerror}") from error

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.json"
