"""Dual prices of the capacity rows, and the prefix sums along time from which every run is priced in O(resources)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scheduler.optimizer.kernel import kernel
from scheduler.optimizer.problem import Floats
from scheduler.optimizer.table import Table


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prices:
    """What one unit of each scarce thing is worth at the margin; every value is at least zero.

    Attributes:
        site: [S, R, T] CNY per unit and slot.
        link: [L, T] CNY per Gbit/s and slot.
        group: [G, R, T] CNY per unit and slot of a group's capacity.
        quota: [Q] CNY per unit of weighted use.
        supply: [S, T] CNY per unit and slot paid for the supplied resource (shape [0, 0] without one).
    """

    site: Floats
    link: Floats
    group: Floats
    quota: Floats
    supply: Floats

    @classmethod
    def nothing(cls) -> Prices:
        """Prices of a problem that is not priced yet: every array is empty."""
        cube, flat, line = np.zeros((0, 0, 0)), np.zeros((0, 0)), np.zeros(0)
        return cls(site=cube, link=flat, group=cube, quota=line, supply=flat)

    def scaled(self, share: float) -> Prices:
        """The same prices times a share; what is paid for supply stays, it is spent and not imputed."""
        return Prices(
            site=self.site * share,
            link=self.link * share,
            group=self.group * share,
            quota=self.quota * share,
            supply=self.supply,
        )


class Tariff(NamedTuple):
    """Prices laid out for the kernels: `total`, `link` and `group` are prefix sums along time (last axis T + 1).

    `floor` [S, T + 1, R] is the least price of holding one unit for d slots at a site, whenever that is.
    """

    total: Floats
    link: Floats
    link_priced: np.ndarray
    group: Floats
    floor: Floats


def zero_prices(table: Table) -> Prices:
    """Prices at which nothing is scarce; supply is paid at its cheapest step."""
    sites, resources, slots = table.capacity.shape
    supplied = table.supply_resource >= 0 and table.supply_price.shape[1] > 0
    return Prices(
        site=np.zeros((sites, resources, slots)),
        link=np.zeros(table.link_capacity.shape),
        group=np.zeros(table.group_capacity.shape),
        quota=np.zeros(len(table.quotas)),
        supply=table.supply_price.min(axis=1) if supplied else np.zeros((0, 0)),
    )


@kernel
def running_sum(values, out):
    """Prefix sums along the last axis: out[i, j, t] = sum of values[i, j, :t]."""
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            total = 0.0
            out[i, j, 0] = 0.0
            for t in range(values.shape[2]):
                total += values[i, j, t]
                out[i, j, t + 1] = total


@kernel
def least_windows(total, out):
    """Fill out[s, d, r] with the least of total[s, r, t + d] - total[s, r, t] over t."""
    sites, resources, ends = total.shape
    for s in range(sites):
        for r in range(resources):
            row = total[s, r]
            # Most resources have no price of their own, and small plans are many: all their windows cost nothing.
            if not np.any(row):
                out[s, :, r] = 0.0
                continue
            for d in range(ends):
                least = row[d] - row[0]
                for t in range(1, ends - d):
                    least = min(least, row[t + d] - row[t])
                out[s, d, r] = least


def tariff_of(table: Table, prices: Prices, *, floors: bool = True) -> Tariff:
    """Prefix sums of base prices plus `prices`; without `floors` they are left at zero, below any cost."""
    sites, resources, slots = table.capacity.shape
    paid = table.base_price + prices.site
    if prices.supply.size:
        paid[:, table.supply_resource, :] += prices.supply
    for q in range(len(table.quotas)):
        paid[table.quotas["site"][q], table.quotas["resource"][q]] += prices.quota[q] * table.quota_weight[q]
    total = np.empty((sites, resources, slots + 1))
    running_sum(paid, total)
    link = np.empty((1, len(prices.link), slots + 1))
    running_sum(prices.link[None], link)
    group = np.empty((len(prices.group), resources, slots + 1))
    running_sum(prices.group, group)
    floor = np.zeros((sites, slots + 1, resources))
    if floors:
        least_windows(total, floor)
    return Tariff(total, link[0], (prices.link.max(axis=1, initial=0.0) > 0).astype(np.uint8), group, floor)
