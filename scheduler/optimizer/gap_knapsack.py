"""Exact 0/1 knapsacks over integer weights, one per agent, and what forcing one job in or out would cost each."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.kernel import roomy_kernel, roomy_part


@roomy_part
def fill(profit, weight, items, count, capacity, value, take):
    """Best profit for every capacity up to `capacity` in `value`; take[k, x] says whether item k is in at x."""
    for x in range(capacity + 1):
        value[x] = 0.0
    for k in range(count):
        w, p = weight[items[k]], profit[items[k]]
        row = take[k]
        for x in range(min(w, capacity + 1)):
            row[x] = 0
        for x in range(capacity, w - 1, -1):
            tried = value[x - w] + p
            better = tried > value[x]
            row[x] = better
            if better:
                value[x] = tried


@roomy_part
def chosen_items(weight, items, count, capacity, take, chosen):
    """Walk back through `take` from `capacity`: chosen[k] says whether item k is in."""
    x = capacity
    for k in range(count - 1, -1, -1):
        chosen[k] = take[k, x]
        if take[k, x]:
            x -= weight[items[k]]


@roomy_part
def forcing_costs(profit, weight, items, count, capacity, best, ahead, behind, extra_in, extra_out):
    """What the knapsack loses when an item must be in, and when it must be out."""
    ahead[0, : capacity + 1] = 0.0
    for k in range(count):
        w, p = weight[items[k]], profit[items[k]]
        for x in range(capacity + 1):
            stay = ahead[k, x]
            ahead[k + 1, x] = max(stay, ahead[k, x - w] + p) if x >= w else stay
    behind[: capacity + 1] = 0.0
    for k in range(count - 1, -1, -1):
        j = items[k]
        w, p = weight[j], profit[j]
        out = 0.0
        with_it = -1e300
        for x in range(capacity + 1):
            out = max(out, ahead[k, x] + behind[capacity - x])
            if x + w <= capacity:
                with_it = max(with_it, p + ahead[k, x] + behind[capacity - w - x])
        extra_in[j] = max(0.0, best - with_it)
        extra_out[j] = max(0.0, best - out)
        for x in range(capacity, w - 1, -1):
            behind[x] = max(behind[x], behind[x - w] + p)


@roomy_kernel
def agent_knapsacks(cost, weight, capacity, kept, reward, extra, with_extra):
    """Solve every agent's knapsack at profits reward - cost.

    Returns:
        The sum of the best profits, and how often each job was taken [J].

    `extra` [2, J, A] is filled, when asked for, with what forcing a pair in (0) or out (1) costs. The last agent
    (waiting) takes whatever pays.
    """
    jobs, agents = cost.shape
    largest = capacity.max()
    taken, profit, heft = np.zeros(jobs), np.empty(jobs), np.empty(jobs, dtype=np.int64)
    items, chosen = np.empty(jobs, dtype=np.int64), np.empty(jobs, dtype=np.uint8)
    value, behind = np.empty(largest + 1), np.empty(largest + 1)
    take = np.empty((jobs, largest + 1), dtype=np.uint8)
    ahead = np.empty((jobs + 1 if with_extra else 1, largest + 1))
    total = 0.0
    for i in range(agents):
        count = 0
        for j in range(jobs):
            profit[j], heft[j] = reward[j] - cost[j, i], weight[j, i]
            if kept[j, i] and profit[j] > 0:
                items[count] = j
                count += 1
        fill(profit, heft, items, count, capacity[i], value, take)
        chosen_items(heft, items, count, capacity[i], take, chosen)
        total += value[capacity[i]]
        for k in range(count):
            taken[items[k]] += chosen[k]
        if with_extra:
            for j in range(jobs):
                if not kept[j, i]:
                    extra[0, j, i], extra[1, j, i] = 1e300, 0.0
                elif profit[j] <= 0:
                    extra[0, j, i] = value[capacity[i]] - profit[j] - value[capacity[i] - heft[j]]
                    extra[1, j, i] = 0.0
            best = value[capacity[i]]
            forcing_costs(
                profit, heft, items, count, capacity[i], best, ahead, behind, extra[0, :, i], extra[1, :, i]
            )
    return total, taken
