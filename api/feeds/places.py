"""Places: the catalogue as it is now, with closed sites, real capacities and the marks that keep jobs away."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from topology import Catalogue, Network, Resources, Site

ELSEWHERE = "elsewhere:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Closures:
    """What keeps work away from sites. Equal closures make equal places.

    Attributes:
        closed: sites that take nothing new; what passes through them passes on.
        lost: sites that do not answer; nothing starts there or moves through them.
        avoided: sites that at least one job must avoid.
        capacity: site id -> what it really holds, where that is not what is written.
    """

    closed: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    avoided: frozenset[str] = frozenset()
    capacity: Mapping[str, Resources] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Places:
    """A catalogue and its network; one object until something changes, so that others may keep what they made of it."""

    catalogue: Catalogue
    network: Network


def elsewhere_tags(sites: Collection[str]) -> tuple[str, ...]:
    """Return the tags a job must ask for so as not to be placed at these sites."""
    return tuple(f"{ELSEWHERE}{site}" for site in sorted(sites))


def arrange(catalogue: Catalogue, closures: Closures) -> Places:
    """Return the places as the closures leave them."""
    sites = tuple(_arranged(site, closures) for site in catalogue.sites)
    changed = replace(catalogue, sites=sites)
    return Places(catalogue=changed, network=Network(changed, lost_sites=closures.lost))


def _arranged(site: Site, closures: Closures) -> Site:
    capacity = closures.capacity.get(site.id, site.capacity)
    if site.id in closures.closed:
        capacity = Resources()
    tags = site.tags.union(elsewhere_tags(closures.avoided - {site.id}))
    if (capacity, tags) == (site.capacity, site.tags):
        return site
    return replace(site, capacity=capacity, tags=tags)
