"""GAIA's waiting policies on the PAI sample, without limit and with a binding one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from simulations.fidelity.crowded import greedy_starts, peak_units
from simulations.fidelity.gaia_policies import (
    carbon_time,
    lowest_slot,
    lowest_window,
    lowest_window_oracle,
    no_wait,
    threshold,
)
from simulations.fidelity.oracle import best_paused, best_whole
from simulations.fidelity.our_plan import planned, replayed
from simulations.fidelity.published_data import carbon_hourly, read_pai
from simulations.fidelity.row import Row
from simulations.fidelity.terms import Terms
from simulations.fidelity.workload import Floats, Ints, Workload, emitted, saving_percent

SLOT_MINUTES = 15
HOUR = 4
DAY = 24 * HOUR
SHORT_HOURS, SHORT_WAIT_HOURS, LONG_WAIT_HOURS = 2.0, 6, 24
ZONES = ("US-CAL-CISO", "DE-LU")
QUARTER_DAYS, REPLAY_DAYS, QUICK_DAYS = 91, 14, 4
LIMITS = (1.0, 0.8, 0.6)
PAPER = "Hanafy 2024, rebuilt"
TIE_PERCENT = 1e-6

POLICIES: Mapping[str, Callable[[Workload, Floats, int], Ints]] = {
    "no wait": no_wait,
    "lowest slot": lowest_slot,
    "lowest window, class mean": lowest_window,
    "carbon-time, class mean": carbon_time,
    "lowest window, oracle": lowest_window_oracle,
}


def unlimited(terms: Terms) -> tuple[Row, ...]:
    """What every waiting policy saves without a limit on units, and ours beside it."""
    rows = []
    for zone in ZONES[:1] if terms.quick else ZONES:
        work, curve = pai_work(terms, QUICK_DAYS if terms.quick else QUARTER_DAYS), quarters(terms, zone)
        unmoved = emitted(work, work.arrival, curve)
        ours = saving_percent(work, planned(work, curve, policy="greenest", batch=7 * DAY), unmoved)
        for name, policy in POLICIES.items():
            saving = saving_percent(work, emitted(work, policy(work, curve, HOUR), curve), unmoved)
            rows.append(_row(f"{zone}, whole: at least {name}", saving, ours, reach=True))
        best = saving_percent(work, best_whole(work, curve), unmoved)
        rows.append(_row(f"{zone}, whole: every quarter hour tried", best, ours))
        rows += _paused(work, curve, zone)
    return tuple(rows)


def _paused(work: Workload, curve: Floats, zone: str) -> list[Row]:
    unmoved = emitted(work, work.arrival, curve)
    ours = saving_percent(
        work, planned(work, curve, policy="greenest", pausable=True, batch=7 * DAY), unmoved
    )
    ecovisor = saving_percent(work, threshold(work, curve, HOUR), unmoved)
    best = saving_percent(work, best_paused(work, curve), unmoved)
    return [
        _row(f"{zone}, paused: at least threshold (ecovisor)", ecovisor, ours, reach=True),
        _row(f"{zone}, paused: Wait Awhile's oracle", best, ours),
    ]


def limited(terms: Terms) -> tuple[Row, ...]:
    """How much of the saving survives on a site with fewer units than running at once would need."""
    zone, days = ZONES[0], QUICK_DAYS if terms.quick else REPLAY_DAYS
    work, curve = pai_work(terms, days), quarters(terms, zone)
    peak = peak_units(work, work.arrival)
    unmoved = emitted(work, work.arrival, curve)
    whole = saving_percent(work, best_whole(work, curve), unmoved)
    ours = replayed(work, curve, policy="optimal")
    rows = [
        _row(
            f"{zone}, {days} days replayed, no limit, optimal: saving", whole, kept(work, ours.starts, curve)
        )
    ]
    for limit in LIMITS[-1:] if terms.quick else LIMITS:
        units = round(limit * peak)
        greedy = greedy_starts(work, curve, units)
        saving = kept(work, greedy, curve)
        same = replayed(work, curve, policy="greenest", units=units)
        best = replayed(work, curve, policy="optimal", units=units)
        where = f"{zone}, {units} units ({limit:g} x peak)"
        rows += [
            _row(
                f"{where}, greenest: saving",
                saving,
                kept(work, same.starts, curve),
                note=_left(work, same.starts),
            ),
            _row(
                f"{where}, optimal, day ahead: at least greedy",
                saving,
                kept(work, best.starts, curve),
                reach=True,
                note=f"{_survives(work, best.starts, curve, whole)} of the saving survives, "
                f"greedy's {_survives(work, greedy, curve, whole)}; {_left(work, best.starts)}",
            ),
        ]
    return tuple(rows) if terms.quick else (*rows, _on_arrival(terms))


def _on_arrival(terms: Terms) -> Row:
    """The optimizer without knowledge of the day: a few days, since it plans every quarter hour."""
    zone, limit = ZONES[0], LIMITS[1]
    work, curve = pai_work(terms, QUICK_DAYS), quarters(terms, zone)
    units = round(limit * peak_units(work, work.arrival))
    whole = saving_percent(work, best_whole(work, curve), emitted(work, work.arrival, curve))
    greedy = greedy_starts(work, curve, units)
    ours = replayed(work, curve, policy="optimal", units=units, day_ahead=False)
    return _row(
        f"{zone}, {QUICK_DAYS} days, {units} units ({limit:g} x peak), optimal, jobs known on arrival: at least greedy",
        kept(work, greedy, curve),
        kept(work, ours.starts, curve),
        reach=True,
        note=f"{_survives(work, ours.starts, curve, whole)} of the saving survives, "
        f"greedy's {_survives(work, greedy, curve, whole)}; {_left(work, ours.starts)}",
    )


def kept(work: Workload, starts: Ints, curve: Floats) -> float:
    """Return the saving [%] where a job that wasn't run counts as one that emits what it would have at once."""
    unmoved = emitted(work, work.arrival, curve)
    run = starts >= 0
    emissions = np.where(run, emitted(work, np.where(run, starts, work.arrival), curve), unmoved)
    return saving_percent(work, emissions, unmoved)


