"""Recovery: what was running at a lost site begins anew elsewhere, and spread replicas are kept apart while it does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from api.dispatch import Backends
from api.feeds import elsewhere_tags
from api.loop.errors import PlannerCrashed, PlannerFailed
from api.loop.placed import placed_for, read_placement, with_replica_at
from api.loop.planner import PlanAnswer
from api.loop.planning import Planning
from api.loop.reign import Group, Reign
from api.loop.replicas import is_live, losses, tips
from api.loop.retry import UNPLACED, backoff, ended_as_asked, given_up
from api.loop.settings import LoopSettings
from api.store import Announce, Attempt, Job, MoveJob, Put, new_id
from scheduler import Job as Request
from scheduler import Policy
from scheduler.lifecycle import HELD_STATES, AttemptState, JobState
from scheduler.spreading import replica_sets

SOONEST = Policy(name="earliest-finish")
log = structlog.get_logger("edwc.loop")


@dataclass(frozen=True, kw_only=True, slots=True)
class Vacancy:
    """A replica of which nothing runs any more, while others of its job do.

    Attributes:
        job: as stored.
        replica: which.
        site: where it was.
        since: when its loss was seen.
        sites: where it may begin anew, so that all replicas stay as far apart as the job asks.
    """

    job: Job
    replica: int
    site: str
    since: datetime
    sites: frozenset[str]


@dataclass(slots=True, eq=False)
class Recovery:
    """Fills vacancies, and lets go of jobs all of whose sites are lost.

    Attributes:
        reign: whose jobs.
        backends: which of them serves a site.
        planning: asks the planner.
        settings: of the loop.
    """

    reign: Reign
    backends: Backends
    planning: Planning
    settings: LoopSettings
    _asked: Mapping[str, Vacancy] = field(default_factory=dict)
    _answer: asyncio.Task[PlanAnswer] | None = None
    _rests: dict[tuple[str, int], datetime] = field(default_factory=dict)
    _unserved: dict[str, datetime] = field(default_factory=dict)
    _late: set[tuple[str, int, datetime]] = field(default_factory=set)

    async def advance(self, now: datetime) -> None:
        """Let go, fill, and tell of what could not be filled in time."""
        await self.reign.write(list(self._let_go(now)))
        await self._commit(now)
        vacancies = list(self._vacancies(now))
        await self._tell_late(vacancies, now)
        await self._ask(vacancies, now)
        await self._commit(now)

    async def end(self) -> None:
        """Drop what is being asked."""
        if self._answer is not None:
            self._answer.cancel()
            await asyncio.gather(self._answer, return_exceptions=True)
            self._answer = None

    def _let_go(self, now: datetime) -> Iterator[Group]:
        """Plan anew, or end as it was asked, what has been kept from us for long.

        Its attempts stay unknown until they are seen again.
        """
        for job, live in self.reign.under_way():
            if job.state not in HELD_STATES:
                continue
            ends = job.state == JobState.CANCELLING
            newest = [tip for tip in tips(self.reign.attempts[job.id]).values() if is_live(tip)]
            awaited = live if ends else newest
            lost = [since for each in awaited if (since := self._lost_at(each, now)) is not None]
            patience = timedelta(seconds=self.settings.abandon_s)
            if not awaited or len(lost) < len(awaited) or now - max(lost) < patience:
                continue
            sites = " and ".join(sorted({each.site for each in awaited}))
            if ends:
                moved = ended_as_asked(job, f"{sites} lost; what may run there is ended when it answers", now)
            else:
                detail = f"{sites} lost; it is planned anew, unless the site comes back first"
                moved = job.moved(JobState.QUEUED, now, **{**UNPLACED, "detail": detail})
            yield (MoveJob(job=moved, states=tuple(HELD_STATES)),)

    def _lost_at(self, attempt: Attempt, now: datetime) -> datetime | None:
        """Since when an attempt is kept from us: its site is lost, or nothing here can reach its backend."""
        if self.backends.named(attempt.backend) is None:
            return self._unserved.setdefault(attempt.id, now)
        return self.reign.lost_at(attempt.site)

    def _vacancies(self, now: datetime) -> Iterator[Vacancy]:
        """Yield at most one vacancy a job; the next follows when it is filled."""
        for job, live in self.reign.under_way():
            request = self.reign.requests.get(job.id)
            if (
                request is None
                or request.spread is None
                or job.state not in HELD_STATES
                or job.state == JobState.CANCELLING
            ):
                continue
            newest = tips(self.reign.attempts[job.id])
            kept = {
                tip.replica: tip.site
                for tip in newest.values()
                if is_live(tip) and not self.reign.is_lost(tip.site)
            }
            for replica in range(len(placed_for(job, live[-1]).sites)) if kept else ():
                tip = newest.get(replica)
                if tip is not None and replica not in kept and self._is_due(job, tip, now):
                    since = self.reign.lost_at(tip.site) if is_live(tip) else tip.ended_at
                    sites = self._sites_beside(request, frozenset(kept.values()))
                    yield Vacancy(job=job, replica=replica, site=tip.site, since=since or now, sites=sites)
                    break

    def _is_due(self, job: Job, tip: Attempt, now: datetime) -> bool:
        if now < self._rests.get((job.id, tip.replica), now):
            return False
        if is_live(tip):
            return True
        attempts = self.reign.attempts[job.id]
        number = losses(attempts, tip.replica)
        return not given_up(attempts, tip.replica, self.settings) and now >= (tip.ended_at or now) + backoff(
            number, self.settings
        )

    def _sites_beside(self, request: Request, kept: frozenset[str]) -> frozenset[str]:
        """Return the open sites that go together with those that are kept."""
        assert request.spread is not None
        ids = self.reign.catalogue.site_ids
        found: set[str] = set()
        for row in replica_sets(self.reign.catalogue.sites, request.spread).tolist():
            together = {ids[number] for number in row}
            if kept <= together and all(self.reign.is_open(site) for site in together - kept):
                found |= together - kept
        return frozenset(found)

    async def _ask(self, vacancies: Sequence[Vacancy], now: datetime) -> None:
        asked = {each.job.id: each for each in vacancies if each.sites}
        if not asked or self._answer is not None:
            return
        requests = {job_id: self._request(vacancy) for job_id, vacancy in asked.items()}
        question = await self.planning.question(tuple(requests.values()), now, policy=SOONEST)
        if question is not None:
            self._asked = asked
            self._answer = asyncio.create_task(self.planning.admitter.plan(question))
            await asyncio.wait([self._answer], timeout=self.settings.plan_wait_s)

    def _request(self, vacancy: Vacancy) -> Request:
        """Return the question about one replica: the same work, once, at one of the sites where it may be."""
        request = self.reign.requests[vacancy.job.id]
        variant = read_placement(vacancy.job.placement).variant
        elsewhere = elsewhere_tags(set(self.reign.catalogue.site_ids) - vacancy.sites)
        return replace(
            request,
            variants=(request.variants[variant],),
            spread=None,
            interruptible=None,
            release=None,
            deadline=None,
            budget_cny=None,
            carbon_kg_max=None,
            residency=replace(request.residency, tags=(*request.residency.tags, *elsewhere)),
            command=(),
            labels={},
        )

    async def _commit(self, now: datetime) -> None:
        if self._answer is None or not self._answer.done():
            return
        task, asked = self._answer, self._asked
        self._answer, self._asked = None, {}
        for vacancy in asked.values():
            self._rests[vacancy.job.id, vacancy.replica] = now + timedelta(seconds=self.settings.retry_s)
        try:
            answer = task.result()
        except (PlannerCrashed, PlannerFailed) as error:
            log.error("plan_failed", error=str(error), jobs=len(asked))
            return
        placed = {each.job: each.site for each in answer.plan.placements if each.start <= now}
        await self.reign.write(
            [
                self._filled(vacancy, placed[job_id], now)
                for job_id, vacancy in asked.items()
                if job_id in placed and self.reign.jobs.get(job_id) == vacancy.job
            ]
        )
        self.reign.turn += 1  # what was planned there may have to move

    def _filled(self, vacancy: Vacancy, site: str, now: datetime) -> Group:
        job, number, seconds = vacancy.job, vacancy.job.attempt + 1, (now - vacancy.since).total_seconds()
        document = with_replica_at(job.placement, vacancy.replica, site)
        attempt = Attempt(
            id=new_id("att", now),
            job=job.id,
            number=number,
            tenant=job.tenant,
            site=site,
            backend=self.backends.name_of(site),
            token=number,
            state=AttemptState.STARTING,
            created_at=now,
            replica=vacancy.replica,
            placement=document,
        )
        detail = f"the replica at {vacancy.site} was lost and begins anew at {site}"
        first = read_placement(document).site
        moved = job.moved(job.state, now, attempt=number, site=first, placement=document, detail=detail)
        told = {"replica": vacancy.replica, "from": vacancy.site, "to": site, "seconds": seconds}
        self._rests.pop((job.id, vacancy.replica), None)
        log.info("replica_placed", job=job.id, **told)
        return (
            MoveJob(job=moved),
            Put(record=attempt, expect=None),
            Announce(at=now, kind="replica.placed", subject=job.id, document=json.dumps(told)),
        )

    async def _tell_late(self, vacancies: Sequence[Vacancy], now: datetime) -> None:
        """Say once of each vacancy that it has not been filled within the stated time."""
        groups: list[Group] = []
        for each in vacancies:
            mark = (each.job.id, each.replica, each.since)
            if now - each.since > timedelta(seconds=self.settings.recover_s) and mark not in self._late:
                self._late.add(mark)
                told = {"replica": each.replica, "from": each.site, "since": each.since.isoformat()}
                log.warning("replica_late", job=each.job.id, **told)
                document = json.dumps(told)
                groups.append(
                    (Announce(at=now, kind="replica.late", subject=each.job.id, document=document),)
                )
        await self.reign.write(groups)
