"""What Podman's description of containers means for their attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from api.dispatch.backend import Ending, Observation, Sight
from api.dispatch.podman.container import LIMIT
from api.dispatch.podman.guard import NOT_KNOWN
from api.dispatch.times import cpu_seconds

SIGNALS_FROM = 128
UNKNOWN_CODE = -1
ALIVE = frozenset({"running", "paused", "stopping"})
NOT_BEGUN = frozenset({"created", "configured", "initialized"})
_SLACK = timedelta(seconds=1)


def instant(text: str) -> datetime | None:
    """Read an instant; the year 1 stands for never."""
    return None if not text or text.startswith("0001-") else datetime.fromisoformat(text)


def ever_started(document: Mapping[str, Any]) -> bool:
    """Whether a container was started at least once."""
    return instant(document["State"]["StartedAt"]) is not None


def is_guarded(document: Mapping[str, Any]) -> bool:
    """Whether a container's command runs behind the guard."""
    return "edwc" in (document.get("Args") or ())


def seen_of(document: Mapping[str, Any], marked_at: datetime | None) -> Observation:
    """Return what is seen of one container.

    Args:
        document: as `inspect` answers.
        marked_at: when it was marked to end, or None; by the same clock.
    """
    state = document["State"]
    status, started = state["Status"], instant(state["StartedAt"])
    if status in ALIVE:
        if "CgroupPath" not in state:  # its monitor was killed: Podman goes on to say that it runs
            return Observation(
                sight=Sight.LOST, started_at=started, detail="its process and its monitor are gone"
            )
        return Observation(sight=Sight.RUNNING, started_at=started)
    if status in NOT_BEGUN and started is not None:
        return Observation(sight=Sight.LOST, started_at=started, detail="its machine was restarted under it")
    if status in NOT_BEGUN:
        return cancelled_at(marked_at) if marked_at else Observation(sight=Sight.WAITING)
    if started is None:
        return Observation(sight=Sight.UNKNOWN, detail=f"Podman calls it {status}")
    return _ended(document, started, max(started, instant(state["FinishedAt"]) or started), marked_at)


def cancelled_at(marked_at: datetime) -> Observation:
    """Return what is seen of an attempt that was marked to end before it began."""
    return Observation(sight=Sight.ENDED, ending=Ending.CANCELLED, ended_at=marked_at)


def _ended(
    document: Mapping[str, Any], started: datetime, finished: datetime, marked_at: datetime | None
) -> Observation:
    state, code = document["State"], int(document["State"]["ExitCode"])
    limit_s = int((document["Config"].get("Labels") or {}).get(LIMIT, 0))
    number = code - SIGNALS_FROM if SIGNALS_FROM < code <= SIGNALS_FROM + 64 else None
    ending, detail = Ending.EXITED if number is None else Ending.SIGNALLED, ""
    if code != 0 and marked_at is not None and marked_at <= finished:
        ending = Ending.CANCELLED
    elif state.get("OOMKilled"):
        ending, number, detail = Ending.SIGNALLED, 9, "went beyond its memory limit"
    elif (
        code != 0
        and limit_s
        and finished - started > timedelta(seconds=limit_s) - _SLACK
        and _cut(code, number)
    ):
        ending, detail = Ending.TIMEOUT, f"wall-clock limit of {limit_s} s"
    elif code in (UNKNOWN_CODE, NOT_KNOWN) and _cut_off(code, document):
        return Observation(sight=Sight.LOST, started_at=started, detail="how it ended was not kept")
    return Observation(
        sight=Sight.ENDED,
        ending=ending,
        exit_code=code if number is None and code >= 0 else None,
        signal=number,
        started_at=started,
        ended_at=finished,
        detail=detail,
    )


def _cut(code: int, number: int | None) -> bool:
    """Whether it was ended from outside, as by the limit, rather than by itself."""
    return code == UNKNOWN_CODE or number is not None


def _cut_off(code: int, document: Mapping[str, Any]) -> bool:
    return code == UNKNOWN_CODE or is_guarded(document)


def measured_of(written: Mapping[str, str]) -> dict[str, float | str]:
    """Return what the guard of a container measured, by the files that it wrote; nothing when it was cut off."""
    measured: dict[str, float | str] = {}
    cpu_s, memory = cpu_seconds(written.get("times", "")), written.get("memory", "").strip()
    if cpu_s is not None:
        measured["cpu_seconds"] = cpu_s
    if memory.isdigit():
        measured["memory_peak_mib"] = int(memory) / 2**20
    return measured


def seen_together(members: Sequence[Observation]) -> Observation:
    """Return what is seen of a pod, whose first member is its main container.

    It runs as long as one of them does; it ends as the main one did, unless only another failed.
    """
    for sight in (Sight.UNKNOWN, Sight.RUNNING, Sight.WAITING, Sight.LOST):
        for each in members:
            if each.sight is sight:
                return each
    return next((each for each in members if not each.succeeded), members[0])
