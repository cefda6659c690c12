"""What was metered is billed, to the cent, and nobody spends more than the month allows."""

from __future__ import annotations

import csv
import io
import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from api.ledger import bill_usage
from api.store import Many, Put, Tenant, Usage
from pricing import load_price_catalogue
from tests.api.http.places import House, job

CARD = load_price_catalogue().rate_card


def usage(house: House, job_id: str, number: int = 0, **fields: Any) -> Usage:
    """An hour of eight cores."""
    started = house.now + timedelta(hours=number)
    values: dict[str, Any] = {
        "attempt": f"att_{job_id}", "started_at": started, "ended_at": started + timedelta(hours=1),
        "tenant": "default", "job": job_id, "site": "zhongwei", "month": "2026-07", "energy_kwh": 2.0,
        "carbon_kg": 1.0, "carbon_market_kg": 0.25, "quantities": {"hours": 1.0, "cpu_core_hours": 8.0},
        "parts_cny": {"energy": Decimal("0.7149"), "carbon": Decimal("0.0746")},
    }  # fmt: skip
    return Usage(**{**values, **fields})


def test_a_bill_has_a_line_a_job_and_sums_exactly(house: House) -> None:
    names = [house.boss.submit(job(f"film-{n}"))["id"] for n in range(5)]
    house.write(*(Put(record=usage(house, name, n)) for name in names for n in range(3)))
    bill = house.boss.get("/v1/bills?month=2026-07").json()
    assert [line["name"] for line in bill["lines"]] == [f"film-{n}" for n in range(5)]
    for line in bill["lines"]:
        assert sum(map(Decimal, line["parts_cny"].values())) == Decimal(line["total_cny"])
        assert line["parts_cny"]["energy"] == "2.14"
        assert line["parts_cny"]["carbon"] == "0.22"
    assert sum(Decimal(line["total_cny"]) for line in bill["lines"]) == Decimal(bill["total_cny"])


def test_the_rate_card_multiplies_what_was_held(house: House) -> None:
    hours = {
        "hours": 2.0,
        "cpu_core_hours": 16.0,
        "memory_gib_hours": 64.0,
        "accelerator_hours.a100-sxm4-80gb": 2.0,
    }
    bill = bill_usage("default", "2026-07", [usage(house, "job_1", quantities=hours, parts_cny={})], CARD)
    price = CARD.cny_per_hour
    expected = 16 * price["cpu-core"] + 64 * price["memory-gib"] + 2 * price["a100-sxm4-80gb"]
    assert bill.lines[0].parts_cny == {
        "rate_card": Decimal(repr(round(expected, 2))).quantize(Decimal("0.01"))
    }


def test_the_same_usage_in_any_order_makes_the_same_bill(house: House) -> None:
    rows = [usage(house, f"job_{n % 7}", n, energy_kwh=0.1 * n) for n in range(60)]
    first = bill_usage("default", "2026-07", rows, CARD)
    random.Random(1).shuffle(rows)
    assert bill_usage("default", "2026-07", rows, CARD) == first


