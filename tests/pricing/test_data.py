"""The pricing data: a dictionary for every file, broken files refused, derived tables true to sources."""

import csv
import gzip
import io
import shutil
from pathlib import Path

import numpy as np
import pytest

from pricing import CarbonProfile, InvalidPrice, PriceDataError, load_price_catalogue, load_price_dictionary
from pricing.table import DATA_FOLDER

DATA = load_price_catalogue()
SHARED = Path(__file__).parents[3] / "shared" / "data" / "china"


@pytest.mark.parametrize("path", sorted(DATA_FOLDER.glob("*.csv")), ids=lambda path: path.name)
def test_the_dictionary_names_exactly_the_columns_of_each_file(path: Path):
    if path.name == "dictionary.csv":
        return
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert header == [column.column for column in load_price_dictionary()[path.name]]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "tariffs.csv",
            ",0.389702,",
            ",cheap,",
            "tariffs.csv:.*energy_cny_per_kwh 'cheap' must be a finite number",
        ),
        ("tariffs.csv", "beijing-one-part", "nowhere", "ratios 'nowhere' must name a ratios of"),
        ("periods.csv", "00:00 valley", "00:10 valley", "day .* must begin at 00:00 and rise by half hours"),
        ("periods.csv", "00:00 valley", "00:00 night", "day .* must be times and periods"),
        ("climate.csv", "amplitude_c", "swing", "climate.csv:1: amplitude_c '' is a missing column"),
        ("rate_card.csv", "0.12", "", "rate_card.csv:2: price_cny_per_hour '' must be filled in"),
    ],
)
def test_broken_data_are_refused_with_file_and_line(
    tmp_path: Path, file: str, old: str, new: str, message: str
):
    folder = tmp_path / "data"
    shutil.copytree(DATA_FOLDER, folder)
    text = (folder / file).read_text(encoding="utf-8")
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PriceDataError, match=message):
        load_price_catalogue(folder)


def test_a_shape_whose_mean_is_not_one_is_refused():
    with pytest.raises(InvalidPrice, match="must have mean 1"):
        CarbonProfile(province="here", factor_g_per_kwh=500, shape=np.full((12, 24), 1.1))


def shared_rows(name: str) -> list[dict[str, str]]:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project")
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.needs_shared
def test_the_carbon_shape_follows_the_derived_series():
    cells: dict[tuple[int, int], list[float]] = {}
    for row in shared_rows("DERIVED_provincial_ci_proxy_hourly.csv.gz"):
        cells.setdefault((int(row["time_cst"][5:7]), int(row["time_cst"][11:13])), []).append(
            float(row["Ningxia"])
        )
    means = {key: np.mean(values) for key, values in cells.items()}
    shape = DATA.carbon["ningxia"].shape
    ratios = [shape[month - 1, hour] / mean for (month, hour), mean in means.items()]
    assert max(ratios) == pytest.approx(min(ratios), rel=1e-3)
    assert shape[2] == pytest.approx((shape[1] + shape[3]) / 2, abs=2e-4)
    assert shape[11] == pytest.approx((shape[10] + shape[0]) / 2, abs=2e-4)


@pytest.mark.needs_shared
def test_factors_are_the_official_ones():
    by_name = {row["area_zh"]: row["ef_2023"] for row in shared_rows("grid_factors.csv")}
    assert DATA.carbon["ningxia"].factor_g_per_kwh == pytest.approx(1000 * float(by_name["宁夏"]))
    assert DATA.carbon["yunnan"].factor_g_per_kwh == pytest.approx(1000 * float(by_name["云南"]))


@pytest.mark.needs_shared
def test_published_prices_are_carried_whole():
    rows = shared_rows("tou_price_levels.csv")
    published = sorted(
        row[period] for row in rows for period in ("tip", "peak", "flat", "valley", "deep") if row[period]
    )
    carried = [str(price.price_cny_per_kwh) for price in DATA.published]
    assert all(carried.count(price) >= published.count(price) for price in published)


@pytest.mark.needs_shared
@pytest.mark.parametrize(
    ("tariff", "notice"),
    [("ningxia-220kv", "宁发改价格(管理)[2023]7号"), ("jiangxi-220kv", "赣发改价管[2025]463号")],
)
def test_hours_follow_the_hourly_map(tariff: str, notice: str):
    for row in shared_rows("tou_hourly_map.csv"):
        if row["doc_no"] == notice:
            halves = row["half_hour_split"].split("/") if row["half_hour_split"] else [row["period"]] * 2
            day = DATA.tariffs[tariff].periods[int(row["month"]) - 1]
            assert [period.name.lower() for period in day[2 * int(row["hour"]) :][:2]] == halves
