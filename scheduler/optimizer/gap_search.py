"""Good agents for every job: empty a few agents and fill them again, one exact knapsack after the other.

Each agent in turn takes the jobs that would cost most elsewhere, by a knapsack over its whole capacity at profits
(cheapest other way - own cost); prices are climbed again for those that remain. Single moves and swaps stall near full
agents, where hardly any two weights fit; a knapsack chooses among all sums at once.
"""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.gap_knapsack import chosen_items, fill
from scheduler.optimizer.gap_table import BARRED
from scheduler.optimizer.kernel import roomy_kernel, roomy_part

SPREAD = 2.5  # pairs this many times dearer than the price of the typical sixth choice are not tried


@roomy_part
def draw_agents(order, agents, narrowest, widest, emptied):
    """Shuffle the first g of `order` into place and mark them; g is log-uniform."""
    g = int(np.exp(np.log(narrowest) + np.random.random() * np.log((widest + 0.99) / narrowest)))
    g = min(agents, max(1, g))
    emptied[:] = 0
    for t in range(g):
        k = t + np.random.randint(agents - t)
        order[t], order[k] = order[k], order[t]
        emptied[order[t]] = 1
    return g


@roomy_part
def climb_again(cost, weight, capacity, jobs, count, order, t, g, price, unit, steps, use):
    """A few subgradient steps on the prices of agents order[t:g] for the jobs that remain."""
    waiting = cost.shape[1] - 1
    for k in range(steps):
        for z in range(t, g):
            use[order[z]] = 0.0
        for y in range(count):
            j = jobs[y]
            least, at = cost[j, waiting], waiting
            for z in range(t, g):
                i = order[z]
                paid = cost[j, i] + price[i] * weight[j, i]
                if paid < least:
                    least, at = paid, i
            use[at] += weight[j, at]
        rate = 0.1 * (1 - k / steps)
        for z in range(t, g):
            i = order[z]
            if capacity[i] > 0:
                price[i] = max(0.0, price[i] + rate * (price[i] + unit) * (use[i] / capacity[i] - 1))


@roomy_part
def gather_items(cost, weight, jobs, count, order, t, g, price, tolerance, noise, profit, heft, items):
    """Items of agent order[t]: what each job saves against its cheapest other way; return how many."""
    i, waiting = order[t], cost.shape[1] - 1
    found = 0
    for y in range(count):
        j = jobs[y]
        if cost[j, i] >= BARRED:
            continue
        other = cost[j, waiting]
        for z in range(t + 1, g):
            s = order[z]
            other = min(other, cost[j, s] + price[s] * weight[j, s])
        if cost[j, i] + price[i] * weight[j, i] - other > tolerance:
            continue
        gain = other - cost[j, i] + noise * np.random.random()
        if gain > 0:
            profit[y], heft[y] = gain, weight[j, i]
            items[found] = y
            found += 1
    return found


@roomy_part
def keep_rest(jobs, count, gone, spare):
    """Move the jobs marked in `gone` behind the others; return how many stay in front."""
    front, behind = 0, 0
    for y in range(count):
        if gone[y]:
            spare[behind] = jobs[y]
            behind += 1
        else:
            jobs[front] = jobs[y]
            front += 1
    for y in range(behind):
        jobs[front + y] = spare[y]
    return front


@roomy_part
def split_pair(cost, weight, capacity, jobs, count, i, o, price, limit, work, best_split):
    """Part the remaining jobs between agents i and o; return the cost, or `limit` where no better split was found.

    One knapsack of i for each of several prices of o; every capacity in its table is one more candidate.
    """
    profit, heft, items, chosen, value, take = work
    all_o, load = 0.0, 0
    for y in range(count):
        if cost[jobs[y], o] >= BARRED or cost[jobs[y], i] >= BARRED:
            return limit
        all_o += cost[jobs[y], o]
        load += weight[jobs[y], o]
    best = limit
    for k in range(5):
        mu = max(0.0, price[o] * (1 + 0.25 * (k - 2))) + 1e-3 * k
        found = 0
        for y in range(count):
            j = jobs[y]
            profit[y], heft[y] = cost[j, o] + mu * weight[j, o] - cost[j, i], weight[j, i]
            if profit[y] > 0:
                items[found] = y
                found += 1
        fill(profit, heft, items, found, capacity[i], value, take)
        last = -1.0
        for x in range(capacity[i], max(-1, capacity[i] - 200), -1):
            if value[x] == last:
                continue
            last = value[x]
            chosen_items(heft, items, found, x, take, chosen)
            left, total = load, all_o
            for h in range(found):
                if chosen[h]:
                    j = jobs[items[h]]
                    left -= weight[j, o]
                    total += cost[j, i] - cost[j, o]
            if left <= capacity[o] and total <= best:
                best = total
                best_split[:count] = 0
                for h in range(found):
                    if chosen[h]:
                        best_split[items[h]] = 1
    return best


