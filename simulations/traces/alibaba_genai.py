"""Alibaba GenAI: requests to image models, 2024.

Columns: gmt_create (shifted by the publisher, so hours of the day mean little), predict_status,
exec_time_seconds: the seconds one accelerator worked on the request. Requests that never got an execution
time are left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from simulations.traces.entry import Request
from simulations.traces.row import Cause, Row, RowFault
from simulations.traces.source import NumberedLine, csv_rows

_EPOCH = datetime(1970, 1, 1)
# A Stable Diffusion XL checkpoint with its adapters and working memory [GiB]: an assumption.
MODEL_GIB = 24.0


@dataclass(frozen=True, kw_only=True, slots=True)
class AlibabaGenai:
    """Image requests, grouped by interval and city into serving jobs."""

    name: str = "alibaba-genai"
    mapping: str = "image requests, grouped by interval and city into serving jobs by their execution seconds"
    has_calendar: bool = True

    def rows(self, path: Path, lines: Iterable[NumberedLine]) -> Iterator[Row]:
        """The rows of the CSV table."""
        return csv_rows(path, lines, ("gmt_create", "predict_status", "exec_time_seconds"))

    def entry(self, row: Row) -> Request:
        """One request."""
        text = row.text("gmt_create")
        try:
            created = datetime.fromisoformat(text)
        except ValueError:
            rule = "must be a date and time, such as 2024-11-15 16:57:50"
            raise RowFault(column="gmt_create", value=text, rule=rule) from None
        if not row.text("exec_time_seconds"):
            rule = "the request was never served"
            raise RowFault(column="exec_time_seconds", value="", rule=rule, cause=Cause.NOT_SERVED)
        return Request(
            line=row.line,
            at_s=(created.replace(tzinfo=None) - _EPOCH).total_seconds(),
            busy_s=row.run_minutes("exec_time_seconds", minutes_per_unit=1 / 60) * 60.0,
            model_memory_gib=MODEL_GIB,
        )
