"""Maps and graph tools can read a catalogue."""

import io
import json

import networkx as nx

from tests.topology.builders import catalogue, link
from topology import load_catalogue, to_geojson, to_graphml


def test_geojson_has_a_point_per_place_and_a_line_per_link() -> None:
    china = load_catalogue()

    document = json.loads(json.dumps(to_geojson(china), allow_nan=False))

    shapes = [feature["geometry"]["type"] for feature in document["features"]]
    assert document["type"] == "FeatureCollection"
    assert shapes.count("Point") == len(china.places)
    assert shapes.count("LineString") == len(china.links)
    zhongwei = next(feature for feature in document["features"] if feature["id"] == "zhongwei")
    assert zhongwei["geometry"]["coordinates"] == [105.3468, 37.6368]
    assert zhongwei["properties"]["hub"] == "ningxia"


def test_graphml_read_back_is_the_same_network() -> None:
    china = load_catalogue()

    graph = nx.read_graphml(io.BytesIO(to_graphml(china).encode()), force_multigraph=True)

    assert set(graph.nodes) == set(china.places)
    assert graph.number_of_edges() == 2 * len(china.links)
    assert graph.nodes["zhongwei"]["name_zh"] == china.site("zhongwei").name_zh


def test_a_directed_link_is_one_edge() -> None:
    text = to_graphml(catalogue("a b", "", [link("a", "b", directed=True)]))

    assert list(nx.read_graphml(io.BytesIO(text.encode())).edges) == [("a", "b")]
