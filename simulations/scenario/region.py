"""Regions: which sites the words of `where` stand for.

"west" are the provinces of the four western hub nodes that serve the whole country, as outcomes count it. "east" are
the provinces outside the twelve of the national Western Development programme. What lies between (Sichuan, Chongqing,
Shaanxi, Guangxi, Yunnan, ...) is neither: the Chengdu-Chongqing node serves its own region.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulations.outcome import WEST
from topology import Catalogue, Site

MIDDLE = frozenset({"chongqing", "guangxi", "qinghai", "shaanxi", "sichuan", "tibet", "xinjiang", "yunnan"})


def side_of(site: Site) -> str:
    """The side of the country a site lies on: west, middle or east."""
    if site.province in WEST:
        return "west"
    return "middle" if site.province in MIDDLE else "east"


def words_of(site: Site) -> tuple[str, ...]:
    """Every word that stands for a site in a `where`."""
    side, kind = side_of(site), site.kind.value
    words = (site.id, site.hub, site.cluster, site.province, site.grid_area, kind, side, "all")
    return tuple(dict.fromkeys(word for word in words if word))


def known_words(catalogue: Catalogue) -> frozenset[str]:
    """Every word that stands for some site of a catalogue."""
    return frozenset(word for site in catalogue.sites for word in words_of(site))


def select_sites(catalogue: Catalogue, where: Sequence[str]) -> tuple[Site, ...]:
    """The sites that any of the words stands for; "west+metro" stands for those in the west that are metro sites."""
    return tuple(site for site in catalogue.sites if _matches(site, where))


def unknown_words(catalogue: Catalogue, where: Iterable[str]) -> tuple[str, ...]:
    """The words that stand for no site."""
    known = known_words(catalogue)
    return tuple(part for word in where for part in word.split("+") if part not in known)


def _matches(site: Site, where: Sequence[str]) -> bool:
    words = set(words_of(site))
    return any(words.issuperset(word.split("+")) for word in where)
