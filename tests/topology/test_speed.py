"""Large enough catalogues are quick enough; the bounds leave room for a busy machine."""

import time

from tests.topology.builders import link, site
from topology import Catalogue, Network, load_catalogue


def test_all_routes_of_the_built_in_catalogue_take_a_moment() -> None:
    china = load_catalogue()
    Network(china).rtt_ms("shanghai", "zhongwei")  # the first route imports networkx

    began = time.process_time()
    network = Network(china)
    network.rtt_matrix_ms()
    for site_id in china.site_ids:
        network.route("shanghai", site_id)

    assert time.process_time() - began < 0.6


def test_four_hundred_sites_take_seconds() -> None:
    sites = tuple(site(f"s{n}") for n in range(400))
    links = tuple(
        link(f"s{n}", f"s{(n + step) % 400}", 1 + n % 7) for n in range(400) for step in (1, 17, 133)
    )
    network = Network(Catalogue(name="large", sites=sites, links=links))

    began = time.process_time()
    matrix = network.rtt_matrix_ms()

    assert matrix.shape == (400, 400)
    assert time.process_time() - began < 6
