"""Watch: what backends see of attempts, brought into the store; silence is never failure."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from api.dispatch import Backends, BackendSilent, Observation, Sight
from api.loop.meter import Meter
from api.loop.reign import Group, Reign
from api.loop.retry import ended, outcome_of
from api.loop.settings import LoopSettings
from api.store import Attempt, Job, MoveJob, Put
from scheduler.lifecycle import AttemptState, JobState

POLL_SECONDS = 30.0
log = structlog.get_logger("edwc.loop")

_SEEN_STATES: Mapping[Sight, tuple[AttemptState, JobState]] = {
    Sight.WAITING: (AttemptState.ACCEPTED, JobState.STARTING),
    Sight.RUNNING: (AttemptState.RUNNING, JobState.RUNNING),
    Sight.UNKNOWN: (AttemptState.UNKNOWN, JobState.UNKNOWN),
}
_UNKNOWN = Observation(sight=Sight.UNKNOWN)


@dataclass(slots=True, eq=False)
class Watch:
    """Polls every backend for the attempts it holds, and asks it to end what is to end.

    Attributes:
        reign: whose jobs.
        backends: who runs them.
        meter: counts what ended attempts have used.
        settings: of the loop.
        running: attempts that were seen running by the last poll.
    """

    reign: Reign
    backends: Backends
    meter: Meter
    settings: LoopSettings
    running: set[str] = field(default_factory=set)
    _heard_at: dict[str, datetime] = field(default_factory=dict)

    async def advance(self, now: datetime) -> int:
        """Ask, poll, and write down what has changed; how many jobs moved on."""
        held = [
            (job, attempt) for job in self.reign.held() if (attempt := self.reign.attempt_of(job)) is not None
        ]
        await self._ask_to_end(held)
        names: dict[str, list[str]] = defaultdict(list)
        for _, attempt in held:
            names[attempt.backend].append(attempt.id)
        polls = await asyncio.gather(*(self._poll(backend, ids) for backend, ids in names.items()))
        seen = {attempt: observation for poll in polls for attempt, observation in poll.items()}
        self.running = {name for name, observation in seen.items() if observation.sight is Sight.RUNNING}
        groups = []
        for job, attempt in held:
            group = await self._follow(job, attempt, seen.get(attempt.id, _UNKNOWN), now)
            if group:
                groups.append(group)
        self._forget({attempt.id for _, attempt in held})
        return await self.reign.write(groups)

    async def _ask_to_end(self, held: list[tuple[Job, Attempt]]) -> None:
        for job, attempt in held:
            site = self.reign.sites.get(attempt.site)
            backend = self.backends.named(attempt.backend)
            if backend is None or not (
                job.state == JobState.CANCELLING or (site is not None and site.draining)
            ):
                continue
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await backend.cancel(attempt.id)
            except (BackendSilent, TimeoutError) as error:
                log.warning("backend_silent", backend=attempt.backend, attempt=attempt.id, error=str(error))

    async def _poll(self, name: str, attempts: list[str]) -> Mapping[str, Observation]:
        backend = self.backends.named(name)
        if backend is None:
            log.error("backend_missing", backend=name, attempts=len(attempts))
            return {}
        try:
            async with asyncio.timeout(POLL_SECONDS):
                return await backend.poll(attempts)
        except (BackendSilent, TimeoutError) as error:
            log.warning("backend_silent", backend=name, attempts=len(attempts), error=str(error))
            return {}

    async def _follow(self, job: Job, attempt: Attempt, seen: Observation, now: datetime) -> Group | None:
        if seen.sight is Sight.UNKNOWN:
            heard = self._heard_at.setdefault(attempt.id, now)
            if now - heard < timedelta(seconds=self.settings.silence_s):
                return None
        else:
            self._heard_at[attempt.id] = now
        if seen.sight is Sight.NEVER and attempt.state == AttemptState.STARTING:
            return None  # written down, not yet heard of: it is handed over again
        if seen.sight in (Sight.ENDED, Sight.LOST, Sight.NEVER):
            return await self._end(job, attempt, seen, now)
        return self._moved(job, attempt, seen, now)

    async def _end(self, job: Job, attempt: Attempt, seen: Observation, now: datetime) -> Group:
        state, detail = AttemptState.LOST, seen.detail or "lost by its backend"
        if seen.sight is Sight.ENDED:
            state, detail = outcome_of(seen)
        if state is AttemptState.CANCELLED and job.state != JobState.CANCELLING:
            detail = self._why_ended(attempt)
        begun = seen.started_at or attempt.started_at
        metered = await self.meter.usage(job, attempt, begun, seen.ended_at or now, final=True)
        log.info(
            "attempt_ended", attempt=attempt.id, job=job.id, site=attempt.site, state=state, detail=detail
        )
        return ended(
            self.reign,
            job,
            attempt,
            state,
            now=now,
            settings=self.settings,
            seen=seen,
            detail=detail,
            metered=metered,
        )

    def _moved(self, job: Job, attempt: Attempt, seen: Observation, now: datetime) -> Group | None:
        attempt_state, job_state = _SEEN_STATES[seen.sight]
        if attempt.state == AttemptState.STARTING and seen.sight is Sight.UNKNOWN:
            attempt_state = AttemptState.STARTING  # it stays to be handed over when the backend answers again
        changed = replace(attempt, state=attempt_state, started_at=seen.started_at or attempt.started_at)
        group: Group = () if changed == attempt else (Put(record=changed, expect=attempt),)
        if job.state not in (job_state, JobState.CANCELLING):
            detail = f"{attempt.site} does not answer" if seen.sight is Sight.UNKNOWN else ""
            group = (MoveJob(job=job.moved(job_state, now, detail=detail)), *group)
        return group or None

    def _why_ended(self, attempt: Attempt) -> str:
        site = self.reign.sites.get(attempt.site)
        return (
            f"moved off {attempt.site}, which is drained"
            if site is not None and site.draining
            else "ended by others"
        )

    def _forget(self, live: set[str]) -> None:
        for attempt in self._heard_at.keys() - live:
            del self._heard_at[attempt]
