"""Works: attempts from their placement to their end: data in, runs, data out, and everything that goes wrong."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
import numpy.typing as npt

from pricing import it_power_kw
from scheduler import Job, Placement
from scheduler.room import resource_names
from simulations.engine.agenda import Agenda
from simulations.engine.attempt import Attempt, Ticket
from simulations.engine.deliveries import Deliveries
from simulations.engine.fate import Fate
from simulations.engine.hauls import Hauls
from simulations.engine.holding import Holding
from simulations.engine.kept import Kept
from simulations.engine.yard import Yard
from simulations.outcome.ledger import Ledger, State
from topology import Catalogue, Horizon

Floats = npt.NDArray[np.float64]
SLOT_TOLERANCE = 1e-9
MOST_TASKS = 10_000  # kinds of task remembered at a time: a long trace has no end of them


class Works:
    """What is planned and what runs.

    Args:
        catalogue: the places.
        horizon: the span.
        holding: the room planned, which this keeps up to date.
        yard: the room in use, likewise.
        ledger: where everything is written down.
        fate: actual run times; only what happens asks it.
        cadence: slots between planning cycles.
        deliveries: who sends the outputs.

    Attributes:
        waiting: row -> ticket without a place.
        planned: row -> ticket with a place that does not run yet.
        under_way: row -> ticket that has begun to run.
    """

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        horizon: Horizon,
        holding: Holding,
        yard: Yard,
        ledger: Ledger,
        fate: Fate,
        cadence: int,
        deliveries: Deliveries,
    ) -> None:
        self._catalogue, self._slot_minutes, self._cadence = catalogue, horizon.slot_minutes, cadence
        self._start, self._slot_length = horizon.start, horizon.slot_length
        self._tolerance = horizon.slot_length * SLOT_TOLERANCE
        self._holding, self._yard, self._ledger, self._fate = holding, yard, ledger, fate
        self._deliveries = deliveries
        self._site_row = {name: row for row, name in enumerate(catalogue.site_ids)}
        self._demands = Demands(catalogue)
        self._hauling, self._beginning, self._ending, self._overdue = (
            Agenda(horizon.slots) for _ in range(4)
        )
        self.waiting: dict[int, Ticket] = {}
        self.planned: dict[int, Ticket] = {}
        self.under_way: dict[int, Ticket] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits, is planned or runs."""
        return not (self.planned or self.under_way or self.waiting)

    def accept(self, ticket: Ticket, placement: Placement, now: int, hauls: Hauls) -> None:
        """Take a placement of a plan made now: hold its room and its links, and put it on the agenda."""
        job = ticket.job
        sites = tuple(self._site_row[name] for name in placement.sites)
        runs = [self._slots(*run) for run in placement.runs]
        arrivals = (
            hauls.incoming([(part.at, part.size_gb) for part in job.inputs], sites) if job.inputs else ()
        )
        departures = (
            hauls.outgoing([(part.to, part.size_gb) for part in job.outputs], sites) if job.outputs else ()
        )
        attempt = Attempt(
            placement=placement,
            sites=sites,
            runs=runs,
            demand=self._demands.of(job, placement.variant),
            arrivals=arrivals,
            departures=departures,
            lead=max([haul.slots for haul in arrivals]) if arrivals else 0,
            minutes=job.variants[placement.variant].runtime_minutes,
        )
        ticket.attempt, ticket.tries = attempt, ticket.tries + 1
        self._hold(ticket, attempt, 1.0)
        self.planned[ticket.row] = ticket
        if attempt.lead:
            self._hauling.add(attempt.start - attempt.lead, ticket)
        self._beginning.add(attempt.start, ticket)
        rtt_ms = hauls.rtt_ms(job.origin, sites) if job.origin is not None else math.nan
        self._ledger.place(ticket.row, job, sites[0], placement.variant, rtt_ms)
        assert attempt.start - attempt.lead >= now

    def withdraw(self, ticket: Ticket) -> None:
        """Take back the place of a ticket whose data does not move yet."""
        attempt = self.planned.pop(ticket.row).attempt
        assert attempt is not None
        assert not attempt.committed
        self._hold(ticket, attempt, -1.0)
        ticket.attempt, ticket.tries = None, ticket.tries + 1

    def end_due(self, slot: int, hauls: Hauls) -> None:
        """End the runs that are due, and stretch the room of those that should have ended."""
        for ticket in self._ending.take(slot):
            self._end_run(ticket, slot, hauls)
        for ticket in self._overdue.take(slot):
            attempt = ticket.attempt
            if attempt is not None and attempt.running and attempt.held_until == slot:
                later = slot + self._cadence
                self._holding.hold(attempt, ticket.job.tenant, slot, later)
                attempt.held_until = later
                self._overdue.add(later, ticket)

    def begin_due(self, slot: int) -> None:
        """Let data move and runs begin that are due; what finds no room waits for a new place."""
        for ticket in self._hauling.take(slot):
            self._begin_hauls(ticket)
        for ticket in self._beginning.take(slot):
            attempt = ticket.attempt
            assert attempt is not None
            if self._yard.fits(attempt, ticket.job.tenant, slot):
                self._begin_run(ticket, attempt, slot)
            elif attempt.current:
                self._slip(ticket, attempt, slot)
            else:
                self._ledger.jobs["delays"][ticket.row] += 1
                self.drop(ticket, slot)

    def drop(self, ticket: Ticket, slot: int) -> None:
        """Lose an attempt, be it planned or under way: its room is given back and the job, or its rest, waits anew."""
        attempt = ticket.attempt
        assert attempt is not None
        saved = list(attempt.noted)
        self.planned.pop(ticket.row, None)
        self.under_way.pop(ticket.row, None)
        if attempt.running:
            self._note_run(ticket, attempt, slot, (slot - attempt.since) * self._slot_minutes)
            self._yard.occupy(attempt, ticket.job.tenant, -1.0)
            self._holding.hold(attempt, ticket.job.tenant, slot, attempt.held_until, -1.0)
            later = attempt.runs[attempt.current + 1 :]
        else:
            later = attempt.runs[attempt.current :]
        for start, end in later:
            self._holding.hold(attempt, ticket.job.tenant, start, end, -1.0)
        for haul in attempt.departures:
            end = attempt.runs[-1][1]
            self._holding.haul(haul, end, end + haul.slots, -1.0)
        for number, haul in enumerate(attempt.arrivals):
            self._holding.haul(haul, max(attempt.start - haul.slots, slot), attempt.start, -1.0)
            if attempt.committed and attempt.entries:
                self._ledger.cut_transfer(attempt.entries[number], slot)
        for entry in attempt.noted[len(saved) :]:
            self._ledger.runs["lost"][entry] = 1
        if saved:
            self._keep(ticket, attempt, saved)
        ticket.attempt, ticket.tries = None, ticket.tries + 1
        self.waiting[ticket.row] = ticket

    def _keep(self, ticket: Ticket, attempt: Attempt, saved: list[int]) -> None:
        """Go on from the checkpoint of the last run that ended."""
        row, jobs = ticket.row, self._ledger.jobs
        if ticket.kept is None:
            ticket.kept = Kept(job=ticket.job)
        kept = ticket.kept
        share, done = attempt.done_minutes / attempt.minutes, attempt.done_minutes
        kept.add(share, done, attempt.current, float(attempt.demand[-1]), saved)
        kept.parts.append((done, jobs["model"][row], jobs["count"][row]))
        jobs["minutes"][row] = kept.minutes
        ticket.job = kept.rest()
        shortest = min(variant.runtime_minutes for variant in ticket.job.variants)
        ticket.last_start = (jobs["deadline_minute"][row] - shortest) / self._slot_minutes + SLOT_TOLERANCE

    def give_up(self, ticket: Ticket) -> None:
        """What a rejected job has done was in vain."""
        if ticket.kept is None:
            return
        for entry in ticket.kept.entries:
            self._ledger.runs["lost"][entry] = 1
        self._ledger.jobs["minutes"][ticket.row] = 0.0

    def stop(self, slot: int) -> None:
        """Write down what still runs when the simulation ends."""
        for ticket in self.under_way.values():
            self._ledger.jobs["state"][ticket.row] = State.RUNNING
            attempt = ticket.attempt
            if attempt is not None and attempt.running and slot > attempt.since:
                self._note_run(ticket, attempt, slot, (slot - attempt.since) * self._slot_minutes)
        for ticket in self.planned.values():
            attempt = ticket.attempt
            if attempt is not None and attempt.committed:
                for entry in attempt.entries:
                    self._ledger.cut_transfer(entry, slot)

    def _slots(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Return the slots [first, last) of a run; it begins with a slot."""
        first = (start - self._start) // self._slot_length
        return first, first + max(-((start - end + self._tolerance) // self._slot_length), 1)

    def _hold(self, ticket: Ticket, attempt: Attempt, sign: float) -> None:
        for start, end in attempt.runs:
            self._holding.hold(attempt, ticket.job.tenant, start, end, sign)
        for haul in attempt.arrivals:
            self._holding.haul(haul, attempt.start - haul.slots, attempt.start, sign)
        end = attempt.runs[-1][1]
        for haul in attempt.departures:
            self._holding.haul(haul, end, end + haul.slots, sign)

    def _begin_hauls(self, ticket: Ticket) -> None:
        attempt = ticket.attempt
        assert attempt is not None
        attempt.committed = True
        attempt.entries = [
            self._ledger.add_transfer(ticket.row, haul, attempt.start - haul.slots, incoming=True)
            for haul in attempt.arrivals
        ]

    def _begin_run(self, ticket: Ticket, attempt: Attempt, slot: int) -> None:
        row, jobs = ticket.row, self._ledger.jobs
        if attempt.current == 0:
            del self.planned[row]
            self.under_way[row] = ticket
            attempt.committed = True
            jobs["attempts"][row] += 1
            if ticket.kept is None:
                jobs["start_minute"][row] = slot * self._slot_minutes
            # Only now does anything ask how long the job truly takes.
            attempt.minutes *= self._fate.ratio(ticket.job.name)
        self._yard.occupy(attempt, ticket.job.tenant)
        attempt.running, attempt.since = True, slot
        start, end = attempt.runs[attempt.current]
        attempt.held_until = end
        minutes = self._run_minutes(attempt)
        self._ending.add(slot + max(math.ceil(minutes / self._slot_minutes - SLOT_TOLERANCE), 1), ticket)
        if minutes > (end - start) * self._slot_minutes * (1 + SLOT_TOLERANCE):
            self._overdue.add(end, ticket)

    def _run_minutes(self, attempt: Attempt) -> float:
        """Return how long the run that begins will take: to the end of the job, or of its planned slots."""
        left = attempt.minutes - attempt.done_minutes
        if attempt.current == len(attempt.runs) - 1:
            return left
        start, end = attempt.runs[attempt.current]
        return min(left, float((end - start) * self._slot_minutes))

    def _end_run(self, ticket: Ticket, slot: int, hauls: Hauls) -> None:
        attempt = ticket.attempt
        assert attempt is not None
        minutes = self._run_minutes(attempt)
        self._note_run(ticket, attempt, slot, minutes)
        attempt.done_minutes += minutes
        attempt.running = False
        self._yard.occupy(attempt, ticket.job.tenant, -1.0)
        self._holding.hold(attempt, ticket.job.tenant, slot, attempt.held_until, -1.0)
        if attempt.done_minutes < attempt.minutes * (1 - SLOT_TOLERANCE):
            attempt.current += 1
            self._beginning.add(attempt.runs[attempt.current][0], ticket)
            return
        for start, end in attempt.runs[attempt.current + 1 :]:
            self._holding.hold(attempt, ticket.job.tenant, start, end, -1.0)
        planned_end = attempt.runs[-1][1]
        for haul in attempt.departures:
            self._holding.haul(haul, planned_end, planned_end + haul.slots, -1.0)
        self._complete(ticket, attempt, attempt.since * self._slot_minutes + minutes)
        if ticket.job.outputs:
            self._deliveries.send(ticket, attempt, slot, hauls)

    def _complete(self, ticket: Ticket, attempt: Attempt, end_minute: float) -> None:
        row, jobs = ticket.row, self._ledger.jobs
        del self.under_way[row]
        ticket.attempt = None
        jobs["state"][row] = State.COMPLETED
        jobs["end_minute"][row] = end_minute
        kept, pause = ticket.kept, ticket.job.interruptible
        jobs["minutes"][row] = attempt.minutes
        resumes, resumed_kw = attempt.current, float(attempt.demand[-1]) * attempt.current
        if kept is not None:
            jobs["minutes"][row] += kept.minutes
            resumes, resumed_kw = resumes + kept.resumes, resumed_kw + kept.resumed_kw
            self._ledger.parts += [(row, *part) for part in kept.parts]
        if resumes and pause is not None:
            self._ledger.pauses[row] = (resumed_kw, resumes, pause.restart_minutes, pause.checkpoint_gb)

    def _note_run(self, ticket: Ticket, attempt: Attempt, slot: int, minutes: float) -> None:
        if slot <= attempt.since:
            return
        jobs, row = self._ledger.jobs, ticket.row
        attempt.noted += [
            self._ledger.runs.add(
                row,
                site,
                attempt.since,
                slot,
                minutes,
                float(attempt.demand[-1]),
                jobs["model"][row],
                jobs["count"][row],
                0,
            )
            for site in attempt.sites
        ]

    def _slip(self, ticket: Ticket, attempt: Attempt, slot: int) -> None:
        """Put the next run of a job off by a slot, and with it the runs that would meet it."""
        tenant, moved = ticket.job.tenant, list(attempt.runs)
        first, latest = attempt.current, slot
        for number in range(first, len(moved)):
            start, end = moved[number]
            begin = max(start, latest + 1) if number == first else max(start, latest)
            moved[number] = (begin, begin + end - start)
            latest = moved[number][1]
        old_end, new_end = attempt.runs[-1][1], moved[-1][1]
        for number in range(first, len(moved)):
            self._holding.hold(attempt, tenant, *attempt.runs[number], -1.0)
            self._holding.hold(attempt, tenant, *moved[number])
        for haul in attempt.departures:
            self._holding.haul(haul, old_end, old_end + haul.slots, -1.0)
            self._holding.haul(haul, new_end, new_end + haul.slots)
        attempt.runs = moved
        self._ledger.jobs["delays"][ticket.row] += 1
        self._beginning.add(moved[first][0], ticket)


class Demands:
    """What jobs hold, as vectors over the resources of a catalogue; equal tasks are looked up once.

    Args:
        catalogue: whose resources and machines.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._columns = {name: column for column, name in enumerate(resource_names(catalogue))}
        self._of_task: dict[tuple[float, float, str | None, float], Floats] = {}

    def of(self, job: Job, variant: int) -> Floats:
        """Return what all tasks of a job hold at one site, [R]."""
        chosen = job.variants[variant]
        key = (job.demand.cpu_cores, job.demand.memory_gib, chosen.accelerator, chosen.count)
        task = self._of_task.get(key)
        if task is None:
            if len(self._of_task) >= MOST_TASKS:
                self._of_task.clear()
            task = self._of_task[key] = self._task(*key)
        return job.tasks * task

    def _task(self, cpu_cores: float, memory_gib: float, model: str | None, count: float) -> Floats:
        units = np.zeros(len(self._columns))
        units[0], units[1] = cpu_cores, memory_gib
        accelerator = None if model is None else self._catalogue.accelerator(model)
        if model is not None:
            units[self._columns[model]] = count
        units[-1] = it_power_kw(1, cpu_cores, memory_gib, accelerator, count)
        return units
