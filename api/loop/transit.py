"""Transit: a planned job whose data is under way. It keeps its place: a plan made anew would send the data again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from api.loop.placed import read_placement
from api.loop.reign import Reign
from api.loop.request import work_left
from api.staging import named_inputs
from api.store import Job
from scheduler import Input
from scheduler.lifecycle import AttemptState, JobState
from scheduler.reach import FLOW_GBPS, transfer_slots
from topology import Network, TopologyError


@dataclass(slots=True, eq=False)
class Transit:
    """Knows when the data of planned jobs must set out.

    Attributes:
        reign: whose jobs.
        network: what the data moves through.
        slot_minutes: length of a slot of the plan.
    """

    reign: Reign
    network: Network
    slot_minutes: int
    _slots: dict[tuple[str, str, float], int] = field(default_factory=dict)
    _known: dict[str, tuple[int, datetime | None]] = field(default_factory=dict)

    def sets_out_at(self, job: Job) -> datetime | None:
        """Return when the first data of a planned job must set out; None when none has to move before its start."""
        version, instant = self._known.get(job.id, (0, None))
        if version != job.version:
            instant = self._computed(job)
            self._known[job.id] = (job.version, instant)
        return instant

    def under_way(self, now: datetime) -> frozenset[str]:
        """Return ids of the planned jobs whose data has set out for sites that are still open."""
        jobs = self.reign.jobs
        planned = {
            name: jobs[name]
            for name in self.reign.movers
            if name in jobs and jobs[name].state == JobState.PLANNED
        }
        self._known = {name: known for name, known in self._known.items() if name in planned}
        return frozenset(
            job.id
            for job in planned.values()
            if job.id in self.reign.requests
            and (out := self.sets_out_at(job)) is not None
            and out <= now
            and all(map(self.reign.is_open, read_placement(job.placement).sites))
        )

    def _computed(self, job: Job) -> datetime | None:
        attempts = self.reign.attempts.get(job.id, ())
        request = work_left(self.reign.requests[job.id], attempts, in_pieces=False)
        placed = read_placement(job.placement)
        slots = max(
            (self._slots_of(data, site) for data in request.inputs for site in placed.sites), default=0
        )
        return placed.start - timedelta(minutes=slots * self.slot_minutes) if slots else None

    @property
    def most_gbps(self) -> float:
        """The rate of one transfer where no link is narrower."""
        return FLOW_GBPS

    def rate_gbps(self, at: str, site: str) -> float:
        """Return what a plan keeps free for one transfer [Gbit/s]."""
        try:
            return min(FLOW_GBPS, self.network.route(at, site).bottleneck_gbps)
        except TopologyError:
            return FLOW_GBPS

    def busy_gbps(self, now: datetime) -> dict[str, float]:
        """Return what data under way takes of each link now [Gbit/s]."""
        busy: dict[str, float] = {}
        for data, site in self._flows(now):
            if data.size_gb and data.at != site:
                try:
                    links = self.network.route(data.at, site).links
                except TopologyError:
                    continue
                for link in links:
                    busy[link] = busy.get(link, 0.0) + self.rate_gbps(data.at, site)
        return busy

    def _flows(self, now: datetime) -> Iterator[tuple[Input, str]]:
        """Yield what moves now, and where to: for jobs that wait for it, and for attempts that do."""
        for job_id in self.under_way(now):
            job = self.reign.jobs[job_id]
            attempts = self.reign.attempts.get(job_id, ())
            if job.starts_at is not None and now < job.starts_at:
                request = work_left(self.reign.requests[job_id], attempts, in_pieces=False)
                yield from (
                    (data, site) for data in request.inputs for site in read_placement(job.placement).sites
                )
        for job, live in self.reign.under_way():
            asked = self.reign.requests.get(job.id)
            if asked is not None and named_inputs(asked.labels):
                waiting = [each for each in live if each.state == AttemptState.STARTING]
                yield from ((data, attempt.site) for attempt in waiting for data in asked.inputs)

    def _slots_of(self, data: Input, site: str) -> int:
        key = (data.at, site, data.size_gb)
        if key not in self._slots:
            rate_gbps = float("inf") if data.at == site else self.rate_gbps(data.at, site)
            self._slots[key] = int(transfer_slots(data.size_gb, rate_gbps, self.slot_minutes / 60))
        return self._slots[key]
