"""Judges a plan slot by slot from the problem alone; shares no code with the optimizer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from scheduler.optimizer import Problem

Run = tuple[int, int, int]
Option = tuple[int, tuple[Run, ...]]  # (row, runs)

TOLERANCE = 1e-6


class Ledger:
    """Everything a set of options holds, added up slot by slot."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.site = np.zeros_like(problem.capacity)
        self.link = np.zeros_like(problem.link_capacity)
        self.group = np.zeros_like(problem.group_capacity)

    def add(self, option: Option) -> None:
        p, (row, runs) = self.problem, option
        for site, start, end in runs:
            for t in range(start, end):
                self.site[site, :, t] += p.demand[row]
                if p.group_of.size and p.group_of[row] >= 0:
                    self.group[p.group_of[row], :, t] += p.demand[row]
        for site, start, end in spans(p, option):
            for link, t, rate in transfers(p, row, site, start, end):
                self.link[link, t] += rate

    def broken(self) -> bool:
        p = self.problem
        over = (self.site > p.capacity + TOLERANCE).any() or (self.link > p.link_capacity + TOLERANCE).any()
        if over or (self.group > p.group_capacity + TOLERANCE).any():
            return True
        for q in range(len(p.quota_site)):
            if (self.site[p.quota_site[q], p.quota_resource[q]] * p.quota_weight[q]).sum() > p.quota_limit[
                q
            ] + TOLERANCE:
                return True
        if p.supply_resource >= 0:
            return bool((self.site[:, p.supply_resource, :] > p.supply_size.sum(axis=1) + TOLERANCE).any())
        return False

    def supply_cost(self) -> float:
        p = self.problem
        if p.supply_resource < 0:
            return 0.0
        cost = 0.0
        for s, t in itertools.product(range(p.sites), range(p.slots)):
            left = self.site[s, p.supply_resource, t]
            for k in np.argsort(p.supply_price[s, :, t]):
                drawn = min(left, p.supply_size[s, k, t])
                cost, left = cost + drawn * p.supply_price[s, k, t], left - drawn
        return cost


def is_split(p: Problem, row: int) -> bool:
    return bool(p.min_run.size and p.min_run[row] > 0)


def copies(p: Problem, row: int) -> int:
    return int(p.replicas[row]) if p.replicas.size else 1


def spans(p: Problem, option: Option) -> list[Run]:
    """(site, start, end) to which transfers are tied: the whole of a split job, each replica of a spread one."""
    row, runs = option
    if is_split(p, row):
        return [(runs[0][0], min(r[1] for r in runs), max(r[2] for r in runs))]
    return list(runs)


def transfers(p: Problem, row: int, site: int, start: int, end: int) -> Iterator[tuple[int, int, float]]:
    for x in range(p.transfer_pointer[row], p.transfer_pointer[row + 1]):
        n, at = p.transfer_slots[x], p.transfer_place[x] * p.sites + site
        moments = range(start - n, start) if n > 0 else range(end, min(p.slots, end - n))
        for link in p.route_link[p.route_pointer[at] : p.route_pointer[at + 1]]:
            yield from ((link, t, p.transfer_rate[x]) for t in moments)


def lead(p: Problem, row: int, site: int) -> int:
    leads = [0]
    for x in range(p.transfer_pointer[row], p.transfer_pointer[row + 1]):
        at = p.transfer_place[x] * p.sites + site
        if p.route_pointer[at + 1] > p.route_pointer[at]:
            leads.append(p.transfer_slots[x])
    return max(leads)


def allowed(p: Problem, option: Option) -> bool:
    """Whether the option keeps the row's own rules: window, sites, mask, runs."""
    row, runs = option
    for site, start, end in spans(p, option):
        if not p.eligible[row, site] or start - lead(p, row, site) < p.release[row]:
            return False
        if end > min(p.deadline[row], p.slots):
            return False
        if p.start_mask_of[row] >= 0 and not p.start_masks[p.start_mask_of[row], site, start]:
            return False
    d = p.duration[row]
    if is_split(p, row):
        shortest = min(p.min_run[row], d)
        return (
            len({r[0] for r in runs}) == 1
            and sum(e - s for _, s, e in runs) == d
            and all(e - s >= shortest for _, s, e in runs)
        )
    sites = sorted(r[0] for r in runs)
    if (
        len(set(sites)) != copies(p, row)
        or len({r[1] for r in runs}) != 1
        or any(e - s != d for _, s, e in runs)
    ):
        return False
    if copies(p, row) > 1 and p.spread_of.size and p.spread_of[row] >= 0:
        family = p.spread_sites[p.spread_pointer[p.spread_of[row]] : p.spread_pointer[p.spread_of[row] + 1]]
        return any(sorted(members[: copies(p, row)]) == sites for members in family.tolist())
    return True


def option_cost(p: Problem, option: Option) -> float:
    row, runs = option
    cost = 0.0
    final = max(r[2] for r in runs)
    for site, start, end in runs:
        for t in range(start, end):
            paid = p.last_slot_share[row] if t == final - 1 else 1.0
            cost += paid * float(p.demand[row] @ p.base_price[site, :, t])
    for site, _start, end in spans(p, option):
        cost += p.place_weight[row] * p.place_cost[p.place[row], site] + p.late_cost[row] * max(
            0, end - p.due[row]
        )
    if is_split(p, row):
        cost += p.resume_cost[row] * (len(runs) - 1)
    return cost


def judged(p: Problem, options: list[Option | None]) -> float:
    """True cost of a plan; raises AssertionError where it breaks a rule."""
    ledger, cost = Ledger(p), 0.0
    for job, option in enumerate(options):
        if option is None:
            cost += p.penalty[job]
            continue
        assert p.row_job[option[0]] == job
        assert allowed(p, option), (job, option)
        ledger.add(option)
        cost += option_cost(p, option)
    assert not ledger.broken()
    return cost + ledger.supply_cost()