def pai_work(terms: Terms, days: int) -> Workload:
    """Return the PAI jobs of the first days, arrivals and lengths rounded up to whole quarter hours."""
    trace = read_pai(terms.data)
    arrival = np.ceil(trace.arrival_hours * HOUR).astype(np.int64)
    length = np.maximum(np.ceil(trace.length_hours * HOUR), 1).astype(np.int64)
    wait = np.where(trace.length_hours < SHORT_HOURS, SHORT_WAIT_HOURS, LONG_WAIT_HOURS) * HOUR
    work = Workload(
        slot_minutes=SLOT_MINUTES,
        arrival=arrival,
        earliest=arrival,
        length=length,
        due=arrival + wait + length,
        units=trace.units,
    )
    return work.part(arrival < days * DAY)


def quarters(terms: Terms, zone: str) -> Floats:
    """Return the curve of a zone by quarter hours, UTC."""
    return np.repeat(carbon_hourly(zone, terms.data), HOUR)


def _row(name: str, expected: float, measured: float, *, reach: bool = False, note: str = "") -> Row:
    return Row(
        name=f"PAI, {name}",
        source=PAPER,
        unit="%",
        expected=expected,
        measured=measured,
        tolerance=TIE_PERCENT,
        note=note,
        relation="at least" if reach else "equal",
    )


def _survives(work: Workload, starts: Ints, curve: Floats, whole: float) -> str:
    return f"{100 * kept(work, starts, curve) / whole:.1f} %"


def _left(work: Workload, starts: Ints) -> str:
    late = starts < 0
    share = float((work.units * work.length)[late].sum() / (work.units @ work.length))
    return f"{int(late.sum())} of {work.jobs} jobs not run ({100 * share:.2f} % of the work)"
