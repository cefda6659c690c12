"""Starts: what is due is written down as an attempt, then handed to its backend."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import structlog

from api.dispatch import Backends, BackendSilent, Launch, StartRefused
from api.loop.breath import in_breaths
from api.loop.calls import Calls
from api.loop.luggage import Luggage
from api.loop.placed import placed_for, read_placement
from api.loop.planning import Planning
from api.loop.reign import Group, Reign
from api.loop.replicas import is_live, replaced, replica_name
from api.loop.request import held_by, task_resources
from api.loop.retry import brought_on, over
from api.loop.settings import LoopSettings
from api.loop.work import minutes_left
from api.staging import StagingError
from api.store import Attempt, Change, Job, Many, MoveJob, Put, Tenant, new_ids
from scheduler.lifecycle import HELD_STATES, AttemptState, JobState
from topology import Resources

AT_ONCE = 32
START_SECONDS = 60.0
PER_TICK = 128  # the rest waits for the next tick, so that what runs is looked at in between
log = structlog.get_logger("edwc.loop")

Said = tuple[Attempt, str | Exception]
"""An attempt and its backend's handle of it, or why it cannot be started."""


@dataclass(slots=True, eq=False)
class Starts:
    """Starts what is due, and starts again what was written down but perhaps never heard of.

    A backend that is slow holds up nobody: what it says is taken in when it comes.

    Attributes:
        reign: whose jobs.
        backends: who runs them.
        settings: of the loop.
        planning: knows when inputs set out.
        luggage: brings them.
        capacity: site id -> what it really holds; only of sites that have said so.
        calls: what is being handed over.
    """

    reign: Reign
    backends: Backends
    settings: LoopSettings
    planning: Planning
    luggage: Luggage
    capacity: Mapping[str, Resources] = field(default_factory=dict)
    calls: Calls[Said | None] = field(default_factory=lambda: Calls(at_once=AT_ONCE))
    _tried: Counter[str] = field(default_factory=Counter)

    async def advance(self, now: datetime) -> int:
        """Write down what is due, hand over all that no backend has accepted; how many were answered for."""
        await self.reign.write(self._write_down(await self._due(now), now))
        said = self._set_out(now)
        answers = await self.calls.answers(self.settings.poll_wait_s)
        said += [answer for answer in answers if answer is not None]
        return await self.reign.write(self._handed_over(said, now))

    async def end(self) -> None:
        """Drop what is being handed over; the next leader hands it over under the same name."""
        await self.calls.end()

    def _set_out(self, now: datetime) -> list[Said]:
        """Begin to hand over what is ready; what is said of some without asking their backend."""
        unheard = [
            (job, attempt)
            for job, live in self.reign.under_way()
            for attempt in live
            if self._is_to_hand_over(job, attempt)
        ]
        # A silent backend's attempts come back tick after tick; they must not keep the others waiting.
        unheard.sort(key=lambda pair: self._tried[pair[1].id])
        self._tried = Counter({attempt.id: self._tried[attempt.id] for _, attempt in unheard})
        busy = self.calls.by_backend()
        free = [
            (job, attempt)
            for job, attempt in unheard
            if attempt.id not in self.calls and busy[attempt.backend] < PER_TICK
        ]
        said: list[Said] = []
        for job, attempt in free[:PER_TICK]:
            self._tried[attempt.id] += 1
            try:
                launch = self._ready(job, attempt, now)
            except StagingError as error:
                log.warning("start_refused", backend=attempt.backend, attempt=attempt.id, error=str(error))
                said.append((attempt, error))
            except Exception:  # whatever it was, the others start; this one is looked at again
                log.exception("hand_over_broke", backend=attempt.backend, attempt=attempt.id)
            else:
                if launch is not None:
                    self.calls.begin(attempt, partial(self._hand_over, attempt, launch))
        return said

    def _is_to_hand_over(self, job: Job, attempt: Attempt) -> bool:
        return (
            job.state in HELD_STATES
            and job.state != JobState.CANCELLING
            and attempt.state == AttemptState.STARTING
            and not self.reign.is_lost(attempt.site)
            and attempt.id not in replaced(self.reign.attempts[attempt.job])
        )

    async def _due(self, now: datetime) -> Sequence[Job]:
        """Jobs whose time has come and for which there is room, earliest first."""
        due = [
            job
            async for job in in_breaths(list(self.reign.jobs.values()))
            if job.state == JobState.PLANNED
            and self._is_time(job, now)
            and not (job.retry_at is not None and job.retry_at > now)
            and job.id in self.reign.requests
            and all(map(self.reign.is_open, read_placement(job.placement).sites))
        ]
        if not due:
            return ()
        tenants = (await self.reign.store.read(Many(Tenant, limit=10_000))).items
        gate = Gate(self.reign, tenants, self.capacity)
        return [job for job in sorted(due, key=lambda job: (job.starts_at, job.id)) if gate.admits(job)]

    def _is_time(self, job: Job, now: datetime) -> bool:
        """Whether a job is to start, or its inputs are to set out for it."""
        if job.starts_at is None or job.starts_at <= now:
            return job.starts_at is not None
        if not self.luggage.named(job.id):
            return False
        out = self.planning.transit().sets_out_at(job)
        return out is not None and out <= now

    def _write_down(self, due: Sequence[Job], now: datetime) -> Iterator[Group]:
        """Yield an attempt for every replica: all of them, or none, are there to be started."""
        replicas = [read_placement(job.placement).sites for job in due]
        names = iter(new_ids("att", now, sum(map(len, replicas))))
        for job, sites in zip(due, replicas, strict=True):
            attempts = [
                Attempt(
                    id=next(names),
                    job=job.id,
                    number=job.attempt + 1 + replica,
                    tenant=job.tenant,
                    site=site,
                    backend=self.backends.name_of(site),
                    token=job.attempt + 1 + replica,
                    state=AttemptState.STARTING,
                    created_at=now,
                    replica=replica,
                    placement=job.placement,
                )
                for replica, site in enumerate(sites)
            ]
            number = attempts[-1].number
            moved = job.moved(JobState.STARTING, now, attempt=number, retry_at=None, detail="")
            puts = (Put(record=attempt, expect=None) for attempt in attempts)
            yield MoveJob(job=moved, states=(JobState.PLANNED,)), *puts

    def _ready(self, job: Job, attempt: Attempt, now: datetime) -> Launch | None:
        """Return what to start, or None while it is too early or its inputs are under way.

        Raises:
            StagingError: they cannot be brought.
        """
        if self.backends.named(attempt.backend) is None:
            log.error("backend_missing", backend=attempt.backend, attempt=attempt.id)
            return None
        inputs = self.luggage.ready(attempt, self.planning.transit())
        if inputs is None or now < placed_for(job, attempt).start:
            return None
        return self._launch(job, attempt, inputs)

    async def _hand_over(self, attempt: Attempt, launch: Launch) -> Said | None:
        """Ask the backend to start an attempt; what it says, None when that is nothing."""
        job, known = self._known(attempt)
        backend = self.backends.named(attempt.backend)
        if job is None or known is None or backend is None or not self._is_to_hand_over(job, known):
            return None  # it has waited for its turn, and is not wanted any more
        try:
            async with asyncio.timeout(START_SECONDS):
                handle = await backend.start(launch)
        except (BackendSilent, TimeoutError) as error:
            log.warning("backend_silent", backend=attempt.backend, attempt=attempt.id, error=str(error))
        except StartRefused as error:
            log.warning("start_refused", backend=attempt.backend, attempt=attempt.id, error=str(error))
            return attempt, error
        except Exception:  # whatever it was, the others start; this one is handed over again
            log.exception("hand_over_broke", backend=attempt.backend, attempt=attempt.id)
        else:
            log.info(
                "attempt_started",
                attempt=attempt.id,
                job=attempt.job,
                site=attempt.site,
                number=attempt.number,
            )
            return attempt, handle
        return None

    def _known(self, attempt: Attempt) -> tuple[Job | None, Attempt | None]:
        """Return an attempt that is not over, and its job, as they are now."""
        job = self.reign.jobs.get(attempt.job) or self.reign.leaving.get(attempt.job)
        live = (each for each in self.reign.live(attempt.job) if each.id == attempt.id)
        return job, next(live, None)

    def _handed_over(self, said: Iterable[Said], now: datetime) -> Iterator[Group]:
        """Yield what the answers change, all of a job's together."""
        by_job: dict[str, list[Said]] = defaultdict(list)
        for attempt, word in said:
            by_job[attempt.job].append((attempt, word))
        for job_id, words in by_job.items():
            attempts = list(self.reign.attempts.get(job_id, ()))
            changes: list[Change] = []
            ended = False
            for attempt, word in words:
                _, known = self._known(attempt)
                after = known and self._answered(known, word, now)
                if known is not None and after is not None and after != known:
                    changes.append(Put(record=after, expect=known))
                    attempts[attempts.index(known)] = after
                    ended |= not is_live(after)
            if ended and job_id in self.reign.jobs:
                job = self.reign.jobs[job_id]
                moved = brought_on(job, attempts, (), now=now, settings=self.settings)
                if moved is not None:
                    changes.insert(0, MoveJob(job=moved))
            if changes:
                yield tuple(changes)

    @staticmethod
    def _answered(attempt: Attempt, said: str | Exception, now: datetime) -> Attempt:
        """Return an attempt after its backend's word; what has been seen of it meanwhile counts for more."""
        fresh = attempt.state == AttemptState.STARTING
        if isinstance(said, Exception):
            return over(attempt, AttemptState.LOST, now=now, detail=str(said)) if fresh else attempt
        return replace(attempt, state=AttemptState.ACCEPTED if fresh else attempt.state, handle=said)

    def _launch(self, job: Job, attempt: Attempt, environment: Mapping[str, str]) -> Launch:
        request = self.reign.requests[job.id]
        variant = request.variants[placed_for(job, attempt).variant]
        minutes = minutes_left(request, variant, self.reign.attempts[job.id])
        return Launch(
            attempt=attempt.id,
            job=replica_name(job.id, attempt.replica),
            number=attempt.number,
            token=attempt.token,
            site=attempt.site,
            tenant=job.tenant,
            runtime_minutes=minutes,
            wall_limit_minutes=self._wall_limit_minutes(job, attempt, minutes),
            command=request.command,
            image=request.image,
            tasks=request.tasks,
            resources=task_resources(request, variant),
            environment=environment,
        )

    def _wall_limit_minutes(self, job: Job, attempt: Attempt, minutes: float) -> float:
        """Return the limit of an attempt; one that is to pause in between is not ended by it before."""
        runs = placed_for(job, attempt).runs
        planned = (runs[-1][1] - runs[0][0]).total_seconds() / 60 if len(runs) > 1 else 0.0
        return max(minutes, planned) * self.settings.wall_limit_factor


