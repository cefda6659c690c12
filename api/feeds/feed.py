"""The seam through which live values reach a decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pricing import PriceBook
from topology import Catalogue, Horizon, Resources


class Feed(Protocol):
    """Brings the places, their prices and what they really hold."""

    @property
    def catalogue(self) -> Catalogue:
        """The places as written."""

    async def prices(self, horizon: Horizon) -> PriceBook:
        """What power costs and emits over a horizon, which may lie in the past.

        Raises:
            PricingError: A site cannot be priced.
        """

    async def capacity(self) -> Mapping[str, Resources]:
        """What sites hold now, where that is known to differ from the catalogue."""
