"""The judge against a plan computed on paper, and against that plan with one rule broken at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from pricing import PriceBook, Provenance, it_power_kw
from scheduler.judge import Verdict, judge
from topology import CHINA_TIME, Accelerator, Catalogue, City, Horizon, Link, Resources, Site, SiteKind

Document = dict[str, Any]
BreakJobs = Callable[[list[Document]], object]
BreakPlan = Callable[[Document], object]

A100 = Accelerator(id="a100", name="A100", power_w=400.0, memory_gib=80.0)
HORIZON = Horizon(start=datetime(2026, 7, 1, tzinfo=CHINA_TIME), slots=16, slot_minutes=30)
CARBON_CNY_PER_T = 100.0
KW = {
    "train": it_power_kw(2, 10.0, 40.0, None, 0.0),
    "infer": it_power_kw(1, 4.0, 16.0, A100, 2.0),
    "pause": it_power_kw(1, 8.0, 32.0, None, 0.0),
    "mirror": it_power_kw(1, 6.0, 24.0, None, 0.0),
}


def world() -> Catalogue:
    """Two sites and a city: shanghai - 10 km - east - 1,000 km - west; there and back 15.898 ms."""
    west = Site(
        id="west",
        name_en="West",
        kind=SiteKind.HUB,
        hub="ningxia",
        province="ningxia",
        grid_area="ningxia",
        latitude_deg=37.5,
        longitude_deg=105.2,
        capacity=Resources(cpu_cores=40.0, memory_gib=160.0, accelerators={"a100": 8.0}),
        power_limit_kw=50.0,
        base_kw=2.0,
    )
    east = replace(
        west,
        id="east",
        name_en="East",
        kind=SiteKind.METRO,
        hub="",
        province="shanghai",
        grid_area="shanghai",
        latitude_deg=31.2,
        longitude_deg=121.5,
        tags=frozenset({"mlps-3"}),
        capacity=Resources(cpu_cores=12.0, memory_gib=48.0, accelerators={"a100": 4.0}),
    )
    city = City(
        id="shanghai",
        name_en="Shanghai",
        name_zh="上海",
        province="shanghai",
        latitude_deg=31.2,
        longitude_deg=121.5,
        population=24_870_000,
    )
    access = Link(
        id="access",
        a="shanghai",
        b="east",
        length_km=10.0,
        equipment_ms=0.4,
        capacity_gbps=100.0,
        price_cny_per_gb=0.01,
    )
    trunk = Link(
        id="trunk",
        a="east",
        b="west",
        length_km=1000.0,
        route_factor=1.5,
        equipment_ms=0.15,
        capacity_gbps=10.0,
        price_cny_per_gb=0.05,
    )
    return Catalogue(
        name="two", sites=(west, east), cities=(city,), links=(access, trunk), accelerators=(A100,)
    )


def price_book() -> PriceBook:
    """West: 0.2 CNY/kWh, from slot 4 on 0.4; 500 g/kWh; PUE 1.2. East: 0.8 CNY/kWh, 400 g/kWh, PUE 1.5."""
    power = np.full((2, 16), 0.8)
    power[0, :4], power[0, 4:] = 0.2, 0.4
    return make_book(power, np.repeat([[500.0], [400.0]], 16, axis=1), np.repeat([[1.2], [1.5]], 16, axis=1))


def make_book(power: Any, carbon: Any, pue: Any, site_ids: tuple[str, ...] = ("west", "east")) -> PriceBook:
    sites, slots = power.shape
    return PriceBook(
        horizon=HORIZON,
        site_ids=site_ids,
        power_cny_per_kwh=power,
        carbon_g_per_kwh=carbon,
        pue_marginal=pue,
        carbon_cny_per_t=CARBON_CNY_PER_T,
        demand_charge_cny_per_kw_month=np.zeros(sites),
        estimated=np.zeros(sites, dtype=np.bool_),
        provenance=(Provenance(power="paper", carbon="paper", pue="paper", estimated=""),) * sites,
        power_parts_cny_per_kwh=np.zeros((sites, 1, slots)),
        periods=np.zeros((sites, slots), dtype=np.int8),
    )


def at(hour: int, minute: int = 0) -> str:
    return f"2026-07-01T{hour:02d}:{minute:02d}:00+08:00"


def jobs() -> list[Document]:
    return [
        {
            "name": "train",
            "demand": {"cpu_cores": 10, "memory_gib": 40},
            "variants": [{"runtime_minutes": 75}],
            "tasks": 2,
            "release": at(0, 30),
            "deadline": at(2, 15),
            "origin": "shanghai",
            "rtt_ms_max": 16,
            "inputs": [{"at": "shanghai", "size_gb": 900}],
            "outputs": [{"to": "shanghai", "size_gb": 450}],
            "residency": {"provinces": ["ningxia"]},
        },
        {
            "name": "infer",
            "demand": {"cpu_cores": 4, "memory_gib": 16},
            "variants": [
                {"runtime_minutes": 600},
                {"accelerator": "a100", "count": 2, "runtime_minutes": 90},
            ],
            "residency": {"tags": ["mlps-3"]},
            "budget_cny": 100,
            "carbon_kg_max": 100,
        },
        {
            "name": "pause",
            "demand": {"cpu_cores": 8, "memory_gib": 32},
            "variants": [{"runtime_minutes": 75}],
            "interruptible": {"min_run_minutes": 30},
        },
        {
            "name": "mirror",
            "demand": {"cpu_cores": 6, "memory_gib": 24},
            "variants": [{"runtime_minutes": 30}],
            "spread": "two_sites",
        },
        {
            "name": "refused",
            "demand": {"cpu_cores": 1000},
            "variants": [{"runtime_minutes": 30}],
            "value_cny": 50,
        },
    ]


def plan() -> Document:
    """The plan and its costs, computed on paper, per kilowatt of IT power:

    train   slots 2 and 3 whole, half of slot 4: 1.2 x 0.5 h, 0.5 h, 0.25 h = 0.6, 0.6, 0.3 kWh
            at 0.2, 0.2, 0.4 CNY/kWh = 0.36 CNY; 1.5 kWh x 0.5 kg = 0.75 kg; (900 + 450) GB x 0.06 = 81 CNY
    infer   slots 0, 1, 2 whole in the east: 1.5 x 1.5 h = 2.25 kWh x 0.8 = 1.8 CNY; 2.25 x 0.4 = 0.9 kg
    pause   slot 0, then slot 4 and half of 5: 0.6 x 0.2 + 0.6 x 0.4 + 0.3 x 0.4 = 0.48 CNY; 1.5 kWh; 0.75 kg
    mirror  slot 8 in both: 0.6 x 0.4 + 0.75 x 0.8 = 0.84 CNY; 1.35 kWh; 0.3 + 0.3 = 0.6 kg
    """
    placements = [
        placement("train", "west", 0, [(at(1), at(2, 15))], energy=0.36, kg=0.75, kwh=1.5, network=81.0),
        placement("infer", "east", 1, [(at(0), at(1, 30))], energy=1.8, kg=0.9, kwh=2.25),
        placement(
            "pause", "west", 0, [(at(0), at(0, 30)), (at(2), at(2, 45))], energy=0.48, kg=0.75, kwh=1.5
        ),
        placement("mirror", "west", 0, [(at(4), at(4, 30))], energy=0.84, kg=0.6, kwh=1.35),
    ]
    placements[3]["replicas"] = ["west", "east"]
    rejections = [{"job": "refused", "reasons": {"TOO_LARGE": 2}}]
    return balance({"placements": placements, "rejections": rejections, "rejected_value_cny": 50.0})


def placement(
    job: str,
    site: str,
    variant: int,
    runs: list[tuple[str, str]],
    *,
    energy: float,
    kg: float,
    kwh: float,
    network: float = 0.0,
) -> Document:
    carbon = kg * KW[job] / 1000 * CARBON_CNY_PER_T
    return {
        "job": job,
        "site": site,
        "variant": variant,
        "start": runs[0][0],
        "end": runs[-1][1],
        "runs": runs,
        "cost": {"energy_cny": energy * KW[job], "carbon_cny": carbon, "network_cny": network},
        "carbon_kg": kg * KW[job],
        "energy_kwh": kwh * KW[job],
    }


def balance(answers: Document) -> Document:
    """Return the plan document around some answers, its totals being their sums."""
    parts = ("energy_cny", "carbon_cny", "network_cny")
    cost = {part: sum(placed["cost"][part] for placed in answers["placements"]) for part in parts}
    objective = sum(cost.values()) + answers["rejected_value_cny"]
    return {
        "horizon": {"start": at(0), "slot_minutes": 30, "slots": 16},
        "policy": "optimal",
        "status": "feasible",
        "objective_cny": objective,
        "lower_bound_cny": objective * 0.9,
        "gap": 0.1,
        "solve_seconds": 1.0,
        "cost": cost | {"rejected_value_cny": answers["rejected_value_cny"]},
        "carbon_kg": sum(placed["carbon_kg"] for placed in answers["placements"]),
        "energy_kwh": sum(placed["energy_kwh"] for placed in answers["placements"]),
        "placements": answers["placements"],
        "rejections": answers["rejections"],
        "shadow_prices": [{"site": "west", "slot": 3, "resource": "cpu_cores", "cny_per_unit_hour": 0.5}],
    }


def try_case(
    *,
    break_jobs: BreakJobs | None = None,
    break_plan: BreakPlan | None = None,
    catalogue: Catalogue | None = None,
    book: PriceBook | None = None,
) -> Verdict:
    asked, answered = copy.deepcopy(jobs()), copy.deepcopy(plan())
    if break_jobs is not None:
        break_jobs(asked)
    if break_plan is not None:
        break_plan(answered)
    return judge(asked, answered, catalogue or world(), prices=book or price_book())


def kinds(verdict: Verdict) -> set[str]:
    return {fault.kind for fault in verdict.faults}


def test_the_plan_on_paper_is_sound() -> None:
    verdict = try_case()
    assert [str(fault) for fault in verdict.faults] == []
    assert verdict.is_sound
    assert (verdict.placed, verdict.rejected) == (4, 1)
    assert verdict.reckoning.network_cny == pytest.approx(81.0)
    energy = 0.36 * KW["train"] + 1.8 * KW["infer"] + 0.48 * KW["pause"] + 0.84 * KW["mirror"]
    assert verdict.reckoning.energy_cny == pytest.approx(energy)
    assert verdict.objective_cny == pytest.approx(plan()["objective_cny"])


SMALLER: dict[str, tuple[str, str, Document, str]] = {
    "cores": ("west", "OVER_CAPACITY", {"capacity": Resources(cpu_cores=19, memory_gib=160)}, "cpu_cores"),
    "memory": ("west", "OVER_CAPACITY", {"capacity": Resources(cpu_cores=40, memory_gib=79)}, "memory_gib"),
    "accelerators": (
        "east",
        "OVER_CAPACITY",
        {"capacity": Resources(cpu_cores=12, memory_gib=48, accelerators={"a100": 1.0})},
        "a100",
    ),
    "power": ("east", "OVER_POWER", {"power_limit_kw": 2.0 + 1.5 * KW["infer"] * 0.999}, "it_kw"),
}


@pytest.mark.parametrize(("name", "kind", "change", "what"), SMALLER.values(), ids=SMALLER)
def test_a_site_that_is_too_small_is_caught(name: str, kind: str, change: Document, what: str) -> None:
    whole = world()
    sites = tuple(replace(site, **change) if site.id == name else site for site in whole.sites)
    faults = try_case(catalogue=replace(whole, sites=sites)).faults
    assert {(fault.kind, fault.site, fault.what) for fault in faults} == {(kind, name, what)}
    # Three slots of train (cores, memory) or infer (accelerators, power) are over the limit, each told once.
    assert len(faults) == 3


def test_power_that_just_fits_is_sound() -> None:
    whole = world()
    limit = {"power_limit_kw": 2.0 + 1.5 * KW["infer"]}
    sites = tuple(replace(site, **limit) if site.id == "east" else site for site in whole.sites)
    assert try_case(catalogue=replace(whole, sites=sites)).is_sound


def test_two_transfers_on_one_link_at_once_are_caught() -> None:
    """The outputs of `train` leave in slot 5, when the inputs of `infer` take the same trunk."""

    asked, answered = jobs(), plan()
    asked[1].update(inputs=[{"at": "west", "size_gb": 100}])
    answered["placements"][1].update(start=at(3), end=at(4, 30), runs=[(at(3), at(4, 30))])
    faults = judge(asked, answered, world(), prices=price_book()).faults
    found = [
        (fault.site, fault.slot, fault.limit, fault.found) for fault in faults if fault.kind == "OVER_LINK"
    ]
    assert found == [("trunk", 5, 10.0, 20.0)]


def test_a_network_in_pieces_is_caught() -> None:
    pieces = replace(world(), links=world().links[:1])
    assert {"NO_ROUTE", "TOO_FAR"} <= kinds(try_case(catalogue=pieces))


def test_prices_of_another_day_are_caught() -> None:
    book = price_book()
    dearer = make_book(book.power_cny_per_kwh * 1.001, book.carbon_g_per_kwh, book.pue_marginal)
    assert kinds(try_case(book=dearer)) == {"WRONG_COST", "WRONG_TOTAL", "WRONG_OBJECTIVE"}


def test_a_fault_reads_as_one_line() -> None:
    faults = try_case(break_jobs=lambda j: j[0].update(rtt_ms_max=15.0)).faults
    assert [str(fault) for fault in faults] == ["TOO_FAR job=train site=west rtt_ms: found 15.898, limit 15"]
