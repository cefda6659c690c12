"""Small catalogues for the stories: only what matters is stated."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from topology import Catalogue, City, Link, Resources, Site, SiteKind


def site(site_id: str, **fields: object) -> Site:
    given: dict[str, object] = {
        "name_en": site_id.title(),
        "kind": SiteKind.METRO,
        "province": "ningxia",
        "grid_area": "ningxia",
        "latitude_deg": 37.0,
        "longitude_deg": 105.0,
        "capacity": Resources(cpu_cores=100, memory_gib=400),
        "power_limit_kw": 100.0,
    }
    return Site(id=site_id, **(given | fields))  # type: ignore[arg-type]


def city(city_id: str) -> City:
    return City(
        id=city_id, name_en=city_id.title(), province="ningxia", latitude_deg=37.0, longitude_deg=105.0
    )


def link(
    a: str, b: str, latency_ms: float = 1.0, price: float = 0.01, gbps: float = 100.0, **fields: object
) -> Link:
    given: dict[str, object] = {
        "id": f"{a}-to-{b}",
        "length_km": 0.0,
        "equipment_ms": latency_ms,
        "price_cny_per_gb": price,
        "capacity_gbps": gbps,
    }
    return Link(a=a, b=b, **(given | fields))  # type: ignore[arg-type]


def catalogue(sites: str, cities: str = "", links: Iterable[Link] = ()) -> Catalogue:
    """A catalogue whose sites and cities are named in words."""
    return Catalogue(
        name="small",
        sites=tuple(map(site, sites.split())),
        cities=tuple(map(city, cities.split())),
        links=tuple(links),
    )


SITES = {
    "west": {"id": "west", "latitude_deg": "37.5", "longitude_deg": "105.2", "city": "oasis"},
    "east": {"id": "east", "latitude_deg": "31.2", "longitude_deg": "121.5", "city": ""},
}
_SITE = {
    "name_en": "Site",
    "kind": "metro",
    "province": "ningxia",
    "grid_area": "ningxia",
    "cpu_cores": "100",
    "memory_gib": "400",
    "accelerators": "t4=8",
    "power_limit_kw": "100",
    "cooling": "air",
}
CITIES = {
    "oasis": {
        "id": "oasis",
        "name_en": "Oasis",
        "province": "ningxia",
        "latitude_deg": "37.4",
        "longitude_deg": "105.3",
    }
}
LINKS = {
    "long": {"id": "long", "a": "west", "b": "east", "length_km": "1700", "capacity_gbps": "800"},
    "short": {"id": "short", "a": "oasis", "b": "west", "length_km": "10", "capacity_gbps": "100"},
}

Rows = Mapping[str, Mapping[str, str]]


def write_folder(
    folder: Path,
    *,
    sites: Rows | None = None,
    cities: Rows | None = None,
    links: Rows | None = None,
) -> Path:
    """A sound folder of two sites, a city and two links; what is given is changed or added."""
    base = {key: _SITE | row for key, row in SITES.items()}
    _write(folder / "sites.csv", base, {key: _SITE | dict(row) for key, row in (sites or {}).items()})
    _write(folder / "cities.csv", CITIES, cities or {})
    _write(folder / "links.csv", LINKS, links or {})
    return folder


def _write(path: Path, base: Rows, changes: Rows) -> None:
    rows = {key: dict(base.get(key, {})) | dict(changes.get(key, {})) for key in (*base, *changes)}
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows.values())
