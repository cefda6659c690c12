"""What power, carbon and compute cost, as `edwc prices` tells it."""

import json
from pathlib import Path

import pytest

from scheduler import read_plan
from tests.api.cli.conftest import SITES, Edwc
from topology import load_catalogue

DAY = ("--start", "2026-07-01T00:00+08:00", "--hours", "24")


def test_one_site_is_told_slot_by_slot(run: Edwc) -> None:
    document = json.loads(run("prices", "--site", "zhongwei", *DAY, "--json").stdout)
    assert len(document["prices"]) == 24
    first = document["prices"][0]
    assert first["start"] == "2026-07-01T00:00:00+08:00"
    carbon = first["carbon_g_per_kwh"] / 1e6 * document["carbon_cny_per_t"]
    compute = first["pue_marginal"] * (first["power_cny_per_kwh"] + carbon)
    assert first["compute_cny_per_it_kwh"] == pytest.approx(compute)


def test_estimated_figures_are_marked_with_the_reason(run: Edwc) -> None:
    assert json.loads(run("prices", "--site", "zhongwei", *DAY, "--json").stdout)["sources"][0]["estimated"]
    table, notes = run("prices", "--site", "zhongwei", *DAY).stdout.split("\n\n")
    assert all("~" in line for line in table.splitlines()[1:])
    assert "~ zhongwei: " in notes
    assert "~" not in run("prices", "--site", "shanghai-metro", *DAY).stdout


def test_without_a_site_every_site_is_told_in_short(run: Edwc) -> None:
    rows = json.loads(run("prices", *DAY, "--json").stdout)["prices"]
    assert len(rows) == SITES
    assert all(
        row["power_min_cny_per_kwh"] <= row["power_cny_per_kwh"] <= row["power_max_cny_per_kwh"]
        for row in rows
    )
    assert run("prices", *DAY).exit_code == 0


def test_a_plan_brings_its_own_time_and_its_shadow_prices(run: Edwc, plan_file: Path) -> None:
    plan = json.loads(plan_file.read_text(encoding="utf-8"))
    plan["shadow_prices"] = [{"site": "zhongwei", "slot": 3, "resource": "h20", "cny_per_unit_hour": 1.25}]
    plan_file.write_text(json.dumps(plan), encoding="utf-8")
    rows = json.loads(run("prices", "--site", "zhongwei", "--plan", plan_file, "--json").stdout)["prices"]
    assert len(rows) == read_plan(plan_file).horizon.slots
    assert [row["shadow_h20"] for row in rows[:5]] == [0, 0, 0, 1.25, 0]
    assert "SCARCE h20 CNY/h" in run("prices", "--site", "zhongwei", "--plan", plan_file).stdout
    assert "SCARCE SLOTS" in run("prices", "--plan", plan_file).stdout


def test_a_plan_shows_what_scarce_links_are_worth(run: Edwc, plan_file: Path) -> None:
    plan = json.loads(plan_file.read_text(encoding="utf-8"))
    link = load_catalogue("china").links[0].id
    plan["shadow_prices"] = [
        {"site": link, "slot": slot, "resource": "gbps", "cny_per_unit_hour": cny}
        for slot, cny in ((2, 1.0), (3, 4.0))
    ]
    plan_file.write_text(json.dumps(plan), encoding="utf-8")
    (row,) = json.loads(run("prices", "--plan", plan_file, "--json").stdout)["links"]
    assert row == {
        "link": link,
        "scarce_slots": 2,
        "mean_cny_per_gbps_hour": 2.5,
        "highest_cny_per_gbps_hour": 4.0,
    }
    assert link in run("prices", "--plan", plan_file).stdout
