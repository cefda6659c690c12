"""Starts: what is due is written down as an attempt, then handed to its backend."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from api.dispatch import Backends, BackendSilent, Launch, StartRefused
from api.loop.placed import read_placement
from api.loop.reign import Group, Reign
from api.loop.request import held_by, task_resources
from api.loop.retry import ended
from api.loop.settings import LoopSettings
from api.store import Attempt, Job, Many, MoveJob, Put, Tenant, new_ids
from scheduler.lifecycle import AttemptState, JobState
from topology import Resources

AT_ONCE = 32
PER_TICK = 128  # the rest waits for the next tick, so that what runs is looked at in between
log = structlog.get_logger("edwc.loop")


@dataclass(slots=True, eq=False)
class Starts:
    """Starts what is due, and starts again what was written down but perhaps never heard of."""

    reign: Reign
    backends: Backends
    settings: LoopSettings
    _tried: Counter[str] = field(default_factory=Counter)

    async def advance(self, now: datetime) -> int:
        """Write down what is due, then hand over all that no backend has accepted; how many were handed over."""
        await self.reign.write(self._write_down(await self._due(now), now))
        unheard = [
            (job, attempt)
            for job in list(self.reign.held())
            if job.state != JobState.CANCELLING
            and (attempt := self.reign.attempt_of(job)) is not None
            and attempt.state == AttemptState.STARTING
        ]
        # A silent backend's attempts come back tick after tick; they must not keep the others waiting.
        unheard.sort(key=lambda pair: self._tried[pair[1].id])
        self._tried = Counter({attempt.id: self._tried[attempt.id] for _, attempt in unheard})
        started = 0
        for begin in range(0, min(len(unheard), PER_TICK), AT_ONCE):
            piece = unheard[begin : begin + AT_ONCE]
            self._tried.update(attempt.id for _, attempt in piece)
            groups = await asyncio.gather(*(self._hand_over(job, attempt, now) for job, attempt in piece))
            started += await self.reign.write(group for group in groups if group)
        return started

    async def _due(self, now: datetime) -> Sequence[Job]:
        """Jobs whose time has come and for which there is room, earliest first."""
        due = [
            job
            for job in self.reign.jobs.values()
            if job.state == JobState.PLANNED
            and job.starts_at is not None
            and job.starts_at <= now
            and not (job.retry_at is not None and job.retry_at > now)
            and self._open(job.site)
            and job.id in self.reign.requests
        ]
        if not due:
            return ()
        gate = Gate(self.reign, (await self.reign.store.read(Many(Tenant, limit=10_000))).items)
        return [job for job in sorted(due, key=lambda job: (job.starts_at, job.id)) if gate.admits(job)]

    def _open(self, site: str) -> bool:
        state = self.reign.sites.get(site)
        return state is None or (state.answering and not state.cordoned and not state.draining)

    def _write_down(self, due: Sequence[Job], now: datetime) -> Iterator[Group]:
        for job, attempt_id in zip(due, new_ids("att", now, len(due)), strict=True):
            number = job.attempt + 1
            attempt = Attempt(
                id=attempt_id,
                job=job.id,
                number=number,
                tenant=job.tenant,
                site=job.site,
                backend=self.backends.name_of(job.site),
                token=number,
                state=AttemptState.STARTING,
                created_at=now,
            )
            moved = job.moved(JobState.STARTING, now, attempt=number, retry_at=None, detail="")
            yield MoveJob(job=moved, states=(JobState.PLANNED,)), Put(record=attempt, expect=None)

    async def _hand_over(self, job: Job, attempt: Attempt, now: datetime) -> Group | None:
        backend = self.backends.named(attempt.backend)
        if backend is None:
            log.error("backend_missing", backend=attempt.backend, attempt=attempt.id)
            return None
        try:
            handle = await backend.start(self._launch(job, attempt))
        except BackendSilent as error:
            log.warning("backend_silent", backend=attempt.backend, attempt=attempt.id, error=str(error))
            return None
        except StartRefused as error:
            log.warning("start_refused", backend=attempt.backend, attempt=attempt.id, error=str(error))
            return ended(
                self.reign,
                job,
                attempt,
                AttemptState.LOST,
                now=now,
                settings=self.settings,
                detail=str(error),
            )
        log.info("attempt_started", attempt=attempt.id, job=job.id, site=attempt.site, number=attempt.number)
        accepted = replace(attempt, state=AttemptState.ACCEPTED, handle=handle)
        return (Put(record=accepted, expect=attempt),)

    def _launch(self, job: Job, attempt: Attempt) -> Launch:
        request = self.reign.requests[job.id]
        variant = request.variants[read_placement(job.placement).variant]
        return Launch(
            attempt=attempt.id,
            job=job.id,
            number=attempt.number,
            token=attempt.token,
            site=attempt.site,
            tenant=job.tenant,
            runtime_minutes=variant.runtime_minutes,
            wall_limit_minutes=variant.runtime_minutes * self.settings.wall_limit_factor,
            command=request.command,
            image=request.image,
            tasks=request.tasks,
            resources=task_resources(request, variant),
        )


@dataclass(slots=True, eq=False)
class Gate:
    """What sites and quotas still have room for at this instant.

    The plan keeps to capacity slot by slot; the gate keeps to it when work ends later than planned.
    """

    reign: Reign
    tenants: Iterable[Tenant]
    _sites: dict[str, Resources] = field(default_factory=dict)
    _tenants: dict[str, Resources] = field(default_factory=dict)
    _quotas: dict[str, Tenant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._quotas = {tenant.name: tenant for tenant in self.tenants if tenant.quota}
        for job in self.reign.held():
            if job.id in self.reign.requests and job.placement:
                self._take(job, held_by(self.reign.requests[job.id], read_placement(job.placement).variant))

    def admits(self, job: Job) -> bool:
        """Whether a job fits now; if so its room is taken."""
        wanted = held_by(self.reign.requests[job.id], read_placement(job.placement).variant)
        capacity = self.reign.catalogue.site(job.site).capacity
        if not (self._sites.get(job.site, Resources()) + wanted).fits_in(capacity):
            return False
        tenant = self._quotas.get(job.tenant)
        if tenant is not None:
            held = self._tenants.get(job.tenant, Resources()) + wanted
            if any(held.get(name) > most * (1 + 1e-9) for name, most in tenant.quota.items()):
                return False
        self._take(job, wanted)
        return True

    def _take(self, job: Job, wanted: Resources) -> None:
        self._sites[job.site] = self._sites.get(job.site, Resources()) + wanted
        self._tenants[job.tenant] = self._tenants.get(job.tenant, Resources()) + wanted
