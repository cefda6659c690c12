"""TraceFormat: the seam behind which each format of trace stands; one file per format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from simulations.traces.entry import Request, TraceJob
from simulations.traces.row import Row
from simulations.traces.source import NumberedLine


class TraceFormat(Protocol):
    """How one format is read and what its columns mean as jobs."""

    @property
    def name(self) -> str:
        """Its name on the command line."""
        ...

    @property
    def mapping(self) -> str:
        """One line on how its rows become jobs."""
        ...

    @property
    def has_calendar(self) -> bool:
        """Whether its clock counts from 1970-01-01, so that a day can be named by its date."""
        ...

    def rows(self, path: Path, lines: Iterable[NumberedLine]) -> Iterator[Row]:
        """The rows under the header. Raises `TraceError` when the header is not this format's."""
        ...

    def entry(self, row: Row) -> TraceJob | Request:
        """What one row says. Raises `RowFault` when it says nothing that can be run."""
        ...
