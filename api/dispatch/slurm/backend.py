"""The Slurm backend: submits through slurmrestd, and trusts the attempt's own papers more than Slurm's memory.

Slurm can forget jobs it has acknowledged, give their numbers away, and start a job again. So an attempt takes a claim
before it works, and only one can; it shows that it lives and writes down how it ended; and nothing is held to be lost
before the claim has been taken from it, or it has been still for long.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ParamSpec, TextIO, TypeVar

import httpx

from api.dispatch.backend import Ending, Launch, LogPiece, Observation, Sight
from api.dispatch.broom import Broom
from api.dispatch.errors import BackendSilent, StaleAttempt, StartRefused
from api.dispatch.slurm.gateway import Gateway
from api.dispatch.slurm.judging import Pulse, is_ours, needs_word, own_copy, verdict_of
from api.dispatch.slurm.papers import Look, Papers, Result
from api.dispatch.slurm.record import SlurmJob, Verdict, capacity_of
from api.dispatch.slurm.request import submission_of
from api.dispatch.slurm.site import SlurmSite
from api.dispatch.slurm.sweep import sweep
from topology import Resources

FEW = 6  # so many jobs are asked for one by one; more, by one list of all
FENCE_SECONDS = 30.0
THREADS = 8  # those that a shared disk that hangs can hold; they are the site's own
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
P = ParamSpec("P")
T = TypeVar("T")


class SlurmBackend:
    """A Backend of one Slurm site."""

    def __init__(
        self,
        name: str,
        site: SlurmSite,
        clock: Callable[[], datetime],
        *,
        time_scale: float = 1.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Take a site; nothing is asked of it yet.

        Args:
            name: id of the site.
            site: how it is reached.
            clock: what time it is; those of the nodes are never compared with it.
            time_scale: work without a command sleeps for its runtime times this.
            transport: in the place of the network.
        """
        self._name, self._site, self._clock, self._time_scale = name, site, clock, time_scale
        self.checkpoints = site.folder / "checkpoints"
        self.gateway = Gateway(site, clock, transport=transport)
        self._pulse = Pulse(beat_s=site.beat_seconds, stale_s=site.stale_seconds)
        self._broom = Broom(keep_hours=site.keep_hours)
        self._over: dict[str, Observation] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"slurm-{name}")

    async def start(self, launch: Launch) -> str:
        """Submit an attempt once; see Backend.start."""
        papers = self._papers(launch.attempt)
        body = submission_of(launch, self._site, papers.folder, time_scale=self._time_scale)
        try:
            async with self._fenced(launch, papers):
                return await self._submit(papers, launch.job, body)
        except OSError as error:
            raise BackendSilent(f"attempt {launch.attempt}: {error}") from error

    async def poll(self, attempts: Sequence[str]) -> Mapping[str, Observation]:
        """Read papers, and ask Slurm about those that do not show themselves; see Backend.poll."""
        if not await self._off(self._site.folder.is_dir):
            raise BackendSilent(
                f"site {self._name}: shared folder {self._site.folder} is not there; mount or make it"
            )
        seen = {name: self._over[name] for name in attempts if name in self._over}
        await self._sweep(attempts)
        looks, unread = await self._off(self._look, [name for name in attempts if name not in seen])
        seen |= unread
        unclear = []
        for look in looks:
            found = await _despite_disk(self._by_papers(look))
            if found is None:
                unclear.append(look)
            else:
                seen[look.attempt] = found
        try:
            copies = await self._copies(unclear)
        except BackendSilent:
            if not seen:
                raise
            return seen
        for look in unclear:
            judged = await _despite_disk(self._judge(look, copies[look.attempt]))
            seen[look.attempt] = judged or Observation(sight=Sight.UNKNOWN)
        return seen

    async def cancel(self, attempt: str) -> None:
        """Take the claim, or ask the one who has it to end; see Backend.cancel."""
        papers = self._papers(attempt)
        try:
            look = await self._off(self._forbid, papers)
            if look.settled is not None or (look.asked_at is None and not look.claimed):
                return
            if look.claimed:
                await self._recall(look)
            else:
                await self._settle(look, Verdict(ending=Ending.CANCELLED, detail="before it began"))
                with contextlib.suppress(BackendSilent):  # should Slurm start it, it finds its claim taken
                    await self._recall(look)
        except OSError as error:
            raise BackendSilent(f"attempt {attempt}: {error}") from error

    async def logs(self, attempt: str, offset: int = 0, stream: str = "stdout") -> LogPiece:
        """Read what the attempt kept; see Backend.logs."""
        try:
            return await self._off(self._papers(attempt).log, stream, offset)
        except OSError as error:
            raise BackendSilent(f"attempt {attempt}: {error}") from error

    async def capacity(self) -> Mapping[str, Resources]:
        """What the nodes that can take work hold; see Backend.capacity."""
        nodes = await self.gateway.nodes()
        return {self._name: capacity_of(nodes, self._site.accelerators, self._site.partition)}

    async def close(self) -> None:
        """Let go of the connections."""
        await self.gateway.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _off(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Work with the shared disk, which may be slow, outside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *args, **kwargs))

    async def _submit(self, papers: Papers, job: str, body: Mapping[str, Any]) -> str:
        look = await self._off(papers.look)
        if look.settled is not None or look.claimed or look.number is not None:
            return str(look.number or "")
        if look.asked_at is not None:
            found = (await self._copies([look]))[look.attempt]
            own = own_copy(look, found)
            if own is not None:
                await self._off(papers.accept, own.id)
                await self._drop_extras(own, found)
                return str(own.id)
        await self._off(papers.make, self._site.user, job)
        await self._off(papers.ask, self._clock())
        try:
            number = await self.gateway.submit(body)
        except StartRefused:
            await self._off(papers.withdraw)
            raise
        await self._off(papers.accept, number)
        return str(number)

    @asynccontextmanager
    async def _fenced(self, launch: Launch, papers: Papers) -> AsyncIterator[None]:
        """Hold the job's fence, so that no two processes submit attempts of it at once, nor an old one last."""
        if not _NAME.fullmatch(launch.job):
            raise StartRefused(f"job {launch.job!r}: a name of letters, digits, _ and - is needed")
        async with asyncio.timeout(FENCE_SECONDS):
            while (fence := await self._off(self._enter, launch, papers)) is None:
                await asyncio.sleep(0.02)  # without a thread, which the holder may need
        with fence:
            yield

    def _enter(self, launch: Launch, papers: Papers) -> TextIO | None:
        """Lock the job's fence and write the token down; None while another holds it."""
        fences = self._site.folder / "fences"
        fences.mkdir(
            exist_ok=True, mode=0o750
        )  # not its parents: an unmounted disk is not to be papered over
        fence = (fences / launch.job).open("a+", encoding="ascii")
        try:
            fcntl.flock(fence, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fence.seek(0)
            newest = int(fence.read() or 0)
            if launch.token < newest and not papers.desk.exists():
                raise StaleAttempt(launch.attempt, launch.token, newest)
            if launch.token > newest:
                fence.seek(0)
                fence.truncate()
                fence.write(str(launch.token))
                fence.flush()
        except BaseException as error:
            fence.close()
            if isinstance(error, BlockingIOError):
                return None
            raise
        return fence

    def _look(self, attempts: Sequence[str]) -> tuple[list[Look], dict[str, Observation]]:
        """What the papers of attempts say; those that cannot be read are UNKNOWN."""
        looks, unread = [], {}
        for name in attempts:
            try:
                looks.append(self._papers(name).look())
            except (OSError, ValueError, KeyError) as error:
                unread[name] = Observation(sight=Sight.UNKNOWN, detail=f"papers cannot be read: {error}")
        return looks, unread

    async def _by_papers(self, look: Look) -> Observation | None:
        """How an attempt stands when its papers alone can tell."""
        if look.settled is not None:
            self._over[look.attempt] = _observation(look.settled)
            return self._over[look.attempt]
        if look.result is not None:
            return None if needs_word(look.result) else await self._judge(look, ())
        if look.claimed and look.beat and self._pulse.alive(look.attempt, look.beat):
            return await self._running(look)
        return Observation(sight=Sight.NEVER) if look.asked_at is None and not look.claimed else None

    async def _judge(self, look: Look, copies: Sequence[SlurmJob]) -> Observation:
        own = own_copy(look, copies)
        if look.result is not None:
            verdict = verdict_of(look.result, own, cancelled=look.cancelled)
            return await (self._running(look) if verdict is None else self._settle(look, verdict))
        if own is not None:
            await self._drop_extras(own, copies)
            if own.sight is Sight.UNKNOWN or (own.sight is Sight.WAITING and not (look.claimed or own.held)):
                return Observation(sight=own.sight, detail=own.reason)
            if own.sight is Sight.RUNNING:
                return await self._running(look) if look.claimed else Observation(sight=Sight.WAITING)
        if not look.claimed:
            return await self._bury(look, own)
        return await self._revive_or_bury(look, own)

    async def _bury(self, look: Look, own: SlurmJob | None) -> Observation:
        """Slurm has ended, held back or forgotten what never began: it is lost once its claim is ours."""
        if own is None and look.number is None:
            return Observation(sight=Sight.UNKNOWN, detail="submitted, but never acknowledged")
        if not await self._off(self._papers(look.attempt).take):
            return Observation(sight=Sight.UNKNOWN, detail="it began just now")
        if look.cancelled or (own is not None and own.state == "CANCELLED"):
            return await self._settle(look, Verdict(ending=Ending.CANCELLED, detail="before it began"))
        said = f"ended it before it began: {own.state} {own.reason}" if own else "forgot it before it began"
        if own is not None and own.held:
            said = f"holds it back: {own.reason}"
            with contextlib.suppress(BackendSilent):  # released later, it finds its claim taken
                await self.gateway.cancel(own.id)
        return await self._settle(look, Verdict(ending=None, detail=f"Slurm {said}"))

    async def _revive_or_bury(self, look: Look, own: SlurmJob | None) -> Observation:
        """It began, and Slurm holds it for over, not begun or unknown: as long as it beats, it runs."""
        alive = self._pulse.alive(look.attempt, look.beat)
        if alive:
            return await self._running(look)
        if alive is None:
            return Observation(sight=Sight.UNKNOWN, detail="Slurm does not run it; looking whether it lives")
        if not await self._off(self._papers(look.attempt).bar):
            return Observation(sight=Sight.UNKNOWN, detail="it ended just now")
        verdict = Verdict(ending=None, detail="Slurm does not know it, and it shows no sign of life")
        if look.cancelled and own is None:
            verdict = Verdict(ending=Ending.CANCELLED)
        elif own is not None and own.sight is Sight.ENDED and own.verdict.exit_code is None:
            verdict = own.verdict
        return await self._settle(look, verdict)

    async def _running(self, look: Look) -> Observation:
        return Observation(
            sight=Sight.RUNNING, started_at=await self._off(self._started, look, self._clock())
        )

    def _started(self, look: Look, latest: datetime) -> datetime:
        """When it began, by our clock: no earlier than it was asked for, no later than it can have."""
        began = latest if look.began is None else datetime.fromtimestamp(look.began, latest.tzinfo)
        at = max(min(began, latest), look.asked_at or began)
        try:
            return self._papers(look.attempt).started(at)
        except OSError:  # a full disk; it is written down when there is room
            return at

    async def _settle(self, look: Look, verdict: Verdict) -> Observation:
        settled = await self._off(self._write_outcome, look, verdict)
        self._pulse.forget(look.attempt)
        self._over[look.attempt] = _observation(settled)
        return self._over[look.attempt]

    def _write_outcome(self, look: Look, verdict: Verdict) -> dict[str, Any]:
        now, took_s = self._clock(), look.took_s
        took = timedelta(seconds=took_s or 0.0)
        started = self._started(look, now - took) if look.claimed else None
        ended = now if took_s is None or started is None else min(started + took, now)
        return self._papers(look.attempt).settle(
            {
                "ending": verdict.ending,
                "exit_code": verdict.exit_code,
                "signal": verdict.signal,
                "detail": verdict.detail,
                "started_at": started.isoformat() if started else None,
                "ended_at": max(ended, started or ended).isoformat(),
                "measured": _measured(look.result),
            }
        )

    def _forbid(self, papers: Papers) -> Look:
        """Write down that an attempt is to end, and that it never begins when it has not."""
        look = papers.look()
        if look.settled is not None:
            return look
        papers.make(self._site.user)
        papers.cancel()
        if papers.take():
            if look.asked_at is None:
                self._write_outcome(look, Verdict(ending=Ending.CANCELLED, detail="before it began"))
            return look
        return papers.look()

    async def _recall(self, look: Look) -> None:
        for job in (await self._copies([look]))[look.attempt]:
            if job.sight is not Sight.ENDED:
                await self.gateway.cancel(job.id)

    async def _drop_extras(self, own: SlurmJob, copies: Sequence[SlurmJob]) -> None:
        for extra in copies:
            if extra.id != own.id and extra.sight is not Sight.ENDED:
                with contextlib.suppress(BackendSilent):  # it does no work: the claim is another's
                    await self.gateway.cancel(extra.id)

    async def _copies(self, looks: Sequence[Look]) -> dict[str, list[SlurmJob]]:
        """All jobs at Slurm that carry the names of attempts: by number where that suffices, else by a list of all."""
        if len(looks) <= FEW and all(look.number and not look.asked_again for look in looks):
            jobs = await asyncio.gather(*(self.gateway.job(look.number or 0) for look in looks))
            if all(job and is_ours(job, look.attempt) for job, look in zip(jobs, looks, strict=True)):
                return {look.attempt: [job] for job, look in zip(jobs, looks, strict=True) if job}
        found: dict[str, list[SlurmJob]] = {look.attempt: [] for look in looks}
        for job in await self.gateway.jobs():
            if job.name in found and is_ours(job, job.name):
                found[job.name].append(job)
        return found

    async def _sweep(self, asked: Sequence[str]) -> None:
        """Clean away what was settled long ago and is not asked about, now and again."""
        now = self._clock()
        before = self._broom.due(now)
        if before is not None:
            with contextlib.suppress(OSError):  # what was not removed is met again
                gone = await self._off(
                    sweep, self._site.folder, keep=frozenset(asked), before=before, now=now
                )
                for attempt in gone:
                    self._over.pop(attempt, None)

    def _papers(self, attempt: str) -> Papers:
        if not _NAME.fullmatch(attempt):
            raise StartRefused(f"attempt {attempt!r}: a name of letters, digits, _ and - is needed")
        return Papers(self._site.folder, attempt)


async def _despite_disk(judging: Awaitable[Observation | None]) -> Observation | None:
    """What is found, or UNKNOWN where it cannot be written down: an outcome counts once it is on the disk."""
    try:
        return await judging
    except OSError as error:
        return Observation(sight=Sight.UNKNOWN, detail=str(error))


def _measured(result: Result | None) -> dict[str, float | str]:
    """What an attempt measured of itself; nothing when it was cut off."""
    if result is None:
        return {}
    measured: dict[str, float | str] = {} if result.cpu_s is None else {"cpu_seconds": result.cpu_s}
    return measured | ({"nodes": result.nodes} if result.nodes else {})


def _observation(settled: Mapping[str, Any]) -> Observation:
    started, ending = settled["started_at"], settled["ending"]
    return Observation(
        sight=Sight.ENDED if ending else Sight.LOST,
        ending=Ending(ending) if ending else None,
        exit_code=settled["exit_code"],
        signal=settled["signal"],
        started_at=datetime.fromisoformat(started) if started else None,
        ended_at=datetime.fromisoformat(settled["ended_at"]),
        measured=settled["measured"],
        detail=settled["detail"],
    )
