"""The path from one outcome to another: which change accounts for how much of the difference.

A and B are two outcomes over the same sites and slots. The work that ran in both is led from A to B one change at a
time, and every change is priced for every job:

    price       A's runs, at B's power price
    pue         and B's marginal PUE
    carbon      and B's carbon intensity and carbon price
    time        and begun when B began them, still on A's sites and machines
    place       and on B's sites and machines: what B recorded
    network     what moving their data cost
    rejections  work that ran in one outcome only, and the value of what was rejected
    demand      work that only one of the two was asked for
    quota       surcharges for energy above a quota
    sun         energy the sites' own sun gave
    idle        what the sites draw when they are empty

The order is part of the definition: another order would share out differently what two changes do together (cheaper
power is worth more to a site that does more work). No part is a remainder; the last total is B's own, and that is
checked. The first seven causes are always told, the others where they are not 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulations.compare.ledger import Floats, Ints, Ledger, Runs
from simulations.compare.waterfall import Stage, Waterfall
from simulations.errors import SimulationError
from simulations.scenario.grid_rates import GridRates

ALWAYS = ("price", "pue", "carbon", "time", "place", "network", "rejections")
CAUSES = (*ALWAYS, "demand", "quota", "sun", "idle")
CLOSE = 1e-6


class CompareError(SimulationError):
    """Two outcomes cannot be compared."""


def lead(a: Ledger, b: Ledger) -> Waterfall:
    """The waterfall from A to B.

    Raises:
        CompareError: they are not over the same sites and slots, or a path does not end at B's total.
    """
    if a.rates.power_cny_per_kwh.shape != b.rates.power_cny_per_kwh.shape:
        raise CompareError(
            f"the outcomes have {a.rates.power_cny_per_kwh.shape} and {b.rates.power_cny_per_kwh.shape} sites and "
            "slots; compare scenarios with one catalogue and one clock"
        )
    stages = [Stage(cause="", cny=a.total_cny, kg=a.total_kg)]
    for cause, cny, kg in _changes(a, b):
        if cause in ALWAYS or cny or kg:
            before = stages[-1]
            stages.append(Stage(cause=cause, cny=before.cny + cny, kg=before.kg + kg))
    end = stages[-1]
    for found, wanted, unit in ((end.cny, b.total_cny, "CNY"), (end.kg, b.total_kg, "kg")):
        if not math.isclose(found, wanted, rel_tol=CLOSE, abs_tol=1e-3):
            raise CompareError(
                f"the path ends at {found} {unit}, and B is {wanted}: the books do not fit the runs"
            )
    return Waterfall.over(stages)


def _changes(a: Ledger, b: Ledger) -> Iterator[tuple[str, float, float]]:
    """Every cause with what it adds to the cost [CNY] and the emissions [kg]."""
    rows_a, rows_b = _shared_rows(a, b)
    both = a.ran[rows_a] & b.ran[rows_b]
    led_a, led_b = rows_a[both], rows_b[both]
    yield from _led(a, b, led_a, led_b)
    yield "network", _sum(b.network_cny[led_b] - a.network_cny[led_a]), 0.0
    one_a, one_b = rows_a[~both], rows_b[~both]
    refused = _sum(b.refused_cny[rows_b]) - _sum(a.refused_cny[rows_a])
    ran = _sum(b.cost_cny[one_b]) - _sum(a.cost_cny[one_a])
    yield "rejections", refused + ran, _sum(b.carbon_kg[one_b]) - _sum(a.carbon_kg[one_a])
    only_a, only_b = _others(a, rows_a), _others(b, rows_b)
    cny = _sum((b.cost_cny + b.refused_cny)[only_b]) - _sum((a.cost_cny + a.refused_cny)[only_a])
    yield "demand", cny, _sum(b.carbon_kg[only_b]) - _sum(a.carbon_kg[only_a])
    yield "quota", b.surcharge_cny - a.surcharge_cny, 0.0
    yield "sun", a.sun_cny - b.sun_cny, a.sun_kg - b.sun_kg
    yield "idle", b.floor_cny - a.floor_cny, b.floor_kg - a.floor_kg


def _led(a: Ledger, b: Ledger, rows_a: Ints, rows_b: Ints) -> Iterator[tuple[str, float, float]]:
    """The causes that change how the work that ran in both was run."""
    keep = np.zeros(len(a.names), dtype=bool)
    keep[rows_a] = True
    runs = a.runs.of(keep)
    shift = np.zeros(len(a.names), dtype=np.int64)
    shift[rows_a] = b.begins[rows_b] - a.begins[rows_a]
    rates = a.rates
    before = _priced(runs, rates, a, rows_a)
    first = before
    steps: tuple[tuple[str, GridRates, Runs], ...] = (
        ("price", rates := replace(rates, power_cny_per_kwh=b.rates.power_cny_per_kwh), runs),
        ("pue", rates := replace(rates, pue_marginal=b.rates.pue_marginal), runs),
        ("carbon", b.rates, runs),
        ("time", b.rates, _shifted(runs, shift, b.rates.power_cny_per_kwh.shape[1])),
    )
    for cause, step_rates, step_runs in steps:
        after = _priced(step_runs, step_rates, a, rows_a)
        yield cause, _sum(after[0] - before[0]), _sum(after[1] - before[1])
        before = after
    # What is recorded beside the runs (the repeated minutes of a resume) goes from A's to B's with the place.
    kg_a, kg_b = a.carbon_kg[rows_a], b.carbon_kg[rows_b]
    cny_a = a.energy_cny[rows_a] + a.carbon_cost(kg_a)
    cny_b = b.energy_cny[rows_b] + b.carbon_cost(kg_b)
    yield (
        "place",
        _sum((cny_b - cny_a) - (before[0] - first[0])),
        _sum((kg_b - kg_a) - (before[1] - first[1])),
    )


def _priced(runs: Runs, rates: GridRates, ledger: Ledger, rows: Ints) -> tuple[Floats, Floats]:
    """Energy and carbon cost [CNY] and emissions [kg] of the jobs in `rows`, by their runs."""
    cny, kg = runs.priced(rates, len(ledger.names))
    return (cny + kg / 1000.0 * rates.carbon_cny_per_t)[rows], kg[rows]


def _shifted(runs: Runs, shift: Ints, slots: int) -> Runs:
    """The runs moved by so many slots, job by job, and held inside the horizon."""
    length = runs.end_slot - runs.start_slot
    start = np.clip(runs.start_slot + shift[runs.job], 0, slots - length)
    return replace(runs, start_slot=start, end_slot=start + length)


def _shared_rows(a: Ledger, b: Ledger) -> tuple[Ints, Ints]:
    """Rows in A and in B of the jobs that both were asked for."""
    row_b = {name: row for row, name in enumerate(b.names)}
    pairs = [(row, row_b[name]) for row, name in enumerate(a.names) if name in row_b]
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _others(ledger: Ledger, rows: Ints) -> NDArray[np.bool_]:
    others = np.ones(len(ledger.names), dtype=bool)
    others[rows] = False
    return others


def _sum(values: Floats) -> float:
    return math.fsum(values.tolist())
