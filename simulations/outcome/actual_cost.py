"""ActualCost: what came true of prices, as sums over slots that any run can be priced by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pricing import PriceBook

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
GRAMS_PER_KG = 1e3
KG_PER_TONNE = 1e3


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Energy:
    """What electricity is, in four measures of one shape.

    Attributes:
        it_kwh: at the machines.
        kwh: facility energy, above base load.
        cny: its price.
        carbon_kg: its emissions.
    """

    it_kwh: Floats
    kwh: Floats
    cny: Floats
    carbon_kg: Floats


class ActualCost:
    """Prices of one kilowatt of IT power.

    Args:
        book: what came true.
    """

    def __init__(self, book: PriceBook) -> None:
        self._minutes = book.horizon.slot_minutes
        self._hours = book.horizon.hours_per_slot
        kwh = book.pue_marginal * self._hours
        self.per_slot: Floats = np.stack(
            [kwh, kwh * book.power_cny_per_kwh, kwh * book.carbon_g_per_kwh / GRAMS_PER_KG]
        )
        before = np.zeros((3, kwh.shape[0], kwh.shape[1] + 1))
        np.cumsum(self.per_slot, axis=2, out=before[:, :, 1:])
        self._before = before
        self.carbon_cny_per_kg = book.carbon_cny_per_t / KG_PER_TONNE

    def of_runs(self, it_kw: Floats, site: Ints, start: Ints, minutes: Floats) -> Energy:
        """Return what runs [N] took: whole slots, the last one by the minute."""
        slots = np.maximum(np.ceil(minutes / self._minutes - 1e-9), 1).astype(np.int64)
        last = start + slots - 1
        share = minutes / self._minutes - (slots - 1)
        parts = [
            it_kw
            * (
                self._before[k][site, last]
                - self._before[k][site, start]
                + share * self.per_slot[k][site, last]
            )
            for k in range(3)
        ]
        return Energy(it_kwh=it_kw * minutes / 60, kwh=parts[0], cny=parts[1], carbon_kg=parts[2])

    def mean_of_hour(self) -> Floats:
        """Return what an hour of one IT kilowatt is on average: [3] kWh, CNY and kg."""
        return np.asarray(self.per_slot.mean(axis=(1, 2)) / self._hours)
