"""Published data the rebuilt experiments run on: hourly carbon intensity of ten zones, and GAIA's PAI sample.

The files stand beside the project, in shared/data, and aren't part of it: whoever has none gets told so, row by row.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from simulations.errors import SimulationError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
CARBON = Path("carbon") / "intl_ci_price_hourly_2023.csv.gz"
PAI = Path("traces") / "gaia_pai100k.csv.gz"

UTC_HOURS = {
    "AU-NSW": 10.0,
    "BR-SP": -3.0,
    "DE-LU": 1.0,
    "IN-WE": 5.5,
    "JP-TK": 9.0,
    "KR": 9.0,
    "SG": 8.0,
    "US-CAL-CISO": -8.0,
    "US-TEX-ERCO": -6.0,
    "ZA": 2.0,
}
"""Zones of the carbon file -> standard time against UTC [h]; summer time is left out."""


class MissingDataError(SimulationError):
    """A row needs a file that isn't here."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trace:
    """Jobs of a published trace, in order of arrival.

    Attributes:
        arrival_hours: since the start of the year [h], [J].
        length_hours: run times [h], [J].
        units: resource units of the authors, [J].
    """

    arrival_hours: Floats
    length_hours: Floats
    units: Ints


@cache
def carbon_hourly(zone: str, data: Path = DATA) -> Floats:
    """Return the direct carbon intensity of a zone in every hour of 2023, UTC [g/kWh].

    Raises:
        MissingDataError: the file isn't here.
    """
    values = [float(row["ci_direct"]) for row in _rows(data / CARBON) if row["zone"] == zone]
    curve = np.array(values)
    curve.flags.writeable = False
    return curve


@cache
def read_pai(data: Path = DATA) -> Trace:
    """Return the first quarter of the PAI sample.

    Raises:
        MissingDataError: the file isn't here.
    """
    rows = [(row["arrival_h"], row["length_h"], row["cpus"]) for row in _rows(data / PAI)]
    table = np.array(rows, dtype=np.float64)
    return Trace(arrival_hours=table[:, 0], length_hours=table[:, 1], units=table[:, 2].astype(np.int64))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if not path.is_file():
        raise MissingDataError(f"{path.parent.name}/{path.name} isn't here; name its folder with --data")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
