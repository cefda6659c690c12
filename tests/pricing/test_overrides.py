"""Series of the user's own stand in for tariff or carbon; what is not sound is refused with file and line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing import Override, OverrideError, OverrideKind, build_price_book, read_overrides
from tests.pricing.builders import day, make_catalogue, make_site

START = day().start.astimezone(UTC)


def write(folder: Path, *rows: str, header: str = "time,zone,value") -> Path:
    path = folder / "prices.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def hourly(values: list[float], zone: str = "here") -> list[str]:
    return [
        f"{(START + timedelta(hours=hour)).isoformat()},{zone},{value}" for hour, value in enumerate(values)
    ]


def refusal(path: Path, kind: OverrideKind = OverrideKind.POWER) -> OverrideError:
    with pytest.raises(OverrideError) as refused:
        read_overrides(path, kind)
    return refused.value


def test_a_forecast_replaces_the_tariff_of_its_site_only(tmp_path: Path):
    path = write(tmp_path, *hourly([0.1 * (hour % 5) for hour in range(24)]))
    overrides = read_overrides(path, OverrideKind.POWER)
    book = build_price_book(make_catalogue(make_site(), make_site("there")), day(), overrides=overrides)
    plain = build_price_book(make_catalogue(make_site(), make_site("there")), day())
    assert book.power_cny_per_kwh[0][:8] == pytest.approx([0, 0, 0, 0, 0.1, 0.1, 0.1, 0.1])
    assert np.array_equal(book.power_cny_per_kwh[1], plain.power_cny_per_kwh[1])
    assert book.period_names("here")[0] == "override"
    assert "prices.csv" in book.provenance[0].power


def test_a_series_of_an_area_holds_for_its_sites_and_the_sites_own_goes_first(tmp_path: Path):
    rows = hourly([0.5] * 24, "shanghai") + hourly([0.2] * 24, "here")
    overrides = read_overrides(write(tmp_path, *rows), OverrideKind.POWER)
    book = build_price_book(make_catalogue(make_site(), make_site("there")), day(), overrides=overrides)
    assert book.power_cny_per_kwh.mean(axis=1) == pytest.approx([0.2, 0.5])


def test_carbon_may_be_given_by_province(tmp_path: Path):
    path = write(tmp_path, *hourly([333.0] * 24, "shanghai"))
    book = build_price_book(make_catalogue(), day(), overrides=read_overrides(path, OverrideKind.CARBON))
    assert (book.carbon_g_per_kwh == 333).all()
    assert "prices.csv" in book.provenance[0].carbon


def test_an_override_stands_in_for_an_area_without_a_tariff(tmp_path: Path):
    site = make_site(area="atlantis", province="shanghai")
    overrides = read_overrides(write(tmp_path, *hourly([0.3] * 24)), OverrideKind.POWER)
    assert (build_price_book(make_catalogue(site), day(), overrides=overrides).power_cny_per_kwh == 0.3).all()


def test_a_finer_series_is_averaged_over_the_slot():
    override = Override(
        kind=OverrideKind.POWER,
        zone="here",
        start=START,
        step=timedelta(minutes=15),
        values=np.arange(96) / 96,
    )
    assert override.values_on(day(slot_minutes=60))[:2] == pytest.approx([1.5 / 96, 5.5 / 96])


def test_parquet_reads_like_csv(tmp_path: Path):
    times = [START + timedelta(hours=hour) for hour in range(24)]
    table = pa.table({"time": times, "zone": ["here"] * 24, "value": [0.4] * 24})
    pq.write_table(table, tmp_path / "prices.parquet")
    (override,) = read_overrides(tmp_path / "prices.parquet", OverrideKind.POWER)
    assert (override.values_on(day()) == 0.4).all()


def test_parquet_without_a_time_zone_is_refused_with_its_row(tmp_path: Path):
    table = pa.table({"time": [datetime(2026, 7, 15)], "zone": ["here"], "value": [0.4]})
    pq.write_table(table, tmp_path / "prices.parquet")
    assert refusal(tmp_path / "prices.parquet").line == 2


def test_a_broken_parquet_file_is_refused(tmp_path: Path):
    (tmp_path / "prices.parquet").write_bytes(b"PAR1 but no more")
    assert "Parquet" in refusal(tmp_path / "prices.parquet").rule


T = "2026-07-15T0{}:00:00+08:00,here,{}"


@pytest.mark.parametrize(
    ("rows", "line", "rule"),
    [
        ([T.format(0, 1), T.format(1, 1), T.format(3, 1)], 4, "leaves a gap"),
        ([T.format(0, 1), T.format(2, 1), T.format(3, 1)], 4, "breaks the step"),
        ([T.format(0, 1), T.format(0, 1)], 3, "stands twice"),
        ([T.format(1, 1), T.format(0, 1)], 3, "sorted by time"),
        ([T.format(0, 1), "2026-07-15T01:00:00,here,1"], 3, "must carry its UTC offset"),
        ([T.format(0, 1), "2026-07-15T03:00:00+09:00,here,1"], 3, "daylight saving"),
        ([T.format(0, 1), "yesterday,here,1"], 3, "must be a time"),
        ([T.format(0, "nan")], 2, "must be a finite number of CNY/kWh from 0 to 10"),
        ([T.format(0, "")], 2, "must be a finite number"),
        ([T.format(0, "-0.1")], 2, "must be a finite number"),
        ([T.format(0, "420")], 2, "from 0 to 10"),
        ([T.format(0, "1_0")], 2, "must be a finite number"),
        ([T.format(0, 1), "2026-07-15T01:00:00+08:00,here"], 3, "has 2 fields; the header has 3"),
        ([T.format(0, 1).replace("here", "")], 2, "zone must be filled in"),
        ([T.format(0, 1)], 2, "has one row only"),
        ([], 0, "has no rows"),
    ],
)
def test_unsound_rows_are_refused_with_their_line(tmp_path: Path, rows: list[str], line: int, rule: str):
    refused = refusal(write(tmp_path, *rows))
    assert (refused.line, rule in refused.rule) == (line, True), str(refused)
    assert str(refused).startswith("prices.csv")


def test_a_zone_that_is_nowhere_is_refused_with_its_line(tmp_path: Path):
    rows = hourly([0.5] * 24) + hourly([0.5] * 24, "shanghia")
    overrides = read_overrides(write(tmp_path, *rows), OverrideKind.POWER)
    with pytest.raises(
        OverrideError, match=r"prices.csv:26: 'shanghia' is no site .* nearest known: shanghai"
    ):
        build_price_book(make_catalogue(), day(), overrides=overrides)


def test_a_series_that_ends_before_the_horizon_is_refused(tmp_path: Path):
    overrides = read_overrides(write(tmp_path, *hourly([0.5] * 23)), OverrideKind.POWER)
    with pytest.raises(OverrideError, match=r"prices.csv:2: 'here' covers .* not the whole horizon"):
        build_price_book(make_catalogue(), day(), overrides=overrides)


@pytest.mark.parametrize(
    ("raw", "line", "rule"),
    [
        (b"", 1, "exactly one column 'time'"),
        (b"when,zone,value\n", 1, "exactly one column 'time'"),
        (b"time,zone,value\n2026-07-15T00:00:00+08:00,h\xff,1\n", 2, "must be UTF-8"),
        (b"time,zone,value\n\0\n", 2, "must be a text file"),
        (b'time,zone,value\n"2026', 2, "must be CSV"),
    ],
)
def test_files_that_are_no_tables_are_refused(tmp_path: Path, raw: bytes, line: int, rule: str):
    path = tmp_path / "prices.csv"
    path.write_bytes(raw)
    refused = refusal(path)
    assert (refused.line, rule in refused.rule) == (line, True), str(refused)


def test_a_missing_file_and_another_format_are_refused(tmp_path: Path):
    assert "cannot be read" in refusal(tmp_path / "none.csv").rule
    (tmp_path / "prices.xlsx").write_text("x", encoding="utf-8")
    assert "must be a .csv or .parquet file" in refusal(tmp_path / "prices.xlsx").rule
