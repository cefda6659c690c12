"""GridRates: what a kWh costs, emits and grows into at every site and slot of a replayed scenario, kept as a table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pricing import PriceBook

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class GridRates:
    """Rates of S sites in T slots.

    Attributes:
        site_ids: sites in the order of the rows.
        power_cny_per_kwh: price of grid energy, without surcharges of quotas [CNY/kWh], [S, T].
        pue_marginal: extra facility kW per extra IT kW [1], [S, T].
        carbon_g_per_kwh: intensity of grid energy [g CO2/kWh], [S, T].
        carbon_cny_per_t: price of emissions [CNY/t].
        hours_per_slot: length of a slot [h].
    """

    site_ids: tuple[str, ...]
    power_cny_per_kwh: Floats
    pue_marginal: Floats
    carbon_g_per_kwh: Floats
    carbon_cny_per_t: float
    hours_per_slot: float

    @classmethod
    def of(cls, book: PriceBook) -> GridRates:
        """The rates of a price book."""
        return cls(
            site_ids=book.site_ids,
            power_cny_per_kwh=book.power_cny_per_kwh,
            pue_marginal=book.pue_marginal,
            carbon_g_per_kwh=book.carbon_g_per_kwh,
            carbon_cny_per_t=book.carbon_cny_per_t,
            hours_per_slot=book.horizon.hours_per_slot,
        )

    def write(self, path: Path) -> None:
        """Write the rates as one Parquet file, a row for each site and slot."""
        sites, slots = self.power_cny_per_kwh.shape
        table = pa.table(
            {
                "site": pa.array(np.repeat(np.arange(sites), slots)),
                "slot": pa.array(np.tile(np.arange(slots), sites)),
                "power_cny_per_kwh": pa.array(self.power_cny_per_kwh.ravel()),
                "pue_marginal": pa.array(self.pue_marginal.ravel()),
                "carbon_g_per_kwh": pa.array(self.carbon_g_per_kwh.ravel()),
            }
        )
        facts = {
            "site_ids": list(self.site_ids),
            "carbon_cny_per_t": self.carbon_cny_per_t,
            "hours_per_slot": self.hours_per_slot,
        }
        pq.write_table(table.replace_schema_metadata({b"edwc": json.dumps(facts).encode()}), path)

    @classmethod
    def read(cls, path: Path) -> GridRates:
        """Read what `write` wrote.

        Raises:
            OSError: there is no such file.
            KeyError: it is another table.
        """
        table = pq.read_table(path)
        facts = json.loads((table.schema.metadata or {})[b"edwc"])
        shape = (len(facts["site_ids"]), -1)
        columns = {
            name: np.asarray(table.column(name).to_numpy(), dtype=np.float64).reshape(shape)
            for name in ("power_cny_per_kwh", "pue_marginal", "carbon_g_per_kwh")
        }
        return cls(
            site_ids=tuple(facts["site_ids"]),
            carbon_cny_per_t=facts["carbon_cny_per_t"],
            hours_per_slot=facts["hours_per_slot"],
            **columns,
        )
