"""Lower bounds of a generalised assignment: prices of capacity first, then rewards of jobs with exact knapsacks.

capacity dual  L(price)  = sum over j of min over i of (cost + price_i * weight) - price . capacity   (the LP bound)
knapsack dual  L(reward) = sum of rewards - sum over i of the best knapsack of agent i at profits reward - cost
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scheduler.optimizer.gap_knapsack import agent_knapsacks
from scheduler.optimizer.gap_table import BARRED, GapTable
from scheduler.optimizer.kernel import roomy_kernel
from scheduler.optimizer.problem import Bools, Floats

ROUNDING = 1e-9  # share of the absolute sums by which a bound is lowered


@roomy_kernel
def climb_prices(cost, weight, capacity, passes, best_price):
    """Raise the capacity dual by Adam steps from `best_price`, in place; return the best bound, not yet made safe."""
    jobs, agents = cost.shape
    price = best_price.copy()
    use, m, v = np.zeros(agents), np.zeros(agents), np.zeros(agents)
    best, unit = -1e300, 0.0
    for k in range(passes):
        bound = 0.0
        use[:] = 0.0
        for j in range(jobs):
            least, at = 1e300, 0
            for i in range(agents):
                paid = cost[j, i] + price[i] * weight[j, i]
                if paid < least:
                    least, at = paid, i
            bound += least
            use[at] += weight[j, at]
        for i in range(agents):
            bound -= price[i] * capacity[i]
        if k == 0:
            unit = (abs(bound) + 1e-9) / (capacity.sum() + 1e-9) / np.sqrt(agents)
        if bound > best:
            best = bound
            best_price[:] = price
        rate = unit * (1 - k / passes) ** 3
        for i in range(agents):
            if capacity[i] <= 0:
                continue
            slope = use[i] / capacity[i] - 1
            m[i] = 0.9 * m[i] + 0.1 * slope
            v[i] = 0.99 * v[i] + 0.01 * slope * slope
            step = m[i] / (1 - 0.9 ** (k + 1)) / (np.sqrt(v[i] / (1 - 0.99 ** (k + 1))) + 1e-4)
            price[i] = max(0.0, price[i] + rate * step)
    return best


class GapBound:
    """The best bound so far and which pairs a better plan may still use."""

    def __init__(self, table: GapTable, passes: int = 2000) -> None:
        """Climb to the LP bound; `passes` of microseconds each."""
        self.table = table
        self.price = np.zeros(len(table.capacity))
        climb_prices(table.cost, table.load, table.room, passes, self.price)
        reduced = table.cost + self.price * table.load
        self.reward: Floats = reduced.min(axis=1)
        self.reduced: Floats = reduced - self.reward[:, None]
        rent = float((self.price * table.room).sum())
        self._flat = float(self.reward.sum()) - rent - ROUNDING * (float(np.abs(self.reward).sum()) + rent)
        self.least = self._flat
        self.kept: Bools = table.cost < BARRED

    @property
    def value(self) -> float:
        """Proven bound: rounded up where every plan costs an integer [CNY]."""
        return self.rounded(self.least)

    def rounded(self, bound: float) -> float:
        """A bound lifted to the next integer where costs are integers; the step back covers its own rounding."""
        return float(np.ceil(bound - 1e-6)) if self.table.whole_costs else bound

    def wanted(self, objective: float) -> float:
        """The most that a plan may cost to be better than `objective` [CNY]."""
        return objective - 1 if self.table.whole_costs else objective * (1 - 1e-9)

    def drop_pairs(self, objective: float) -> None:
        """Close every pair whose use would cost more than a better plan may."""
        self.kept &= self._flat + self.reduced <= self.wanted(objective) + 1e-6

    def climb_rewards(self, objective: float, passes: int, stop: Callable[[], bool]) -> None:
        """Raise the knapsack dual by Polyak steps towards `objective`, closing pairs on the way.

        Weights must be exact: rounded ones make the instance harder, and prove nothing about the real one.
        """
        table, jobs = self.table, len(self.reward)
        reward, best_reward, share, failed = self.reward.copy(), self.reward.copy(), 1.0, 0
        best = -np.inf
        extra = np.empty((2, *table.cost.shape))
        for k in range(passes):
            if stop():
                break
            value, taken = agent_knapsacks(
                table.cost, table.weight, table.capacity, self.kept, reward, extra, k % 10 == 9
            )
            bound = float(reward.sum() - value)
            bound -= ROUNDING * float(np.abs(reward).sum() + abs(value))
            if k % 10 == 9:
                self._drop_by_knapsack(bound, extra, objective)
            if bound > best:
                best, failed = bound, 0
                best_reward[:] = reward
            else:
                failed += 1
                if failed >= 8:
                    share, failed = share * 0.6, 0
                    reward[:] = best_reward
            self.least = max(self.least, bound)
            if self.value >= objective - 1e-9 or share < 1e-3:
                break
            slope = 1.0 - taken[:jobs]
            norm = float((slope * slope).sum())
            if norm == 0:
                break
            reward += share * max(objective - bound, 1e-6) / norm * slope

    def _drop_by_knapsack(self, bound: float, extra: Floats, objective: float) -> None:
        """Close pairs by what forcing them in costs, and all others of a job where leaving one out costs too much."""
        limit = self.wanted(objective) + 1e-6
        self.kept &= bound + extra[0] <= limit
        must = self.kept & (bound + extra[1] > limit)
        only = must.any(axis=1)
        self.kept[only] &= must[only]
