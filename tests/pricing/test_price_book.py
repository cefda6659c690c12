"""The price book: stories of where and when energy is cheap, clean and cool."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import UnknownPrice, build_price_book, load_price_catalogue
from pricing.price_book import PriceBook
from tests.pricing.builders import day, make_catalogue, make_site
from topology import Catalogue, Cooling, Horizon, load_catalogue

DATA = load_price_catalogue()


@pytest.fixture(scope="module")
def china() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def year(china: Catalogue) -> PriceBook:
    start = day(1).start.replace(month=1, day=1)
    return build_price_book(china, Horizon(start=start, slots=8760, slot_minutes=60))


def test_valley_night_is_cheaper_than_the_evening_peak(china: Catalogue):
    book = build_price_book(china, day())
    price = book.power_cny_per_kwh[book.row("shanghai-metro")]
    assert price[3 * 4] < price[19 * 4] / 3


def test_noon_is_the_valley_where_the_sun_is_plentiful(china: Catalogue):
    book = build_price_book(china, day())
    assert book.period_names("zhongwei")[12 * 4] == "valley"


def test_a_western_hub_is_cheaper_than_an_eastern_metro_over_the_year(year: PriceBook):
    mean = year.power_cny_per_kwh.mean(axis=1)
    for west in ("zhongwei", "qingyang", "horinger"):
        assert mean[year.row(west)] < mean[year.row("shanghai-metro")]


def test_hydropower_is_cleaner_than_coal(year: PriceBook):
    mean = year.carbon_g_per_kwh.mean(axis=1)
    assert mean[year.row("tianfu")] < mean[year.row("horinger")] / 3


def test_the_yearly_mean_of_carbon_is_the_official_factor(china: Catalogue, year: PriceBook):
    for site in china.sites:
        expected = DATA.carbon[site.province].factor_g_per_kwh
        assert year.carbon_g_per_kwh[year.row(site.id)].mean() == pytest.approx(expected, rel=1e-3)


def test_hub_facilities_land_near_the_policy_pue(china: Catalogue, year: PriceBook):
    """Reported PUE at full load, base power included: policy wants 1.25 at most (new ones in hubs 1.2)."""
    for site in china.sites:
        if site.kind == "hub":
            pue = year.pue_marginal[year.row(site.id)].mean()
            it_kw = (site.power_limit_kw - site.base_kw) / pue
            assert 1.1 <= site.power_limit_kw / it_kw <= 1.27, site.id


def test_a_cold_night_cools_for_less_than_a_hot_afternoon():
    book = build_price_book(make_catalogue(make_site(area="guangdong")), day())
    assert book.pue_marginal[0][5 * 4] < book.pue_marginal[0][15 * 4]


def test_every_site_of_china_is_priced_and_explained(china: Catalogue):
    book = build_price_book(china, day())
    assert book.power_cny_per_kwh.shape == (len(china.sites), 96)
    assert all(p.power and p.carbon and p.pue for p in book.provenance)
    assert all(
        bool(p.estimated) == bool(flag) for p, flag in zip(book.provenance, book.estimated, strict=True)
    )


def test_a_local_hour_is_the_same_whatever_zone_the_horizon_is_written_in(china: Catalogue):
    local = day()
    again = Horizon(start=local.start.astimezone(), slots=96)
    assert np.array_equal(
        build_price_book(china, local).power_cny_per_kwh, build_price_book(china, again).power_cny_per_kwh
    )


def test_a_horizon_that_begins_later_reads_the_same_prices(china: Catalogue):
    whole, late = build_price_book(china, day()), build_price_book(china, day(hour=10, hours=14))
    assert np.array_equal(whole.power_cny_per_kwh[:, 40:], late.power_cny_per_kwh)


def test_the_carbon_price_is_the_newest_national_one_unless_given(china: Catalogue):
    assert build_price_book(china, day()).carbon_cny_per_t == 74.63
    assert build_price_book(china, day(), carbon_cny_per_t=120).carbon_cny_per_t == 120


def test_a_site_in_an_unknown_area_is_refused_with_the_nearest():
    with pytest.raises(UnknownPrice, match="grid area 'shangai' has no data; nearest known: shanghai"):
        build_price_book(make_catalogue(make_site(area="shangai", province="shanghai")), day())


def test_arrays_cannot_be_written():
    book = build_price_book(make_catalogue(), day())
    with pytest.raises(ValueError, match="read-only"):
        book.power_cny_per_kwh[0, 0] = 0


def test_a_day_is_priced_in_a_fifth_of_a_second_and_a_year_in_seconds(china: Catalogue):
    begun = time.perf_counter()
    build_price_book(china, day())
    assert time.perf_counter() - begun < 0.2 * 3  # three times the promise: other work shares the machine


@given(
    month=st.integers(1, 12),
    slot_minutes=st.sampled_from([5, 10, 15, 20, 30, 60, 120]),
    area=st.sampled_from(sorted(DATA.areas)),
)
def test_prices_are_positive_and_within_the_days_extremes(month: int, slot_minutes: int, area: str):
    site = make_site(area=area, province="shanghai")
    book = build_price_book(make_catalogue(site), day(month, slot_minutes=slot_minutes))
    finest = build_price_book(make_catalogue(site), day(month, slot_minutes=5))
    assert book.power_cny_per_kwh.min() >= finest.power_cny_per_kwh.min() - 1e-12 > 0
    assert book.power_cny_per_kwh.mean() == pytest.approx(finest.power_cny_per_kwh.mean())


@pytest.mark.parametrize("cooling", list(Cooling))
def test_every_kind_of_cooling_is_priced(cooling: Cooling):
    book = build_price_book(make_catalogue(make_site(cooling=cooling)), day())
    assert (book.pue_marginal >= 1).all()
