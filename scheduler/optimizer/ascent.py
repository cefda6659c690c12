"""Dual ascent: prices of capacity that make the bound high, by Adam steps in price units.

L(prices) = sum over jobs of min(penalty, cheapest option at base + prices) - prices . capacity
            + sum over supply steps of min(0, step price - supply price) * size
is a lower bound of every plan's objective at any prices >= 0. Its slope is use - capacity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scheduler.optimizer.assignment import nothing_placed
from scheduler.optimizer.choice import Choice, choice_of, copied
from scheduler.optimizer.fall import fall_of
from scheduler.optimizer.kernel import kernel
from scheduler.optimizer.lanes import Lanes
from scheduler.optimizer.oracle import price_all, use_of
from scheduler.optimizer.prices import Prices, Tariff, tariff_of, zero_prices
from scheduler.optimizer.problem import Floats, Ints, Problem
from scheduler.optimizer.room import Room
from scheduler.optimizer.table import Table

ROUNDING = 1e-9  # share of the absolute sum by which a published bound is lowered


@dataclass(slots=True, kw_only=True)
class Ascent:
    """The best bound so far, the prices behind it and what every job would choose at them.

    Attributes:
        bound: proven lower bound of the objective [CNY].
        prices: the prices that prove it.
        value: [J] min(penalty, cheapest option) at these prices [CNY].
        choice: what every plain job would choose at these prices.
        passes: pricing passes done.
    """

    bound: float
    prices: Prices
    value: Floats
    choice: Choice
    passes: int = 0


class Pricer:
    """Prices all jobs of a table, or a weighted part of them, and says what they would hold.

    Weights stand for identical jobs, or for the jobs that a sample represents.
    """

    def __init__(
        self,
        problem: Problem,
        table: Table,
        lanes: Lanes,
        *,
        jobs: Ints | None = None,
        weight: Floats | None = None,
        room: Room | None = None,
    ) -> None:
        """Price against the whole capacity, or against what `room` leaves."""
        self.table = table
        self.lanes = lanes
        self.jobs = np.arange(problem.jobs) if jobs is None else jobs
        self.weight = np.ones(len(self.jobs)) if weight is None else weight
        self.room = room or Room(
            table.capacity, table.link_capacity, table.group_capacity, table.quotas["limit"]
        )
        self.choice: Choice = choice_of(nothing_placed(problem))
        self.value = np.zeros(problem.jobs)
        # Costs are never negative, and memory that nobody has written costs nothing: zero is the first floor.
        self.floor = np.zeros(table.fit.shape, dtype=np.float32)
        self.tariff: Tariff | None = None
        self.compounds = bool((table.plain[self.jobs] == 0).any())

    def bound_at(self, prices: Prices) -> float:
        """The dual bound at `prices`, lowered so that rounding cannot overstate it [CNY]."""
        tariff = tariff_of(self.table, prices, floors=self.compounds)
        fall = fall_of(self.table, self.tariff or tariff, tariff, self.lanes)
        self.tariff = tariff
        price_all(
            self.table, tariff, self.room, fall, self.jobs, self.value, self.choice, self.floor, self.lanes
        )
        terms = self.value[self.jobs] * self.weight
        room = self.room
        rent = float((prices.site * room.site).sum() + (prices.link * room.link).sum())
        rent += float((prices.group * room.group).sum() + (prices.quota * room.quota).sum())
        drawn = supply_terms(self.table, prices.supply)
        slack = ROUNDING * (float(np.abs(terms).sum()) + rent + abs(drawn))
        return float(terms.sum()) - rent + drawn - slack

    def slopes(self, prices: Prices) -> Prices:
        """Use less capacity at the choices of the last pass: the direction in which each price should move."""
        use = use_of(self.table, self.choice, self.jobs, self.weight)
        table, room = self.table, self.room
        held = np.array(
            [
                (use.site[s, r, :-1] * weight).sum()
                for s, r, weight in zip(
                    table.quotas["site"], table.quotas["resource"], table.quota_weight, strict=True
                )
            ]
        )
        supply = prices.supply
        if supply.size:
            open_steps = table.supply_price < supply[:, None, :]
            supply = use.site[:, table.supply_resource, :-1] - (table.supply_size * open_steps).sum(axis=1)
        return Prices(
            site=use.site[:, :, :-1] - room.site,
            link=use.link[:, :-1] - room.link,
            group=use.group[:, :, :-1] - room.group,
            quota=held - room.quota,
            supply=supply,
        )


def supply_terms(table: Table, supply: Floats) -> float:
    """What the supply steps add to the bound: each is drawn where its price is below the one paid [CNY]."""
    if not supply.size:
        return 0.0
    return float((np.minimum(0.0, table.supply_price - supply[:, None, :]) * table.supply_size).sum())


@kernel
def adam_step(x, m, v, slope, size, rate, correct_m, correct_v, unit, price):
    """One Adam step of `x` (prices in units of `unit`) along slope / size; writes the new `price`.

    The step grows with the price itself: what keeps a job out may cost a thousand times what running it costs, and
    no unit chosen beforehand would reach such prices in a few hundred passes.
    """
    for i in range(x.shape[0]):
        g = slope[i] / size[i]
        m[i] = 0.9 * m[i] + 0.1 * g
        v[i] = 0.99 * v[i] + 0.01 * g * g
        x[i] = max(0.0, x[i] + rate * (1.0 + x[i]) * (m[i] / correct_m) / (np.sqrt(v[i] / correct_v) + 1e-3))
        price[i] = x[i] * unit[i]


class _Block:
    """One array of prices under ascent, with its price unit and Adam's moments."""

    def __init__(self, price: Floats, capacity: Floats, unit: Floats) -> None:
        self.shape = price.shape
        self.size = np.maximum(capacity, 1e-6).ravel()
        self.unit = np.ascontiguousarray(np.broadcast_to(unit, price.shape), dtype=np.float64).ravel()
        self.x = price.ravel() / self.unit
        self.m = np.zeros(price.size)
        self.v = np.zeros(price.size)

    def step(self, slope: Floats, rate: float, k: int) -> Floats:
        """The prices after step k (from 0) along `slope`."""
        price = np.empty(self.x.size)
        adam_step(
            self.x, self.m, self.v, np.ascontiguousarray(slope).ravel(), self.size, rate,
            1 - 0.9 ** (k + 1), 1 - 0.99 ** (k + 1), self.unit, price,
        )  # fmt: skip
        return price.reshape(self.shape)


