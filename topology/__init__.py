"""Where and when: sites, cities, links and the network they form, and the slots time is cut into."""

from topology.catalogue import Catalogue, load_catalogue, validate_catalogue
from topology.city import City
from topology.dictionary import Column, load_dictionary
from topology.errors import (
    CatalogueError,
    HorizonError,
    InvalidValue,
    NoRoute,
    SeriesError,
    TopologyError,
    UnknownAccelerator,
    UnknownLink,
    UnknownPlace,
)
from topology.export import to_geojson, to_graphml
from topology.fault import Fault
from topology.geography import great_circle_km
from topology.hardware import Accelerator
from topology.horizon import CHINA_TIME, Horizon
from topology.link import Link
from topology.network import Network
from topology.outline import province_outlines
from topology.resources import Resources
from topology.route import Route
from topology.series import Series
from topology.site import Cooling, Site, SiteKind

__all__ = [
    "CHINA_TIME",
    "Accelerator",
    "Catalogue",
    "CatalogueError",
    "City",
    "Column",
    "Cooling",
    "Fault",
    "Horizon",
    "HorizonError",
    "InvalidValue",
    "Link",
    "Network",
    "NoRoute",
    "Resources",
    "Route",
    "Series",
    "SeriesError",
    "Site",
    "SiteKind",
    "TopologyError",
    "UnknownAccelerator",
    "UnknownLink",
    "UnknownPlace",
    "great_circle_km",
    "load_catalogue",
    "load_dictionary",
    "province_outlines",
    "to_geojson",
    "to_graphml",
    "validate_catalogue",
]
