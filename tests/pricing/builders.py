"""Small worlds for pricing tests: only what a test cares about is named."""

from datetime import datetime

from topology import CHINA_TIME, Catalogue, City, Cooling, Horizon, Resources, Site, SiteKind


def make_site(
    site_id: str = "here", area: str = "shanghai", province: str | None = None, **fields: object
) -> Site:
    given = {
        "id": site_id,
        "name_en": site_id,
        "kind": SiteKind.METRO,
        "province": province or area,
        "grid_area": area,
        "latitude_deg": 31.0,
        "longitude_deg": 121.0,
        "capacity": Resources(cpu_cores=1000, memory_gib=4000),
        "power_limit_kw": 1000.0,
        "base_kw": 100.0,
        "cooling": Cooling.AIR,
        "climate": province or area,
        "city": "town",
    }
    return Site(**{**given, **fields})  # type: ignore[arg-type]


def make_catalogue(*sites: Site) -> Catalogue:
    town = City(
        id="town",
        name_en="Town",
        province="shanghai",
        latitude_deg=31.0,
        longitude_deg=121.0,
        population=1000,
    )
    return Catalogue(name="test", sites=sites or (make_site(),), cities=(town,), links=(), accelerators=())


def day(
    month: int = 7, *, year: int = 2026, hours: int = 24, slot_minutes: int = 15, hour: int = 0
) -> Horizon:
    start = datetime(year, month, 15, hour, tzinfo=CHINA_TIME)
    return Horizon(start=start, slots=hours * 60 // slot_minutes, slot_minutes=slot_minutes)
