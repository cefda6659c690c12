"""openb: pods of an Alibaba GPU cluster, 2023.

Columns: cpu_milli (1/1000 core), memory_mib, num_gpu, gpu_milli (share of one accelerator), gpu_spec
(allowed models, | between them), qos, creation_time, deletion_time, scheduled_time (seconds since the
trace's start, which is taken as a midnight). A pod is released when it was created and ran from when it was
scheduled until it was deleted.

Pods that were never scheduled are left out and counted: the time from their creation to their deletion is
how long somebody waited in vain, not how long the work would have taken, so there is nothing to plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from simulations.traces.entry import TraceJob
from simulations.traces.row import Cause, Row, RowFault, check_run_minutes
from simulations.traces.source import NumberedLine, csv_rows

COLUMNS = (
    *("name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec", "qos"),
    *("creation_time", "deletion_time", "scheduled_time"),
)
# Latency-sensitive pods with an accelerator serve models; those without serve people; the rest can wait.
SERVICE_OF = {("LS", True): "inference", ("LS", False): "interactive"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Openb:
    """Pods; a share of an accelerator is rounded up to a whole one and counted."""

    name: str = "openb"
    mapping: str = (
        "LS pods serve (a round-trip limit), the others train or run as batch; GPU shares become whole"
    )
    has_calendar: bool = False

    def rows(self, path: Path, lines: Iterable[NumberedLine]) -> Iterator[Row]:
        """The rows of the CSV table."""
        return csv_rows(path, lines, COLUMNS)

    def entry(self, row: Row) -> TraceJob:
        """One pod."""
        count = int(row.number("num_gpu", least=0, most=1000))
        has_accelerator = count > 0
        return TraceJob(
            key=row.text("name").removeprefix("openb-") or f"{row.line:06d}",
            submit_s=row.number("creation_time", least=0),
            runtime_minutes=_run_minutes(row),
            service=SERVICE_OF.get(
                (row.text("qos"), has_accelerator), "training" if has_accelerator else "batch"
            ),
            accelerators=count,
            cpu_cores=row.number("cpu_milli", least=0, most=1e7) / 1000.0,
            memory_gib=round(row.number("memory_mib", least=0, most=1e9) / 1024.0, 3),
            models=tuple(model for model in row.text("gpu_spec").split("|") if model),
            rounded_up=count == 1 and row.number("gpu_milli", least=0) < 1000,
            labels={"qos": row.text("qos")},
        )


def _run_minutes(row: Row) -> float:
    if not row.text("scheduled_time"):
        rule = "the pod never ran, so its run time is unknown"
        raise RowFault(column="scheduled_time", value="", rule=rule, cause=Cause.NEVER_SCHEDULED)
    seconds = row.number("deletion_time", least=0) - row.number("scheduled_time", least=0)
    return check_run_minutes(seconds / 60.0, column="deletion_time", text=row.text("deletion_time"))
