"""A broken folder is told all its faults in one run, each with file, line, column, value and rule."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.topology.builders import write_folder
from topology import CatalogueError, Fault, load_catalogue, validate_catalogue
from topology.table import MAX_BYTES


def test_a_sound_folder_has_no_fault_and_loads(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)

    assert validate_catalogue(folder) == ()
    catalogue = load_catalogue(folder)
    assert catalogue.name == tmp_path.name
    assert catalogue.places == ("west", "east", "oasis")
    assert catalogue.site("west").capacity.get("t4") == 8
    assert catalogue.accelerator("t4").power_w == 70, "without accelerators.csv the built-in models hold"


CELL_FAULTS = [
    ("sites", "west", {"cpu_cores": "-1"}, "must be a finite number at least 0"),
    ("sites", "west", {"memory_gib": "nan"}, "must be a finite number at least 0"),
    ("sites", "west", {"power_limit_kw": "inf"}, "must be a finite number at least 0"),
    ("sites", "west", {"power_limit_kw": "1_000"}, "must be a finite number at least 0"),
    ("sites", "west", {"power_limit_kw": "much"}, "must be a finite number at least 0"),
    ("sites", "west", {"power_limit_kw": ""}, "must be a finite number at least 0"),
    ("sites", "west", {"latitude_deg": "105.2"}, "must be a finite number at least -90 and at most 90"),
    ("sites", "west", {"longitude_deg": "-181"}, "must be a finite number at least -180 and at most 180"),
    ("sites", "west", {"kind": "village"}, "must be one of hub, metro, edge"),
    ("sites", "west", {"cooling": "ice"}, "must be one of air, cold_plate, immersion, free_air"),
    ("sites", "west", {"accelerators": "t4"}, "must be model=count pairs"),
    ("sites", "west", {"accelerators": "t4=-8"}, "each count a finite number at least 0"),
    ("sites", "west", {"accelerators": "t4=8;t4=9"}, "must be model=count pairs"),
    ("sites", "west", {"name_en": ""}, "must be a text and not empty"),
    ("sites", "west", {"green_share": "1.5"}, "at most 1"),
    ("sites", "west", {"base_kw": "101"}, "must not exceed power_limit_kw (100)"),
    ("cities", "oasis", {"population": "1.5"}, "must be a whole number at least 0"),
    (
        "cities",
        "oasis",
        {"province": "Ning Xia"},
        "must be lowercase letters and digits joined by single hyphens",
    ),
    ("links", "long", {"capacity_gbps": "0"}, "must be a finite number at least 1e-06"),
    ("links", "long", {"price_cny_per_gb": "-0.1"}, "must be a finite number at least 0"),
    ("links", "long", {"route_factor": "0.9"}, "must be a finite number at least 1"),
    ("links", "long", {"directed": "maybe"}, "must be yes or no"),
]


@pytest.mark.parametrize(("file", "row", "change", "rule"), CELL_FAULTS)
def test_a_bad_cell_is_named(tmp_path: Path, file: str, row: str, change: dict[str, str], rule: str) -> None:
    write_folder(tmp_path, **{file: {row: change}})

    (fault,) = validate_catalogue(tmp_path)

    ((column, value),) = change.items()
    assert (fault.file, fault.line, fault.column, fault.value) == (f"{file}.csv", 2, column, value)
    assert rule in fault.rule


LINK = {"id": "extra", "a": "west", "length_km": "1", "capacity_gbps": "1"}
CITY = {"name_en": "West", "province": "gansu", "latitude_deg": "1", "longitude_deg": "1"}
REFERENCE_FAULTS = [
    ("links", {"x": LINK | {"b": "nowhere"}}, "b", "nowhere", "must be the id of a site or city"),
    ("links", {"x": LINK | {"b": "west"}}, "b", "west", "must differ from a"),
    (
        "links",
        {"x": LINK | {"id": "long", "b": "oasis"}},
        "id",
        "long",
        "is a duplicate id, first given at links.csv:2",
    ),
    ("cities", {"x": CITY | {"id": "west"}}, "id", "west", "is a duplicate id, first given at sites.csv:2"),
    ("sites", {"west": {"city": "nowhere"}}, "city", "nowhere", "must be the id of a city"),
    (
        "sites",
        {"west": {"accelerators": "t4=8;abacus=1"}},
        "accelerators",
        "abacus",
        "must be the id of an accelerator model in accelerators.csv",
    ),
    (
        "sites",
        {"x": {"id": "island", "latitude_deg": "20", "longitude_deg": "110"}},
        "id",
        "island",
        "is disconnected: links must join it both ways to the rest of the network",
    ),
]


@pytest.mark.parametrize(("file", "rows", "column", "value", "rule"), REFERENCE_FAULTS)
def test_an_id_that_does_not_fit_the_others_is_named(
    tmp_path: Path, file: str, rows: dict[str, dict[str, str]], column: str, value: str, rule: str
) -> None:
    write_folder(tmp_path, **{file: rows})

    (fault,) = validate_catalogue(tmp_path)

    assert (fault.file, fault.column, fault.value, fault.rule) == (f"{file}.csv", column, value, rule)
    assert fault.line == (2 if "west" in rows else fault.line)


def test_a_place_that_can_only_be_reached_is_disconnected(tmp_path: Path) -> None:
    write_folder(tmp_path, links={"long": {"directed": "yes"}})

    assert [fault.value for fault in validate_catalogue(tmp_path)] == ["east"]


Damage = Callable[[Path], object]


def swap(name: str, old: bytes, new: bytes) -> Damage:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes().replace(old, new, 1))


def append(name: str, tail: bytes) -> Damage:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes().rstrip(b"\r\n") + tail)


def keep_lines(name: str, count: int) -> Damage:
    return lambda folder: (folder / name).write_bytes(
        b"".join((folder / name).read_bytes().splitlines(keepends=True)[:count])
    )


def grow(folder: Path) -> None:
    with (folder / "sites.csv").open("r+b") as file:
        file.truncate(MAX_BYTES + 1)


def make_folder(folder: Path) -> None:
    (folder / "sites.csv").unlink()
    (folder / "sites.csv").mkdir()


FILE_FAULTS = [
    (lambda folder: (folder / "sites.csv").unlink(), "sites.csv", 0, "", "is missing from"),
    (make_folder, "sites.csv", 0, "", "must be an ordinary file"),
    (grow, "sites.csv", 0, "", f"is {MAX_BYTES + 1} bytes; at most {MAX_BYTES} are read"),
    (keep_lines("sites.csv", 0), "sites.csv", 0, "", "is empty"),
    (keep_lines("sites.csv", 1), "sites.csv", 0, "", "has no rows below its header"),
    (append("sites.csv", b"\n\xff\xfe"), "sites.csv", 4, "", "must be UTF-8"),
    (swap("sites.csv", b"Site", b"Si\0te"), "sites.csv", 2, "", "must be text without NUL bytes"),
    (append("sites.csv", b'\n"open'), "sites.csv", 4, "", "must be CSV"),
    (swap("links.csv", b",100", b""), "links.csv", 3, "", "has 4 fields; the header has 5"),
    (append("links.csv", b",1,2"), "links.csv", 3, "", "has 7 fields; the header has 5"),
    (swap("links.csv", b"capacity_gbps", b"gbps"), "links.csv", 1, "capacity_gbps", "is a missing column"),
    (swap("links.csv", b"capacity_gbps", b"gbps"), "links.csv", 1, "gbps", "is an unknown column"),
    (swap("links.csv", b"length_km", b"a"), "links.csv", 1, "a", "stands twice in the header"),
]


@pytest.mark.parametrize(("damage", "file", "line", "column", "rule"), FILE_FAULTS)
def test_a_damaged_file_is_named(
    tmp_path: Path, damage: Damage, file: str, line: int, column: str, rule: str
) -> None:
    damage(write_folder(tmp_path))

    faults = validate_catalogue(tmp_path)

    matching = [f for f in faults if (f.file, f.line, f.column) == (file, line, column) and rule in f.rule]
    assert len(matching) == 1, faults


def test_one_missing_file_is_one_fault(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / "sites.csv").unlink()

    assert len(validate_catalogue(tmp_path)) == 1


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    write_folder(
        tmp_path,
        sites={"west": {"cpu_cores": "-1", "kind": "village"}, "extra": {"id": "east"}},
        cities={
            "far": {
                "id": "far",
                "name_en": "Far",
                "province": "x",
                "latitude_deg": "99",
                "longitude_deg": "0",
            }
        },
        links={"long": {"b": "nowhere"}, "short": {"length_km": "nan"}},
    )

    found = {(fault.file, fault.line, fault.column) for fault in validate_catalogue(tmp_path)}

    assert found >= {
        ("sites.csv", 2, "cpu_cores"),
        ("sites.csv", 2, "kind"),
        ("sites.csv", 4, "latitude_deg"),
        ("sites.csv", 4, "id"),
        ("cities.csv", 3, "latitude_deg"),
        ("links.csv", 2, "b"),
        ("links.csv", 3, "length_km"),
        ("sites.csv", 3, "id"),
    }


def test_loading_a_broken_folder_shows_the_first_fault_and_counts_the_rest(tmp_path: Path) -> None:
    write_folder(tmp_path, sites={"west": {"cpu_cores": "-1", "kind": "village", "cooling": "ice"}})

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)

    assert len(caught.value.faults) == 3
    assert str(caught.value) == (
        "sites.csv:2: kind 'village' must be one of hub, metro, edge (and 2 more faults)"
    )


def test_a_folder_that_is_not_there_is_named_with_the_built_in_ones() -> None:
    (fault,) = validate_catalogue("atlantis")

    assert str(fault) == "atlantis: must be a folder, or a built-in catalogue: china"


def test_a_fault_reads_as_one_line() -> None:
    fault = Fault(
        file="links.csv", line=12, column="b", value="nowhere", rule="must be the id of a site or city"
    )

    assert str(fault) == "links.csv:12: b 'nowhere' must be the id of a site or city"


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    write_folder(tmp_path, sites={"west": {"cpu_cores": "9" * 5000}})

    (fault,) = validate_catalogue(tmp_path)

    assert len(fault.value) < 100


def test_a_byte_order_mark_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    write_folder(tmp_path)
    path = tmp_path / "links.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\r\n", b"\r\n\r\n"))

    assert validate_catalogue(tmp_path) == ()


@given(
    name=st.sampled_from(["sites.csv", "cities.csv", "links.csv"]),
    at=st.integers(0, 400),
    length=st.integers(0, 30),
    junk=st.binary(max_size=12)
    | st.sampled_from([b",", b"\n", b'"', b"1e999", b"-0", b"nan", b"=;=", b"9" * 400]),
)
@settings(deadline=None, max_examples=150)
def test_no_damage_makes_the_reader_fall_over(
    tmp_path_factory: pytest.TempPathFactory, name: str, at: int, length: int, junk: bytes
) -> None:
    folder = write_folder(tmp_path_factory.mktemp("damaged"))
    raw = (folder / name).read_bytes()
    (folder / name).write_bytes(raw[:at] + junk + raw[at + length :])

    faults = validate_catalogue(folder)

    if faults:
        with pytest.raises(CatalogueError):
            load_catalogue(folder)
    else:
        assert load_catalogue(folder).name == folder.name