def _positive(value: float) -> float:
    return value if value > 0 else 1.0


def blocks_of(table: Table, room: Room, prices: Prices, scale: float) -> dict[str, _Block]:
    """A block per array of prices; `scale` is the order of the objective [CNY], `room` the capacity it pays for.

    A unit is a share of the objective per unit of capacity, so that one step means the same for every resource.
    """
    shares = scale / room.site.shape[1]
    per_resource = np.array([shares / _positive(total) for total in room.site.sum(axis=(0, 2))])
    blocks = {"site": _Block(prices.site, room.site, per_resource[None, :, None])}
    link_unit = 0.02 * scale / _positive(float(room.link.sum()))
    blocks["link"] = _Block(prices.link, room.link, np.array(link_unit))
    if room.group.size:
        totals = np.maximum(room.group.sum(axis=2, keepdims=True), 1e-6)
        blocks["group"] = _Block(
            prices.group, room.group, 0.1 * scale / (len(room.group) * room.site.shape[1] * totals)
        )
    if room.quota.size:
        blocks["quota"] = _Block(
            prices.quota, room.quota, 0.1 * scale / (len(room.quota) * np.maximum(room.quota, 1e-6))
        )
    if prices.supply.size:
        steps = table.supply_price
        blocks["supply"] = _Block(prices.supply, table.supply_size.sum(axis=1), steps.max(axis=1) / 4 + 1e-9)
    return blocks


def progress_of(passed: float, spent: float) -> float:
    """How far an ascent is: the share of its passes, unless the clock is more than half of the rest ahead of them."""
    return passed if spent <= (1 + passed) / 2 else min(1.0, spent)


def ascend(
    pricer: Pricer,
    *,
    prices: Prices | None = None,
    passes: int = 200,
    step: float = 0.5,
    scale: float | None = None,
    whole: Room | None = None,
    watch: Callable[[int, float], bool] = lambda _k, _bound: False,
    spent: Callable[[], float] = lambda: 0.0,
) -> Ascent:
    """Raise the bound by `passes` Adam steps whose length shrinks as (1 - k / passes) ** 2; keep the best.

    Args:
        pricer: the jobs and the room to price them against.
        prices: where to begin; zero when not given.
        passes: how many pricing passes.
        step: length of the first step in price units.
        scale: order of the objective that sets the price units [CNY]; what the jobs pay at first when not given.
        whole: capacity that sets them; the pricer's room when not given.
        watch: called with (pass, best bound) after every pass; true ends the ascent.
        spent: share of its time that has gone. An ascent cut while its steps are long ends far below; so where the
            clock is well ahead of the passes, steps shrink by the clock.

    Returns:
        The best bound met, and its prices and values.
    """
    prices = prices or zero_prices(pricer.table)
    blocks: dict[str, _Block] = {}
    best = Ascent(
        bound=-np.inf, prices=prices, value=pricer.value.copy(), choice=copied(pricer.choice)
    )  # fmt: skip
    for k in range(passes):
        bound = pricer.bound_at(prices)
        if bound > best.bound:
            best.bound, best.prices = bound, prices
            for kept, found in zip(
                (best.value, *best.choice[:4]), (pricer.value, *pricer.choice[:4]), strict=True
            ):
                kept[pricer.jobs] = found[pricer.jobs]
        best.passes = k + 1
        if watch(k, best.bound):
            break
        if not blocks:
            paid = float((pricer.value[pricer.jobs] * pricer.weight).sum()) if scale is None else scale
            blocks = blocks_of(pricer.table, whole or pricer.room, prices, _positive(paid))
        slopes = pricer.slopes(prices)
        rate = step * (1 - progress_of(k / passes, spent())) ** 2
        moved = {name: block.step(getattr(slopes, name), rate, k) for name, block in blocks.items()}
        empty = {
            name: getattr(prices, name)
            for name in ("site", "link", "group", "quota", "supply")
            if name not in moved
        }
        prices = Prices(**moved, **empty)
    return best
