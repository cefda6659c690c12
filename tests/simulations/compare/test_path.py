"""Each change has its own cause: one is made at a time, and the waterfall names it."""

from dataclasses import replace

import numpy as np
import pytest

from simulations.compare import CompareError, Ledger, Runs, lead
from simulations.scenario.grid_rates import GridRates

SITES, SLOTS = 2, 8


def rates(
    power: float = 0.5, pue: float = 1.2, carbon: float = 600.0, carbon_price: float = 80.0
) -> GridRates:
    """Two sites and two hours; the second site is cheaper by half, and later slots by a tenth each."""
    shape = np.array([[1.0], [0.5]]) * np.linspace(1.0, 0.3, SLOTS)[None, :]
    return GridRates(
        site_ids=("east", "west"),
        power_cny_per_kwh=power * shape,
        pue_marginal=np.full((SITES, SLOTS), pue),
        carbon_g_per_kwh=np.full((SITES, SLOTS), carbon),
        carbon_cny_per_t=carbon_price,
        hours_per_slot=0.25,
    )


def ledger(
    *runs: tuple[int, int, int, int],
    at: GridRates | None = None,
    names: tuple[str, ...] = ("a", "b"),
    refused: tuple[float, ...] = (0.0, 0.0),
    network: tuple[float, ...] = (1.0, 2.0),
) -> Ledger:
    """Runs are (job, site, first slot, minutes), at 100 kW."""
    grid = at or rates()
    columns = np.array(runs, dtype=np.int64).reshape(-1, 4).T
    minutes = columns[3].astype(np.float64)
    arrays = Runs(
        job=columns[0],
        site=columns[1],
        start_slot=columns[2],
        end_slot=columns[2] + np.ceil(minutes / 15).astype(np.int64),
        minutes=minutes,
        it_kw=np.full(len(minutes), 100.0),
    )
    energy, carbon = arrays.priced(grid, len(names))
    return Ledger(
        names=names,
        runs=arrays,
        energy_cny=energy,
        carbon_kg=carbon,
        network_cny=np.array(network),
        refused_cny=np.array(refused),
        rates=grid,
    )


def causes(a: Ledger, b: Ledger) -> dict[str, float]:
    """The causes that are not 0, which must sum to the difference."""
    fall = lead(a, b)
    assert sum(part.cny for part in fall.parts) == fall.difference_cny
    assert sum(part.kg for part in fall.parts) == fall.difference_kg
    assert fall.difference_cny == pytest.approx(b.total_cny - a.total_cny, abs=1e-5)
    return {part.cause: part.cny for part in fall.parts if part.cny or part.kg}


BASE = ((0, 0, 0, 30), (1, 0, 2, 50))


def test_nothing_changed_has_no_cause() -> None:
    assert causes(ledger(*BASE), ledger(*BASE)) == {}


def test_energy_is_paid_by_the_minute() -> None:
    """50 minutes at 100 kW and PUE 1.2: three slots and a third of the fourth."""
    one = ledger((0, 0, 0, 50), names=("a",), refused=(0.0,), network=(0.0,))
    power = rates().power_cny_per_kwh[0]
    assert one.energy_cny[0] == pytest.approx(30.0 * (power[:3].sum() + power[3] / 3))


@pytest.mark.parametrize(
    ("cause", "world"),
    [
        ("price", rates(power=0.8)),
        ("pue", rates(pue=1.4)),
        ("carbon", rates(carbon=300.0)),
        ("carbon", rates(carbon_price=200.0)),
    ],
)
def test_another_world_has_its_own_cause(cause: str, world: GridRates) -> None:
    assert set(causes(ledger(*BASE), ledger(*BASE, at=world))) == {cause}


def test_a_later_start_is_time_and_another_site_is_place() -> None:
    later = ledger((0, 0, 4, 30), BASE[1])
    moved = ledger((0, 1, 0, 30), BASE[1])
    assert set(causes(ledger(*BASE), later)) == {"time"}
    assert set(causes(ledger(*BASE), moved)) == {"place"}
    both = causes(ledger(*BASE), ledger((0, 1, 4, 30), BASE[1]))
    assert set(both) == {"time", "place"}
    assert both["time"] < 0 > both["place"]


def test_moving_data_is_network() -> None:
    assert causes(ledger(*BASE), ledger(*BASE, network=(1.0, 5.5))) == {"network": 3.5}


def test_work_turned_away_is_rejections_with_its_value_and_what_it_would_have_cost() -> None:
    a = ledger(*BASE)
    b = ledger(BASE[0], refused=(0.0, 500.0), network=(1.0, 0.0))
    assert causes(a, b)["rejections"] == pytest.approx(500.0 - a.cost_cny[1], abs=1e-5)


def test_work_that_only_one_was_asked_for_is_demand() -> None:
    more = ledger(*BASE, (2, 0, 0, 15), names=("a", "b", "c"), refused=(0.0,) * 3, network=(1.0, 2.0, 3.0))
    assert set(causes(ledger(*BASE), more)) == {"demand"}


def test_surcharges_sun_and_empty_sites_are_told_apart() -> None:
    b = replace(ledger(*BASE), surcharge_cny=7.0, sun_cny=2.0, sun_kg=1.0, floor_cny=11.0, floor_kg=4.0)
    assert causes(ledger(*BASE), b) == {"quota": 7.0, "sun": -2.0, "idle": 11.0}


def test_there_and_back_again_is_the_same_difference() -> None:
    a, b = ledger(*BASE), ledger((0, 1, 4, 30), (1, 1, 0, 50), at=rates(power=0.9, pue=1.1))
    assert lead(a, b).difference_cny == -lead(b, a).difference_cny


def test_other_sites_or_slots_cannot_be_compared() -> None:
    other = replace(rates(), power_cny_per_kwh=np.ones((3, SLOTS)))
    with pytest.raises(CompareError, match="one catalogue and one clock"):
        lead(ledger(*BASE), replace(ledger(*BASE), rates=other))
