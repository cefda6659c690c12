"""The exact optimum of a tiny problem by trying everything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from scheduler.optimizer import Problem
from tests.scheduler.optimizer.checker import Ledger, Option, allowed, copies, is_split, option_cost


def splits(p: Problem, row: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Every set of runs that works the row's duration."""
    for worked in itertools.combinations(range(p.slots), int(p.duration[row])):
        runs: list[list[int]] = []
        for t in worked:
            if runs and runs[-1][1] == t:
                runs[-1][1] = t + 1
            else:
                runs.append([t, t + 1])
        yield tuple((a, b) for a, b in runs)


def options_of(p: Problem, job: int) -> list[Option]:
    found: list[Option] = []
    for row in np.flatnonzero(p.row_job == job).tolist():
        d = int(p.duration[row])
        if is_split(p, row):
            every = (
                (row, tuple((s, a, b) for a, b in runs)) for s in range(p.sites) for runs in splits(p, row)
            )
        else:
            groups = itertools.combinations(range(p.sites), copies(p, row))
            starts = range(max(0, p.slots - d + 1))
            every = (
                (row, tuple((s, t, t + d) for s in group)) for group, t in itertools.product(groups, starts)
            )
        found.extend(option for option in every if allowed(p, option))
    return found


def optimum(p: Problem) -> float:
    """Least objective over all plans."""
    best = [float(p.penalty.sum())]
    options = [options_of(p, job) for job in range(p.jobs)]

    def extend(job: int, ledger_options: list[Option], cost: float) -> None:
        if cost >= best[0]:
            return
        if job == p.jobs:
            ledger = Ledger(p)
            for option in ledger_options:
                ledger.add(option)
            best[0] = min(best[0], cost + ledger.supply_cost())
            return
        for option in options[job]:
            ledger = Ledger(p)
            for other in [*ledger_options, option]:
                ledger.add(other)
            if not ledger.broken():
                extend(job + 1, [*ledger_options, option], cost + option_cost(p, option))
        extend(job + 1, ledger_options, cost + float(p.penalty[job]))

    extend(0, [], 0.0)
    return best[0]
