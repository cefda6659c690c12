"""The drawings of a report besides the map."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulations.compare import Comparison, headline_of
from simulations.report.figure import BLUE, COLOURS, GREEN, RED, SIDES, Figure
from simulations.scenario.region import side_of
from simulations.scenario.scenario_run import ScenarioRun
from topology import CHINA_TIME

Floats = NDArray[np.float64]
WAIT_EDGES_MINUTES = (0, 5, 10, 15, 30, 60, 120, 240, 480, 960, 1920)


def draw_heat(run: ScenarioRun, number: int = 0) -> Figure:
    """Utilisation of every site in every hour."""
    hours, labels = _hours(run)
    share = _hourly(_grid(run, "power_share"), hours)
    order = sorted(
        range(len(run.catalogue.sites)),
        key=lambda row: (-list(SIDES).index(side_of(run.catalogue.sites[row])), -float(share[row].mean())),
    )
    names = [run.catalogue.sites[row].id for row in order]
    return Figure(
        id=f"heat-{number}" if number else "heat",
        title=f"Utilisation, site by hour: {run.name}",
        words="Share of each site's power that its machines may draw and did; the west first, busiest sites on top.",
        data=(
            {
                "type": "heatmap",
                "z": [[round(value, 4) for value in share[row].tolist()] for row in order],
                "x": labels,
                "y": names,
                "zmin": 0,
                "zmax": max(0.65, float(share.max(initial=0.0))),
                "colorscale": "Viridis",
                "colorbar": {"title": {"text": "share"}, "tickformat": ".0%"},
            },
        ),
        layout={
            "yaxis": {"autorange": "reversed", "tickfont": {"size": 9}, "automargin": True},
            "xaxis": {"tickangle": -45},
        },
        height_px=max(360, 14 * len(names) + 120),
    )


def draw_costs(run: ScenarioRun) -> Figure:
    """What one scenario costs, part by part."""
    headline = headline_of(run)
    parts = {
        "energy": headline.energy_cny,
        "carbon": headline.carbon_cny,
        "network": headline.network_cny,
        "rejected value": headline.rejected_value_cny,
        "surcharge": headline.surcharge_cny,
        "idle sites": headline.idle_cny,
    }
    data, axis = _falls({}, parts, "total")
    return Figure(
        id="costs",
        title=f"What {run.name} costs",
        words="Parts of the cost [CNY].",
        data=(data,),
        layout={"yaxis": axis},
    )


def draw_waterfall(comparison: Comparison, number: int) -> Figure:
    """The way from one scenario's cost to another's."""
    fall = comparison.waterfall
    data, axis = _falls(
        {comparison.a: fall.begin.cny}, {part.cause: part.cny for part in fall.parts}, comparison.b
    )
    sums = f"{fall.difference_cny:+,.2f} CNY, {fall.difference_kg:+,.2f} kg in all."
    return Figure(
        id=f"waterfall-{number}",
        title=f"From {comparison.a} to {comparison.b}",
        words=f"Which change accounts for how much: {sums}",
        data=(data,),
        layout={"yaxis": axis},
    )


def _falls(
    begin: dict[str, float], parts: dict[str, float], end: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The trace and the axis of a waterfall; it begins at 0 when `begin` is empty."""
    values = [*begin.values(), *parts.values(), 0.0]
    levels = np.cumsum([*begin.values(), *parts.values()])
    low, high = float(levels.min()), float(levels.max())
    # A difference of a per cent is lost beside two whole totals: the axis begins near the lowest level.
    floor = max(0.0, low - 0.25 * (high - low)) if begin else 0.0
    axis: dict[str, Any] = {"title": {"text": "CNY"}, "rangemode": "tozero"}
    if floor:
        top = high + 0.15 * (high - low or 1.0)
        axis = {"title": {"text": "CNY (axis does not begin at 0)"}, "range": [floor, top]}
    trace = {
        "type": "waterfall",
        "x": [*begin, *parts, end],
        "y": values,
        "measure": ["absolute"] * len(begin) + ["relative"] * len(parts) + ["total"],
        "increasing": {"marker": {"color": RED}},
        "decreasing": {"marker": {"color": GREEN}},
        "totals": {"marker": {"color": BLUE}},
        "text": [f"{value:,.0f}" for value in [*values[:-1], float(levels[-1])]],
        "textposition": "outside",
        "cliponaxis": False,
        "showlegend": False,
    }
    return trace, axis


