"""Places: the catalogue as it is now, with closed sites, real capacities and the marks that keep jobs away."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from topology import Catalogue, Link, Network, Resources, Site

ELSEWHERE = "elsewhere:"
LEAST_SHARE = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class Closures:
    """What keeps work away from sites. Equal closures make equal places.

    Attributes:
        closed: sites that take nothing new; what passes through them passes on.
        lost: sites that do not answer; nothing starts there or moves through them.
        avoided: sites that at least one job must avoid.
        capacity: site id -> what it really holds, where that is not what is written.
        busy_gbps: link id -> what data under way takes of it [Gbit/s].
    """

    closed: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    avoided: frozenset[str] = frozenset()
    capacity: Mapping[str, Resources] = field(default_factory=dict)
    busy_gbps: Mapping[str, float] = field(default_factory=dict)


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
    links = tuple(_narrowed(link, closures.busy_gbps.get(link.id, 0.0)) for link in catalogue.links)
    changed = replace(catalogue, sites=sites, links=links)
    return Places(catalogue=changed, network=Network(changed, lost_sites=closures.lost))


def _arranged(site: Site, closures: Closures) -> Site:
    capacity = closures.capacity.get(site.id, site.capacity)
    if site.id in closures.closed:
        capacity = Resources()
    tags = site.tags.union(elsewhere_tags(closures.avoided - {site.id}))
    if (capacity, tags) == (site.capacity, site.tags):
        return site
    return replace(site, capacity=capacity, tags=tags)


def _narrowed(link: Link, busy_gbps: float) -> Link:
    """Return a link without what is in use; a trickle stays, for a plan knows nothing of links without any room."""
    if not busy_gbps:
        return link
    return replace(link, capacity_gbps=max(link.capacity_gbps - busy_gbps, LEAST_SHARE * link.capacity_gbps))
