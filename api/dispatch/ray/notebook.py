"""The notebook: what was submitted to a head, kept on the service's side because a killed head forgets it."""

from __future__ import annotations

import json
import os
from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """One attempt.

    Attributes:
        body: as submitted, so that it can be submitted again.
        session: the life of the head that it was submitted to.
        accepted: whether the head said so.
        to_end: whether it was asked to end.
    """

    body: Mapping[str, Any]
    session: str
    accepted: bool = False
    to_end: bool = False


class Notebook:
    """Notes in a folder, one file an attempt; another service, given the same folder, reads on."""

    def __init__(self, folder: Path) -> None:
        """Take a folder; it is made when something is written."""
        self._folder = folder

    def read(self, attempt: str) -> Note | None:
        """What was noted of an attempt."""
        try:
            return Note(**json.loads((self._folder / f"{attempt}.json").read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write(self, attempt: str, note: Note) -> None:
        """Write a note whole, readable by nobody else: commands may hold secrets."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._folder / f".{attempt}.{os.getpid()}"
        with os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as file:
            json.dump(asdict(note), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / f"{attempt}.json")

    def amend(self, attempt: str, **changes: Any) -> None:
        """Change a note, when there is one."""
        note = self.read(attempt)
        if note is not None:
            self.write(attempt, replace(note, **changes))

    def sweep(self, before: datetime, *, keep: Container[str] = ()) -> None:
        """Drop notes that were last written before an instant, but none of attempts that are asked about."""
        if self._folder.is_dir():
            for path in self._folder.glob("*.json"):
                if path.stem not in keep and path.stat().st_mtime < before.timestamp():
                    path.unlink(missing_ok=True)
