"""Replicas for disaster recovery: two cities, three centres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pricing import it_power_kw
from scheduler.judge import judge
from tests.scheduler.test_judge import at, balance, kinds, make_book, world
from topology import Catalogue


def three(third_km_north: float, third_area: str) -> Catalogue:
    """West, east, and a third site some kilometres north of east (one degree of latitude is 111.2 km)."""
    two = world()
    west, east = two.sites
    latitude_deg = east.latitude_deg + third_km_north / 111.195
    third = replace(east, id="third", latitude_deg=latitude_deg, grid_area=third_area)
    trunk = replace(two.links[1], id="loop", a="east", b="third")
    return replace(two, sites=(west, east, third), links=(*two.links, trunk))


@pytest.mark.parametrize(
    ("third_km_north", "west_area", "sound"),
    [(99.0, "ningxia", True), (101.0, "ningxia", False), (50.0, "shanghai", False)],
)
def test_two_are_near_and_one_is_far_on_another_grid(
    third_km_north: float, west_area: str, sound: bool
) -> None:
    whole = three(third_km_north, "shanghai")
    west = replace(whole.sites[0], grid_area=west_area)
    catalogue = replace(whole, sites=(west, *whole.sites[1:]))
    nothing = np.zeros((3, 16))
    free = make_book(nothing, nothing, nothing + 1.0, ("west", "east", "third"))
    plan = balance({"placements": [PLACED], "rejections": [], "rejected_value_cny": 0.0})
    verdict = judge([JOB], plan | {"gap": 0.0, "shadow_prices": []}, catalogue, prices=free)
    assert kinds(verdict) == (set() if sound else {"WRONG_SPREAD"})


JOB = {
    "name": "bank",
    "demand": {"cpu_cores": 1},
    "variants": [{"runtime_minutes": 30}],
    "spread": "two_cities_three_centers",
}
PLACED = {
    "job": "bank",
    "site": "west",
    "replicas": ["west", "east", "third"],
    "variant": 0,
    "start": at(0),
    "end": at(0, 30),
    "runs": [[at(0), at(0, 30)]],
    "cost": {"energy_cny": 0.0, "carbon_cny": 0.0, "network_cny": 0.0},
    "carbon_kg": 0.0,
    "energy_kwh": 3 * 0.5 * it_power_kw(1, 1.0, 0.0),
}
