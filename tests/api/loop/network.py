"""A network for stories of loss: three cities, far apart, of two sites each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from api.loop import LoopSettings
from tests.api.loop.moody import MoodyBackend
from tests.api.loop.stage import SETTINGS, FlatFeed, Stage, story
from tests.builders import catalogue, link, site
from topology import Resources

PLACES = {
    "west1": (37.5, 105.2, "ningxia"),
    "west2": (37.9, 105.9, "ningxia"),
    "east1": (31.2, 121.4, "shanghai"),
    "east2": (31.3, 120.9, "shanghai"),
    "south1": (23.1, 113.3, "guangdong"),
    "south2": (23.4, 113.7, "guangdong"),
}
CNY_PER_KWH = {name: 0.4 + 0.1 * place for place, name in enumerate(PLACES)}


@dataclass
class Country(Stage):
    """A Stage with six sites; the further down in PLACES, the dearer."""

    cores: float = 100

    def __post_init__(self) -> None:
        sites = [
            site(name, latitude_deg=north, longitude_deg=east, grid_area=area, cpu_cores=self.cores)
            for name, (north, east, area) in PLACES.items()
        ]
        names = list(PLACES)
        links = [link(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
        self.feed = FlatFeed(catalogue(*sites, links=links), CNY_PER_KWH)
        self.moody = MoodyBackend(self.clock)
        for name in names:
            self.moody.hold(name, Resources(cpu_cores=self.cores, memory_gib=1e6))
        self.backend = self.moody
        super().__post_init__()


def tale(
    settings: LoopSettings = SETTINGS,
) -> Callable[[Callable[[Country], Awaitable[None]]], Callable[[], None]]:
    """Run an async story in a fresh country."""
    return story(settings, stage=Country)
