"""Residency: where the law, or the customer, lets a job run."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.quantity import STRICT, check_name
from topology import Site


@dataclass(frozen=True, kw_only=True, slots=True)
class Residency:
    """A site passes if it lies in any named province or hub, and carries every tag.

    Attributes:
        provinces: province ids; with no province and no hub named, anywhere is allowed.
        hubs: national hub node ids.
        tags: compliance tags, all of them needed.
    """

    __pydantic_config__ = STRICT

    provinces: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in ("provinces", "hubs", "tags"):
            for name in getattr(self, field):
                check_name(field, name)

    def has_tags(self, site: Site) -> bool:
        """Whether a site carries every tag."""
        return site.tags.issuperset(self.tags)

    def covers(self, site: Site) -> bool:
        """Whether a site lies in a named province or hub; anywhere does where none is named."""
        anywhere = not self.provinces and not self.hubs
        return anywhere or site.province in self.provinces or bool(site.hub and site.hub in self.hubs)
