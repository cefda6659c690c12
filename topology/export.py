"""A catalogue in the formats of maps and graph tools; pure functions, whoever calls them writes the file."""

import json
from typing import Any

from topology.catalogue import Catalogue
from topology.city import City
from topology.link import Link
from topology.site import Site


def to_geojson(catalogue: Catalogue) -> dict[str, Any]:
    """A GeoJSON feature collection (RFC 7946): sites and cities as points, links as lines between them."""
    features = [_point(place) for place in map(catalogue.place, catalogue.places)]
    features += [_line(link, catalogue) for link in catalogue.links]
    return {"type": "FeatureCollection", "features": features}


def to_graphml(catalogue: Catalogue) -> str:
    """The network as GraphML text: a directed multigraph in which a link both ways is two edges."""
    import networkx as nx  # noqa: PLC0415  (a slow import, wanted only for this export)

    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(name=catalogue.name)
    for place in map(catalogue.place, catalogue.places):
        graph.add_node(place.id, **_flat(_place_properties(place)))
    for link in catalogue.links:
        properties = _flat(_link_properties(link))
        graph.add_edge(link.a, link.b, key=link.id, **properties)
        if not link.directed:
            graph.add_edge(link.b, link.a, key=f"{link.id}-back", **properties)
    return "\n".join(nx.generate_graphml(graph)) + "\n"


def _point(place: Site | City) -> dict[str, Any]:
    where = [place.longitude_deg, place.latitude_deg]
    return _feature(place.id, "Point", where, _place_properties(place))


def _line(link: Link, catalogue: Catalogue) -> dict[str, Any]:
    ends = (catalogue.place(link.a), catalogue.place(link.b))
    where = [[end.longitude_deg, end.latitude_deg] for end in ends]
    return _feature(link.id, "LineString", where, _link_properties(link))


def _feature(feature_id: str, shape: str, where: list[Any], properties: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": shape, "coordinates": where}
    return {"type": "Feature", "id": feature_id, "geometry": geometry, "properties": properties}


def _place_properties(place: Site | City) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "id": place.id,
        "type": "site" if isinstance(place, Site) else "city",
        "name_en": place.name_en,
        "name_zh": place.name_zh,
        "province": place.province,
        "latitude_deg": place.latitude_deg,
        "longitude_deg": place.longitude_deg,
    }
    if isinstance(place, City):
        return properties | {"population": place.population}
    return properties | {
        "kind": place.kind.value,
        "hub": place.hub,
        "grid_area": place.grid_area,
        "tags": sorted(place.tags),
        "cpu_cores": place.capacity.cpu_cores,
        "memory_gib": place.capacity.memory_gib,
        "accelerators": dict(place.capacity.accelerators),
        "power_limit_kw": place.power_limit_kw,
        "cooling": place.cooling.value,
        "green_share": place.green_share,
    }


def _link_properties(link: Link) -> dict[str, Any]:
    return {
        "id": link.id,
        "type": "link",
        "a": link.a,
        "b": link.b,
        "line": link.line,
        "length_km": link.length_km,
        "route_factor": link.route_factor,
        "latency_ms": link.latency_ms,
        "capacity_gbps": link.capacity_gbps,
        "price_cny_per_gb": link.price_cny_per_gb,
        "directed": link.directed,
    }


def _flat(properties: dict[str, Any]) -> dict[str, Any]:
    """GraphML holds no lists or maps: they are written as JSON; its own key is called ref."""
    flat = {name: json.dumps(v) if isinstance(v, list | dict) else v for name, v in properties.items()}
    flat["ref"] = flat.pop("id")
    return flat
