"""A catalogue is everything known of a compute network; here a folder of CSV files becomes one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from topology.city import City
from topology.errors import CatalogueError, InvalidValue, UnknownAccelerator, UnknownPlace
from topology.fault import Fault
from topology.folder import ACCELERATORS, CITIES, LINKS, SITES, Record
from topology.hardware import Accelerator
from topology.link import Link
from topology.resources import Resources
from topology.site import Cooling, Site, SiteKind
from topology.validation import read_folder


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalogue:
    """Sites, cities, links and accelerator models, in the order of their files.

    Attributes:
        name: Name of the folder it was read from.
        sites: The sites.
        cities: The cities.
        links: The links.
        accelerators: The accelerator models.

    Raises:
        InvalidValue: If two places or two links share an id, or a link ends at no place.
    """

    name: str
    sites: tuple[Site, ...]
    cities: tuple[City, ...] = ()
    links: tuple[Link, ...] = ()
    accelerators: tuple[Accelerator, ...] = ()
    _places: Mapping[str, Site | City] = field(init=False, repr=False, compare=False)
    _models: Mapping[str, Accelerator] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places: dict[str, Site | City] = {}
        every: tuple[Site | City, ...] = (*self.sites, *self.cities)
        for place in every:
            if place.id in places:
                raise InvalidValue(
                    f"catalogue {self.name}", "id", place.id, "must stand once among sites and cities"
                )
            places[place.id] = place
        for link in self.links:
            for end in (link.a, link.b):
                if end not in places:
                    raise InvalidValue(f"link {link.id}", "end", end, "must be the id of a site or city")
        if len({link.id for link in self.links}) < len(self.links):
            raise InvalidValue(
                f"catalogue {self.name}", "links", len(self.links), "must have an id of their own each"
            )
        object.__setattr__(self, "_places", places)
        object.__setattr__(self, "_models", {model.id: model for model in self.accelerators})

    @property
    def site_ids(self) -> tuple[str, ...]:
        """Ids of the sites, in their order."""
        return tuple(site.id for site in self.sites)

    @property
    def places(self) -> tuple[str, ...]:
        """Ids of all sites, then of all cities."""
        return tuple(self._places)

    def place(self, place_id: str) -> Site | City:
        """The site or city of this id.

        Raises:
            UnknownPlace: If there is none; the message names the nearest ids.
        """
        try:
            return self._places[place_id]
        except KeyError:
            raise UnknownPlace(place_id, self._places) from None

    def site(self, site_id: str) -> Site:
        """The site of this id.

        Raises:
            UnknownPlace: If there is none; the message names the nearest site ids.
        """
        place = self._places.get(site_id)
        if not isinstance(place, Site):
            raise UnknownPlace(site_id, self.site_ids)
        return place

    def city(self, city_id: str) -> City:
        """The city of this id.

        Raises:
            UnknownPlace: If there is none; the message names the nearest city ids.
        """
        place = self._places.get(city_id)
        if not isinstance(place, City):
            raise UnknownPlace(city_id, (city.id for city in self.cities))
        return place

    def accelerator(self, model: str) -> Accelerator:
        """The accelerator model of this id.

        Raises:
            UnknownAccelerator: If there is none; the message names the nearest ids.
        """
        try:
            return self._models[model]
        except KeyError:
            raise UnknownAccelerator(model, self._models) from None


def validate_catalogue(folder: Path | str) -> tuple[Fault, ...]:
    """Every fault of a catalogue folder, in the order of its files; empty when it can be loaded."""
    return tuple(read_folder(folder).faults)


def load_catalogue(folder: Path | str = "china") -> Catalogue:
    """Read a catalogue folder, or a built-in catalogue by its name.

    A folder without accelerators.csv uses the built-in accelerator models.

    Raises:
        CatalogueError: If anything is wrong; it carries every fault.
    """
    read = read_folder(folder)
    if read.faults:
        raise CatalogueError(tuple(read.faults))
    return Catalogue(
        name=read.path.name,
        sites=tuple(map(_site, read.records[SITES])),
        cities=tuple(map(_city, read.records[CITIES])),
        links=tuple(map(_link, read.records[LINKS])),
        accelerators=tuple(map(_accelerator, read.records[ACCELERATORS])),
    )


def _site(record: Record) -> Site:
    fields = _without(record, "source", "note")
    fields["kind"] = SiteKind(fields["kind"])
    fields["cooling"] = Cooling(fields["cooling"])
    fields["capacity"] = Resources(
        cpu_cores=fields.pop("cpu_cores"),
        memory_gib=fields.pop("memory_gib"),
        accelerators=fields.pop("accelerators", {}),
    )
    return Site(**fields)


def _city(record: Record) -> City:
    return City(**_without(record, "source", "note"))


def _link(record: Record) -> Link:
    return Link(**_without(record, "source", "note"))


def _accelerator(record: Record) -> Accelerator:
    return Accelerator(**_without(record, "note"))


def _without(record: Record, *columns: str) -> dict[str, Any]:
    return {column: value for column, value in record.values.items() if column not in columns}
