"""The built-in catalogue keeps what its page promises."""

import csv
import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from topology import (
    Catalogue,
    City,
    Network,
    Site,
    SiteKind,
    great_circle_km,
    load_catalogue,
    validate_catalogue,
)
from topology.guide import PUBLISHED_HUB_ONE_WAY_MS, PUBLISHED_RTT

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "china"
CORE_KW, GIB_KW = 0.005, 0.0003  # the rule of thumb that the dictionary states
PUE = 1.2


@pytest.fixture(scope="module")
def china() -> Catalogue:
    return load_catalogue("china")


@pytest.fixture(scope="module")
def network(china: Catalogue) -> Network:
    return Network(china)


def of_kind(china: Catalogue, kind: SiteKind) -> list[Site]:
    return [site for site in china.sites if site.kind is kind]


def kilometres(a: Site | City, b: Site | City) -> float:
    return great_circle_km(a.latitude_deg, a.longitude_deg, b.latitude_deg, b.longitude_deg)


def test_it_has_no_fault() -> None:
    assert validate_catalogue("china") == ()


def test_ten_clusters_of_eight_hubs_21_metros_and_30_edges(china: Catalogue) -> None:
    hubs = of_kind(china, SiteKind.HUB)

    assert len(hubs) == 10
    assert len({site.hub for site in hubs}) == 8
    assert all(site.cluster == site.id for site in hubs)
    assert len(of_kind(china, SiteKind.METRO)) == 21
    assert len(of_kind(china, SiteKind.EDGE)) >= 30


def test_nine_lines_join_the_backbone(china: Catalogue) -> None:
    lines = Counter(
        link.line.rsplit("-", 1)[0] for link in {link.line: link for link in china.links}.values()
    )

    assert (lines["east-west"], lines["north-south"], lines["ring"]) == (4, 3, 2)


def test_every_site_serves_a_city_of_its_province(china: Catalogue) -> None:
    for site in china.sites:
        assert china.city(site.city).province == site.province
        assert kilometres(site, china.city(site.city)) < 100


@pytest.mark.parametrize(("a", "b", "published_ms", "what"), PUBLISHED_RTT)
def test_round_trips_are_near_the_published_ones(
    network: Network, a: str, b: str, published_ms: float, what: str
) -> None:
    assert network.rtt_ms(a, b) <= 1.1 * published_ms
    if what.startswith("measured"):
        assert network.rtt_ms(a, b) >= 0.9 * published_ms


def test_hubs_are_within_the_official_latency(china: Catalogue, network: Network) -> None:
    hubs = [site.id for site in of_kind(china, SiteKind.HUB)]

    assert network.rtt_matrix_ms(hubs, hubs).max() / 2 <= PUBLISHED_HUB_ONE_WAY_MS


def test_no_place_is_reached_faster_than_light_in_fibre(china: Catalogue, network: Network) -> None:
    rtt = network.rtt_matrix_ms(china.places, china.places)

    for (i, a), (j, b) in itertools.product(enumerate(china.places), repeat=2):
        assert rtt[i, j] >= 2 * 0.0049 * kilometres(china.place(a), china.place(b)) - 1e-9


def test_lengths_are_great_circles_and_factors_are_sober(china: Catalogue) -> None:
    for link in china.links:
        straight = kilometres(china.place(link.a), china.place(link.b))
        least = 5.0 if link.line == "city-access" else 1.0
        assert link.length_km == pytest.approx(max(straight, least), abs=0.06), link.id
        assert 1.3 <= link.route_factor <= 2.0


def test_only_hubs_and_metros_carry_the_traffic_of_others(china: Catalogue, network: Network) -> None:
    """An edge site or a city stands only at the ends of a route, where a city enters by its own edge site."""
    for a, b in itertools.product(china.places, china.site_ids):
        for by in ("latency", "price"):
            inner = network.route(a, b, by=by).nodes[1:-1]
            thin = [
                node
                for node in inner
                if not isinstance(china.place(node), Site) or china.site(node).kind is SiteKind.EDGE
            ]
            assert all(isinstance(china.place(a), City) and china.site(node).city == a for node in thin), (
                a,
                b,
                inner,
            )


def test_moving_data_is_neither_free_nor_prohibitive(network: Network) -> None:
    for a, b in (
        ("shanghai", "zhongwei"),
        ("shenzhen", "guian"),
        ("beijing", "qingyang"),
        ("guangzhou", "horinger"),
    ):
        assert 0.01 <= network.route(a, b).price_cny_per_gb <= 0.05


def test_no_single_loss_cuts_off_another_place(china: Catalogue, network: Network) -> None:
    for lost in china.site_ids:
        reached = np.isfinite(
            network.without(sites=[lost]).rtt_matrix_ms(
                china.places, ["xian-metro" if lost != "xian-metro" else "wuhan-metro"]
            )
        )
        assert [china.places[row] for row in np.flatnonzero(~reached[:, 0])] == [lost]
    for link in china.links:
        assert np.isfinite(network.without(links=[link.id]).rtt_matrix_ms(china.places, ["xian-metro"])).all()


def test_power_is_a_real_limit(china: Catalogue) -> None:
    for site in china.sites:
        held = site.capacity
        full_kw = held.cpu_cores * CORE_KW + held.memory_gib * GIB_KW
        full_kw += sum(n * china.accelerator(model).power_w / 1000 for model, n in held.accelerators.items())
        allowed_kw = (site.power_limit_kw - site.base_kw) / PUE
        assert 0.85 <= full_kw / allowed_kw <= 1.45, site.id


def test_sizes_are_those_of_their_kind(china: Catalogue) -> None:
    ranges = {SiteKind.HUB: (10_000, 50_000), SiteKind.METRO: (2_000, 6_000), SiteKind.EDGE: (50, 500)}
    for site in china.sites:
        low, high = ranges[site.kind]
        assert low <= site.power_limit_kw <= high
    accelerators = sum(sum(site.capacity.accelerators.values()) for site in china.sites)
    assert 10_000 <= accelerators < 100_000


def test_the_models_of_the_traces_are_there(china: Catalogue) -> None:
    offered = {model for site in china.sites for model in site.capacity.accelerators}

    assert offered >= {
        "a100-sxm4-80gb",
        "h800-sxm",
        "h20",
        "ascend-910b",
        "t4",
        "v100-sxm2-32gb",
        "a10",
        "l40s",
        "p100",
    }
    assert china.accelerator("h20").estimated


@pytest.mark.needs_shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared figures are not on this machine")
def test_figures_are_those_of_the_sources(china: Catalogue) -> None:
    with (SHARED / "metro_sites.csv").open(encoding="utf-8") as file:
        metros = {row["city_zh"]: row for row in csv.DictReader(file)}
    named = {city.name_zh: city for city in china.cities if city.name_zh in metros}
    assert named.keys() == metros.keys()
    for name, city in named.items():
        assert city.latitude_deg == pytest.approx(float(metros[name]["lat"]), abs=1e-4)
        assert city.population == int(metros[name]["population_geonames"])
    with (SHARED / "accelerators.csv").open(encoding="utf-8") as file:
        models = {row["model"]: row for row in csv.DictReader(file)}
    for model in china.accelerators:
        published = models[model.name]
        if published["power_w"]:
            assert model.power_w == float(published["power_w"])
        assert model.fp16_tflops == (
            float(published["fp16_dense_tflops"]) if published["fp16_dense_tflops"] else None
        )
