"""GAIA: three traces in the one CSV form of the GAIA authors: Alibaba PAI, Azure VMs, LANL Mustang.

Columns: arrival_h (hours from the start of the year, a midnight), length_h, cpus. The three files have the
same header, so the format's name says which it is and what `cpus` means:

    pai       accelerators, by our reading: the file gives the authors' resource units of jobs on accelerators
    azure     cores of a virtual machine that serves people
    mustang   cores of a batch job
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from simulations.figures import median
from simulations.traces.entry import MOST_ACCELERATORS_PER_TASK, MOST_CORES_PER_TASK, TraceJob, split_gang
from simulations.traces.row import Row
from simulations.traces.source import NumberedLine, csv_rows

CORES_PER_ACCELERATOR = median("openb.cpu_cores_per_accelerator")
GIB_PER_ACCELERATOR = median("openb.memory_gib_per_accelerator")
GIB_PER_CORE = median("dlrm.memory_gib_per_core")


@dataclass(frozen=True, kw_only=True, slots=True)
class Gaia:
    """One of the three traces.

    Attributes:
        name: pai, azure or mustang.
        mapping: how its rows become jobs.
        service: whose terms they get.
        accelerated: whether `cpus` counts accelerators.
        has_calendar: False; the year of the samples is made up by their authors.
    """

    name: str
    mapping: str
    service: str
    accelerated: bool = False
    has_calendar: bool = False

    def rows(self, path: Path, lines: Iterable[NumberedLine]) -> Iterator[Row]:
        """The rows of the CSV table."""
        return csv_rows(path, lines, ("arrival_h", "length_h", "cpus"))

    def entry(self, row: Row) -> TraceJob:
        """One job or virtual machine."""
        most = MOST_ACCELERATORS_PER_TASK if self.accelerated else MOST_CORES_PER_TASK
        tasks, units = split_gang(int(row.number("cpus", least=1, most=1_000_000)), most)
        cores = units * CORES_PER_ACCELERATOR if self.accelerated else units
        gib = units * (GIB_PER_ACCELERATOR if self.accelerated else GIB_PER_CORE)
        return TraceJob(
            key=f"{row.line:06d}",
            submit_s=row.number("arrival_h", least=0) * 3600.0,
            runtime_minutes=row.run_minutes("length_h", minutes_per_unit=60.0),
            service=self.service,
            tasks=tasks,
            accelerators=units if self.accelerated else 0,
            cpu_cores=round(cores, 2),
            memory_gib=round(gib, 2),
        )


PAI = Gaia(
    name="pai",
    mapping="training jobs; the authors' resource units are taken as accelerators",
    service="training",
    accelerated=True,
)
AZURE = Gaia(name="azure", mapping="virtual machines that serve people near them", service="interactive")
MUSTANG = Gaia(name="mustang", mapping="batch jobs on cores, due in the morning", service="batch")
