"""The map: where work ran, and over which links its data went."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulations.report.figure import GREY, SIDES, Figure
from simulations.report.outlines import read_outlines
from simulations.scenario.region import side_of
from simulations.scenario.scenario_run import ScenarioRun

Floats = NDArray[np.float64]
LARGEST_PX = 46.0
WIDEST_PX = 7.0


def draw_map(run: ScenarioRun, number: int = 0) -> Figure:
    """Sites as discs as large as their IT energy; links as lines as wide as the data they moved."""
    longitudes, latitudes = read_outlines()
    outlines = {
        "type": "scatter",
        "mode": "lines",
        "x": longitudes,
        "y": latitudes,
        "line": {"color": "#c8ccd0", "width": 1},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return Figure(
        id=f"map-{number}" if number else "map",
        title=f"Where the work ran, and how its data moved: {run.name}",
        words="A disc is a site, as large as its machines' energy; a line is a link, as wide as the data it moved.",
        data=(outlines, *_flows(run), *_sites(run)),
        layout={
            "xaxis": {"visible": False, "range": [73, 136]},
            "yaxis": {"visible": False, "scaleanchor": "x", "scaleratio": 1.25, "range": [17, 54]},
            "legend": {"orientation": "h", "y": 0},
            "margin": {"l": 0, "r": 0, "t": 8, "b": 0},
        },
        height_px=620,
    )


def site_energy_kwh(run: ScenarioRun) -> Floats:
    """IT energy of each site [kWh]."""
    outcome = run.outcome
    sites = outcome.column("sites", "site").astype(np.int64)
    return np.bincount(sites, outcome.column("sites", "it_kwh"), len(outcome.site_ids)).astype(np.float64)


def moved_gb(run: ScenarioRun) -> Floats:
    """Data that each link carried [GB]."""
    outcome = run.outcome
    moved = np.zeros(len(outcome.link_ids))
    sizes, routes = outcome.column("transfers", "size_gb"), outcome.column("transfers", "route")
    for size_gb, route in zip(sizes.tolist(), routes.astype(np.int64).tolist(), strict=True):
        moved[list(outcome.routes[route])] += size_gb
    return moved


def _sites(run: ScenarioRun) -> list[dict[str, Any]]:
    energy = site_energy_kwh(run)
    most = float(energy.max(initial=0.0)) or 1.0
    traces = []
    for name, colour in SIDES.items():
        chosen = [
            (site, kwh)
            for site, kwh in zip(run.catalogue.sites, energy.tolist(), strict=True)
            if side_of(site) == name
        ]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [site.longitude_deg for site, _ in chosen],
                "y": [site.latitude_deg for site, _ in chosen],
                "text": [f"{site.name_en} ({site.name_zh}): {kwh:,.0f} kWh" for site, kwh in chosen],
                "hoverinfo": "text",
                "marker": {
                    "size": [max(4.0, LARGEST_PX * (kwh / most) ** 0.5) for _, kwh in chosen],
                    "color": colour,
                    "opacity": 0.75,
                    "line": {"color": "white", "width": 1},
                },
            }
        )
    return traces


def _flows(run: ScenarioRun) -> list[dict[str, Any]]:
    """One line for each link that moved data; links that moved little share few widths."""
    moved = moved_gb(run)
    most = float(moved.max(initial=0.0))
    if not most:
        return []
    place = run.catalogue.place
    widths: dict[int, dict[str, list[Any]]] = {}
    for link, gb in zip(run.catalogue.links, moved.tolist(), strict=True):
        if not gb:
            continue
        a, b = place(link.a), place(link.b)
        width = max(1, round(WIDEST_PX * (gb / most) ** 0.5))
        line = widths.setdefault(width, {"x": [], "y": [], "text": []})
        middle = ((a.longitude_deg + b.longitude_deg) / 2, (a.latitude_deg + b.latitude_deg) / 2)
        line["x"] += [a.longitude_deg, middle[0], b.longitude_deg, None]
        line["y"] += [a.latitude_deg, middle[1], b.latitude_deg, None]
        line["text"] += [f"{link.id}: {gb:,.0f} GB"] * 3 + [""]
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "hoverinfo": "text",
            "line": {"color": GREY, "width": width},
            "opacity": 0.6,
            "name": "data moved",
            "showlegend": number == 0,
            **line,
        }
        for number, (width, line) in enumerate(sorted(widths.items()))
    ]
