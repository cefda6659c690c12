"""The optimum of a tiny problem by trying everything: plain Python that shares no code with the optimizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One way to run a job: where, when, for how much, and what it holds, as {(kind, i, r, slot): amount}."""

    row: int
    site: int
    start: int
    cost: float
    held: dict[tuple[str, int, int, int], float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Optimum:
    """The best there is: `left_out` counts jobs of infinite penalty without a place, `cost` is the finite rest."""

    left_out: int
    cost: float
    chosen: tuple[Option | None, ...]


def options_of(problem: Any, job: int) -> list[Option]:
    """Every (row, site, start) of the job that respects its own rules and would fit an empty network."""
    found = []
    for row in range(len(problem.row_job)):
        if int(problem.row_job[row]) != job:
            continue
        for site in range(problem.capacity.shape[0]):
            for start in range(problem.capacity.shape[2]):
                option = option_at(problem, row, site, start)
                if option is not None and _fits(problem, {}, option):
                    found.append(option)
    return found


def optimum(problem: Any) -> Optimum:
    """Enumerate all combinations, cutting a branch only when what is already paid exceeds the best plan."""
    jobs = len(problem.penalty)
    options = [sorted(options_of(problem, job), key=lambda option: option.cost) for job in range(jobs)]
    cheapest = [
        min(
            [float(problem.penalty[job])] * (float(problem.penalty[job]) < float("inf"))
            + [o.cost for o in options[job]]
            or [0.0]
        )
        for job in range(jobs)
    ]
    still_to_pay = [sum(cheapest[job:]) for job in range(jobs + 1)]
    best: list[Any] = [(jobs + 1, float("inf")), ()]

    def extend(
        job: int, left_out: int, cost: float, held: dict[Any, float], chosen: tuple[Option | None, ...]
    ) -> None:
        if (left_out, cost + still_to_pay[job]) >= best[0]:
            return
        if job == jobs:
            best[:] = [(left_out, cost), chosen]
            return
        for option in options[job]:
            if _fits(problem, held, option):
                together = dict(held)
                for key, amount in option.held.items():
                    together[key] = together.get(key, 0.0) + amount
                extend(job + 1, left_out, cost + option.cost, together, (*chosen, option))
        penalty = float(problem.penalty[job])
        if penalty == float("inf"):
            extend(job + 1, left_out + 1, cost, held, (*chosen, None))
        else:
            extend(job + 1, left_out, cost + penalty, held, (*chosen, None))

    extend(0, 0, 0.0, {}, ())
    return Optimum(left_out=best[0][0], cost=best[0][1], chosen=best[1])


def option_at(problem: Any, row: int, site: int, start: int) -> Option | None:
    """The option, or None when eligibility, window, lead or mask forbid it."""
    sites, resources, slots = problem.capacity.shape
    duration = int(problem.duration[row])
    end = start + duration
    if not problem.eligible[row, site] or end > int(problem.deadline[row]) or end > slots:
        return None
    mask = int(problem.start_mask_of[row])
    if mask >= 0 and not problem.start_masks[mask, site, start]:
        return None
    held: dict[tuple[str, int, int, int], float] = {}
    lead = 0
    for transfer in range(int(problem.transfer_pointer[row]), int(problem.transfer_pointer[row + 1])):
        route = int(problem.transfer_place[transfer]) * sites + site
        links = [
            int(x)
            for x in problem.route_link[
                int(problem.route_pointer[route]) : int(problem.route_pointer[route + 1])
            ]
        ]
        length = int(problem.transfer_slots[transfer])
        if links and length > 0:
            lead = max(lead, length)
        busy = range(start - length, start) if length > 0 else range(end, min(slots, end - length))
        for link in links:
            for slot in busy:
                key = ("link", link, 0, slot)
                held[key] = held.get(key, 0.0) + float(problem.transfer_rate[transfer])
    if start - lead < int(problem.release[row]):
        return None
    cost = float(problem.place_weight[row]) * float(problem.place_cost[int(problem.place[row]), site])
    for resource in range(resources):
        amount = float(problem.demand[row, resource])
        for slot in range(start, end):
            paid = float(problem.last_slot_share[row]) if slot == end - 1 else 1.0
            cost += amount * paid * float(problem.base_price[site, resource, slot])
            if amount:
                held["site", site, resource, slot] = amount
    late = max(0, end - int(problem.due[row]))
    cost += float(problem.late_cost[row]) * late if late else 0.0
    return Option(row=row, site=site, start=start, cost=cost, held=held)


def _fits(problem: Any, held: dict[Any, float], option: Option) -> bool:
    """Whether everything held together stays within capacity in every slot."""
    for key, amount in option.held.items():
        kind, index, resource, slot = key
        room = (
            problem.capacity[index, resource, slot] if kind == "site" else problem.link_capacity[index, slot]
        )
        if held.get(key, 0.0) + amount > float(room) + ROUNDING * max(1.0, abs(float(room))):
            return False
    return True
