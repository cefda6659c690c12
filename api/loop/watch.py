"""Watch: what backends see of attempts, brought into the store; silence is never failure."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from api.dispatch import Backends, BackendSilent, Observation, Sight
from api.loop.calls import Calls
from api.loop.meter import Meter
from api.loop.placed import placed_for
from api.loop.reign import Group, Reign
from api.loop.replicas import replaced
from api.loop.retry import brought_on, outcome_of, over
from api.loop.settings import LoopSettings
from api.loop.work import saved_share, share_done
from api.store import Attempt, Change, Job, MoveJob, Put
from scheduler.lifecycle import FINAL_JOB_STATES, AttemptState, JobState

POLL_SECONDS = 30.0
CANCEL_SECONDS = 5.0
CANCELS_AT_ONCE = 64
log = structlog.get_logger("edwc.loop")

_SEEN_STATES: Mapping[Sight, AttemptState] = {
    Sight.WAITING: AttemptState.ACCEPTED,
    Sight.RUNNING: AttemptState.RUNNING,
    Sight.UNKNOWN: AttemptState.UNKNOWN,
}
_UNKNOWN = Observation(sight=Sight.UNKNOWN)


@dataclass(slots=True, eq=False)
class Poll:
    """A question to a backend that is under way: what it was asked about, as it then was."""

    asked: Mapping[str, Attempt]
    answer: asyncio.Task[Mapping[str, Observation]]


@dataclass(slots=True, eq=False)
class Watch:
    """Polls every backend for the attempts it holds, and asks it to end what is to end.

    A backend that is slow holds up nobody: its answer is taken in when it comes.

    Attributes:
        reign: whose jobs.
        backends: who runs them.
        meter: counts what ended attempts have used.
        settings: of the loop.
        handing_over: attempts that are being handed over: they are asked to end when that is answered.
        running: attempts that were seen running by the last poll.
        heard: when each site last said anything of an attempt.
        unheard: sites that were asked about attempts at the last poll, and said nothing of any.
    """

    reign: Reign
    backends: Backends
    meter: Meter
    settings: LoopSettings
    handing_over: Container[str] = ()
    running: set[str] = field(default_factory=set)
    heard: dict[str, datetime] = field(default_factory=dict)
    unheard: set[str] = field(default_factory=set)
    _heard_at: dict[str, datetime] = field(default_factory=dict)
    _ran_at: dict[str, datetime] = field(default_factory=dict)
    _silent: set[str] = field(default_factory=set)
    _polls: dict[str, Poll] = field(default_factory=dict)
    _cancels: Calls[None] = field(default_factory=lambda: Calls(at_once=CANCELS_AT_ONCE))

    async def advance(self, now: datetime) -> int:
        """Ask, poll, and write down what has changed; how many jobs moved on."""
        held = list(self.reign.under_way())
        await self._ask_to_end(held, now)
        seen = await self._seen([attempt for _, live in held for attempt in live])
        self.running = {name for name, observation in seen.items() if observation.sight is Sight.RUNNING}
        groups = []
        for job, live in held:
            group = await self._follow_job(job, live, seen, now)
            if group:
                groups.append(group)
        self._forget({attempt.id for _, live in held for attempt in live})
        self.unheard.clear()
        self.unheard.update(
            attempt.site for _, live in held for attempt in live if self.heard.get(attempt.site) != now
        )
        return await self.reign.write(groups)

    async def end(self) -> None:
        """Drop the questions under way."""
        await self._cancels.end()
        for poll in self._polls.values():
            poll.answer.cancel()
            await asyncio.gather(poll.answer, return_exceptions=True)
        self._polls.clear()

    async def _ask_to_end(self, held: Sequence[tuple[Job, list[Attempt]]], now: datetime) -> None:
        unwanted = {
            attempt.id: attempt
            for job, live in held
            for attempt in live
            if not self.reign.is_lost(attempt.site)
            and attempt.id not in self.handing_over
            and self._is_to_end(job, attempt, now)
        }
        self._cancels.keep(unwanted)
        for attempt in unwanted.values():
            if attempt.id not in self._cancels:
                self._cancels.begin(attempt, partial(self._cancel, attempt))
        await self._cancels.answers(self.settings.poll_wait_s)

    def _is_to_end(self, job: Job, attempt: Attempt, now: datetime) -> bool:
        site = self.reign.sites.get(attempt.site)
        return (
            job.state == JobState.CANCELLING
            or job.state in FINAL_JOB_STATES
            or (site is not None and site.draining)
            or attempt.id in replaced(self.reign.attempts[job.id])
            or self._is_to_pause(job, attempt, now)
        )

    def _is_to_pause(self, job: Job, attempt: Attempt, now: datetime) -> bool:
        """Whether the stretch the plan gave it is over, and others follow."""
        runs = placed_for(job, attempt).runs
        return len(runs) > 1 and now >= runs[0][1] and attempt.state == AttemptState.RUNNING

    async def _cancel(self, attempt: Attempt) -> None:
        backend = self.backends.named(attempt.backend)
        if backend is None:
            return
        try:
            async with asyncio.timeout(CANCEL_SECONDS):
                await backend.cancel(attempt.id)
        except (BackendSilent, TimeoutError) as error:
            log.warning("backend_silent", backend=attempt.backend, attempt=attempt.id, error=str(error))
        except Exception:  # whatever it was, it is this backend's: the other sites' work is looked at
            log.exception("backend_broke", backend=attempt.backend, attempt=attempt.id)

    async def _seen(self, attempts: Sequence[Attempt]) -> dict[str, Observation]:
        """What backends answer by now; an answer about an attempt that has changed since it was asked is none."""
        names: dict[str, dict[str, Attempt]] = defaultdict(dict)
        for attempt in attempts:
            if self.reign.reaches(attempt.site):
                names[attempt.backend][attempt.id] = attempt
        for name, asked in names.items():
            if name not in self._polls:
                task = asyncio.create_task(self._poll(name, list(asked)))
                self._polls[name] = Poll(asked=asked, answer=task)
        if self._polls:
            await asyncio.wait(
                [poll.answer for poll in self._polls.values()], timeout=self.settings.poll_wait_s
            )
        seen: dict[str, Observation] = {}
        for name in [name for name, poll in self._polls.items() if poll.answer.done()]:
            poll = self._polls.pop(name)
            known = names.get(name, {})
            for attempt_id, observation in poll.answer.result().items():
                if known.get(attempt_id) is poll.asked.get(attempt_id):
                    seen[attempt_id] = observation
        return seen

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
        except Exception:
            log.exception("backend_broke", backend=name, attempts=len(attempts))
        return {}

    async def _follow_job(
        self, job: Job, live: Sequence[Attempt], seen: Mapping[str, Observation], now: datetime
    ) -> Group | None:
        changes: list[Change] = []
        attempts = list(self.reign.attempts[job.id])
        was_silent = {attempt.id for attempt in live if attempt.id in self._silent}
        for attempt in live:
            after, usage = await self._follow(job, attempt, seen.get(attempt.id, _UNKNOWN), now)
            if after != attempt:
                changes += [Put(record=after, expect=attempt), *usage]
                attempts[attempts.index(attempt)] = after
        now_silent = {attempt.id for attempt in live if attempt.id in self._silent}
        if not changes and now_silent == was_silent:
            return None
        moved = brought_on(job, attempts, self._silent, now=now, settings=self.settings)
        if moved is not None:
            changes.insert(0, MoveJob(job=moved))
        return tuple(changes) or None

    async def _follow(
        self, job: Job, attempt: Attempt, seen: Observation, now: datetime
    ) -> tuple[Attempt, tuple[Change, ...]]:
        """Return an attempt as it is now, and what it used if it is over."""
        self._listen(attempt, seen, now)
        if seen.sight is Sight.UNKNOWN and attempt.id not in self._silent:
            return attempt, ()
        if seen.sight is Sight.NEVER and attempt.state == AttemptState.STARTING:
            return attempt, ()  # written down, not yet heard of: it is handed over again
        if seen.sight in (Sight.ENDED, Sight.LOST, Sight.NEVER):
            return await self._end(job, attempt, seen, now)
        state = _SEEN_STATES[seen.sight]
        if attempt.state == AttemptState.STARTING and seen.sight is Sight.UNKNOWN:
            state = AttemptState.STARTING  # it stays to be handed over when the backend answers again
        return replace(attempt, state=state, started_at=seen.started_at or attempt.started_at), ()

    def _listen(self, attempt: Attempt, seen: Observation, now: datetime) -> None:
        """Note whether anything is heard of an attempt; at a site that is lost, silence is believed at once."""
        if seen.sight is not Sight.UNKNOWN:
            self._heard_at[attempt.id] = self.heard[attempt.site] = now
            self._silent.discard(attempt.id)
            if seen.sight is Sight.RUNNING:
                self._ran_at[attempt.id] = now
            return
        heard = self._heard_at.setdefault(attempt.id, now)
        if now - heard >= timedelta(seconds=self.settings.silence_s) or self.reign.is_lost(attempt.site):
            self._silent.add(attempt.id)

    async def _end(
        self, job: Job, attempt: Attempt, seen: Observation, now: datetime
    ) -> tuple[Attempt, tuple[Change, ...]]:
        state, detail = AttemptState.LOST, seen.detail or "lost by its backend"
        if seen.sight is Sight.ENDED:
            state, detail = outcome_of(seen)
        begun = seen.started_at or attempt.started_at
        until = seen.ended_at or (
            now if seen.sight is Sight.ENDED else self._ran_until(attempt, begun) or now
        )
        saved = self._saved(job, attempt, state, begun, until)
        if state is AttemptState.CANCELLED and job.state != JobState.CANCELLING:
            state, detail = self._why_ended(job, attempt, saved, now)
        metered = await self.meter.usage(job, attempt, begun, until, final=True)
        log.info(
            "attempt_ended", attempt=attempt.id, job=job.id, site=attempt.site, state=state, detail=detail
        )
        ended = over(attempt, state, now=now, seen=seen, detail=detail, metered=metered, saved=saved)
        return ended, metered

    def _ran_until(self, attempt: Attempt, begun: datetime | None) -> datetime | None:
        """Return until when an attempt that was lost is known to have run: its loss may be seen much later."""
        return self._ran_at.get(attempt.id) or attempt.metered_until or begun

    def _saved(
        self, job: Job, attempt: Attempt, state: AttemptState, begun: datetime | None, until: datetime
    ) -> float:
        """Return the share of the work that the checkpoint of an attempt which was asked to end keeps."""
        request = self.reign.requests.get(job.id)
        if (
            state is not AttemptState.CANCELLED
            or request is None
            or request.interruptible is None
            or request.spread is not None
            or begun is None
            or not self.backends.resumes(attempt.backend)
        ):
            return 0.0
        return share_done(
            request,
            request.variants[placed_for(job, attempt).variant],
            begun,
            until,
            resumed=saved_share(self.reign.attempts[job.id]) > 0,
            time_scale=self.settings.time_scale,
        )

    def _why_ended(self, job: Job, attempt: Attempt, saved: float, now: datetime) -> tuple[AttemptState, str]:
        """Say why an attempt was cancelled; one that others ended is lost, and counts as such."""
        site = self.reign.sites.get(attempt.site)
        kept = f"; {saved:.0%} of its work is kept" if saved else ""
        if job.state in FINAL_JOB_STATES:
            return AttemptState.CANCELLED, f"ended: the job has {job.state}"
        if attempt.id in replaced(self.reign.attempts[job.id]):
            return AttemptState.CANCELLED, f"ended: it was replaced while {attempt.site} was lost"
        if site is not None and site.draining:
            return AttemptState.CANCELLED, f"moved off {attempt.site}, which is drained{kept}"
        if saved or self._is_to_pause(job, attempt, now):
            return AttemptState.CANCELLED, f"suspended until a better time{kept}"
        return AttemptState.LOST, "ended by others"

    def _forget(self, live: set[str]) -> None:
        for known in (self._heard_at, self._ran_at):
            for attempt in known.keys() - live:
                del known[attempt]
        self._silent &= live
