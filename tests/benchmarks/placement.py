"""Solves one benchmark instance and prints one line of a table.

    python -m tests.benchmarks.placement I.npz --time-limit 60 --out S.npz

The solution file holds `site` [N] (-1 = not placed), `start` [N] and `bound`, for an independent check.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np

from scheduler.optimizer import Solution, solve
from scheduler.optimizer.warmup import compile_kernels
from tests.benchmarks.instance_file import read_instance

HEADER = (
    "instance                      objective          bound      gap  total s   CPU s  RSS MB  milestones"
)


def table_line(name: str, solution: Solution, cpu_s: float) -> str:
    """One line: objective, bound, gap, seconds to each milestone, peak memory."""
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    steps = ", ".join(
        f"{phase} {seconds:.1f} s ({(objective - bound) / abs(objective):.2%})"
        for phase, seconds, objective, bound in solution.milestones
        if objective
    )
    return (
        f"{name:24s} {solution.objective:14.2f} {solution.bound:14.2f} {solution.gap:8.3%} {solution.seconds:8.1f} "
        f"{cpu_s:7.1f} {rss_mb:7.0f}  {steps}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Solve a placement instance and print one line of a table.")
    parser.add_argument("instance", type=Path)
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds")
    parser.add_argument("--gap", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    compile_kernels()
    problem = read_instance(options.instance)
    cpu = time.process_time()
    solution = solve(problem, time_limit_s=options.time_limit, gap=options.gap, seed=options.seed)
    print(HEADER)
    print(table_line(options.instance.stem, solution, time.process_time() - cpu))
    if options.out:
        np.savez(
            options.out,
            site=solution.assignment.site,
            start=solution.assignment.start,
            bound=np.array(solution.bound),
        )


if __name__ == "__main__":
    main()
