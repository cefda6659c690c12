"""Power: the formula by hand, the constants from their measurements, PUE that rises with the heat."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import InvalidPrice, facility_kw, it_limit_kw, it_power_kw, load_price_catalogue
from pricing.power import ACCELERATOR_UTILISATION, CORE_KW, GIB_KW
from tests.pricing.builders import make_site
from topology import Accelerator

DATA = load_price_catalogue()
SHARED = Path(__file__).parents[3] / "shared" / "data"
A100 = Accelerator(id="a100-sxm4-80gb", name="A100", power_w=400, memory_gib=80)


def test_power_of_a_training_gang_by_hand():
    by_hand = 16 * (8 * 0.4 * 1.06 + 96 * 0.0057 + 1024 * 0.00033)
    assert it_power_kw(16, 96, 1024, A100, 8) == pytest.approx(by_hand)


def test_a_cpu_job_draws_for_cores_and_memory_only():
    assert it_power_kw(2, 10, 100) == pytest.approx(2 * (0.057 + 0.033))


def test_facility_and_limit_are_inverse():
    site = make_site(power_limit_kw=1000.0, base_kw=100.0)
    assert facility_kw(site, 1.2, it_limit_kw(site, 1.2)) == pytest.approx(1000)


@pytest.mark.parametrize(("field", "args"), [("cpu_cores", (1, -1, 0)), ("memory_gib", (1, 0, float("nan")))])
def test_impossible_demands_are_refused(field: str, args: tuple[int, float, float]):
    with pytest.raises(InvalidPrice, match=field):
        it_power_kw(*args)


def test_accelerators_without_a_model_are_refused():
    with pytest.raises(InvalidPrice, match="needs an accelerator model"):
        it_power_kw(1, 1, 1, None, 4)


@given(tasks=st.integers(1, 100), cores=st.floats(0, 1e4), gib=st.floats(0, 1e5), count=st.integers(0, 16))
def test_power_scales_with_the_gang(tasks: int, cores: float, gib: float, count: int):
    assert it_power_kw(tasks, cores, gib, A100, count) == pytest.approx(
        tasks * it_power_kw(1, cores, gib, A100, count)
    )


@given(cooling=st.sampled_from(sorted(DATA.cooling)), low=st.floats(-40, 45), rise=st.floats(0, 30))
def test_marginal_pue_never_falls_with_temperature(cooling: str, low: float, rise: float):
    cool, warm = DATA.cooling[cooling].pue_marginal(np.array([low, low + rise]))
    assert 1 <= cool <= warm


@pytest.mark.needs_shared
def test_constants_follow_from_the_measurements():
    busy = {
        row["series"].split(",")[0]: _busy_mean(row) for row in _rows("china/server_power_acme_quantiles.csv")
    }
    cores = {"7742": 64, "7763": 64, "9654": 96, "6248R": 24, "8358": 32, "8480+": 56}
    tdp_w = {row["cpu"].split()[-1]: float(row["tdp_w"]) for row in _rows("china/cpu_tdp.csv")}
    core_w = np.mean([tdp_w[cpu] / cores[cpu] for cpu in cores])
    gib_w = (busy["CPU server"] - 2 * np.mean(list(tdp_w.values()))) / 256
    assert pytest.approx(core_w / 1000, abs=5e-5) == CORE_KW
    assert pytest.approx(gib_w / 1000, abs=5e-6) == GIB_KW
    accelerators_w = busy["8xA100 GPU server (Seren)"] - 1000 * (64 * CORE_KW + 1024 * GIB_KW)
    assert pytest.approx(accelerators_w / 3200, abs=5e-3) == ACCELERATOR_UTILISATION


@pytest.mark.needs_shared
def test_modelled_beijing_is_close_to_its_typical_year():
    path = SHARED / "weather" / "beijing_typical_year_hourly.csv.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the project")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = [(int(r["month"]), int(r["hour"]) - 1, float(r["drybulb_c"])) for r in csv.DictReader(stream)]
    measured = np.array(
        [
            [np.mean([t for m, h, t in rows if m == month and h == hour]) for hour in range(24)]
            for month in range(1, 13)
        ]
    )
    modelled = DATA.climates["beijing"].table_c().reshape(12, 24, 2).mean(axis=2)
    assert np.abs(modelled.mean(axis=1) - measured.mean(axis=1)).max() < 2.5
    assert np.abs(modelled - measured).mean() < 2


def _rows(name: str) -> list[dict[str, str]]:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project")
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _busy_mean(row: dict[str, str]) -> float:
    points = [50, 75, 90, 95, 99, 100]
    return float(np.trapezoid([float(row[f"p{point}"]) for point in points], points) / 50)
