"""Philly: deep-learning training jobs of a Microsoft cluster, 2017.

Columns: submit_time (cluster's local time, no zone given; kept as the clock of Asia/Shanghai), duration_s,
num_gpus, vc (virtual cluster: the tenant's team, kept as a label).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from simulations.figures import median
from simulations.traces.entry import MOST_ACCELERATORS_PER_TASK, TraceJob, split_gang
from simulations.traces.row import Row, RowFault
from simulations.traces.source import NumberedLine, csv_rows

_EPOCH = datetime(1970, 1, 1)
# The trace has no cores or memory; the medians of openb stand in.
CORES_PER_ACCELERATOR = median("openb.cpu_cores_per_accelerator")
GIB_PER_ACCELERATOR = median("openb.memory_gib_per_accelerator")


@dataclass(frozen=True, kw_only=True, slots=True)
class Philly:
    """Training jobs; gangs of more than 8 accelerators are split into equal tasks of at most 8."""

    name: str = "philly"
    mapping: str = "training jobs; cores and memory per accelerator are the medians of openb"
    has_calendar: bool = True

    def rows(self, path: Path, lines: Iterable[NumberedLine]) -> Iterator[Row]:
        """The rows of the CSV table."""
        return csv_rows(path, lines, ("submit_time", "duration_s", "num_gpus", "vc"))

    def entry(self, row: Row) -> TraceJob:
        """One training job."""
        submit = _clock(row)
        tasks, count = split_gang(
            int(row.number("num_gpus", least=1, most=100_000)), MOST_ACCELERATORS_PER_TASK
        )
        return TraceJob(
            key=f"{row.line:06d}",
            submit_s=(submit - _EPOCH).total_seconds(),
            runtime_minutes=row.run_minutes("duration_s", minutes_per_unit=1 / 60),
            service="training",
            tasks=tasks,
            accelerators=count,
            cpu_cores=round(count * CORES_PER_ACCELERATOR, 2),
            memory_gib=round(count * GIB_PER_ACCELERATOR, 2),
            labels={"vc": row.text("vc")},
        )


def _clock(row: Row) -> datetime:
    text = row.text("submit_time")
    try:
        submit = datetime.fromisoformat(text)
    except ValueError:
        submit = None
    if submit is None or submit.tzinfo is not None or submit < _EPOCH:
        rule = "must be a date and time without zone, such as 2017-10-20 09:30:00"
        raise RowFault(column="submit_time", value=text, rule=rule)
    return submit
