"""What Ray's description of a job means for its attempt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from api.dispatch.backend import Ending, Observation, Sight
from api.dispatch.ray.claim import ELSEWHERE, ENDED, NOT_CLAIMED, NOT_KNOWN
from api.dispatch.ray.submission import END, LIMIT

SIGNALS_FROM = 128
TIMED_OUT = frozenset({124, 137})
COMMAND_ERROR = "JOB_ENTRYPOINT_COMMAND_ERROR"
_SET_UP = re.compile(r"\A[^\n]*Runtime env is setting up\.\n")


def seen_of(job: Mapping[str, Any]) -> Observation:
    """Return what is seen of a job. Ray's start is when it was submitted, which is all that it keeps."""
    status = job["status"]
    started, ended = _instant(job.get("start_time")), _instant(job.get("end_time"))
    to_end = END in (job.get("metadata") or {})
    if status == "PENDING":
        return Observation(sight=Sight.WAITING, detail=str(job.get("message") or "")[:300])
    if status == "RUNNING":
        return Observation(sight=Sight.RUNNING, started_at=started)
    if status == "STOPPED":
        return Observation(
            sight=Sight.ENDED,
            ending=Ending.CANCELLED,
            signal=15,
            started_at=started,
            ended_at=ended,
            measured=_measured(job),
        )
    code = 0 if status == "SUCCEEDED" else job.get("driver_exit_code")
    if status not in {"SUCCEEDED", "FAILED"}:
        return Observation(sight=Sight.UNKNOWN, detail=f"Ray calls it {status}")
    if code is None or (code != 0 and job.get("error_type") not in {None, COMMAND_ERROR}):
        words = str(job.get("message") or "").strip().splitlines()
        return Observation(sight=Sight.LOST, started_at=started, detail=(words or ["Ray lost it"])[0][:300])
    return _exited(int(code), job, started, ended, to_end=to_end)


def clean(text: str, job: Mapping[str, Any]) -> str:
    """Return a job's output without the lines that Ray itself writes between."""
    said = f"Running entrypoint for job {job['submission_id']}: {job['entrypoint']}\n"
    return _SET_UP.sub("", text.replace(said, "", 1))


def _exited(
    code: int, job: Mapping[str, Any], started: datetime | None, ended: datetime | None, *, to_end: bool
) -> Observation:
    number = -code if code < 0 else code - SIGNALS_FROM if SIGNALS_FROM < code <= SIGNALS_FROM + 64 else None
    if code == ELSEWHERE:
        return Observation(sight=Sight.UNKNOWN, started_at=started, detail="it is claimed on another node")
    if code == NOT_CLAIMED:
        return Observation(
            sight=Sight.LOST, started_at=started, detail="its claim could not be written; nothing ran"
        )
    if code == NOT_KNOWN:
        return Observation(
            sight=Sight.LOST, started_at=started, detail="it was cut off; how it ended was not kept"
        )
    ending, detail = Ending.EXITED if number is None else Ending.SIGNALLED, ""
    limit_s = int((job.get("metadata") or {}).get(LIMIT, 0))
    if to_end and code == ENDED:
        ending = Ending.CANCELLED
    elif (
        code in TIMED_OUT and started and ended and limit_s and ended - started >= timedelta(seconds=limit_s)
    ):
        ending, detail = Ending.TIMEOUT, f"wall-clock limit of {limit_s} s"
    return Observation(
        sight=Sight.ENDED,
        ending=ending,
        exit_code=code if number is None else None,
        signal=number,
        started_at=None if ending is Ending.CANCELLED else started,
        ended_at=ended,
        measured=_measured(job),
        detail=detail,
    )


def _measured(job: Mapping[str, Any]) -> dict[str, float | str]:
    """Where its entry point ran: all that Ray keeps of what a job used, beside its times."""
    node = urlsplit(str(job.get("driver_agent_http_address") or "")).hostname
    return {"nodes": node} if node else {}


def _instant(milliseconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
