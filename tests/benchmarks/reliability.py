"""The fault matrix as a table: `python -m tests.benchmarks.reliability [BACKEND ...]` runs it for the backends present.

A backend joins with one line in MATRICES; its test module calls `record` once a cell, after all was found right.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MATRICES: Mapping[str, str] = {
    "slurm": "tests/api/dispatch/slurm/test_faults.py",
    "podman": "tests/api/dispatch/podman/test_faults.py",
    "ray": "tests/api/dispatch/ray/test_faults.py",
}
TROUBLES = (
    "controller killed",
    "REST front killed",
    "node killed",
    "network reset",
    "black hole",
    "reply lost",
    "slow",
    "clock skew",
    "disk full of logs",
    "token expired",
)
STAGES = ("submitting", "queued", "running", "ending")
VARIABLE = "EDWC_RELIABILITY_OUT"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One trouble at one stage, survived.

    Attributes:
        backend: which.
        trouble: one of TROUBLES.
        stage: one of STAGES.
        recovery_s: from the end of the trouble until the job was seen again, or its end was [s].
        attempts: how many the job took.
    """

    backend: str
    trouble: str
    stage: str
    recovery_s: float
    attempts: int = 1


def record(cell: Cell) -> None:
    """Add a cell to the table that is being made, if one is."""
    path = os.environ.get(VARIABLE)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(cell)) + "\n")


def render(backend: str, cells: Iterable[Cell]) -> str:
    """One backend's table in Markdown; a cell that is not there was not survived, or not run."""
    by_place = {(cell.trouble, cell.stage): cell for cell in cells if cell.backend == backend}
    lines = [
        f"### {backend}",
        "",
        f"| trouble | {' | '.join(STAGES)} |",
        f"|---|{'---:|' * len(STAGES)}",
    ]
    for trouble in TROUBLES:
        row = [_word(by_place.get((trouble, stage))) for stage in STAGES]
        if any(word != "-" for word in row):
            lines.append(f"| {trouble} | {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def run(backends: Sequence[str]) -> int:
    """Run the matrices and print their tables; 0 when every cell was survived."""
    worst = 0
    for backend in backends:
        if not (ROOT / MATRICES[backend]).exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "cells.jsonl"
            command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-m", "slow", MATRICES[backend]]
            done = subprocess.run(
                command, cwd=ROOT, env=os.environ | {VARIABLE: str(out)}, stdout=sys.stderr, check=False
            )
            worst = max(worst, done.returncode)
            lines = out.read_text(encoding="utf-8").splitlines() if out.exists() else []
        print(render(backend, [Cell(**json.loads(line)) for line in lines]))
    return worst


def _word(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    again = f" ({cell.attempts} attempts)" if cell.attempts > 1 else ""
    return f"{cell.recovery_s:.1f} s{again}"


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:] or list(MATRICES)))
