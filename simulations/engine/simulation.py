"""Simulation: real days under the real scheduler, slot by slot.

In every slot, in this order: runs end, sites and links fail or come back, the planner plans what it knows of, data
begins to move, runs begin. All of it is seeded; the clock of the machine decides nothing but the progress shown.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import datetime

import numpy as np

from scheduler import OPTIMAL, Job, Placement, World
from scheduler.case import job_value_cny
from scheduler.room import empty_room
from simulations.engine.attempt import Attempt, Ticket
from simulations.engine.deliveries import Deliveries
from simulations.engine.fate import Fate
from simulations.engine.hauls import Hauls
from simulations.engine.holding import Holding
from simulations.engine.intake import Intake
from simulations.engine.losses import Losses, Lost
from simulations.engine.planning import Planner, is_for_good
from simulations.engine.progress import Progress
from simulations.engine.replay import Replay
from simulations.engine.sight import Sight
from simulations.engine.thrift import collect_seldom
from simulations.engine.works import Works
from simulations.engine.yard import EnergyMeter, Yard
from simulations.outcome import Outcome, Run, settle
from simulations.outcome.ledger import Ledger, State
from topology import Network

SLOT_TOLERANCE = 1e-9


def simulate(
    replay: Replay,
    *,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Outcome:
    """Run a replay and return what came of it.

    Args:
        replay: what happens and how it is planned.
        progress: called once a simulated slot.
        cancelled: asked in every slot and in every search; true ends the run with a partial outcome.

    Returns:
        The outcome, audited; partial where the run was cancelled.

    Raises:
        ReplayError: bad input that the replay refuses.
    """
    with collect_seldom():
        return _Simulation(replay, progress, cancelled).run()


class _Simulation:
    def __init__(
        self,
        replay: Replay,
        progress: Callable[[Progress], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._replay, self._progress, self._cancelled = replay, progress, cancelled
        horizon = replay.horizon
        network = Network(replay.catalogue)
        whole = empty_room(World(catalogue=replay.catalogue, network=network, prices=replay.actual)).sites
        self._horizon, self._ledger, self._intake = horizon, Ledger(), Intake(replay)
        self._routes: dict[tuple[int, ...], int] = {}
        self._losses, self._planner = Losses(replay, self._routes), Planner(replay)
        self._sight = Sight(replay, whole)
        capacity = np.array([link.capacity_gbps for link in replay.catalogue.links])
        self._holding = Holding(whole=whole, links=capacity, tenants=replay.quotas)
        self._yard = Yard(whole, replay.catalogue, replay.quotas)
        self._meter = EnergyMeter(replay.energy_quotas, replay.catalogue, horizon, replay.actual.pue_marginal)
        self._deliveries = Deliveries(
            self._holding, self._ledger, horizon.slots, tracked=bool(replay.outages)
        )
        fate = Fate(seed=replay.seed, sigma=replay.forecast.runtime, ratios=replay.runtime_ratios)
        # Where every run takes as long as told, no plan can draw more power than an hour allows.
        self._goes_as_told = fate.is_known
        self._nothing_comes_free = self._goes_as_told and _only_fills(replay)
        self._works = Works(
            catalogue=replay.catalogue,
            horizon=horizon,
            holding=self._holding,
            yard=self._yard,
            ledger=self._ledger,
            fate=fate,
            cadence=replay.cadence_slots,
            deliveries=self._deliveries,
        )
        self._lost: tuple[Lost, Lost] = (frozenset(), frozenset())
        self._hauls: Hauls = self._losses.hauls(self._lost)
        self._began = time.perf_counter()

    def run(self) -> Outcome:
        slots, until = self._horizon.slots, self._horizon.slots
        for slot in range(slots):
            if self._stops():
                until = slot
                break
            self._step(slot)
            self._report(slot)
            if self._intake.is_done and self._works.is_idle and not self._deliveries.stranded:
                break
        partial = until < slots
        if not partial:
            self._works.end_due(slots, self._hauls)
        self._works.stop(until)
        return settle(
            self._ledger,
            Run(
                catalogue=self._replay.catalogue,
                actual=self._replay.actual,
                policy=self._replay.policy,
                seed=self._replay.seed,
                pv=self._replay.pv,
                until=until,
                partial=partial,
                routes=tuple(self._routes),
                losses=self._losses.spans,
                quotas=self._replay.quotas,
                energy_quotas=self._replay.energy_quotas,
                intake=self._intake.report,
                stranded=self._deliveries.stranded,
                rate_scale=self._replay.rate_scale,
            ),
        )

    def _step(self, slot: int) -> None:
        self._works.end_due(slot, self._hauls)
        changed = self._lose_and_repair(slot)
        if changed or slot % self._replay.cadence_slots == 0:
            self._plan(slot)
        self._works.begin_due(slot)
        if not self._goes_as_told:
            self._shed(slot)
        if self._replay.energy_quotas:
            self._meter.read(slot, self._yard.sites)

    def _stops(self) -> bool:
        return self._cancelled is not None and self._cancelled()

    def _report(self, slot: int) -> None:
        if self._progress is None:
            return
        fraction, seconds = (slot + 1) / self._horizon.slots, time.perf_counter() - self._began
        self._progress(
            Progress(
                fraction=fraction,
                instant=self._horizon.instant(slot + 1),
                jobs=len(self._ledger.names),
                seconds=seconds,
                seconds_left=seconds * (1 - fraction) / fraction,
            )
        )

    def _plan(self, slot: int) -> None:
        works = self._works
        notice = self._replay.notice_minutes / self._horizon.slot_minutes * self._horizon.slot_length
        for job in self._intake.screened(self._intake.known_by(self._horizon.instant(slot) + notice)):
            ticket = self._open(job)
            works.waiting[ticket.row] = ticket
        self._expire(slot)
        promised = self._take_back(slot)
        tickets = {ticket.job.name: ticket for _, ticket in sorted(works.waiting.items())}
        if not tickets:
            return
        world = self._sight.world(slot, self._hauls.network, self._holding, self._meter.used_kwh)
        plan = self._planner.plan(
            [ticket.job for ticket in tickets.values()],
            world,
            promised=[attempt.placement for attempt in promised.values()],
            cancelled=self._cancelled,
        )
        moved = 0
        for placement in plan.placements:
            ticket = tickets[placement.job]
            before = promised.get(placement.job)
            moved += before is not None and _differs(before, placement)
            del works.waiting[ticket.row]
            works.accept(ticket, placement, slot, self._hauls)
        for rejection in plan.rejections:
            self._refuse(tickets[rejection.job], dict(rejection.reasons), slot, world.horizon.end)
        self._ledger.add_cycle(slot, plan, moved)

    def _open(self, job: Job) -> Ticket:
        start, slot_minutes = self._horizon.start, self._horizon.slot_minutes
        release = 0.0 if job.release is None else (job.release - start).total_seconds() / 60
        deadline = math.inf if job.deadline is None else (job.deadline - start).total_seconds() / 60
        shortest = min([variant.runtime_minutes for variant in job.variants])
        return Ticket(
            job=job,
            row=self._ledger.add_job(job, max(release, 0.0), deadline),
            last_start=(deadline - shortest) / slot_minutes + SLOT_TOLERANCE,
        )

    def _take_back(self, slot: int) -> dict[str, Attempt]:
        """Take back what is planned and has not begun, where this cycle may move it; return it by job."""
        replay = self._replay
        every = replay.replan_minutes // self._horizon.slot_minutes
        if not every or not self._planner.moves or slot % every:
            return {}
        taken = {}
        for ticket in list(self._works.planned.values()):
            attempt = ticket.attempt
            if attempt is not None and not attempt.committed:
                taken[ticket.job.name] = attempt
                self._works.withdraw(ticket)
                self._works.waiting[ticket.row] = ticket
        return taken

    def _expire(self, slot: int) -> None:
        """Refuse what cannot end in time any more, whatever the plan."""
        late = [ticket for ticket in self._works.waiting.values() if ticket.last_start < slot]
        for ticket in late:
            self._reject(ticket, ticket.reasons or {"NO_TIME": len(self._replay.catalogue.sites)})

    def _refuse(self, ticket: Ticket, reasons: dict[str, int], slot: int, seen: datetime) -> None:
        """Let a job wait for a later cycle, or reject it where none can do better."""
        ticket.reasons = reasons
        deadline = ticket.job.deadline
        sees_deadline = deadline is not None and seen >= deadline
        hopeless = is_for_good(reasons, sees_deadline=sees_deadline) and not any(self._lost)
        hopeless = hopeless or (sees_deadline and self._nothing_comes_free)
        if hopeless or ticket.last_start < slot + 1:
            self._reject(ticket, reasons)

    def _reject(self, ticket: Ticket, reasons: dict[str, int]) -> None:
        del self._works.waiting[ticket.row]
        self._works.give_up(ticket)
        self._ledger.jobs["state"][ticket.row] = State.REJECTED
        self._ledger.reasons[ticket.row] = reasons
        self._ledger.values_cny[ticket.row] = job_value_cny(ticket.job)

    def _lose_and_repair(self, slot: int) -> bool:
        lost = self._losses.at(slot) if self._replay.outages else self._lost
        if lost == self._lost:
            return False
        self._lost, self._hauls = lost, self._losses.hauls(lost)
        links = self._losses.links_without(lost)
        sites = {row for row, name in enumerate(self._replay.catalogue.site_ids) if name in lost[0]}
        works = self._works
        for ticket in [*works.planned.values(), *works.under_way.values()]:
            attempt = ticket.attempt
            if attempt is not None and self._is_hit(ticket, attempt, slot, sites, links):
                works.drop(ticket, slot)
            elif attempt is not None and ticket.job.origin is not None:
                rtt_ms, worst = (
                    self._hauls.rtt_ms(ticket.job.origin, attempt.sites),
                    self._ledger.jobs["rtt_ms"],
                )
                worst[ticket.row] = max(worst[ticket.row], rtt_ms)
        self._deliveries.reroute(slot, links, self._hauls)
        return True

    def _is_hit(
        self, ticket: Ticket, attempt: Attempt, slot: int, sites: set[int], links: frozenset[int]
    ) -> bool:
        """Whether a loss ends an attempt: its site is gone, its inputs are cut off, or its plan cannot be kept."""
        if sites.intersection(attempt.sites):
            return True
        if ticket.row in self._works.under_way:
            return False
        inputs = any(links.intersection(haul.links) for haul in attempt.arrivals)
        if attempt.committed:
            return inputs and attempt.start > slot
        job = ticket.job
        far = job.rtt_ms_max is not None and job.origin is not None
        return (
            inputs
            or any(links.intersection(haul.links) for haul in attempt.departures)
            or (far and self._hauls.rtt_ms(job.origin or "", attempt.sites) > (job.rtt_ms_max or 0.0) + 1e-9)
        )

    def _shed(self, slot: int) -> None:
        """Stop the latest runs of sites that draw more than this hour allows: some outlasted their estimates."""
        for site in self._yard.overloaded(slot):
            works = self._works
            here = [
                ticket
                for ticket in works.under_way.values()
                if ticket.attempt is not None and ticket.attempt.running and site in ticket.attempt.sites
            ]
            here.sort(key=lambda ticket: (ticket.attempt.since if ticket.attempt else 0, ticket.row))
            while here and site in self._yard.overloaded(slot):
                works.drop(here.pop(), slot)


def _only_fills(replay: Replay) -> bool:
    """Whether later cycles see what earlier ones saw with less room: a greedy policy that is told the truth."""
    told = replay.forecast
    return (
        replay.policy.name != OPTIMAL
        and not replay.outages
        and not replay.energy_quotas
        and replay.headroom == told.price == told.carbon == 0
    )


def _differs(before: Attempt, placement: Placement) -> bool:
    """Whether a job is to run elsewhere, otherwise, or at another time than was promised."""
    old = before.placement
    return (old.sites, old.variant, old.runs) != (placement.sites, placement.variant, placement.runs)
