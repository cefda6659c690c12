"""Routes, round-trip times and what is left after a loss; brute force over all simple paths is the judge."""

import itertools
import math
import pickle

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.topology.builders import catalogue, link
from topology import Catalogue, InvalidValue, Network, NoRoute, Route, UnknownLink, UnknownPlace

PLACES = "a b c d e"


@st.composite
def small_catalogues(draw: st.DrawFn, *, directed: bool = False) -> Catalogue:
    pairs = list(itertools.permutations(PLACES.split(), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=10))
    grid = st.integers(0, 6).map(lambda tenths: tenths / 10)
    links = [
        link(a, b, draw(grid), draw(grid), id=f"l{n}", directed=directed and draw(st.booleans()))
        for n, (a, b) in enumerate(chosen)
    ]
    return catalogue("a b c", "d e", links)


def best_by_enumeration(world: Catalogue, a: str, b: str, field: str) -> float:
    """The least sum of a link field over every simple path."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(world.places)
    for one in world.links:
        for u, v in ((one.a, one.b), (one.b, one.a))[: 1 if one.directed else 2]:
            least = min(getattr(one, field), graph.get_edge_data(u, v, {"w": math.inf})["w"])
            graph.add_edge(u, v, w=least)
    paths = nx.all_simple_paths(graph, a, b) if a != b else [[a]]
    return min(
        (sum(graph[u][v]["w"] for u, v in itertools.pairwise(path)) for path in paths), default=math.inf
    )


@given(small_catalogues(directed=True))
@settings(deadline=None, max_examples=60)
def test_no_simple_path_beats_the_route(world: Catalogue) -> None:
    network = Network(world)

    for a, b in itertools.product(world.places, world.places):
        fastest = best_by_enumeration(world, a, b, "latency_ms")
        assert network.rtt_ms(a, b) == pytest.approx(2 * fastest)
        if math.isfinite(fastest):
            assert network.route(a, b).rtt_ms == network.rtt_ms(a, b)
            cheapest = best_by_enumeration(world, a, b, "price_cny_per_gb")
            assert network.route(a, b, by="price").price_cny_per_gb == pytest.approx(cheapest)
        else:
            with pytest.raises(NoRoute):
                network.route(a, b)


@given(small_catalogues())
@settings(deadline=None, max_examples=60)
def test_round_trips_are_symmetric_and_obey_the_triangle(world: Catalogue) -> None:
    rtt = Network(world).rtt_matrix_ms(world.places, world.places)

    assert (rtt == rtt.T).all()
    assert (np.diag(rtt) == 0).all()
    assert (rtt[:, None, :] <= rtt[:, :, None] + rtt[None, :, :] + 1e-9).all()


@given(small_catalogues(directed=True), st.data())
@settings(deadline=None, max_examples=60)
def test_a_loss_never_shortens_a_route(world: Catalogue, data: st.DataObject) -> None:
    lost_sites = data.draw(st.sets(st.sampled_from(world.site_ids), max_size=2))
    lost_links = (
        data.draw(st.sets(st.sampled_from([one.id for one in world.links]))) if world.links else set()
    )
    whole = Network(world)

    left = whole.without(lost_sites, lost_links)

    assert (left.rtt_matrix_ms() >= whole.rtt_matrix_ms()).all()
    for lost in lost_sites:
        assert math.isinf(left.rtt_ms(lost, lost))


@given(small_catalogues(directed=True), st.randoms())
@settings(deadline=None, max_examples=40)
def test_routes_do_not_depend_on_the_order_of_rows(world: Catalogue, dice: object) -> None:
    links = list(world.links)
    dice.shuffle(links)  # type: ignore[attr-defined]
    shuffled = Catalogue(name="shuffled", sites=world.sites, cities=world.cities, links=tuple(links))

    for a, b in itertools.product(world.places, world.places):
        for by in ("latency", "price"):
            assert route_or_none(Network(world), a, b, by) == route_or_none(Network(shuffled), a, b, by)


def route_or_none(network: Network, a: str, b: str, by: str) -> Route | None:
    try:
        return network.route(a, b, by=by)  # type: ignore[arg-type]
    except NoRoute:
        return None


def test_a_route_tells_its_parts() -> None:
    links = [link("a", "b", 2, 0.01, 100, length_km=100, route_factor=1.5), link("b", "c", 3, 0.02, 40)]

    route = Network(catalogue("a b c", "", links)).route("a", "c")

    assert route.nodes == ("a", "b", "c")
    assert route.links == ("a-to-b", "b-to-c")
    assert route.rtt_ms == pytest.approx(2 * (2 + 100 * 1.5 * 0.0049 + 3))
    assert route.price_cny_per_gb == pytest.approx(0.03)
    assert route.bottleneck_gbps == 40
    assert route.length_km == pytest.approx(150)


def test_nothing_is_moved_between_a_place_and_itself() -> None:
    network = Network(catalogue("a b", "", [link("a", "b")]))

    route = network.route("a", "a")

    expected = Route(
        nodes=("a",), links=(), rtt_ms=0, price_cny_per_gb=0, bottleneck_gbps=math.inf, length_km=0
    )
    assert route == expected
    assert network.transfer_hours("a", "a", 500) == 0


def test_the_cheap_way_round_is_taken_when_price_is_asked_for() -> None:
    links = [link("a", "c", 1, 0.05), link("a", "b", 5, 0.01), link("b", "c", 5, 0.01)]
    network = Network(catalogue("a b c", "", links))

    assert network.route("a", "c").nodes == ("a", "c")
    assert network.route("a", "c", by="price").nodes == ("a", "b", "c")


def test_a_tie_goes_to_the_smaller_id() -> None:
    links = [link(a, b) for a, b in ("az", "zd", "ab", "bd")]

    assert Network(catalogue("a b d z", "", links)).route("a", "d").nodes == ("a", "b", "d")


def test_of_two_parallel_links_the_faster_carries_and_its_loss_falls_back_on_the_other() -> None:
    links = [link("a", "b", 3, id="slow"), link("a", "b", 1, id="fast")]
    network = Network(catalogue("a b", "", links))

    assert network.route("a", "b").links == ("fast",)
    assert network.without(links=["fast"]).route("a", "b").links == ("slow",)


def test_a_directed_link_carries_one_way() -> None:
    network = Network(catalogue("a b", "", [link("a", "b", directed=True)]))

    assert network.rtt_ms("a", "b") == 2
    assert math.isinf(network.rtt_ms("b", "a"))


def test_losses_add_up() -> None:
    links = [link("a", "b"), link("b", "c"), link("a", "c", 9)]
    network = Network(catalogue("a b c", "", links)).without(sites=["b"]).without(links=["a-to-c"])

    assert math.isinf(network.rtt_ms("a", "c"))


def test_a_transfer_runs_at_the_lesser_of_rate_and_bottleneck() -> None:
    network = Network(catalogue("a b", "", [link("a", "b", gbps=10)]))

    assert network.transfer_hours("a", "b", 4500) == pytest.approx(1.0)
    assert network.transfer_hours("a", "b", 4500, rate_gbps=5) == pytest.approx(2.0)
    assert network.transfer_hours("a", "b", 4500, rate_gbps=50) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("size_gb", "rate_gbps"), [(-1, None), (math.nan, None), (math.inf, None), (1, 0), (1, math.nan)]
)
def test_a_senseless_transfer_is_refused(size_gb: float, rate_gbps: float | None) -> None:
    network = Network(catalogue("a b", "", [link("a", "b")]))

    with pytest.raises(InvalidValue):
        network.transfer_hours("a", "b", size_gb, rate_gbps)


def test_unknown_names_are_refused_with_the_nearest_known() -> None:
    network = Network(catalogue("zhongwei zhangjiakou", "", [link("zhongwei", "zhangjiakou")]))

    with pytest.raises(UnknownPlace, match="'zhongwai' does not exist; nearest known: zhongwei"):
        network.rtt_ms("zhongwai", "zhongwei")
    with pytest.raises(UnknownPlace):
        network.route("zhongwei", "nowhere")
    with pytest.raises(UnknownPlace):
        network.without(sites=["nowhere"])
    with pytest.raises(UnknownLink):
        network.without(links=["nowhere"])


def test_a_route_is_best_by_latency_or_by_price_only() -> None:
    with pytest.raises(InvalidValue, match="must be one of latency, price"):
        Network(catalogue("a b", "", [link("a", "b")])).route("a", "b", by="beauty")  # type: ignore[arg-type]


def test_the_matrix_holds_the_asked_rows_and_columns() -> None:
    network = Network(catalogue("a b", "x", [link("a", "b", 1), link("x", "a", 2)]))

    assert network.rtt_matrix_ms().shape == (3, 2)
    assert network.rtt_matrix_ms(["x"], ["b", "a"]).tolist() == [[6.0, 4.0]]
    assert network.rtt_matrix_ms([], []).shape == (0, 0)


def test_a_network_can_be_sent_to_another_process() -> None:
    network = Network(catalogue("a b", "", [link("a", "b")]))
    network.rtt_matrix_ms()

    assert pickle.loads(pickle.dumps(network)).rtt_ms("a", "b") == 2
