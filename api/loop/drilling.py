"""Drilling: carries out the drills that were asked for, and measures what they show."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from api.dispatch import Backends, BackendSilent
from api.drills import DONE, DrillOrder, DrillReport, Recovered
from api.loop.placed import placed_for, read_placement
from api.loop.reign import Group, Reign
from api.loop.replicas import is_live, tips
from api.store import Announce, Attempt, Audit, Change, Job, Put, SiteState
from scheduler.lifecycle import HELD_STATES, AttemptState, JobState

KILL_SECONDS = 10.0
log = structlog.get_logger("edwc.loop")


@dataclass(frozen=True, kw_only=True, slots=True)
class Drill:
    """A drill under way, as it stands in its site's record.

    Attributes:
        order: what was asked for.
        begun_at: when the site was lost; None before.
        jobs: those that were touched, by id.
        hours_at_stake: run hours a job would have to do again, by id; only of jobs nothing else carries on.
    """

    order: DrillOrder
    begun_at: datetime | None = None
    jobs: Mapping[str, Recovered] = field(default_factory=dict)
    hours_at_stake: Mapping[str, float] = field(default_factory=dict)

    @property
    def recovered(self) -> bool:
        """Whether every job goes on elsewhere."""
        return all(job.how for job in self.jobs.values())


@dataclass(slots=True, eq=False)
class Drilling:
    """Loses sites on request, watches their jobs recover, and gives the sites back.

    A drill ends as soon as every job has recovered, and at the latest after the time that was asked for.

    Attributes:
        reign: whose sites and jobs.
        backends: what runs the work.
    """

    reign: Reign
    backends: Backends

    async def advance(self, now: datetime) -> None:
        """Begin what was asked for, note what has recovered, end what is over."""
        for state in list(self.reign.sites.values()):
            if not state.drill:
                continue
            drill = _read(state.drill)
            if drill.begun_at is None:
                await self._begin(state, drill, now)
            else:
                await self._follow(state, drill, drill.begun_at, now)

    async def _begin(self, state: SiteState, drill: Drill, now: datetime) -> None:
        if drill.order.kill:
            await asyncio.gather(*map(self._kill, self._attempts_at(state.site)))
        touched = {
            job.id: Recovered(job=job.id, name=job.name, before=job.state)
            for job in self._jobs_at(state.site)
        }
        stake = {job_id: self._hours_at_stake(job_id, state.site, now) for job_id in touched}
        drill = replace(drill, begun_at=now, jobs=touched, hours_at_stake=stake)
        detail = f"drill {drill.order.id}: its loss is practised"
        lost = replace(
            state, answering=False, lost_at=now, drill=_written(drill), detail=detail, updated_at=now
        )
        told = json.dumps({"detail": detail, "drill": drill.order.id})
        log.warning("drill_begun", site=state.site, drill=drill.order.id, jobs=len(touched))
        await self.reign.write(
            [
                (
                    Put(record=lost, expect=state),
                    Announce(at=now, kind="site.lost", subject=state.site, document=told),
                )
            ]
        )

    async def _follow(self, state: SiteState, drill: Drill, begun_at: datetime, now: datetime) -> None:
        seconds = (now - begun_at).total_seconds()
        jobs = {
            name: job if job.how else self._looked_at(job, state.site, seconds, drill.hours_at_stake[name])
            for name, job in drill.jobs.items()
        }
        followed = replace(drill, jobs=jobs)
        if followed.recovered or now - begun_at >= timedelta(seconds=drill.order.seconds):
            await self.reign.write([self._ended(state, followed, begun_at, now)])
        elif jobs != dict(drill.jobs):
            after = replace(state, drill=_written(followed), updated_at=now)
            await self.reign.write([(Put(record=after, expect=state),)])

    def _ended(self, state: SiteState, drill: Drill, begun_at: datetime, now: datetime) -> Group:
        report = DrillReport(
            id=drill.order.id,
            site=state.site,
            actor=drill.order.actor,
            begun_at=begun_at.isoformat(),
            ended_at=now.isoformat(),
            killed=drill.order.kill,
            recovery_seconds=max((job.seconds or 0.0 for job in drill.jobs.values()), default=0.0)
            if drill.recovered
            else None,
            work_hours_lost=sum(job.work_hours_lost for job in drill.jobs.values()),
            jobs=tuple(drill.jobs.values()),
        )
        document = json.dumps(report.document())
        back = replace(state, answering=True, lost_at=None, drill="", detail="", updated_at=now)
        log.warning("drill_ended", site=state.site, drill=report.id, recovery_seconds=report.recovery_seconds)
        told = json.dumps({"detail": f"drill {report.id} is over", "drill": report.id})
        changes: tuple[Change, ...] = (
            Put(record=back, expect=state),
            Audit(at=now, actor=report.actor, action=DONE, target=state.site, document=document),
            Announce(at=now, kind="site.back", subject=state.site, document=told),
            Announce(at=now, kind=DONE, subject=state.site, document=told),
        )
        return changes

    def _looked_at(self, known: Recovered, site: str, seconds: float, hours_at_stake: float) -> Recovered:
        """Return a job with how it goes on elsewhere, if it does."""
        job = self.reign.jobs.get(known.job)
        if job is None:
            return replace(known, how="ended", seconds=seconds)
        if job.state == JobState.PLANNED:
            sites = read_placement(job.placement).sites
            how = "planned" if site not in sites else ""
        else:
            newest = [tip for tip in tips(self.reign.attempts.get(job.id, ())).values() if is_live(tip)]
            sites = tuple(tip.site for tip in newest)
            wanted = len(placed_for(job, newest[0]).sites) if newest else 1
            all_run = len(newest) == wanted and all(tip.state == AttemptState.RUNNING for tip in newest)
            how = "runs" if job.state == JobState.RUNNING and all_run and site not in sites else ""
        if not how:
            return known
        return replace(known, how=how, seconds=seconds, sites=sites, work_hours_lost=hours_at_stake)

    def _jobs_at(self, site: str) -> Iterator[Job]:
        """Yield the jobs that run at a site, or are to."""
        for job in self.reign.jobs.values():
            planned = job.state == JobState.PLANNED and site in read_placement(job.placement).sites
            if planned or (
                job.state in HELD_STATES and any(tip.site == site for tip in self._attempts_of(job.id))
            ):
                yield job

    def _attempts_of(self, job_id: str) -> list[Attempt]:
        return [tip for tip in tips(self.reign.attempts.get(job_id, ())).values() if is_live(tip)]

    def _attempts_at(self, site: str) -> list[Attempt]:
        return [each for _, live in self.reign.under_way() for each in live if each.site == site]

    def _hours_at_stake(self, job_id: str, site: str, now: datetime) -> float:
        """Return the run hours since a job's start or its last checkpoint that nothing but this site holds."""
        live = self._attempts_of(job_id)
        begun = [each.started_at for each in live if each.site == site and each.started_at is not None]
        if not begun or any(each.site != site for each in live):
            return 0.0
        return (now - min(begun)).total_seconds() / 3600

    async def _kill(self, attempt: Attempt) -> None:
        backend = self.backends.named(attempt.backend)
        if backend is None:
            return
        try:
            async with asyncio.timeout(KILL_SECONDS):
                await backend.cancel(attempt.id)
        except (BackendSilent, TimeoutError) as error:
            log.warning("backend_silent", backend=attempt.backend, attempt=attempt.id, error=str(error))
        except Exception:  # the site is taken for lost all the same
            log.exception("backend_broke", backend=attempt.backend, attempt=attempt.id)


def _read(text: str) -> Drill:
    fields: dict[str, Any] = json.loads(text)
    if "order" not in fields:
        return Drill(order=DrillOrder(**fields))
    jobs = {name: Recovered(**{**job, "sites": tuple(job["sites"])}) for name, job in fields["jobs"].items()}
    return Drill(
        order=DrillOrder(**fields["order"]),
        begun_at=datetime.fromisoformat(fields["begun_at"]),
        jobs=jobs,
        hours_at_stake=fields["hours_at_stake"],
    )


def _written(drill: Drill) -> str:
    assert drill.begun_at is not None
    return json.dumps(asdict(drill) | {"begun_at": drill.begun_at.isoformat()})
