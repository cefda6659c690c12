"""SiteLoad: what runs hold and draw at every site in every slot; LinkLoad: what transfers hold of every link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Runs:
    """Runs at sites, N of them; R resources.

    Attributes:
        site: [N] site number.
        start: [N] first slot.
        end: [N] exclusive end slot.
        minutes: [N] from the begin of the first slot.
        demand: R columns [N], units held; the last one is IT power [kW].
    """

    site: Ints
    start: Ints
    end: Ints
    minutes: Floats
    demand: Sequence[Floats]


def stacked(site: Ints, start: Ints, end: Ints, units: Floats, shape: tuple[int, int]) -> Floats:
    """Return [S, T]: the sum of units held over [start, end) at each site."""
    sites, slots = shape
    width = slots + 1
    edges = np.bincount(site * width + np.minimum(start, slots), weights=units, minlength=sites * width)
    edges -= np.bincount(site * width + np.minimum(end, slots), weights=units, minlength=sites * width)
    return np.asarray(np.cumsum(edges.reshape(sites, width), axis=1)[:, :-1])


def drawn(runs: Runs, slot_minutes: int, shape: tuple[int, int]) -> Floats:
    """Return [S, T]: mean IT power drawn [kW], the last slot of a run by the minute."""
    slots = np.maximum(np.ceil(runs.minutes / slot_minutes - 1e-9), 1).astype(np.int64)
    last = runs.start + slots - 1
    share = runs.minutes / slot_minutes - (slots - 1)
    whole = stacked(runs.site, runs.start, last, runs.demand[-1], shape)
    inside = last < shape[1]
    flat = runs.site[inside] * shape[1] + last[inside]
    part = np.bincount(flat, weights=(runs.demand[-1] * share)[inside], minlength=shape[0] * shape[1])
    return np.maximum(whole + part.reshape(shape), 0.0)


def link_load(
    *,
    route: Ints,
    start: Ints,
    end: Ints,
    gbps: Floats,
    routes: Sequence[tuple[int, ...]],
    shape: tuple[int, int],
) -> Floats:
    """Return [L, T]: Gbit/s held by transfers along their routes."""
    load = np.zeros(shape)
    if not len(route):
        return load
    by_route = stacked(route, start, end, gbps, (len(routes), shape[1]))
    for number, links in enumerate(routes):
        for link in links:
            load[link] += by_route[number]
    return load