@dataclass(slots=True, eq=False)
class Gate:
    """What sites and quotas still have room for at this instant.

    The plan keeps to capacity slot by slot; the gate keeps to it when work ends later than planned.
    """

    reign: Reign
    tenants: Iterable[Tenant]
    capacity: Mapping[str, Resources]
    _sites: dict[str, Resources] = field(default_factory=dict)
    _tenants: dict[str, Resources] = field(default_factory=dict)
    _quotas: dict[str, Tenant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._quotas = {tenant.name: tenant for tenant in self.tenants if tenant.quota}
        for job, live in self.reign.under_way():
            if job.id in self.reign.requests:
                for attempt in live:
                    variant = placed_for(job, attempt).variant
                    self._take(job, attempt.site, held_by(self.reign.requests[job.id], variant))

    def admits(self, job: Job) -> bool:
        """Whether a job fits now with all of its replicas; if so their room is taken."""
        placed = read_placement(job.placement)
        wanted = held_by(self.reign.requests[job.id], placed.variant)
        for site in placed.sites:
            whole = self.capacity.get(site) or self.reign.catalogue.site(site).capacity
            if not (self._sites.get(site, Resources()) + wanted).fits_in(whole):
                return False
        tenant = self._quotas.get(job.tenant)
        if tenant is not None:
            held = self._tenants.get(job.tenant, Resources()) + wanted * len(placed.sites)
            if any(held.get(name) > most * (1 + 1e-9) for name, most in tenant.quota.items()):
                return False
        for site in placed.sites:
            self._take(job, site, wanted)
        return True

    def _take(self, job: Job, site: str, wanted: Resources) -> None:
        self._sites[site] = self._sites.get(site, Resources()) + wanted
        self._tenants[job.tenant] = self._tenants.get(job.tenant, Resources()) + wanted
