"""Generalised assignment instances through the product's own `solve`.

    python -m tests.benchmarks.gap FILES --time-limit 10 --json

A file holds m n / cost m x n / weight m x n / capacity m, agents by jobs, to be minimised, gzipped or not. Best known
values come from an instances.csv beside the file, where there is one. The value is counted anew from the file.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import time
from pathlib import Path

import numpy as np

from scheduler.optimizer import Problem, solve
from scheduler.optimizer.gap import warm_gap


def read_gap(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """cost [J, A], weight [J, A], capacity [A]."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    numbers = np.array(text.split(), dtype=np.float64)
    agents, jobs = int(numbers[0]), int(numbers[1])
    size = agents * jobs
    if len(numbers) < 2 + 2 * size + agents:
        raise ValueError(
            f"{path}: {len(numbers)} numbers, but {agents} agents x {jobs} jobs ask for {2 + 2 * size + agents}"
        )
    cost, weight = numbers[2 : 2 + 2 * size].reshape(2, agents, jobs).transpose(0, 2, 1)
    return (
        np.ascontiguousarray(cost),
        np.ascontiguousarray(weight),
        numbers[2 + 2 * size : 2 + 2 * size + agents],
    )


def problem_of(cost: np.ndarray, weight: np.ndarray, capacity: np.ndarray) -> Problem:
    """One slot, one choice row per (job, agent); every job must be placed."""
    jobs, agents = cost.shape
    rows = jobs * agents
    one, zero = np.ones(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    return Problem(
        base_price=np.zeros((agents, 1, 1)),
        capacity=np.ascontiguousarray(capacity[:, None, None]),
        link_capacity=np.zeros((0, 1)),
        penalty=np.full(jobs, np.inf),
        row_job=np.repeat(np.arange(jobs), agents),
        demand=weight.reshape(rows, 1).copy(),
        duration=one,
        last_slot_share=np.ones(rows),
        release=zero,
        deadline=one,
        due=one,
        late_cost=np.zeros(rows),
        eligible=np.tile(np.eye(agents, dtype=np.bool_), (jobs, 1)),
        place=np.repeat(np.arange(jobs), agents),
        place_weight=np.ones(rows),
        place_cost=cost,
        transfer_pointer=np.zeros(rows + 1, dtype=np.int64),
        transfer_place=np.zeros(0, dtype=np.int64),
        transfer_rate=np.zeros(0),
        transfer_slots=np.zeros(0, dtype=np.int64),
        route_pointer=np.zeros(jobs * agents + 1, dtype=np.int64),
        route_link=np.zeros(0, dtype=np.int64),
        start_mask_of=-one,
    )


def counted_value(
    cost: np.ndarray, weight: np.ndarray, capacity: np.ndarray, agent: np.ndarray
) -> float | None:
    """The objective by the file's own numbers; None when a job has no agent or an agent is overfull."""
    if (agent < 0).any():
        return None
    jobs = np.arange(len(agent))
    load = np.bincount(agent, weights=weight[jobs, agent], minlength=len(capacity))
    return None if (load > capacity).any() else float(cost[jobs, agent].sum())


def best_known(path: Path) -> float | None:
    """Best known value from the table beside the file."""
    table = path.parent / "instances.csv"
    if not table.exists():
        return None
    with table.open(newline="") as lines:
        for row in csv.DictReader(lines):
            if row["file"] == path.name and row["best_value"]:
                return float(row["best_value"])
    return None


def run_one(path: Path, time_limit_s: float, seed: int) -> dict[str, object]:
    """Solve one file; `seconds` counts from the numbers in memory to the answer."""
    cost, weight, capacity = read_gap(path)
    began = time.monotonic()
    problem = problem_of(cost, weight, capacity)
    solution = solve(
        problem, time_limit_s=max(0.1, time_limit_s - (time.monotonic() - began)), gap=0.0, seed=seed
    )
    seconds = time.monotonic() - began
    return {
        "instance": path.name,
        "value": counted_value(cost, weight, capacity, solution.assignment.site),
        "bound": solution.bound,
        "best_known": best_known(path),
        "seconds": round(seconds, 3),
    }


def main() -> None:
    """Run the files named and print the table."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("files", nargs="+", type=Path)
    ask.add_argument("--time-limit", type=float, default=10.0, help="seconds per instance")
    ask.add_argument("--seed", type=int, default=0)
    ask.add_argument("--json", action="store_true", help="print a list of objects")
    given = ask.parse_args()
    warm_gap()
    rows = []
    for path in given.files:
        rows.append(run_one(path, given.time_limit, given.seed))
        if not given.json:
            print(as_line(rows[-1]), flush=True)
    if given.json:
        print(json.dumps(rows, indent=1))


def as_line(row: dict[str, object]) -> str:
    """One row of the table for people."""
    value, known = row["value"], row["best_known"]
    far = (
        f"{(value - known) / known:8.4%}"
        if isinstance(value, float) and isinstance(known, float) and known
        else "       -"
    )
    return (
        f"{row['instance']:34} value {value} bound {row['bound']} best known {known} {far} {row['seconds']} s"
    )


if __name__ == "__main__":
    main()
