"""Outlines of the provinces, for drawing only; the file names its source (Apache ECharts, Apache-2.0)."""

from __future__ import annotations

import json
from importlib.resources import files

Line = tuple[list[float | None], list[float | None]]


def read_outlines() -> Line:
    """Longitudes and latitudes [deg] of all outlines, one behind the other, with None between them."""
    text = (
        files("topology").joinpath("data", "china", "province_outlines.geojson").read_text(encoding="utf-8")
    )
    longitudes: list[float | None] = []
    latitudes: list[float | None] = []
    for feature in json.loads(text)["features"]:
        geometry = feature["geometry"]
        polygons = geometry["coordinates"]
        for polygon in polygons if geometry["type"] == "MultiPolygon" else [polygons]:
            for ring in polygon:
                longitudes += [point[0] for point in ring] + [None]
                latitudes += [point[1] for point in ring] + [None]
    return longitudes, latitudes
