"""A catalogue is asked by id and refuses to be inconsistent, also when built in code."""

import copy
import math
import pickle

import pytest

from tests.topology.builders import catalogue, city, link, site
from topology import (
    Accelerator,
    Catalogue,
    InvalidValue,
    Resources,
    UnknownAccelerator,
    UnknownPlace,
    load_catalogue,
)


def test_places_are_found_by_id() -> None:
    small = catalogue("a b", "x", [link("a", "x")])

    assert small.site("a").id == "a"
    assert small.city("x").id == "x"
    assert small.place("x") is small.city("x")
    assert small.site_ids == ("a", "b")
    assert small.places == ("a", "b", "x")


def test_an_unknown_id_names_the_nearest_of_its_kind() -> None:
    china = load_catalogue()

    with pytest.raises(UnknownPlace, match="nearest known: shanghai-edge, shanghai-metro"):
        china.site("shanghai")
    with pytest.raises(UnknownPlace, match="nearest known: zhongwei-city"):
        china.city("zhongwei")
    with pytest.raises(UnknownPlace):
        china.place("atlantis")
    with pytest.raises(UnknownAccelerator, match="a100-sxm4-80gb"):
        china.accelerator("a100")


def test_ids_stand_once_and_links_end_somewhere() -> None:
    with pytest.raises(InvalidValue, match="must stand once"):
        catalogue("a", "a")
    with pytest.raises(InvalidValue, match="must be the id of a site or city"):
        catalogue("a", "", [link("a", "b")])
    with pytest.raises(InvalidValue, match="id of their own"):
        catalogue("a b", "", [link("a", "b"), link("b", "a", id="a-to-b")])


def test_a_catalogue_survives_copying_and_pickling() -> None:
    china = load_catalogue()

    assert copy.deepcopy(china) == china
    assert pickle.loads(pickle.dumps(china)) == china
    assert isinstance(hash(china), int)


@pytest.mark.parametrize(
    "fields",
    [
        {"latitude_deg": 91},
        {"longitude_deg": math.nan},
        {"power_limit_kw": -1},
        {"base_kw": 101},
        {"green_share": 1.1},
        {"battery_efficiency": 0},
        {"capacity": Resources(cpu_cores=-1)},
        {"capacity": Resources(accelerators={"t4": -1})},
    ],
)
def test_a_site_is_valid_at_birth(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidValue, match=r"site a: \w+"):
        site("a", **fields)


@pytest.mark.parametrize(
    "fields", [{"length_km": -1}, {"route_factor": 0.5}, {"capacity_gbps": 0}, {"price_cny_per_gb": math.inf}]
)
def test_a_link_is_valid_at_birth(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidValue, match="link a-to-b: "):
        link("a", "b", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", ["", "Two", "a_b", "a--b", "中卫", "a b", "-a"])
def test_ids_are_plain(bad: str) -> None:
    with pytest.raises(InvalidValue, match="single hyphens"):
        city(bad)


def test_an_accelerator_needs_power() -> None:
    with pytest.raises(InvalidValue, match="power_w"):
        Accelerator(id="t4", name="T4", power_w=0, memory_gib=16)


def test_a_link_cannot_lead_back_to_its_start() -> None:
    with pytest.raises(InvalidValue, match="must differ from a"):
        link("a", "a")


def test_a_catalogue_of_one_site_stands_alone() -> None:
    assert Catalogue(name="one", sites=(site("a"),)).places == ("a",)
