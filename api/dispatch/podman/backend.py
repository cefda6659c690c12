"""The podman backend: an attempt is a container of its own name, or a Pod."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from api.dispatch.backend import Launch, LogPiece, Observation, Sight
from api.dispatch.broom import Broom
from api.dispatch.checkpoint import make_checkpoint
from api.dispatch.endpoint import Endpoint
from api.dispatch.errors import BackendSilent, StaleAttempt, StartRefused, UnknownAttempt
from api.dispatch.kind import BackendKind, Surroundings
from api.dispatch.podman.container import ATTEMPT, DEVICES, JOB, LIMIT, MAIN, MARK, TOKEN, container_spec
from api.dispatch.podman.engine import Engine, ImageMissing
from api.dispatch.podman.frames import stretch_of
from api.dispatch.podman.guard import FOLDERS
from api.dispatch.podman.manifest import names_pod, pod_manifest
from api.dispatch.podman.outcome import (
    ALIVE,
    NOT_BEGUN,
    cancelled_at,
    ever_started,
    is_guarded,
    measured_of,
    seen_of,
    seen_together,
)
from api.dispatch.podman.settings import PodmanSite
from api.dispatch.podman.sweep import sweep
from api.dispatch.runner import PIECE_BYTES, STREAMS
from topology import Resources

AT_ONCE = 16
OVERTIME_SECONDS = 30.0  # after this beyond its limit, Podman's own monitor has failed to end it
MONITOR_SECONDS = 3.0  # a monitor that lives has written by then how its container ended
APPEAR_SECONDS = 5.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")


class PodmanBackend:
    """A Backend of containers on one machine.

    A name is given once: it makes starts idempotent. What ends an attempt is written down beside it, as an empty pod
    named after it, so that a later service, or a start that comes too late, knows. All state is Podman's.
    """

    def __init__(self, settings: PodmanSite, around: Surroundings, endpoint: Endpoint | None = None) -> None:
        """Take a site; nothing is asked of it yet."""
        self._settings, self._site, self._time_scale = settings, around.site, around.time_scale
        self._inputs = around.inputs
        self.checkpoints = settings.checkpoints
        self._engine = Engine(
            endpoint
            or Endpoint(
                settings.endpoint,
                token=settings.token,
                ca_file=settings.ca_file,
                timeout_s=settings.timeout_seconds,
            )
        )
        self._broom, self._clock = Broom(keep_hours=settings.keep_hours), around.clock
        self._over: dict[str, Observation] = {}
        self._first_seen: dict[str, float] = {}
        self._vanished: dict[str, float] = {}
        self._ending: dict[str, asyncio.Task[None]] = {}
        self._pulls: dict[str, asyncio.Task[str]] = {}
        self._choosing = asyncio.Lock()
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def start(self, launch: Launch) -> str:
        """Create a container and start it, both once; see Backend.start."""
        if not _NAME.fullmatch(launch.attempt):
            raise StartRefused(f"attempt {launch.attempt!r}: a name of letters, digits, _ and - is needed")
        if names_pod(launch.image):
            return await self._start_pod(launch)
        found = await self._engine.container(launch.attempt)
        if found is None:
            await self._fence(launch)
            await self._create(launch)
            found = await self._created(launch.attempt)
        if not ever_started(found) and launch.attempt not in await self._marks():
            try:
                await self._engine.start(launch.attempt)
            except StartRefused:
                await self._engine.remove("containers", launch.attempt)
                raise
        return str(found["Id"])

    async def poll(self, attempts: Sequence[str]) -> Mapping[str, Observation]:
        """Ask Podman about each; see Backend.poll."""
        marks = await self._marks() if attempts else {}
        await self._sweep(attempts)
        seen = await asyncio.gather(*(self._look(name, marks.get(name)) for name in attempts))
        return dict(zip(attempts, seen, strict=True))

    async def cancel(self, attempt: str) -> None:
        """Write down that it is to end, then end it; see Backend.cancel."""
        members = await self._members(attempt)
        if any(each["State"]["Status"] in ALIVE | NOT_BEGUN for each in members) or not members:
            await self._engine.mark(f"{attempt}-end", {MARK: attempt})
        if any(each["State"]["Status"] in ALIVE for each in members):
            self._end(attempt, members)

    async def logs(self, attempt: str, offset: int = 0, stream: str = "stdout") -> LogPiece:
        """Read what Podman kept; see Backend.logs.

        Beyond the cap Podman keeps the newest output only: an offset behind what is kept starts at its beginning.
        """
        if stream not in STREAMS:
            raise ValueError(f"stream {stream!r}: must be one of {', '.join(STREAMS)}")
        members = await self._members(attempt)
        if not members:
            raise UnknownAttempt(attempt)
        over = all(each["State"]["Status"] not in ALIVE | NOT_BEGUN for each in members)
        data, length, whole = await self._read(members[0]["Id"], stream, offset)
        dropped = 0
        if length < offset:
            dropped, offset = offset, 0
            data, length, whole = await self._read(members[0]["Id"], stream, 0)
        return LogPiece(
            data=data, next_offset=offset + len(data), complete=over and whole, dropped_bytes=dropped
        )

    async def capacity(self) -> Mapping[str, Resources]:
        """The machine's cores, memory and devices less what is not for jobs; see Backend.capacity."""
        host = (await self._engine.info())["host"]
        held = Resources(
            cpu_cores=max(0.0, host["cpus"] - self._settings.reserved_cpu_cores),
            memory_gib=max(0.0, host["memTotal"] / 2**30 - self._settings.reserved_memory_gib),
            accelerators={name: len(paths) for name, paths in self._settings.accelerators.items()},
        )
        return {self._site: held}

    async def close(self) -> None:
        """Let go; containers run on."""
        for task in (*self._ending.values(), *self._pulls.values()):
            task.cancel()
        await asyncio.gather(*self._ending.values(), *self._pulls.values(), return_exceptions=True)
        await self._engine.endpoint.close()

    async def _start_pod(self, launch: Launch) -> str:
        found = await self._engine.pod(launch.attempt)
        if found is None:
            await self._fence(launch)
            if launch.attempt in await self._marks():
                return launch.attempt
            wrong = await self._engine.play(pod_manifest(launch, self._settings))
            if wrong:
                await self._engine.remove("pods", launch.attempt)
                raise StartRefused(f"attempt {launch.attempt}: {wrong}")
            return launch.attempt
        members = await self._members(launch.attempt)
        if not any(map(ever_started, members)) and launch.attempt not in await self._marks():
            await self._engine.start_pod(launch.attempt)
        return launch.attempt

    async def _fence(self, launch: Launch) -> None:
        rows = await self._engine.containers(f"{JOB}={launch.job}")
        newest = max((int(row["Labels"].get(TOKEN, 0)) for row in rows), default=0)
        if launch.token < newest:
            raise StaleAttempt(launch.attempt, launch.token, newest)

    async def _create(self, launch: Launch) -> None:
        if self.checkpoints is not None:
            await make_checkpoint(self.checkpoints / launch.job)
        async with self._choosing:
            devices = await self._free_devices(launch)
            try:
                await self._engine.create(
                    container_spec(launch, self._settings, self._time_scale, devices, self._inputs)
                )
            except ImageMissing as missing:
                await self._fetch(launch.image or self._settings.image or "", missing)

    async def _created(self, attempt: str) -> dict[str, Any]:
        """Describe a container whose name is taken: it is to be seen a moment after that."""
        end = time.monotonic() + APPEAR_SECONDS
        while True:
            found = await self._engine.container(attempt)
            if found is not None:
                return found
            if time.monotonic() > end:
                raise BackendSilent(
                    f"attempt {attempt}: its name is taken, and there is no container of that name"
                )
            await asyncio.sleep(0.1)

    async def _fetch(self, image: str, missing: ImageMissing) -> None:
        """Fetch an image aside; the attempt is handed over again meanwhile, and nobody waits for the other."""
        if not self._settings.pull:
            raise missing
        pull = self._pulls.get(image)
        if pull is None:
            self._pulls[image] = pull = asyncio.create_task(self._engine.pull(image))
        await asyncio.wait([pull], timeout=1.0)
        if not pull.done():
            raise BackendSilent(f"image {image} is being fetched")
        del self._pulls[image]
        wrong = pull.result()
        if wrong:
            raise StartRefused(f"image {image} cannot be fetched: {wrong}")
        raise BackendSilent(f"image {image} was fetched; ask again")

    async def _free_devices(self, launch: Launch) -> list[str]:
        wanted = {name: round(count * launch.tasks) for name, count in launch.resources.accelerators.items()}
        if not any(wanted.values()):
            return []
        taken = await self._taken_devices()
        chosen: list[str] = []
        for name, count in wanted.items():
            paths = self._settings.accelerators.get(name, ())
            if count > len(paths):
                raise StartRefused(f"site {self._site} has {len(paths)} devices of {name}, not {count}")
            free = [path for path in paths if path not in taken]
            if count > len(free):
                raise BackendSilent(f"all but {len(free)} devices of {name} at {self._site} are in use")
            chosen += free[:count]
        return chosen

    async def _sweep(self, asked: Sequence[str]) -> None:
        """Remove what ended long ago and is not asked about, now and again."""
        before = self._broom.due(self._clock())
        if before is not None:
            with contextlib.suppress(BackendSilent):  # what was not removed is met again
                for attempt in await sweep(self._engine, self._site, keep=frozenset(asked), before=before):
                    self._over.pop(attempt, None)

    async def _taken_devices(self) -> set[str]:
        """Devices of what runs or may yet run. What a restart of the machine took Podman lists as if it were to run."""
        taken: set[str] = set()
        for row in await self._engine.containers(ATTEMPT):
            devices = set(row["Labels"].get(DEVICES, "").split())
            if devices and row["State"] in ALIVE | NOT_BEGUN:
                found = await self._engine.container(row["Id"])
                if found is not None and seen_of(found, None).sight in (Sight.WAITING, Sight.RUNNING):
                    taken |= devices
        return taken

    async def _look(self, attempt: str, marked_at: datetime | None) -> Observation:
        if attempt in self._over:
            return self._over[attempt]
        try:
            async with self._gate:
                members = await self._members(attempt)
        except BackendSilent as error:
            return Observation(sight=Sight.UNKNOWN, detail=str(error))
        if not members:
            return cancelled_at(marked_at) if marked_at else Observation(sight=Sight.NEVER)
        seen = seen_together([seen_of(each, marked_at) for each in members])
        seen = self._confirmed(attempt, seen, members)
        if seen.sight is Sight.RUNNING and (marked_at is not None or self._overdue(attempt, members[0])):
            self._end(attempt, members)
        if seen.sight is Sight.ENDED:
            seen = replace(seen, measured=await self._measured(members[0]))
            self._over[attempt] = seen
            self._first_seen.pop(attempt, None)
        return seen

    async def _measured(self, container: Mapping[str, Any]) -> dict[str, float | str]:
        """What the guard wrote down; a container that has none, or was killed with it, has measured nothing."""
        for folder in FOLDERS if is_guarded(container) and ever_started(container) else ():
            written = await self._engine.written(container["Id"], folder)
            if written:
                return measured_of(written)
        return {}

    def _confirmed(
        self, attempt: str, seen: Observation, members: Sequence[Mapping[str, Any]]
    ) -> Observation:
        """A process is gone for a moment before its monitor says how it ended; only then has nobody seen it."""
        if seen.sight is not Sight.LOST or not any(each["State"]["Status"] in ALIVE for each in members):
            self._vanished.pop(attempt, None)
            return seen
        since = self._vanished.setdefault(attempt, time.monotonic())
        if time.monotonic() - since > MONITOR_SECONDS:
            return seen
        return Observation(sight=Sight.UNKNOWN, started_at=seen.started_at, detail=seen.detail)

    def _overdue(self, attempt: str, container: Mapping[str, Any]) -> bool:
        """Whether it is seen running for far longer than its limit, by a clock that nobody sets."""
        limit_s = int((container["Config"].get("Labels") or {}).get(LIMIT, 0))
        since = self._first_seen.setdefault(attempt, time.monotonic())
        return limit_s > 0 and time.monotonic() - since > limit_s + OVERTIME_SECONDS

    async def _members(self, attempt: str) -> list[dict[str, Any]]:
        """An attempt's container, or the containers of its Pod, the main one first."""
        container = await self._engine.container(attempt)
        if container is not None:
            return [container]
        pod = await self._engine.pod(attempt)
        if pod is None:
            return []
        names = [
            row["Name"] for row in pod.get("Containers") or () if row["Id"] != pod.get("InfraContainerID")
        ]
        main = f"{attempt}-{(pod.get('Labels') or {}).get(MAIN, '')}"
        names.sort(key=lambda name: (name != main, name))
        found = [await self._engine.container(name) for name in names]
        return [each for each in found if each is not None]

    async def _marks(self) -> dict[str, datetime]:
        """When each attempt that is to end was marked so."""
        rows = await self._engine.pods(MARK)
        return {row["Labels"][MARK]: datetime.fromisoformat(row["Created"]) for row in rows}

    def _end(self, attempt: str, members: Sequence[Mapping[str, Any]]) -> None:
        """End it aside: the word takes as long as the work takes to heed it."""
        if attempt not in self._ending:
            task = asyncio.create_task(self._stop([str(each["Id"]) for each in members]))
            self._ending[attempt] = task
            task.add_done_callback(lambda _: self._ending.pop(attempt, None))

    async def _stop(self, containers: Sequence[str]) -> None:
        with contextlib.suppress(BackendSilent):  # the next poll asks again
            grace_s = self._settings.grace_seconds
            await asyncio.gather(*(self._engine.stop(each, grace_s) for each in containers))

    async def _read(self, container: str, stream: str, offset: int) -> tuple[bytes, int, bool]:
        async with self._engine.output(container, stream) as pieces:
            if pieces is None:
                return b"", 0, True
            return await stretch_of(pieces, stream, offset, PIECE_BYTES)


def _open(settings: PodmanSite, around: Surroundings) -> PodmanBackend:
    return PodmanBackend(settings, around)


PODMAN = BackendKind(settings=PodmanSite, build=_open)
