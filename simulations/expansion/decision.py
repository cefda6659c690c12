"""What is decided before anyone knows what comes, and how work is then placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Build = tuple[str, str, int]
"""Site, kind of hall, quarter in which the work starts."""

Flow = tuple[int, int, str, str, str]
"""Quarter, block, class of demand, site, kind of hall."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The first stage: everything that is started, and when. What isn't named isn't started.

    Attributes:
        build: halls started, by site, kind and quarter.
        opened: quarter in which a new site is started, by site.
        steps: steps of a link started, by link and quarter.
    """

    build: Mapping[Build, int] = field(default_factory=dict)
    opened: Mapping[str, int] = field(default_factory=dict)
    steps: Mapping[tuple[str, int], int] = field(default_factory=dict)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal decisions, whatever their order."""
        return (
            tuple(sorted(self.build.items())),
            tuple(sorted(self.opened.items())),
            tuple(sorted(self.steps.items())),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """The second stage in one future: work placed [PFLOPS]; what isn't named is 0."""

    flows: Mapping[Flow, float]
