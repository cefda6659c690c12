"""SWF: the standard workload format of the Parallel Workloads Archive, as text or as a CSV cut of it.

Text: comment lines begin with ';', each job is a line of 18 numbers; fields 1, 2, 4, 5 and 8 are read (job,
submit, run, allocated and requested processors). A CSV cut names its columns: job, submit_s, run_s, procs,
others beside. Submit times count from the trace's start, which is taken as a midnight. Without allocated
processors (-1) the requested ones count. A job that never started has a run time of -1 or 0 and is left out
and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from simulations.errors import TraceError
from simulations.figures import median
from simulations.traces.entry import MOST_CORES_PER_TASK, TraceJob, split_gang
from simulations.traces.row import Row
from simulations.traces.source import NumberedLine, csv_rows

GIB_PER_CORE = median("dlrm.memory_gib_per_core")
_FIELDS = 18
_PLACES = {"job": 0, "submit_s": 1, "run_s": 3, "procs": 4, "req_procs": 7}


@dataclass(frozen=True, kw_only=True, slots=True)
class Swf:
    """Jobs on cores; one processor is one core, at most 64 cores a task."""

    name: str = "swf"
    mapping: str = (
        "analyses on cores; gangs of more than 64 are split into equal tasks; memory per core as in DLRM"
    )
    has_calendar: bool = False

    def rows(self, path: Path, lines: Iterable[NumberedLine]) -> Iterator[Row]:
        """The rows of the text or of the CSV cut, whichever the file is."""
        numbered = iter(lines)
        first = next(numbered)
        whole = chain((first,), numbered)
        if first[1].lstrip().startswith(";") or "," not in first[1]:
            return _text_rows(path, whole)
        return csv_rows(path, whole, ("job", "submit_s", "run_s", "procs"))

    def entry(self, row: Row) -> TraceJob:
        """One job."""
        procs = row.number("procs", least=-1, most=1_000_000)
        if procs < 1 and "req_procs" in row.cells:
            procs = row.number("req_procs", least=-1, most=1_000_000)
        runtime_minutes = row.run_minutes("run_s", minutes_per_unit=1 / 60)
        if procs < 1:
            procs = row.number("procs", least=1)
        tasks, cores = split_gang(int(procs), MOST_CORES_PER_TASK)
        return TraceJob(
            key=f"{row.line:06d}",
            submit_s=row.number("submit_s", least=0),
            runtime_minutes=runtime_minutes,
            service="analytics",
            tasks=tasks,
            cpu_cores=cores,
            memory_gib=cores * GIB_PER_CORE,
        )


def _text_rows(path: Path, lines: Iterable[NumberedLine]) -> Iterator[Row]:
    empty = True
    for number, line in lines:
        if line.lstrip().startswith(";"):
            continue
        empty = False
        fields = line.split()
        if len(fields) != _FIELDS and number <= 1:
            rule = f"a job of an SWF text is {_FIELDS} numbers with blanks between; found {len(fields)}"
            raise TraceError(file=path, line=number, value=line.strip(), rule=rule)
        cells = {name: fields[place] if place < len(fields) else "" for name, place in _PLACES.items()}
        yield Row(number, cells)
    if empty:
        raise TraceError(file=path, rule="has comments but no jobs")
