"""The built-in feed: the catalogue as written, and the price book of published tariffs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from pricing import Override, PriceBook, build_price_book
from topology import Catalogue, Horizon, Resources

KEPT_BOOKS = 8


class BuiltInFeed:
    """A Feed that asks nobody. Books are kept for a while: many ticks share one horizon."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        overrides: Sequence[Override] = (),
        carbon_cny_per_t: float | None = None,
    ) -> None:
        """Take the places and, where the user has them, series of their own."""
        self._catalogue = catalogue
        self._overrides = tuple(overrides)
        self._carbon_cny_per_t = carbon_cny_per_t
        self._books: dict[Horizon, PriceBook] = {}

    @property
    def catalogue(self) -> Catalogue:
        """The places as written."""
        return self._catalogue

    async def prices(self, horizon: Horizon) -> PriceBook:
        """The price book of a horizon; see Feed.prices."""
        book = self._books.get(horizon)
        if book is None:
            book = await asyncio.to_thread(self._build, horizon)
            while len(self._books) >= KEPT_BOOKS:
                del self._books[next(iter(self._books))]
            self._books[horizon] = book
        return book

    async def capacity(self) -> Mapping[str, Resources]:
        """Nothing differs from what is written."""
        return {}

    def _build(self, horizon: Horizon) -> PriceBook:
        return build_price_book(
            self._catalogue, horizon, overrides=self._overrides, carbon_cny_per_t=self._carbon_cny_per_t
        )
