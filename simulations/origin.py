"""Origins: the cities a workload comes from, the larger the likelier."""

from __future__ import annotations

from simulations.distribution import Shares
from simulations.errors import WorkloadError
from topology import Catalogue, City


class Origins:
    """The cities of a catalogue, weighted by population.

    Args:
        catalogue: where the cities are.

    Raises:
        WorkloadError: the catalogue has no city with inhabitants.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._cities = tuple(sorted(catalogue.cities, key=lambda city: city.id))
        if not any(city.population > 0 for city in self._cities):
            raise WorkloadError(
                f"catalogue {catalogue.name}: no city has a population above 0, so jobs have no origin; "
                "fill cities.csv"
            )
        self._shares = Shares(
            values=tuple(float(row) for row in range(len(self._cities))),
            weights=tuple(float(city.population) for city in self._cities),
        )

    def at(self, u: float) -> City:
        """The city that a throw `u` in [0, 1) falls on."""
        return self._cities[int(self._shares.at(u))]
