"""The scenario engine: `edwc whatif` runs each what-if in a process of its own, with limits; cancelling ends it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from api.errors import InvalidFieldError
from api.wire.operations import ScenarioProgress, ShippedScenario

COMMAND = (sys.executable, "-m", "edwc", "whatif")
NICENESS = 10
_SHIPPED = re.compile(r"[a-z0-9][a-z0-9-]{0,60}(@[\w.+-]{1,60})?")
_FILE_KEYS = frozenset({"file", "traces"})
_NESTING_MAX = 20
_PRINTED_MAX = 64 * 2**20

Tell = Callable[[ScenarioProgress], None]


class EngineError(Exception):
    """A what-if that could not be run; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioEngine:
    """Runs what-ifs.

    Attributes:
        limit_s: wall time of one replay.
        memory_bytes: address space of one replay.
        command: what is run, up to the subcommand.
    """

    limit_s: float
    memory_bytes: int
    command: tuple[str, ...] = COMMAND

    async def run(
        self, scenario: Mapping[str, Any], against: Mapping[str, Any] | None, tell: Tell
    ) -> Mapping[str, Any]:
        """Replay a scenario, and another to compare it with when one is given.

        Returns:
            What `edwc whatif run --json` prints; with `against` also `comparison`, as `edwc whatif compare` prints it.

        Raises:
            EngineError: the scenario is none, breaks a limit, or failed.
        """
        with TemporaryDirectory(prefix="edwc-whatif-") as folder:
            replays = [("scenario", scenario), *([("against", against)] if against is not None else [])]
            steps = len(replays) + (against is not None)
            found: dict[str, Mapping[str, Any]] = {}
            for number, (name, document) in enumerate(replays):
                tell(ScenarioProgress(done=number, total=steps, text=f"replays the {_WORDS[name]}"))
                out = str(Path(folder) / name)
                found[name] = await self._ask(["run", "-", "--json", "--out", out], document, folder)
            if against is None:
                return found["scenario"]
            tell(ScenarioProgress(done=len(replays), total=steps, text="compares them"))
            folders = [str(Path(folder) / name) for name in ("against", "scenario")]
            comparison = await self._ask(["compare", *folders, "--json"], None, folder)
            return {**found["scenario"], "against": found["against"], "comparison": comparison}

    async def shipped(self) -> tuple[ShippedScenario, ...]:
        """Return the scenarios that come with the program; a document that names one stands for it."""
        listed = await self._ask(["list", "--json"], None, None)
        return tuple(
            ShippedScenario(
                name=each["name"],
                title=each["title"],
                about=each.get("about", ""),
                document={"parent": each["name"]},
            )
            for each in listed
        )

    async def _ask(self, words: list[str], document: Mapping[str, Any] | None, folder: str | None) -> Any:
        child = await asyncio.create_subprocess_exec(
            *self.command,
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": _python_path()},
            start_new_session=True,
        )
        try:
            self._limit(child.pid)
            given = b"" if document is None else json.dumps(document).encode()
            async with asyncio.timeout(self.limit_s):
                printed, said = await child.communicate(given)
        except TimeoutError:
            raise EngineError(
                f"the replay took longer than {self.limit_s / 60:g} minutes; ask for fewer hours or jobs"
            ) from None
        finally:
            await _end(child)
        if child.returncode or len(printed) > _PRINTED_MAX:
            raise EngineError(_why(child.returncode, said))
        return json.loads(printed)

    def _limit(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has ended already: its words say why
            resource.prlimit(pid, resource.RLIMIT_AS, (self.memory_bytes, self.memory_bytes))
            os.setpriority(os.PRIO_PROCESS, pid, NICENESS)


_WORDS = {"scenario": "scenario", "against": "scenario it is compared with"}


def _python_path() -> str:
    """Return where this program is found, whatever folder the child runs in."""
    root = str(Path(__file__).resolve().parent.parent)
    return os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))


async def _end(child: asyncio.subprocess.Process) -> None:
    """End a replay with all it has started."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


def _why(code: int | None, said: bytes) -> str:
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    if code == 2 and lines:
        return lines[0].removeprefix("edwc: ")
    if any("MemoryError" in line for line in lines) or code == -signal.SIGKILL:
        return "the replay needs more memory than one may have; ask for fewer hours or jobs"
    return lines[-1] if lines else f"the replay ended with code {code}"


def check_scenario(document: Mapping[str, Any], field: str) -> None:
    """Refuse a document that would make the service read files: they are the service's, not the asker's.

    Raises:
        InvalidFieldError: it names a file, or is nested too deep.
    """
    _check(document, field, 0)


def _check(value: Any, at: str, depth: int) -> None:
    if depth > _NESTING_MAX:
        raise InvalidFieldError(at, f"is nested deeper than {_NESTING_MAX}; flatten it")
    if isinstance(value, list):
        for index, item in enumerate(value):
            _check(item, f"{at}[{index}]", depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            here = f"{at}.{key[:60]}"
            if key in _FILE_KEYS or (key == "jobs" and isinstance(item, str)):
                raise InvalidFieldError(here, "names a file; a scenario sent here uses `demand.generate`")
            if key in {"parent", "catalogue"} and not (isinstance(item, str) and _SHIPPED.fullmatch(item)):
                raise InvalidFieldError(
                    here, "must be the name of a shipped one; see GET /v1/scenarios/built-in"
                )
            _check(item, here, depth + 1)
