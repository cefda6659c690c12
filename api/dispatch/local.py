"""The local backend: runs commands as processes of this machine, and work without a command in simulated time."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from api.dispatch.attic import Attic
from api.dispatch.backend import Backend, Launch, LogPiece, Observation, Sight
from api.dispatch.credential import SitePath
from api.dispatch.errors import BackendSilent, BackendUnsupported, StaleAttempt, StartRefused
from api.dispatch.folder import AttemptFolder, launch_spec
from api.dispatch.kind import BackendKind, Surroundings
from api.dispatch.runner import __file__ as runner_path
from api.dispatch.runner import write_once
from api.dispatch.simulated import simulate
from topology import Resources

Clock = Callable[[], datetime]

LOG_CAP_BYTES = 10 * 2**20
GRACE_SECONDS = 10.0
KEEP_HOURS = 30 * 24.0
CLAIM_SECONDS = 15.0
MACHINE = Path("/etc/machine-id")
# The service's own settings and secrets are no business of the work it runs.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


class LocalBackend:
    """A Backend of processes, each with a folder, a session and a runner of its own.

    The folders outlive the service: a new one, given the same root, finds every attempt again by its id.

    Attributes:
        identity: of the root on this machine; attempts name it, since what another does not know of may run here.
        checkpoints: folder of them, one a job.
    """

    def __init__(
        self,
        root: Path,
        clock: Clock,
        *,
        time_scale: float = 1.0,
        log_cap_bytes: int = LOG_CAP_BYTES,
        grace_s: float = GRACE_SECONDS,
        keep_hours: float = KEEP_HOURS,
    ) -> None:
        """Take a folder for the attempts.

        Args:
            root: where the folders are; made when missing.
            clock: what simulated time goes by.
            time_scale: simulated work takes runtime * time_scale.
            log_cap_bytes: of each stream of each attempt this much is kept.
            grace_s: seconds between the word to end and the end.
            keep_hours: files of attempts are cleaned away so long after they have last changed, once they are over.

        Raises:
            BackendUnsupported: This machine has no /proc to tell processes apart by.
        """
        if not Path("/proc/self/stat").exists():
            raise BackendUnsupported("backend local: this machine has no /proc; run the service on Linux")
        self._root = root = root.absolute()  # commands are told of it, and work elsewhere
        self.checkpoints = root / "checkpoints"
        self._clock = clock
        self._time_scale = time_scale
        self._log_cap_bytes = log_cap_bytes
        self._grace_s = grace_s
        self._attic = Attic(root, keep_hours=keep_hours)
        self._runners: set[int] = set()
        self._over: dict[str, Observation] = {}
        (root / "fences").mkdir(parents=True, exist_ok=True)
        (root / "attempts").mkdir(exist_ok=True)
        self.identity = _identity_of(root)

    async def start(self, launch: Launch) -> str:
        """Start an attempt once; see Backend.start."""
        return await asyncio.to_thread(self._start, launch)

    async def poll(self, attempts: Sequence[str]) -> Mapping[str, Observation]:
        """Look at folders and processes; see Backend.poll."""
        return await asyncio.to_thread(self._poll, attempts)

    async def cancel(self, attempt: str) -> None:
        """Ask the runner to end its command; see Backend.cancel."""
        try:
            await asyncio.to_thread(self._folder(attempt).cancel, self._clock())
        except OSError as error:
            raise BackendSilent(f"attempt {attempt}: {error}") from error

    async def logs(self, attempt: str, offset: int = 0, stream: str = "stdout") -> LogPiece:
        """Read what was kept; see Backend.logs."""
        return await asyncio.to_thread(self._folder(attempt).log, stream, offset)

    async def capacity(self) -> Mapping[str, Resources]:
        """Nothing: what the catalogue says of its sites stands."""
        return {}

    async def close(self) -> None:
        """Leave the runners to themselves."""
        self._reap()

    def _start(self, launch: Launch) -> str:
        folder = self._folder(launch.attempt)
        try:
            with self._fenced(launch, folder):
                if folder.claimed:
                    return str(folder.path)
                folder.prepare(launch_spec(launch, log_cap_bytes=self._log_cap_bytes, grace_s=self._grace_s))
                if not launch.command:
                    folder.simulate(simulate(launch, self._clock(), self._time_scale))
                    return str(folder.path)
                self._run(launch, folder)
        except OSError as error:
            raise BackendSilent(f"attempt {launch.attempt}: {error}") from error
        self._await_claim(folder)
        return str(folder.path)

    @contextmanager
    def _fenced(self, launch: Launch, folder: AttemptFolder) -> Iterator[None]:
        """Hold the job's fence, so that no two processes start attempts of it at once, nor an old one last."""
        if not _NAME.fullmatch(launch.job):
            raise StartRefused(f"job {launch.job!r}: a name of letters, digits, _ and - is needed")
        with (self._root / "fences" / launch.job).open("a+", encoding="ascii") as fence:
            fcntl.flock(fence, fcntl.LOCK_EX)
            fence.seek(0)
            newest = int(fence.read() or 0)
            if launch.token < newest and not folder.claimed:
                raise StaleAttempt(launch.attempt, launch.token, newest)
            if launch.token > newest:
                fence.seek(0)
                fence.truncate()
                fence.write(str(launch.token))
                fence.flush()
            yield

    def _run(self, launch: Launch, folder: AttemptFolder) -> None:
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        checkpoint = self.checkpoints / launch.job
        checkpoint.mkdir(parents=True, exist_ok=True)
        environment |= launch.variables
        environment |= {"EDWC_CHECKPOINT_DIR": str(checkpoint), "HOME": str(folder.path / "work")}
        log, written = str(folder.path / "runner.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND
        runner = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", runner_path, str(folder.path)],
            environment,
            file_actions=(
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, log, written, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ),
            setsid=True,
        )
        self._runners.add(runner)
        self._reap()

    def _await_claim(self, folder: AttemptFolder) -> None:
        """Wait until the runner has taken the attempt: only then is it accepted."""
        end = time.monotonic() + CLAIM_SECONDS
        while not folder.claimed:
            if time.monotonic() > end:
                raise BackendSilent(
                    f"attempt {folder.path.name}: its runner has not begun after {CLAIM_SECONDS} s"
                )
            time.sleep(0.005)

    def _poll(self, attempts: Sequence[str]) -> Mapping[str, Observation]:
        seen = {name: self._look(name) for name in attempts}
        for gone in self._attic.clean(keep=seen.keys(), now=time.time()):
            self._over.pop(gone, None)
        return seen

    def _look(self, attempt: str) -> Observation:
        if attempt in self._over:
            return self._over[attempt]
        self._reap()
        try:
            seen = self._folder(attempt).seen(self._clock())
        except (OSError, ValueError) as error:
            return Observation(sight=Sight.UNKNOWN, detail=str(error))
        if seen.sight in (Sight.ENDED, Sight.LOST):
            self._over[attempt] = seen
        return seen

    def _reap(self) -> None:
        """Collect runners that ended: while they are zombies their number stands in the process table."""
        for runner in tuple(self._runners):
            try:
                ended, _ = os.waitpid(runner, os.WNOHANG)
            except ChildProcessError:
                ended = runner
            if ended:
                self._runners.discard(runner)

    def _folder(self, attempt: str) -> AttemptFolder:
        if not _NAME.fullmatch(attempt):
            raise StartRefused(f"attempt {attempt!r}: a name of letters, digits, _ and - is needed")
        return AttemptFolder(self._root / "attempts" / attempt)


def _identity_of(root: Path) -> str:
    """Return what tells a root on this machine from all others: its processes are not to be seen from another machine.

    A name of the root's own is written into it by whoever opens it first.
    """
    path = root / "identity.json"
    write_once(path, {"identity": secrets.token_hex(16)})
    own = json.loads(path.read_text(encoding="utf-8"))["identity"]
    machine = MACHINE.read_text(encoding="ascii").strip() if MACHINE.exists() else ""
    return hashlib.sha256(f"{own} {machine}".encode()).hexdigest()[:12]


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalSite:
    """A [[site]] of processes of this machine.

    Attributes:
        folder: where the attempts are; by default beside the store.
    """

    folder: SitePath | None = None


def _open(settings: LocalSite, around: Surroundings) -> Backend:
    return LocalBackend(settings.folder or around.data, around.clock, time_scale=around.time_scale)


LOCAL = BackendKind(settings=LocalSite, build=_open)
