"""Quotes estimate in parts; bills add up to the cent and come out the same every time."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import (
    BillError,
    InvalidPrice,
    RateCard,
    UnknownPrice,
    Usage,
    build_price_book,
    load_price_catalogue,
    make_bill,
    quote_run,
    transfer_cost_cny,
    value_cny,
)
from tests.pricing.builders import day, make_catalogue
from topology import Network, load_catalogue

CARD = load_price_catalogue().rate_card
BOOK = build_price_book(make_catalogue(), day())
NOON = datetime(2026, 7, 15, 4, tzinfo=UTC)


def usage(**fields: object) -> Usage:
    given = {
        "job": "train",
        "site": "here",
        "started": NOON,
        "ended": NOON + timedelta(hours=1),
        "cpu_cores": 8,
    }
    return Usage(**{**given, **fields})  # type: ignore[arg-type]


def test_a_quote_by_hand_pays_the_last_slot_by_the_minute():
    quote = quote_run(BOOK, "here", start_slot=0, runtime_minutes=20, it_kw=100)
    hours = (0.25, 5 / 60)
    energy = [100 * BOOK.pue_marginal[0][slot] * hours[slot] for slot in (0, 1)]
    assert quote.slots == 2
    assert quote.energy_kwh == pytest.approx(sum(energy))
    assert quote.energy_cny == pytest.approx(
        sum(e * p for e, p in zip(energy, BOOK.power_cny_per_kwh[0], strict=False))
    )
    carbon_g = sum(e * c for e, c in zip(energy, BOOK.carbon_g_per_kwh[0], strict=False))
    assert quote.carbon_cny == pytest.approx(carbon_g / 1e6 * 74.63)
    assert quote.carbon_kg == pytest.approx(carbon_g / 1000)


def test_parts_of_a_quote_add_up():
    quote = quote_run(BOOK, "here", start_slot=4, runtime_minutes=90, it_kw=10, network_cny=3)
    assert quote.total_cny == quote.energy_cny + quote.carbon_cny + 3


@given(start=st.integers(0, 90), minutes=st.floats(1, 75), scale=st.floats(0.1, 100))
def test_a_quote_is_never_negative_and_scales_with_power(start: int, minutes: float, scale: float):
    one = quote_run(BOOK, "here", start_slot=start, runtime_minutes=minutes, it_kw=1)
    many = quote_run(BOOK, "here", start_slot=start, runtime_minutes=minutes, it_kw=scale)
    assert one.total_cny > 0
    assert many.total_cny == pytest.approx(scale * one.total_cny)


def test_a_run_beyond_the_horizon_is_refused():
    with pytest.raises(InvalidPrice, match="start_slot 95 must leave room for 2 slots"):
        quote_run(BOOK, "here", start_slot=95, runtime_minutes=16, it_kw=1)


def test_moving_data_costs_its_size_times_the_route():
    network = Network(load_catalogue())
    route = network.route("shanghai", "zhongwei")
    assert transfer_cost_cny(route, 500) == pytest.approx(500 * route.price_cny_per_gb)
    assert transfer_cost_cny(network.route("zhongwei", "zhongwei"), 500) == 0


def test_the_rate_card_prices_a_variant_by_hand():
    price = CARD.price_cny(
        tasks=2, cpu_cores=10, memory_gib=100, runtime_minutes=30, accelerator="a100-sxm4-80gb", count=8
    )
    assert price == pytest.approx(2 * 0.5 * (10 * 0.12 + 100 * 0.02 + 8 * 8.5))


def test_the_rate_card_knows_every_accelerator_of_china():
    assert {a.id for a in load_catalogue().accelerators} <= set(CARD.cny_per_hour)


def test_the_default_value_is_the_cheapest_variant_times_ten_to_the_priority():
    assert value_cny((30.0, 20.0), 2) == 2000
    with pytest.raises(InvalidPrice, match="variants"):
        value_cny((), 0)


def test_an_accelerator_off_the_card_is_refused():
    with pytest.raises(UnknownPrice, match="'tpu' has no data"):
        CARD.price_cny(tasks=1, cpu_cores=1, memory_gib=1, runtime_minutes=1, accelerator="tpu", count=1)


def test_a_bill_by_hand():
    bill = make_bill("default", [usage(memory_gib=16, ended=NOON + timedelta(minutes=20))], CARD)
    assert [str(line.amount_cny) for line in bill.lines] == ["0.32", "0.11"]
    assert bill.lines[0].quantity == Decimal("2.666667")
    assert bill.total_cny == Decimal("0.43")


@given(
    st.lists(st.tuples(st.integers(1, 86400), st.floats(0, 512), st.integers(0, 8)), max_size=20),
    st.integers(),
)
def test_bills_are_exact_and_the_same_in_any_order(stretches: list[tuple[int, float, int]], seed: int):
    usages = [
        usage(
            job=f"job-{number}",
            ended=NOON + timedelta(seconds=seconds),
            cpu_cores=cores,
            accelerator="h20",
            count=count,
        )
        for number, (seconds, cores, count) in enumerate(stretches)
    ]
    bill = make_bill("default", usages, CARD)
    random.Random(seed).shuffle(usages)
    assert make_bill("default", usages, CARD) == bill
    assert bill.total_cny == sum((line.amount_cny for line in bill.lines), Decimal(0))
    assert bill.total_cny == sum(bill.total_by_job_cny().values(), Decimal(0))
    assert bill.total_cny.as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"started": NOON.replace(tzinfo=None)}, "must carry a UTC offset"),
        ({"ended": NOON - timedelta(seconds=1)}, "must not be before"),
        ({"cpu_cores": float("nan")}, "must be a finite number"),
        ({"tasks": -1}, "must be a finite number"),
    ],
)
def test_impossible_usage_is_refused(fields: dict[str, object], rule: str):
    with pytest.raises(BillError, match=rule):
        usage(**fields)


def test_a_card_without_a_core_price_is_refused():
    with pytest.raises(InvalidPrice, match="cpu-core"):
        RateCard(cny_per_hour={"memory-gib": 1.0})
