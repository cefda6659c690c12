"""Reign: what one leader knows and may write, from its election to the end of its epoch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from api.loop.breath import in_breaths
from api.loop.request import UNREADABLE, latest_start, read_request
from api.loop.settlement import Settlement
from api.store import (
    FINAL_STATES,
    Attempt,
    Change,
    Events,
    Job,
    Jobs,
    LastSeq,
    Many,
    MoveJob,
    One,
    Put,
    RefusedError,
    SiteState,
    StaleLeaderError,
    Store,
    every,
)
from scheduler import Job as Request
from scheduler import References
from scheduler.lifecycle import (
    FINAL_ATTEMPT_STATES,
    HELD_STATES,
    LIVE_ATTEMPT_STATES,
    LIVE_JOB_STATES,
    JobState,
    check_attempt_move,
    check_job_move,
)
from topology import Catalogue

CHANGES_PER_WRITE = 500
EVENTS_PER_READ = 500
JOBS_PER_READ = 200

Group = tuple[Change, ...]
"""Changes about one job: stored together, and apart from other jobs' when one of a batch is refused."""


@dataclass(slots=True, eq=False)
class Reign:
    """The live jobs, their attempts and the sites, as stored; follows the store's events and its own writes.

    Attributes:
        store: where all is kept.
        epoch: in every write; another leader's makes them refused.
        catalogue: what requests may name.
        jobs: live jobs by id.
        leaving: jobs at their end of which an attempt may still run somewhere, by id.
        attempts: attempts of jobs that are or were tried, by job, oldest first.
        sites: what is said of sites.
        seq: newest event that was taken in.
        requests: what the jobs ask for.
        latest_starts: last instant at which a job with a deadline can still start.
        movers: jobs that may have data to move: inputs or, once tried, a checkpoint.
        unreadable: jobs whose document cannot be planned, and why.
        turn: grows whenever something changes that a plan should know of.
        settlement: puts the final cost of a job into its last move.
    """

    store: Store
    epoch: int
    catalogue: Catalogue
    jobs: dict[str, Job] = field(default_factory=dict)
    leaving: dict[str, Job] = field(default_factory=dict)
    attempts: dict[str, list[Attempt]] = field(default_factory=dict)
    sites: dict[str, SiteState] = field(default_factory=dict)
    seq: int = 0
    requests: dict[str, Request] = field(default_factory=dict)
    latest_starts: dict[str, datetime] = field(default_factory=dict)
    movers: set[str] = field(default_factory=set)
    unreadable: dict[str, str] = field(default_factory=dict)
    turn: int = 0
    settlement: Settlement | None = None
    _references: References = field(init=False)

    def __post_init__(self) -> None:
        self._references = References(self.catalogue)

    async def begin(self) -> None:
        """Read everything; events that come meanwhile are taken in later."""
        self.seq = await self.store.read(LastSeq())
        await self._read_live()
        await self._read_attempts([job.id for job in self.jobs.values() if job.attempt])
        await self._read_leaving()
        await self._read_sites()

    async def catch_up(self) -> None:
        """Take in what others have written since."""
        news: dict[str, int] = {}
        while events := await self.store.read(Events(after=self.seq, limit=EVENTS_PER_READ)):
            self.seq = events[-1].seq
            async for event in in_breaths(events):
                if event.kind.startswith("job."):
                    ended = event.kind.removeprefix("job.") in FINAL_STATES and event.subject not in self.jobs
                    news[event.subject] = 0 if ended else json.loads(event.document)["version"]
        # What this reign wrote itself is known already.
        behind = [name async for name, version in in_breaths(news.items()) if self._behind(name, version)]
        for begin in range(0, len(behind), JOBS_PER_READ):
            some = tuple(behind[begin : begin + JOBS_PER_READ])
            page = await self.store.read(Jobs(ids=some, limit=len(some), newest_first=False))
            async for job in in_breaths(page.items):
                if self._behind(job.id, job.version) and not (job.finished and job.id not in self.jobs):
                    self.take(job)
        await self._read_sites()

    def _behind(self, job_id: str, version: int) -> bool:
        """Whether a job is known in an older version, or not at all."""
        known = self.jobs.get(job_id)
        return (0 if known is None else known.version) < version

    async def _read_live(self) -> None:
        """Take in every live job that is newer than what is known, page by page."""
        query: Jobs | None = Jobs(states=tuple(LIVE_JOB_STATES), limit=JOBS_PER_READ, newest_first=False)
        while query is not None:
            page = await self.store.read(query)
            async for job in in_breaths(page.items):
                if self._behind(job.id, job.version):
                    self.take(job)
            query = replace(query, after=page.cursor) if page.cursor else None
            await asyncio.sleep(0)

    async def _read_attempts(self, tried: Sequence[str]) -> None:
        """Take in every attempt of these jobs, many jobs at a time: a new leader is waited for."""
        for begin in range(0, len(tried), JOBS_PER_READ):
            some = tuple(tried[begin : begin + JOBS_PER_READ])
            found: dict[str, list[Attempt]] = {job_id: [] for job_id in some}
            async for attempt in every(self.store, Many(Attempt, {"job": some})):
                found[attempt.job].append(attempt)
            self.attempts |= found

    async def _read_leaving(self) -> None:
        """Take in the attempts that are not over although their job is."""
        for state in LIVE_ATTEMPT_STATES:
            query: Many[Attempt] | None = Many(Attempt, {"state": state}, limit=JOBS_PER_READ)
            while query is not None:
                page = await self.store.read(query)
                for attempt in page.items:
                    if attempt.job not in self.jobs and attempt.job not in self.leaving:
                        job = await self.store.read(One(Job, attempt.job))
                        if job is not None and job.finished:
                            tries = await self.store.read(Many(Attempt, {"job": job.id}))
                            self.leaving[job.id] = job
                            self.attempts[job.id] = list(tries.items)
                            self._read_request(job)
                query = replace(query, after=page.cursor) if page.cursor else None

    def take(self, job: Job) -> None:
        """Take in a job as it is stored."""
        before = self.jobs.get(job.id)
        if job.state in FINAL_STATES:
            if self.live(job.id):
                self.jobs.pop(job.id, None)
                self.latest_starts.pop(job.id, None)
                self.leaving[job.id] = job
            else:
                self._forget(job.id)
        else:
            self.jobs[job.id] = job
            if before is None:
                self._read_request(job)
        if _matters(before, job):
            self.turn += 1

    def held(self) -> Iterator[Job]:
        """Jobs that hold, or may hold, room at a site."""
        return (job for job in self.jobs.values() if job.state in HELD_STATES)

    def live(self, job_id: str) -> list[Attempt]:
        """The attempts of a job that are not over, oldest first: more than one when it spreads or a site was lost."""
        return [each for each in self.attempts.get(job_id, ()) if each.state not in FINAL_ATTEMPT_STATES]

    def under_way(self) -> Iterator[tuple[Job, list[Attempt]]]:
        """Jobs of which something runs, or may run, with those attempts; also those that have come to their end."""
        for jobs in (self.jobs, self.leaving):
            for job_id in list(self.attempts):
                if job_id in jobs and (live := self.live(job_id)):
                    yield jobs[job_id], live

    def is_lost(self, site: str) -> bool:
        """Whether a site does not answer."""
        state = self.sites.get(site)
        return state is not None and not state.answering

    def lost_at(self, site: str) -> datetime | None:
        """Since when a site has not answered; None while it does."""
        state = self.sites.get(site)
        return None if state is None or state.answering else state.lost_at or state.updated_at

    def is_open(self, site: str) -> bool:
        """Whether work may be started at a site."""
        state = self.sites.get(site)
        return state is None or (state.answering and not state.cordoned and not state.draining)

    def reaches(self, site: str) -> bool:
        """Whether it makes sense to ask about what runs at a site: not while its loss is being practised."""
        return not (self.is_lost(site) and self.sites[site].drill)

    async def write(self, groups: Iterable[Group]) -> int:
        """Store groups of changes, many in one write; how many were stored.

        A group that is refused, since its job was changed by another meanwhile, is dropped alone: it is
        decided anew when the change has been taken in.

        Raises:
            StaleLeaderError: Another leads; nothing more may be decided.
        """
        batch: list[Group] = []
        stored = size = 0
        async for group in in_breaths(groups):
            self._check(group)
            if self.settlement is not None:
                group = await self.settlement.settled(group)  # noqa: PLW2901  (the same group, with its cost)
            if size + len(group) > CHANGES_PER_WRITE and batch:
                stored += await self._write_batch(batch)
                batch, size = [], 0
            batch.append(group)
            size += len(group)
        return stored + (await self._write_batch(batch) if batch else 0)

    async def _write_batch(self, batch: Sequence[Group]) -> int:
        try:
            await self.store.write(*(change for group in batch for change in group), epoch=self.epoch)
        except StaleLeaderError:
            raise
        except RefusedError:
            if len(batch) == 1:
                return 0
            middle = len(batch) // 2
            return await self._write_batch(batch[:middle]) + await self._write_batch(batch[middle:])
        async for group in in_breaths(batch):
            self._apply(group)
        return len(batch)

    def _apply(self, group: Group) -> None:
        for change in group:
            if isinstance(change, MoveJob):
                self.take(change.job)
            elif isinstance(change, Put) and isinstance(change.record, Attempt):
                self._take_attempt(change.record)
            elif isinstance(change, Put) and isinstance(change.record, SiteState):
                self.sites = {**self.sites, change.record.site: change.record}
                self.turn += 1

    def _take_attempt(self, attempt: Attempt) -> None:
        if attempt.job not in self.jobs and attempt.job not in self.leaving:
            return
        attempts = self.attempts.setdefault(attempt.job, [])
        for place, known in enumerate(attempts):
            if known.number == attempt.number:
                attempts[place] = attempt
                break
        else:
            attempts.append(attempt)
        if attempt.job in self.leaving and not self.live(attempt.job):
            self._forget(attempt.job)

    def _check(self, group: Group) -> None:
        """Hold every move to the table, at the one place where moves are written."""
        for change in group:
            if isinstance(change, MoveJob):
                check_job_move(change.job.id, self.jobs[change.job.id].state, change.job.state)
            elif isinstance(change, Put) and isinstance(change.record, Attempt):
                self._check_attempt(change.record)

    def _check_attempt(self, attempt: Attempt) -> None:
        for known in self.attempts.get(attempt.job, ()):
            if known.id == attempt.id and known.state != attempt.state:
                check_attempt_move(attempt.id, known.state, attempt.state)

    def _read_request(self, job: Job) -> None:
        try:
            request = self.requests[job.id] = read_request(job, self._references)
            if request.inputs or request.interruptible is not None:
                self.movers.add(job.id)
            latest = latest_start(request)
            if latest is not None:
                self.latest_starts[job.id] = latest
        except UNREADABLE as error:
            self.unreadable[job.id] = str(error)

    def _forget(self, job_id: str) -> None:
        self.movers.discard(job_id)
        for known in (
            self.jobs,
            self.leaving,
            self.attempts,
            self.requests,
            self.latest_starts,
            self.unreadable,
        ):
            known.pop(job_id, None)

    async def _read_sites(self) -> None:
        page = await self.store.read(Many(SiteState, limit=10_000))
        sites = {state.site: state for state in page.items}
        if sites != self.sites:
            self.sites = sites
            self.turn += 1


def _matters(before: Job | None, job: Job) -> bool:
    """Whether a plan should hear of it: a job is new, asks for a place again, or left its room before its time."""
    if before is None:
        return True
    if job.state == JobState.QUEUED:
        return before.state != JobState.QUEUED
    return job.finished and (job.ends_at is None or job.updated_at < job.ends_at)