@roomy_part
def lodge_rest(cost, weight, jobs, count, room, agent):
    """Give each remaining job, largest penalty first in line, the cheapest agent with room; return what it costs."""
    agents = cost.shape[1]
    total = 0.0
    for y in range(count):
        j = jobs[y]
        at = agents - 1
        for i in range(agents - 1):
            if cost[j, i] < cost[j, at] and weight[j, i] <= room[i]:
                at = i
        room[at] -= weight[j, at]
        agent[j] = at
        total += cost[j, at]
    return total


@roomy_part
def take_out(cost, weight, agent, emptied, room, jobs):
    """Take the jobs off the emptied agents and off the last, which stands for none: their (number, cost)."""
    count, before, nobody = 0, 0.0, cost.shape[1] - 1
    for j in range(cost.shape[0]):
        if emptied[agent[j]] or agent[j] == nobody:
            jobs[count] = j
            count += 1
            before += cost[j, agent[j]]
            room[agent[j]] += weight[j, agent[j]]
    return count, before


@roomy_part
def settle_pair(weight, jobs, count, gone, one, other, tried, room):
    """Give each job to agent `one` where `gone` says so, else to `other`."""
    for y in range(count):
        to = one if gone[y] else other
        tried[jobs[y]] = to
        room[to] -= weight[jobs[y], to]


@roomy_part
def settle_chosen(cost, weight, jobs, count, items, found, chosen, i, gone, tried, room):
    """Give the chosen items to agent i and mark them `gone`; returns their cost."""
    spent = 0.0
    gone[:count] = 0
    for h in range(found):
        if chosen[h]:
            j = jobs[items[h]]
            gone[items[h]] = 1
            tried[j] = i
            room[i] -= weight[j, i]
            spent += cost[j, i]
    return spent


@roomy_kernel
def refill(
    cost, weight, capacity, base_price, agent, seed, work_limit, narrowest, widest, unit, tolerance, noise
):
    """Empty and refill agents until `work_limit` steps of arithmetic are done; `agent` [J] only ever improves.

    Returns:
        How much was saved [CNY].
    """
    np.random.seed(seed)
    jobs_all, agents = cost.shape
    largest = capacity.max()
    jobs, spare = np.empty(jobs_all, dtype=np.int64), np.empty(jobs_all, dtype=np.int64)
    items, tried = np.empty(jobs_all, dtype=np.int64), np.empty(jobs_all, dtype=np.int64)
    profit, heft = np.empty(jobs_all), np.empty(jobs_all, dtype=np.int64)
    chosen, gone = np.empty(jobs_all, dtype=np.uint8), np.empty(jobs_all, dtype=np.uint8)
    value, take = np.empty(largest + 1), np.empty((jobs_all, largest + 1), dtype=np.uint8)
    price, use = base_price.copy(), np.zeros(agents)
    emptied, order = np.zeros(agents, dtype=np.uint8), np.arange(agents)
    room, room_before = capacity.copy(), capacity.copy()
    work = (profit, heft, items, chosen, value, take)
    for j in range(jobs_all):
        room[agent[j]] -= weight[j, agent[j]]
    saved, done = 0.0, 0
    while done < work_limit:
        g = draw_agents(order, agents - 1, narrowest, widest, emptied)
        room_before[:] = room
        count, before = take_out(cost, weight, agent, emptied, room, jobs)
        pool, spent = count, 0.0
        done += 3 * jobs_all
        for t in range(g):
            price[order[t]] = base_price[order[t]]
        for t in range(g):
            i = order[t]
            if t > 0:
                climb_again(cost, weight, capacity, jobs, count, order, t, g, price, unit, 20, use)
                done += 40 * count * (g - t)
            if t == g - 2:
                limit = before - spent + 1e-9
                split = split_pair(
                    cost, weight, capacity, jobs, count, i, order[t + 1], price, limit, work, gone
                )
                done += 5 * count * capacity[i]
                if split < limit:
                    settle_pair(weight, jobs, count, gone, i, order[t + 1], tried, room)
                    spent += split
                    count = 0
                    break
            found = gather_items(
                cost, weight, jobs, count, order, t, g, price, tolerance, noise, profit, heft, items
            )
            fill(profit, heft, items, found, capacity[i], value, take)
            chosen_items(heft, items, found, capacity[i], take, chosen)
            done += 2 * found * capacity[i] + count * (g - t)
            spent += settle_chosen(cost, weight, jobs, count, items, found, chosen, i, gone, tried, room)
            count = keep_rest(jobs, count, gone, spare)
        spent += lodge_rest(cost, weight, jobs, count, room, tried)
        done += count * agents
        if spent <= before + 1e-9:
            saved += before - spent
            for y in range(pool):
                agent[jobs[y]] = tried[jobs[y]]
        else:
            room[:] = room_before
    return saved