def test_the_bill_as_csv_says_the_same(house: House) -> None:
    name = house.boss.submit(job('=HYPERLINK("x")'))["id"]
    house.write(Put(record=usage(house, name)))
    answer = house.boss.get("/v1/bills?month=2026-07&format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows[0]["name"] == '\'=HYPERLINK("x")'
    assert rows[-1]["job"] == "total"
    assert rows[-1]["total_cny"] == house.boss.get("/v1/bills?month=2026-07").json()["total_cny"]
    parts = [
        Decimal(amount) for part, amount in rows[0].items() if part.endswith("_cny") and part != "total_cny"
    ]
    assert sum(parts) == Decimal(rows[0]["total_cny"])


def test_a_quoted_job_never_pays_more_than_was_promised(house: House) -> None:
    offers = house.boss.post("/v1/quotes", json=job()).json()["offers"]
    taken = house.boss.submit(job(), params={"quote": offers[1]["id"]})
    house.write(Put(record=usage(house, taken["id"], parts_cny={"energy": Decimal("1000")})))
    line = house.boss.get("/v1/bills?month=2026-07").json()["lines"][0]
    assert line["total_cny"] == offers[1]["price_cny"]
    assert Decimal(line["parts_cny"]["quote"]) < 0


def test_a_promise_holds_over_the_end_of_a_month(house: House) -> None:
    offers = house.boss.post("/v1/quotes", json=job()).json()["offers"]
    taken = house.boss.submit(job(), params={"quote": offers[1]["id"]})
    dear = {"energy": Decimal("1000")}
    house.write(
        Put(record=usage(house, taken["id"], 0, parts_cny={"energy": Decimal("0.01")}, quantities={})),
        Put(record=usage(house, taken["id"], 1, parts_cny=dear, month="2026-08")),
    )
    july, august = (house.boss.get(f"/v1/bills?month=2026-{m}").json()["total_cny"] for m in ("07", "08"))
    assert Decimal(july) + Decimal(august) == Decimal(offers[1]["price_cny"])


def test_carbon_is_told_both_ways_by_site(house: House) -> None:
    house.write(
        Put(record=usage(house, "job_1", 0)),
        Put(record=usage(house, "job_1", 1)),
        Put(record=usage(house, "job_2", 2, site="guian", carbon_kg=4.0)),
    )
    report = house.boss.get("/v1/carbon?month=2026-07").json()
    assert [(row["site"], row["location_kg"], row["market_kg"], row["jobs"]) for row in report["sites"]] == [
        ("guian", 4.0, 0.25, 1),
        ("zhongwei", 2.0, 0.5, 1),
    ]
    assert (report["location_kg"], report["energy_kwh"]) == (6.0, 6.0)


def test_usage_is_listed_as_metered(house: House) -> None:
    house.write(*(Put(record=usage(house, "job_1", n)) for n in range(3)))
    page = house.boss.get("/v1/usage?month=2026-07&limit=2").json()
    rest = house.boss.get(f"/v1/usage?month=2026-07&cursor={page['cursor']}").json()
    assert len(page["usage"]) + len(rest["usage"]) == len(house.read(Many(Usage)).items) == 3
    assert page["usage"][0]["parts_cny"]["energy"] == "0.7149"


def test_a_job_that_would_break_the_budget_is_refused_with_the_amounts(house: House) -> None:
    poor = house.tenant("poor", budget_cny_per_month=Decimal("5.00"))
    assert poor.submit(job("a"))["cost_cny"] == "1.60"
    answer = poor.post("/v1/jobs", json=job("b", tasks=100))
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["type"] == "urn:edwc:problem:budget-exceeded"
    assert (problem["budget_cny"], problem["committed_cny"], problem["asked_cny"]) == (
        "5.00",
        "1.60",
        "160.00",
    )
    assert poor.post("/v1/jobs", json=[job(f"c{n}") for n in range(3)]).status_code == 409
    house.now = house.now.replace(month=8)
    assert poor.submit(job("next month"))


def test_a_tenant_has_so_many_live_jobs_and_no_more(house: House) -> None:
    small = house.tenant("small", jobs_max=2)
    first = small.submit(job("a"))
    small.submit(job("b"))
    problem = small.post("/v1/jobs", json=job("c")).json()
    assert (problem["type"], problem["jobs_max"]) == ("urn:edwc:problem:quota-exceeded", 2)
    small.post(f"/v1/jobs/{first['id']}/cancel")
    assert small.submit(job("c"))


def test_a_tenant_without_anything_owes_nothing(house: House) -> None:
    house.write(Put(record=Tenant(name="idle", created_at=house.now)))
    assert house.tenant("idle2").get("/v1/bills").json()["total_cny"] == "0.00"


def test_the_smallest_amounts_are_written_without_exponents(house: House) -> None:
    house.write(Put(record=usage(house, "job_1", parts_cny={"energy": Decimal("1.5E-9")})))
    assert (
        house.boss.get("/v1/usage?month=2026-07").json()["usage"][0]["parts_cny"]["energy"] == "0.0000000015"
    )
