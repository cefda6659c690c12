"""Where a notice gives end prices, ours equal them to the last published digit, and the page says so."""

from pathlib import Path

import pytest

from pricing import Period, PublishedPrice, build_price_book, load_price_catalogue
from pricing.tariff import PARTS
from pricing.tariff_page import computed_as_published, tariff_page
from tests.pricing.builders import day, make_catalogue, make_site

DATA = load_price_catalogue()
PAGE = Path(__file__).parents[2] / "docs" / "tariffs.md"
AREAS = {
    "beijing",
    "tianjin",
    "hebei-jibei",
    "hebei-south",
    "shanxi",
    "inner-mongolia-west",
    "inner-mongolia-east",
    "liaoning",
    "jilin",
    "heilongjiang",
    "shanghai",
    "jiangsu",
    "zhejiang",
    "anhui",
    "fujian",
    "jiangxi",
    "shandong",
    "henan",
    "hubei",
    "hunan",
    "guangdong",
    "guangxi",
    "hainan",
    "chongqing",
    "sichuan",
    "guizhou",
    "yunnan",
    "shaanxi",
    "gansu",
    "qinghai",
    "ningxia",
    "xinjiang",
}


@pytest.mark.parametrize("price", DATA.published, ids=lambda p: f"{p.tariff}-{p.year_month}-{p.period.name}")
def test_computed_price_equals_the_published_one(price: PublishedPrice):
    assert computed_as_published(DATA.tariffs[price.tariff], price) == price.price_cny_per_kwh


def test_price_book_charges_the_published_price_in_the_published_month():
    book = build_price_book(make_catalogue(make_site(area="zhejiang")), day(4))
    assert {round(float(p), 6) for p in book.power_cny_per_kwh[0]} == {0.933942, 0.566026, 0.254712}


def test_a_new_notice_replaces_the_old_one_in_its_month():
    june, july = (
        build_price_book(make_catalogue(make_site(area="zhejiang")), day(month)) for month in (6, 7)
    )
    assert "[2024]21号" in june.provenance[0].power
    assert "[2026]112号" in july.provenance[0].power
    assert june.period_names("here")[19 * 4] == "flat"
    assert july.period_names("here")[19 * 4] == "tip"


def test_every_grid_area_has_a_tariff():
    assert set(DATA.areas) == AREAS


def test_areas_without_published_ratios_are_marked_estimated_with_the_reason():
    for area in ("gansu", "ningxia", "chongqing"):
        assert all("ratio" in tariff.estimated for tariff in DATA.areas[area])


def test_areas_with_a_full_notice_are_not_marked_estimated():
    book = build_price_book(
        make_catalogue(*(make_site(area, area) for area in ("shanghai", "sichuan", "beijing"))), day()
    )
    assert not book.estimated.any()


def test_every_row_names_its_source():
    assert all(tariff.source and tariff.notice for tariff in DATA.tariffs.values())


def test_parts_add_up_and_only_floating_parts_move():
    book = build_price_book(make_catalogue(make_site(area="shanghai")), day())
    parts = dict(zip(PARTS, book.power_parts_cny_per_kwh[0], strict=False))
    assert book.power_parts_cny_per_kwh.sum(axis=1) == pytest.approx(book.power_cny_per_kwh)
    assert {name for name, values in parts.items() if values.max() > values.min()} == {"energy", "network"}


def test_half_hours_are_told_apart_in_quarter_hours_and_averaged_in_hours():
    quarters = build_price_book(make_catalogue(make_site(area="heilongjiang")), day())
    hours = build_price_book(make_catalogue(make_site(area="heilongjiang")), day(slot_minutes=60))
    names = quarters.period_names("here")
    assert names[20:24] == ("valley", "valley", "flat", "flat")
    assert hours.power_cny_per_kwh[0] == pytest.approx(
        quarters.power_cny_per_kwh[0].reshape(24, 4).mean(axis=1)
    )


def test_a_day_without_a_ratio_for_its_period_is_refused():
    tariff = DATA.tariffs["jiangsu-110kv"]
    with pytest.raises(ValueError, match=r"tip.*has no ratio in month 7"):
        tariff.price_cny_per_kwh(Period.TIP, 7)


def test_the_page_of_tariffs_is_current():
    """Make it anew with Path("docs/tariffs.md").write_text(tariff_page(), encoding="utf-8")."""
    assert PAGE.read_text(encoding="utf-8") == tariff_page()