def draw_curves(run: ScenarioRun) -> Figure:
    """Power price and carbon intensity, east and west, and the power drawn."""
    hours, labels = _hours(run)
    sides = np.array([side_of(site) for site in run.catalogue.sites])
    power = _hourly(run.rates.power_cny_per_kwh, hours)
    carbon = _hourly(run.rates.carbon_g_per_kwh, hours)
    traces: list[dict[str, Any]] = []
    for name, colour in SIDES.items():
        rows = sides == name
        if not rows.any():
            continue
        line = {"color": colour}
        traces += [
            _line(f"price, {name}", labels, power[rows].mean(axis=0), "y", line),
            _line(f"carbon, {name}", labels, carbon[rows].mean(axis=0), "y2", {**line, "dash": "dot"}),
        ]
    drawn = np.bincount(hours, _grid(run, "it_kwh").sum(axis=0)).astype(np.float64)
    traces.append(_line("IT energy [kWh per hour]", labels, drawn, "y3", {"color": GREEN}))
    return Figure(
        id="curves",
        title=f"Power price, carbon intensity and load: {run.name}",
        words="Means over the sites of each side, hour by hour; below, what the machines drew.",
        data=tuple(traces),
        layout={
            "xaxis": {"tickangle": -45, "anchor": "y3"},
            "yaxis": {"title": {"text": "CNY/kWh"}, "domain": [0.36, 1], "rangemode": "tozero"},
            "yaxis2": {"title": {"text": "g/kWh"}, "overlaying": "y", "side": "right", "rangemode": "tozero"},
            "yaxis3": {"title": {"text": "kWh"}, "domain": [0, 0.28], "rangemode": "tozero"},
            "legend": {"orientation": "h", "y": 1.12},
        },
        height_px=520,
    )


def draw_waiting(runs: Sequence[ScenarioRun]) -> Figure:
    """How long work waited, one group of bars for each scenario."""
    edges = np.array([*WAIT_EDGES_MINUTES, np.inf])
    labels = [f"{low} to {high}" for low, high in itertools.pairwise(WAIT_EDGES_MINUTES)]
    labels.append(f"over {WAIT_EDGES_MINUTES[-1]}")
    traces = []
    for run, colour in zip(runs, _colours(len(runs)), strict=True):
        waits = np.asarray(run.outcome.column("jobs", "wait_minutes"), dtype=np.float64)
        counts, _ = np.histogram(waits[np.isfinite(waits)], edges)
        share = counts / max(int(counts.sum()), 1)
        traces.append(
            {"type": "bar", "name": run.name, "x": labels, "y": share.tolist(), "marker": {"color": colour}}
        )
    return Figure(
        id="waiting",
        title="Waiting",
        words="Share of the jobs that ran, by the time from release to start [min].",
        data=tuple(traces),
        layout={
            "yaxis": {"tickformat": ".0%"},
            "xaxis": {"title": {"text": "minutes"}, "type": "category"},
            "barmode": "group",
            "showlegend": True,
        },
    )


def _line(name: str, x: list[str], y: Floats, axis: str, line: dict[str, Any]) -> dict[str, Any]:
    values = [round(value, 4) for value in y.tolist()]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": values,
        "yaxis": axis,
        "line": line,
    }


def _colours(count: int) -> list[str]:
    return [COLOURS[number % len(COLOURS)] for number in range(count)]


def _grid(run: ScenarioRun, column: str) -> Floats:
    """A column of the table of sites as an array, [S, T]."""
    outcome = run.outcome
    grid = np.zeros((len(outcome.site_ids), outcome.horizon.slots))
    site, slot = (outcome.column("sites", name).astype(np.int64) for name in ("site", "slot"))
    grid[site, slot] = outcome.column("sites", column)
    return grid


def _hours(run: ScenarioRun) -> tuple[NDArray[np.int64], list[str]]:
    """The hour that each slot falls in, counted from the start, and the hours' names in China's time."""
    horizon = run.outcome.horizon
    hours = (np.arange(horizon.slots) * horizon.slot_minutes) // 60
    first = np.unique(hours, return_index=True)[1].tolist()
    labels = [horizon.instant(slot).astimezone(CHINA_TIME).strftime("%m-%d %H:%M") for slot in first]
    return hours, labels


def _hourly(grid: Floats, hours: NDArray[np.int64]) -> Floats:
    """Mean of a grid over each hour, [S, hours]."""
    count = np.bincount(hours)
    sums = np.stack([np.bincount(hours, row, len(count)) for row in grid])
    means: Floats = sums / count
    return means
