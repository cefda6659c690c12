"""Outlines of the provincial areas, for drawing only.

Source: map data of Apache ECharts 4.9.0 (map/json/china.json, Apache License 2.0), decoded and simplified to 0.03
degrees; 34 areas, longitude and latitude in degrees. Not for measuring.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).resolve().parent / "data" / "province_outlines.geojson"


@cache
def province_outlines() -> bytes:
    """Return the outlines of the 34 provincial areas as GeoJSON text; each feature has `name_zh`."""
    return _FILE.read_bytes()
