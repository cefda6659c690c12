"""What others do with the same instances in the same time: generic solvers, CBC and simple rules beside our own search.

    python -m tests.benchmarks.peers I.npz ... --time-limit 60 [--only ours,scip] [--repeat 3] [--json]

Every peer runs in a process of its own, so that no solver's library meets another's (hence the imports inside
functions); when it overstays it is ended with all it began. The time limit covers building the model. No status and no
value is believed: each plan is counted again by enumeration's plain Python, which shares no code with any of them; a
plan that breaks a rule has no value. A bound is the solver's own word.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty
from typing import Any

import numpy as np

from scheduler.optimizer import Problem, insert_in_order, nothing_placed, solve
from scheduler.optimizer.assignment import Assignment, plain_assignment
from tests.benchmarks.instance_file import read_instance
from tests.benchmarks.spread import spread_of
from tests.scheduler.optimizer.brute_force import ROUNDING, option_at

GRACE_S = 20.0  # what a peer may take beyond its limit before it is ended
Answer = tuple[Assignment, float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """One peer on one instance; value and bound in CNY, None where there is none."""

    instance: str
    peer: str
    value: float | None
    bound: float | None
    seconds: float
    note: str


def counted(problem: Problem, plan: Assignment) -> tuple[float | None, str]:
    """The cost of the plan, or None and the rule it breaks."""
    total, held = 0.0, {}
    for job in range(problem.jobs):
        if plan.row[job] < 0:
            total += float(problem.penalty[job])
            continue
        option = option_at(problem, int(plan.row[job]), int(plan.site[job]), int(plan.start[job]))
        if option is None or problem.row_job[option.row] != job:
            return None, f"job {job} breaks its own rules"
        total += option.cost
        for key, amount in option.held.items():
            held[key] = held.get(key, 0.0) + amount
    for (kind, i, r, t), amount in held.items():
        room = float(problem.capacity[i, r, t] if kind == "site" else problem.link_capacity[i, t])
        if amount > room + 1e3 * ROUNDING * max(1.0, room):
            return None, f"{kind} {i} holds {amount:g} of {room:g} in slot {t}"
    return total, ""


def ours(problem: Problem, limit_s: float) -> Answer:
    """The product."""
    found = solve(problem, time_limit_s=limit_s)
    return found.assignment, found.bound


def time_indexed(problem: Problem, limit_s: float, solver: str) -> Answer:
    """The whole time-indexed model through MathOpt."""
    from datetime import timedelta  # noqa: PLC0415

    from ortools.math_opt.python import mathopt  # noqa: PLC0415

    from scheduler.optimizer.exact_model import build_model, whole_room  # noqa: PLC0415

    began = time.monotonic()
    columns = all_columns(problem)
    built = build_model(problem, columns, np.arange(problem.jobs), problem.penalty, whole_room(problem))
    left = limit_s - (time.monotonic() - began)
    if left <= 0:
        raise TimeoutError("building the model took all the time")
    kind = getattr(mathopt.SolverType, solver)
    threads = 2 if solver == "CP_SAT" else None
    result = mathopt.solve(
        built.model,
        kind,
        params=mathopt.SolveParameters(
            time_limit=timedelta(seconds=left), relative_gap_tolerance=5e-5, threads=threads
        ),
    )
    bound = result.dual_bound()
    if not result.has_primal_feasible_solution():
        return nothing_placed(problem), bound if np.isfinite(bound) else None
    return chosen_plan(problem, columns, np.array(result.variable_values(built.run))), bound


def cbc(problem: Problem, limit_s: float) -> Answer:
    """The same model by PuLP and CBC, which says "Optimal" at its time limit and gives no bound."""
    import pulp  # noqa: PLC0415

    from scheduler.optimizer.exact_model import whole_room  # noqa: PLC0415
    from scheduler.optimizer.restricted import held_by, room_in  # noqa: PLC0415

    began = time.monotonic()
    columns = all_columns(problem)
    model = pulp.LpProblem("placement", pulp.LpMinimize)
    run = [pulp.LpVariable(f"run{n}", cat="Binary") for n in range(len(columns))]
    left = [pulp.LpVariable(f"left{j}", 0, 1) for j in range(problem.jobs)]
    costs = [*zip(run, columns.cost.tolist(), strict=True), *zip(left, problem.penalty.tolist(), strict=True)]
    model += pulp.LpAffineExpression(costs)
    of_job: dict[int, list[Any]] = {j: [(left[j], 1)] for j in range(problem.jobs)}
    cells: dict[Any, list[Any]] = {}
    for n in range(len(columns)):
        of_job[int(columns.job[n])].append((run[n], 1))
        for cell, amount in held_by(problem, columns, n):
            cells.setdefault(cell, []).append((run[n], amount))
        if time.monotonic() - began > limit_s:
            raise TimeoutError("building the model took all the time")
    for terms in of_job.values():
        model += pulp.LpAffineExpression(terms) == 1
    room = whole_room(problem)
    for cell, terms in cells.items():
        model += pulp.LpAffineExpression(terms) <= room_in(room, cell)
    left_s = limit_s - (time.monotonic() - began)
    if left_s <= 0:
        raise TimeoutError("building the model took all the time")
    model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=left_s, threads=2))
    return chosen_plan(problem, columns, np.array([x.value() or 0.0 for x in run])), None


def first_come(problem: Problem, _limit_s: float) -> Answer:
    """Cheapest feasible place, in order of release."""
    release = problem.release[np.searchsorted(problem.row_job, np.arange(problem.jobs))]
    return insert_in_order(problem, np.argsort(release, kind="stable")), None


def densest_first(problem: Problem, _limit_s: float) -> Answer:
    """Cheapest feasible place, most valuable per share of capacity first."""
    first = np.searchsorted(problem.row_job, np.arange(problem.jobs))
    share = (problem.demand / np.maximum(problem.capacity.sum(axis=(0, 2)), 1e-9)).sum(
        axis=1
    ) * problem.duration
    return insert_in_order(
        problem, np.argsort(-problem.penalty / np.maximum(share[first], 1e-12), kind="stable")
    ), None


PEERS: dict[str, Callable[[Problem, float], Answer]] = {
    "ours": ours,
    "scip": lambda problem, limit_s: time_indexed(problem, limit_s, "GSCIP"),
    "highs": lambda problem, limit_s: time_indexed(problem, limit_s, "HIGHS"),
    "cp-sat": lambda problem, limit_s: time_indexed(problem, limit_s, "CP_SAT"),
    "cbc": cbc,
    "first come": first_come,
    "densest first": densest_first,
}


def all_columns(problem: Problem) -> Any:
    """Every column of every job, at no prices."""
    from scheduler.optimizer.exact_columns import ColumnMaker  # noqa: PLC0415
    from scheduler.optimizer.prices import Prices  # noqa: PLC0415

    empty = np.zeros((0, 0))
    nothing = Prices(
        site=np.zeros((0, 0, 0)), link=empty, group=np.zeros((0, 0, 0)), quota=np.zeros(0), supply=empty
    )
    maker = ColumnMaker(problem, nothing, problem.capacity, problem.link_capacity)
    return maker.columns_of(np.arange(problem.jobs))


def chosen_plan(problem: Problem, columns: Any, values: np.ndarray) -> Assignment:
    """The plan of the columns whose value is 1."""
    chosen = np.flatnonzero(values > 0.5)
    row, site, start = (np.full(problem.jobs, -1) for _ in range(3))
    row[columns.job[chosen]], site[columns.job[chosen]] = columns.row[chosen], columns.site[chosen]
    start[columns.job[chosen]] = columns.start[chosen]
    return plain_assignment(problem, row=row, site=site, start=start)


def _work(path: str, peer: str, limit_s: float, answers: Any) -> None:
    os.setpgid(0, 0)  # so that a solver that is a program of its own ends with us
    problem = read_instance(path)
    began = time.monotonic()
    try:
        plan, bound = PEERS[peer](problem, limit_s)
        seconds = time.monotonic() - began
        value, note = counted(problem, plan)
    except (TimeoutError, MemoryError, RuntimeError, ValueError) as error:
        value, bound, note, seconds = None, None, str(error)[:60], time.monotonic() - began
    answers.put(
        Result(
            instance=Path(path).stem,
            peer=peer,
            value=value,
            bound=bound,
            seconds=round(seconds, 2),
            note=note,
        )
    )


def run_peer(path: Path, peer: str, limit_s: float) -> Result:
    """One peer in a fresh process; what it has not said by the limit and some grace does not count."""
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    child = context.Process(target=_work, args=(str(path), peer, limit_s, answers))
    child.start()
    try:
        return answers.get(timeout=limit_s + GRACE_S)
    except Empty:
        return Result(
            instance=path.stem, peer=peer, value=None, bound=None, seconds=limit_s, note="no answer in time"
        )
    finally:
        if child.pid is not None and _leads(child.pid):
            os.killpg(child.pid, signal.SIGKILL)
        child.kill()
        child.join()


def _leads(pid: int) -> bool:
    """Whether a process that has not been waited for leads a group of its own: one just begun is still in ours."""
    return os.getpgid(pid) == pid


def as_markdown(results: list[Result]) -> str:
    """A table a person can read: medians and ranges of all rounds; "above" is against the best value of its round."""
    rounds: dict[tuple[str, str], list[Result]] = {}
    best: dict[tuple[str, int], float] = {}
    for result in results:
        mine = rounds.setdefault((result.instance, result.peer), [])
        if result.value is not None:
            key = (result.instance, len(mine))
            best[key] = min(best.get(key, np.inf), result.value)
        mine.append(result)
    lines = [
        "| instance | peer | value | above best | bound | gap | seconds | note |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (instance, peer), mine in rounds.items():
        above = [
            None if each.value is None else each.value / best[instance, k] - 1 for k, each in enumerate(mine)
        ]
        gaps = [
            None if each.value is None or each.bound is None else (each.value - each.bound) / each.value
            for each in mine
        ]
        cells = [
            instance, peer, spread_of([each.value for each in mine], ".1f"), spread_of(above, "+.2%"),
            spread_of([each.bound for each in mine], ".1f"), spread_of(gaps, ".3%"),
            spread_of([each.seconds for each in mine], ".1f"), "; ".join(sorted({each.note for each in mine} - {""})),
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run every peer on every instance and print the table."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("instances", nargs="+", type=Path)
    ask.add_argument("--time-limit", type=float, default=60.0, help="seconds per peer and instance")
    ask.add_argument("--only", default=",".join(PEERS), help="peers, separated by commas")
    ask.add_argument("--json", action="store_true", help="print a list of objects instead of a table")
    ask.add_argument(
        "--repeat", type=int, default=1, help="rounds of all peers; the table has medians and ranges"
    )
    given = ask.parse_args()
    chosen = [peer.strip() for peer in given.only.split(",")]
    unknown = [peer for peer in chosen if peer not in PEERS]
    if unknown:
        ask.error(f"no peer named {unknown[0]!r}: choose from {', '.join(PEERS)}")
    results = [
        run_peer(path, peer, given.time_limit)
        for path in given.instances
        for _ in range(given.repeat)
        for peer in chosen
    ]
    print(
        json.dumps([asdict(result) for result in results], indent=1) if given.json else as_markdown(results)
    )


if __name__ == "__main__":
    main()
