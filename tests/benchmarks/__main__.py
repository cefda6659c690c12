"""Every table of the optimizer: python -m tests.benchmarks [--quick] [--repeat N]

Reads ../shared (the instance maker, the checker and the assignment instances lie there). About half an hour; `--quick`
runs a few minutes' worth. Each instance is solved in a process of its own, so that its peak memory is its own, and
every plan is checked by the neutral checker. `--repeat N` runs each placement row and each peer N times and prints
medians and ranges; that takes N times as long.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.spread import spread_of

SHARED = Path(__file__).resolve().parents[3] / "shared"
# jobs, sites, load, time limit [s], goal of the gap [%]
ROWS = (
    (100, 8, 0.5, 60, 0.01),
    (100, 8, 0.9, 60, 0.01),
    (100, 8, 1.3, 60, 0.01),
    (300, 8, 0.9, 60, 1.0),
    (1_000, 40, 0.9, 30, 1.0),
    (10_000, 40, 0.5, 60, 0.3),
    (10_000, 40, 0.9, 60, 2.5),
    (10_000, 40, 1.3, 60, 3.0),
    (100_000, 40, 0.5, 60, 0.2),
    (100_000, 40, 0.9, 60, 1.0),
    (100_000, 40, 1.3, 60, 2.5),
    (1_000_000, 40, 0.9, 120, 1.5),
    (10_000, 400, 0.5, 60, 5.0),
)
QUICK = (1, 4, 6)


def call(*words: str) -> list[str]:
    """Lines that a Python command prints."""
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()


def placements(folder: Path, rows: tuple[tuple[int, int, float, int, float], ...], repeat: int) -> None:
    """The goal table."""
    print("\n## Placement (goal in %; RSS is the peak of the process)\n")
    for k, (jobs, sites, load, limit, goal) in enumerate(rows):
        instance, solution = folder / f"j{jobs}-s{sites}-l{load}.npz", folder / "solution.npz"
        make = ["--jobs", str(jobs), "--sites", str(sites), "--load", str(load), "--out", str(instance)]
        call(str(SHARED / "bench/instances.py"), *make)
        ask = [str(instance), "--time-limit", str(limit), "--out", str(solution)]
        found = []
        for turn in range(repeat):
            lines = call("-m", "tests.benchmarks.placement", *ask)
            if k == turn == 0 and len(lines) > 1:
                print(f"goal   {lines[0]}")
            found.append(lines[-1] if lines else "printed nothing")
            print(f"{goal:<6g} {found[-1]}", flush=True)
            if jobs <= 10_000:
                print(
                    f"       checker: {call(str(SHARED / 'bench/check.py'), str(instance), str(solution))[-1]}"
                )
        if repeat > 1:
            print(f"       of {repeat}: {summary(found)}", flush=True)
        instance.unlink(missing_ok=True)


def summary(lines: list[str]) -> str:
    """Medians and ranges of what `tests.benchmarks.placement` printed for one instance."""
    rows = [line.split() for line in lines]
    if any(len(row) < 7 or not row[3].endswith("%") for row in rows):
        return "a run failed"
    gap, seconds, busy_s, rss_mb = ([float(row[k].rstrip("%")) for row in rows] for k in (3, 4, 5, 6))
    return (
        f"gap {spread_of(gap, '.3f')} %, {spread_of(seconds, '.1f')} s, processor {spread_of(busy_s, '.1f')} s, "
        f"{spread_of(rss_mb)} MB"
    )


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--quick", action="store_true", help="three placement rows, six assignment instances")
    ask.add_argument("--repeat", type=int, default=1, help="times that placement rows and peers are run")
    given = ask.parse_args()
    quick = given.quick
    if not SHARED.is_dir():
        sys.exit(f"{SHARED}: not here; the instances and their checker lie there")
    began = time.monotonic()
    print(" ".join(["python -m tests.benchmarks", *sys.argv[1:]]))
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, load of the machine {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as name:
        placements(Path(name), tuple(ROWS[k] for k in QUICK) if quick else ROWS, given.repeat)
        print("\n## Generalised assignment, 10 s an instance\n")
        files = sorted(map(str, (SHARED / "data/bench/gap").glob("*.txt.gz")))
        print("\n".join(call("-m", "tests.benchmarks.gap", *(files[::10] if quick else files))), flush=True)
        print("\n## Peers, the same instances and the same time\n")
        instance = Path(name) / "peers.npz"
        for jobs, sites in ((100, 8),) if quick else ((100, 8), (1_000, 40)):
            make = ["--jobs", str(jobs), "--sites", str(sites), "--load", "0.9", "--out", str(instance)]
            call(str(SHARED / "bench/instances.py"), *make)
            limit = ["--time-limit", "15" if quick else "60", "--repeat", str(given.repeat)]
            print("\n".join(call("-m", "tests.benchmarks.peers", str(instance), *limit)), flush=True)
    print(
        f"\n{time.monotonic() - began:.0f} s in all, load of the machine {os.getloadavg()[0]:.1f} at the end"
    )


if __name__ == "__main__":
    main()
