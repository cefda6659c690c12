"""Planning: the first answer to new jobs, then the next full plan; both computed elsewhere, committed here."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from api.feeds import Closures, Feed, Places, arrange
from api.loop.archive import Archive
from api.loop.breath import in_breaths
from api.loop.eagerness import eager
from api.loop.errors import PlannerCrashed, PlannerFailed
from api.loop.outlook import closures_of, horizon_at, horizon_for, questions, reservations
from api.loop.planner import PlanAnswer, Planner, PlanRequest
from api.loop.reign import Reign
from api.loop.settings import LoopSettings
from api.loop.transit import Transit
from api.loop.verdict import OPEN_STATES, verdicts
from api.store import Announce, Job, Many, MoveJob, Plan, Put, Tenant, new_id
from pricing import PricingError
from scheduler import Job as Request
from scheduler import Policy, Reason
from scheduler.lifecycle import JobState
from topology import Network, Resources

ADMISSION = Policy(name="cheapest")
log = structlog.get_logger("edwc.loop")


@dataclass(slots=True, eq=False)
class Study:
    """One question that is being answered: the jobs as they were when it was asked, and the answer to come."""

    asked: Mapping[str, Job]
    answer: asyncio.Task[PlanAnswer]
    certain: bool
    turn: int
    world_digest: str


@dataclass(slots=True, eq=False)
class Planning:
    """Keeps at most one admission and one full plan under way.

    Attributes:
        reign: whose jobs.
        feed: what the world is like.
        planner: makes full plans.
        admitter: answers new jobs while the planner is busy.
        settings: of the loop.
        capacity: what backends say their sites hold.
        in_pieces: whether every backend can suspend work and go on with it later.
    """

    reign: Reign
    feed: Feed
    planner: Planner
    admitter: Planner
    settings: LoopSettings
    capacity: Mapping[str, Resources] = field(default_factory=dict)
    in_pieces: bool = False
    _answered: set[tuple[str, int]] = field(default_factory=set)
    _kept: frozenset[str] = frozenset()
    _transit: Transit | None = None
    _archive: Archive | None = None
    _admission: Study | None = None
    _full: Study | None = None
    _plan: str = ""
    _turn: int = -1
    _slot: datetime | None = None
    _rested_at: datetime | None = None
    _closures: Closures | None = None
    _places: Places | None = None

    @property
    def under_way(self) -> tuple[asyncio.Task[PlanAnswer], ...]:
        """The answers that are being computed."""
        return tuple(study.answer for study in (self._admission, self._full) if study is not None)

    async def advance(self, now: datetime) -> None:
        """Commit what is answered, ask what is to be asked, and wait a little for the answers."""
        await self._commit_answers(now)
        await self._refuse_unreadable(now)
        if self._admission is None:
            self._admission = await self._ask_admission(now)
            if self._admission is not None and self.settings.plan_wait_s is None:
                await self._commit_answers(await self._awaited(now))
        if self._full is None and self._due(now):
            self._full = await self._ask_full(now)
        await self._awaited(now)
        await self._commit_answers(now)

    async def end(self) -> None:
        """Drop what is being computed."""
        for task in self.under_way:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._admission = self._full = None

    async def _awaited(self, now: datetime) -> datetime:
        if self.under_way:
            await asyncio.wait(self.under_way, timeout=self.settings.plan_wait_s)
        return now

    async def _commit_answers(self, now: datetime) -> None:
        if self._admission is not None and self._admission.answer.done():
            study, self._admission = self._admission, None
            answer = self._answer_of(study)
            if answer is not None:
                stored = await self.reign.write(
                    verdicts(self.reign, study.asked, answer, now, plan=self._plan, certain=study.certain)
                )
                log.info(
                    "jobs_admitted", asked=len(study.asked), placed=len(answer.plan.placements), stored=stored
                )
        if self._full is not None and self._full.answer.done():
            study, self._full = self._full, None
            self._rested_at = now
            answer = self._answer_of(study)
            if answer is None:
                self._turn = -1  # the same question again, after a rest
            else:
                await self._commit_plan(study, answer, now)

    def _answer_of(self, study: Study) -> PlanAnswer | None:
        try:
            return study.answer.result()
        except (PlannerCrashed, PlannerFailed) as error:
            log.error("plan_failed", error=str(error), jobs=len(study.asked))
            return None

    async def _commit_plan(self, study: Study, answer: PlanAnswer, now: datetime) -> None:
        """Store the plan, then the moves it makes; a crash between the two leaves a plan nobody follows yet."""
        plan, plan_id = answer.plan, new_id("pln", now)
        record = Plan(
            id=plan_id,
            created_at=now,
            policy=plan.policy.name,
            status=plan.status.value,
            objective_cny=plan.objective_cny,
            lower_bound_cny=plan.lower_bound_cny,
            gap=plan.gap,
            solve_seconds=plan.solve_seconds,
            world_digest=study.world_digest,
            document=answer.document
            if len(plan.placements) <= self.settings.document_placements_max
            else answer.summary,
            placed=len(plan.placements),
            refused=len(plan.rejections),
            epoch=self.reign.epoch,
        )
        await self.reign.store.write(
            Put(record=record),
            Announce(at=now, kind="plan.committed", subject=plan_id),
            epoch=self.reign.epoch,
        )
        if self._archive is None:
            kept = self.settings.plans_kept
            self._archive = Archive(store=self.reign.store, epoch=self.reign.epoch, kept=kept)
        await self._archive.add(plan_id)
        self._plan = plan_id
        turn = self.reign.turn
        overtaken = any([self._was_overtaken(job) async for job in in_breaths(study.asked.values())])
        moved = await self.reign.write(
            verdicts(self.reign, study.asked, answer, now, plan=plan_id, certain=study.certain)
        )
        if overtaken:
            self._turn = (
                -1
            )  # a first answer came in between: the plan's own word on those jobs is still to come
        elif turn == study.turn:
            self._turn = self.reign.turn  # nothing has changed since but by this plan
        log.info(
            "plan_committed",
            plan=plan_id,
            placed=record.placed,
            refused=record.refused,
            moved=moved,
            gap=round(plan.gap, 6),
            solve_ms=round(plan.solve_seconds * 1000),
        )

    def _was_overtaken(self, asked: Job) -> bool:
        """Whether a job that still waits for its start has changed since a plan was asked for it."""
        job = self.reign.jobs.get(asked.id)
        return job is not None and job.state in OPEN_STATES and job.version != asked.version

    async def _refuse_unreadable(self, now: datetime) -> None:
        refused = [
            (
                MoveJob(
                    job=job.moved(JobState.REJECTED, now, detail=self.reign.unreadable[job.id]),
                    states=OPEN_STATES,
                ),
            )
            for job in (self.reign.jobs[job_id] for job_id in self.reign.unreadable)
            if job.state in OPEN_STATES
        ]
        await self.reign.write(refused)

    def _due(self, now: datetime) -> bool:
        slot = horizon_at(now, (), self.settings).start
        rested = self._rested_at is None or now - self._rested_at >= timedelta(
            seconds=self.settings.plan_every_s
        )
        return rested and (self.reign.turn != self._turn or (slot != self._slot and bool(self.reign.jobs)))

    async def _ask_admission(self, now: datetime) -> Study | None:
        new = [
            job
            async for job in in_breaths(list(self.reign.jobs.values()))
            if job.state == JobState.QUEUED and (job.id, job.attempt) not in self._answered
        ][: self.settings.admission_batch]
        if not new:
            return None
        self._answered.update((job.id, job.attempt) for job in new)
        return await self._ask(new, now, self.admitter, ADMISSION, self.settings.admission_time_limit_s)

    async def _ask_full(self, now: datetime) -> Study | None:
        self._turn, self._slot = self.reign.turn, horizon_at(now, (), self.settings).start
        self._kept = self.transit().under_way(now)
        jobs = [
            job
            async for job in in_breaths(list(self.reign.jobs.values()))
            if job.state in OPEN_STATES and job.id not in self._kept
        ]
        self._answered = {(job.id, job.attempt) async for job in in_breaths(jobs)}
        if not jobs:
            return None
        return await self._ask(jobs, now, self.planner, self.settings.policy, self.settings.plan_time_limit_s)

    async def _ask(
        self, jobs: list[Job], now: datetime, planner: Planner, policy: Policy, limit_s: float
    ) -> Study | None:
        reign, settings = self.reign, self.settings
        readable = [job for job in jobs if job.id in reign.requests]
        horizon = await horizon_for((reign.requests[job.id] for job in readable), now, settings)
        places, certain = self._arranged({**await self.feed.capacity(), **self.capacity}, now)
        try:
            prices = await self.feed.prices(horizon)
        except PricingError as error:
            log.error("prices_missing", error=str(error))
            return None
        request = PlanRequest(
            jobs=await questions(reign, readable, horizon, now, settings, in_pieces=self.in_pieces),
            places=places,
            prices=eager(prices),
            reserved=await reservations(
                reign, horizon, now, settings, planned=None if policy is ADMISSION else self._kept
            ),
            policy=policy,
            time_limit_s=limit_s,
            gap=settings.gap,
            weights={} if policy is ADMISSION else await self._weights(readable),
        )
        return Study(
            asked={job.id: job for job in readable},
            answer=asyncio.create_task(planner.plan(request)),
            certain=certain,
            turn=reign.turn,
            world_digest=await asyncio.to_thread(_digest, request),
        )

    def transit(self) -> Transit:
        """What knows of data under way, on the network whole: its rates are those of the plan that sent it."""
        if self._transit is None:
            network, slot_minutes = Network(self.feed.catalogue), self.settings.slot_minutes
            self._transit = Transit(reign=self.reign, network=network, slot_minutes=slot_minutes)
        return self._transit

    async def question(
        self, requests: tuple[Request, ...], now: datetime, *, policy: Policy
    ) -> PlanRequest | None:
        """Return a question about requests made by others, who may keep away from any site by its mark.

        Work that is planned but has not begun makes room. None when there are no prices to ask with.
        """
        horizon = await horizon_for(requests, now, self.settings)
        capacity = {**await self.feed.capacity(), **self.capacity}
        marked = frozenset(self.feed.catalogue.site_ids)
        closures = replace(closures_of(self.reign, capacity, self.settings), avoided=marked)
        try:
            prices = await self.feed.prices(horizon)
        except PricingError as error:
            log.error("prices_missing", error=str(error))
            return None
        return PlanRequest(
            jobs=requests,
            places=arrange(self.feed.catalogue, closures),
            prices=eager(prices),
            reserved=await reservations(self.reign, horizon, now, self.settings, planned=self._kept),
            policy=policy,
            time_limit_s=self.settings.admission_time_limit_s,
            gap=self.settings.gap,
        )

    async def _weights(self, jobs: Sequence[Job]) -> Mapping[str, float]:
        """Return the tenants' weights where room is short: a job of some tenant found none, and others ask too."""
        short = any(Reason.NO_ROOM_IN_TIME in job.reasons for job in jobs)
        if not short or len({job.tenant for job in jobs}) < 2:
            return {}
        tenants = (await self.reign.store.read(Many(Tenant, limit=10_000))).items
        return {tenant.name: tenant.weight for tenant in tenants}

    def _arranged(self, capacity: Mapping[str, Resources], now: datetime) -> tuple[Places, bool]:
        closures = closures_of(self.reign, capacity, self.settings)
        closures = replace(closures, busy_gbps=self.transit().busy_gbps(now))
        if self._places is None or closures != self._closures:
            self._closures, self._places = closures, arrange(self.feed.catalogue, closures)
        sites = self.feed.catalogue.site_ids
        shrunk = any(
            not self.feed.catalogue.site(site).capacity.fits_in(now)
            for site, now in capacity.items()
            if site in sites
        )
        return self._places, not (closures.closed or closures.lost or shrunk)


def _digest(request: PlanRequest) -> str:
    """A name for the world a plan was made in: equal worlds have equal names."""
    digest = hashlib.sha256(repr((request.prices.horizon, request.reserved)).encode())
    for array in (
        request.prices.power_cny_per_kwh,
        request.prices.carbon_g_per_kwh,
        request.prices.pue_marginal,
    ):
        digest.update(array.tobytes())
    digest.update(repr(request.places.catalogue.sites).encode())
    digest.update(repr(sorted(request.places.network.lost_sites)).encode())
    return digest.hexdigest()
