"""The ray backend: an attempt is a submitted job of its own name."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from api.dispatch.backend import Ending, Launch, LogPiece, Observation, Sight
from api.dispatch.broom import Broom
from api.dispatch.checkpoint import make_checkpoint
from api.dispatch.endpoint import Endpoint
from api.dispatch.errors import BackendSilent, StaleAttempt, StartRefused, UnknownAttempt
from api.dispatch.kind import BackendKind, Surroundings
from api.dispatch.ray.head import Head
from api.dispatch.ray.notebook import Note, Notebook
from api.dispatch.ray.outcome import clean, seen_of
from api.dispatch.ray.settings import RaySite
from api.dispatch.ray.submission import END, JOB, TOKEN, end_submission, submission
from api.dispatch.ray.sweep import sweep
from api.dispatch.runner import PIECE_BYTES, STREAMS
from topology import Resources

AT_ONCE = 16
STOP_AGAIN_SECONDS = 3.0
YOUNG = timedelta(minutes=1)  # clocks of the head and of who names attempts may differ by this
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_DATED = re.compile(rf"[a-z]+_([{_DIGITS}]{{10}})[{_DIGITS}]{{16}}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RayBackend:
    """A Backend of jobs submitted to one Ray cluster.

    A submission id is given once in a head's life, and a head that is killed forgets it. So what was submitted is
    noted on this side, with the head's life; a job that the table does not have is NEVER only when it cannot have
    been submitted to an earlier life. Otherwise it is UNKNOWN, and submitted again under the claim that lets it work
    once: the second takes over what is known of the first.
    """

    def __init__(self, settings: RaySite, around: Surroundings, endpoint: Endpoint | None = None) -> None:
        """Take a site; nothing is asked of it yet."""
        self._settings, self._site, self._time_scale = settings, around.site, around.time_scale
        self.checkpoints = settings.checkpoints
        self._head = Head(
            endpoint
            or Endpoint(
                settings.endpoint,
                token=settings.token,
                ca_file=settings.ca_file,
                timeout_s=settings.timeout_seconds,
            )
        )
        self._notes, self._clock = Notebook(around.data / "notes"), around.clock
        self._broom = Broom(keep_hours=settings.keep_hours)
        self._over: dict[str, Observation] = {}
        self._stopped: dict[str, float] = {}
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def start(self, launch: Launch) -> str:
        """Submit a job once; see Backend.start."""
        if not _NAME.fullmatch(launch.attempt):
            raise StartRefused(f"attempt {launch.attempt!r}: a name of letters, digits, _ and - is needed")
        if await self._head.job(launch.attempt) is None:
            await self._fence(launch)
            note = self._notes.read(launch.attempt)
            body = submission(launch, self._settings, self._time_scale)
            if self.checkpoints is not None:
                await make_checkpoint(self.checkpoints / launch.job)
            if note is not None and note.to_end:
                body = end_submission(launch.attempt, self._settings)
            await self._submit(launch.attempt, body)
        return launch.attempt

    async def poll(self, attempts: Sequence[str]) -> Mapping[str, Observation]:
        """Ask the head about each; see Backend.poll."""
        wanted = [name for name in attempts if name not in self._over]
        session = await self._head.session() if wanted else ""
        await self._sweep(attempts)
        seen = await asyncio.gather(*(self._look(name, session) for name in wanted))
        return {name: self._over[name] for name in attempts if name in self._over} | dict(
            zip(wanted, seen, strict=True)
        )

    async def cancel(self, attempt: str) -> None:
        """Stop it, or take its name before it is submitted; see Backend.cancel."""
        job = await self._head.job(attempt)
        if job is None:
            await self._submit(attempt, end_submission(attempt, self._settings))
            self._notes.amend(attempt, to_end=True)
        elif seen_of(job).sight in (Sight.WAITING, Sight.RUNNING):
            note = self._notes.read(attempt) or Note(
                body={}, session=await self._head.session(), accepted=True
            )
            ending = end_submission(attempt, self._settings)
            self._notes.write(
                attempt, Note(body=ending, session=note.session, accepted=note.accepted, to_end=True)
            )
            if job["status"] == "PENDING":
                # Ray cannot stop what it has not placed yet: its claim is taken, so that it will do nothing.
                await self._head.submit(end_submission(attempt, self._settings, _ender(attempt)))
            await self._stop(attempt)

    async def logs(self, attempt: str, offset: int = 0, stream: str = "stdout") -> LogPiece:
        """Read what was kept, both streams in one as Ray keeps them; see Backend.logs."""
        if stream not in STREAMS:
            raise ValueError(f"stream {stream!r}: must be one of {', '.join(STREAMS)}")
        job = await self._head.job(attempt)
        if job is None:
            if self._notes.read(attempt) is not None:
                raise BackendSilent(
                    f"attempt {attempt}: the head was restarted, and its output is not at hand"
                )
            raise UnknownAttempt(attempt)
        over = seen_of(job).sight in (Sight.ENDED, Sight.LOST)
        if stream == "stderr":
            return LogPiece(data=b"", next_offset=offset, complete=over)
        data = clean(await self._head.output(attempt), job).encode()
        piece = data[offset : offset + PIECE_BYTES]
        return LogPiece(
            data=piece, next_offset=offset + len(piece), complete=over and offset + len(piece) >= len(data)
        )

    async def capacity(self) -> Mapping[str, Resources]:
        """What the living nodes hold less what is not for jobs; see Backend.capacity."""
        totals: dict[str, float] = {}
        for node in await self._head.nodes():
            if node["state"] == "ALIVE":
                for name, amount in (node.get("resources_total") or {}).items():
                    totals[name] = totals.get(name, 0.0) + float(amount)
        held = Resources(
            cpu_cores=max(0.0, totals.get("CPU", 0.0) - self._settings.reserved_cpu_cores),
            memory_gib=max(0.0, totals.get("memory", 0.0) / 2**30 - self._settings.reserved_memory_gib),
            accelerators={
                model: totals[name] for model, name in self._settings.accelerators.items() if totals.get(name)
            },
        )
        return {self._site: held}

    async def close(self) -> None:
        """Let go; jobs run on."""
        await self._head.endpoint.close()

    async def _submit(self, attempt: str, body: Mapping[str, Any]) -> None:
        """Note it, submit it, note that it was taken: at no point can it run without being known of."""
        note = Note(body=body, session=await self._head.session())
        self._notes.write(attempt, note)
        if await self._head.submit(body):
            self._notes.write(attempt, Note(body=body, session=note.session, accepted=True))

    async def _fence(self, launch: Launch) -> None:
        tokens = [
            int(job["metadata"].get(TOKEN, 0))
            for job in await self._head.jobs()
            if (job.get("metadata") or {}).get(JOB) == launch.job
        ]
        newest = max(tokens, default=0)
        if launch.token < newest:
            raise StaleAttempt(launch.attempt, launch.token, newest)

    async def _sweep(self, asked: Sequence[str]) -> None:
        """Clean away what ended long ago and is not asked about, now and again."""
        now, keep = self._clock(), frozenset(asked)
        before = self._broom.due(now)
        if before is not None:
            with suppress(BackendSilent):  # what was not removed is met again
                for attempt in await sweep(
                    self._head, self._settings.claims, keep=keep, before=before, now=now
                ):
                    self._over.pop(attempt, None)
            self._notes.sweep(before, keep=keep)

    async def _look(self, attempt: str, session: str) -> Observation:
        try:
            async with self._gate:
                job = await self._head.job(attempt)
                if job is None:
                    return await self._missing(attempt, session)
                seen = await self._after_word(attempt, seen_of(job))
                if seen.sight in (Sight.WAITING, Sight.RUNNING):
                    await self._stop_again(attempt, job)
        except BackendSilent as error:
            return Observation(sight=Sight.UNKNOWN, detail=str(error))
        if seen.sight is Sight.ENDED:
            self._over[attempt] = seen
        return seen

    async def _after_word(self, attempt: str, seen: Observation) -> Observation:
        """What is seen of it, when it may have been told to end before it was placed."""
        if seen.sight is Sight.LOST:
            return self._ended_while_stopping(attempt, seen)
        killed = seen.ending is Ending.SIGNALLED and seen.signal in (9, 15)
        if not killed and seen.sight is not Sight.WAITING:
            return seen
        ender = await self._head.job(_ender(attempt))
        if ender is None:
            note = self._notes.read(attempt)
            told = killed and note is not None and note.to_end
            return replace(seen, ending=Ending.CANCELLED) if told else seen
        if killed:
            return replace(seen, ending=Ending.CANCELLED)
        end = seen_of(ender)
        # Its claim was taken before it was placed: whenever it is, it will do nothing.
        return replace(end, started_at=None) if end.ending is Ending.CANCELLED else seen

    def _ended_while_stopping(self, attempt: str, seen: Observation) -> Observation:
        """Ray's own failure while it stops a job: what was asked to end, and runs no more, was cancelled."""
        note = self._notes.read(attempt)
        if note is None or not note.to_end:
            return seen
        return replace(seen, sight=Sight.ENDED, ending=Ending.CANCELLED)

    async def _missing(self, attempt: str, session: str) -> Observation:
        """The table does not have it: it never had it, or it is another table."""
        note = self._notes.read(attempt)
        if note is None:
            if await self._older_than_head(attempt):
                return Observation(
                    sight=Sight.UNKNOWN, detail="it is older than the head, which may have forgotten it"
                )
            return Observation(sight=Sight.NEVER)
        if note.session == session:
            sight = Sight.UNKNOWN if note.accepted else Sight.NEVER
            return Observation(sight=sight, detail="the head was asked for it, and does not have it")
        await self._submit(attempt, note.body)
        if note.to_end:
            self._notes.amend(attempt, to_end=True)
        return Observation(sight=Sight.UNKNOWN, detail="the head was restarted; its claim is being asked")

    async def _older_than_head(self, attempt: str) -> bool:
        made_at = _made_at(attempt)
        starts = [node["start_time_ms"] for node in await self._head.nodes() if node.get("is_head_node")]
        if made_at is None or not starts:
            return False
        return made_at < _EPOCH + timedelta(milliseconds=max(starts)) + YOUNG

    async def _stop_again(self, attempt: str, job: Mapping[str, Any]) -> None:
        """A stop that came before the job had begun is forgotten: it is said until it is heeded."""
        note = self._notes.read(attempt)
        if note is None or not note.to_end or END in (job.get("metadata") or {}):
            return
        if time.monotonic() - self._stopped.get(attempt, 0.0) > STOP_AGAIN_SECONDS:
            await self._stop(attempt)

    async def _stop(self, attempt: str) -> None:
        self._stopped[attempt] = time.monotonic()
        await self._head.stop(attempt)


def _ender(attempt: str) -> str:
    """The name under which an attempt that waits is ended."""
    return f"{attempt}-end"


def _made_at(attempt: str) -> datetime | None:
    """When an attempt was named, as far as its name tells: its first ten digits count milliseconds."""
    found = _DATED.fullmatch(attempt)
    if found is None:
        return None
    number = 0
    for digit in found[1]:
        number = number * 32 + _DIGITS.index(digit)
    return _EPOCH + timedelta(milliseconds=number)


def _open(settings: RaySite, around: Surroundings) -> RayBackend:
    return RayBackend(settings, around)


RAY = BackendKind(settings=RaySite, build=_open)
