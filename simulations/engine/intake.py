"""Intake: jobs as they become known, and a count of everything that is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from scheduler import DocumentError, Job, JobError, ReferenceFault, job_from_document
from scheduler.references import References
from simulations.engine.replay import Replay
from simulations.errors import ReplayError
from topology import CHINA_TIME

FIRST_SHOWN = 5


class Bad(StrEnum):
    """Why a job is left out, or a trace looked at twice."""

    MALFORMED = "malformed"
    NO_RUN_TIME = "no_run_time"
    UNKNOWN_PLACE = "unknown_place"
    BACKWARDS = "time_goes_backwards"
    DUPLICATE = "duplicate_name"
    OUTSIDE = "outside_the_span"


class Intake:
    """Jobs in order of release.

    Args:
        replay: whose jobs, and what is to be done about bad ones.

    Raises:
        ReplayError: a sequence holds bad input and the replay refuses it.
    """

    def __init__(self, replay: Replay) -> None:
        self._references, self._horizon = References(replay.catalogue), replay.horizon
        self._refuses, self._hole = replay.on_bad == "refuse", timedelta(hours=replay.hole_hours)
        self._sources = [dict(source) for source in replay.sources]
        self._position = 0
        self._taken = 0
        self._out_of_order = 0
        self._bad: Counter[Bad] = Counter()
        self._first: dict[Bad, list[str]] = {}
        self._holes: list[tuple[datetime, datetime]] = []
        self._seen: set[str] = set()
        self._latest: datetime | None = None
        self._stream = self._good(replay.jobs)
        self._next: Job | None = next(self._stream, None)

    @property
    def is_done(self) -> bool:
        """Whether no job is left."""
        return self._next is None

    def known_by(self, instant: datetime) -> list[Job]:
        """Return the jobs that are released by an instant and were not returned before."""
        known: list[Job] = []
        while self._next is not None and (self._next.release or self._horizon.start) <= instant:
            known.append(self._next)
            self._next = next(self._stream, None)
        return known

    @property
    def report(self) -> dict[str, Any]:
        """What was read so far and what was wrong with it, as a document."""
        return {
            "sources": self._sources,
            "jobs_read": self._position,
            "jobs_taken": self._taken,
            "bad": {
                cause.value: {"jobs": self._bad[cause], "first": self._first[cause]}
                for cause in sorted(self._bad)
            },
            "out_of_order": self._out_of_order,
            "holes": [[_local(start), _local(end)] for start, end in self._holes],
        }

    def _good(self, jobs: Iterable[Job | Mapping[str, Any]]) -> Iterator[Job]:
        read = self._read(jobs)
        if isinstance(jobs, Sequence):
            return self._checked(self._in_order(list(read)))
        return self._checked(read)

    def _read(self, jobs: Iterable[Job | Mapping[str, Any]]) -> Iterator[Job]:
        for each in jobs:
            self._position += 1
            if isinstance(each, Job):
                yield each
                continue
            try:
                job = job_from_document(dict(each))
            except (DocumentError, JobError) as error:
                what = Bad.NO_RUN_TIME if error.field.endswith("runtime_minutes") else Bad.MALFORMED
                self._leave_out(what, str(each.get("name", f"job {self._position}")), str(error))
                continue
            yield job

    def _in_order(self, jobs: list[Job]) -> Iterator[Job]:
        start = self._horizon.start
        latest = start
        for job in jobs:
            release = job.release or start
            self._out_of_order += release < latest
            latest = max(latest, release)
        jobs.sort(key=lambda job: job.release or start)
        return iter(jobs)

    def _checked(self, jobs: Iterable[Job]) -> Iterator[Job]:
        for job in jobs:
            release = job.release or self._horizon.start
            fault = self._fault(job, release)
            if fault is not None:
                self._leave_out(fault[0], job.name, fault[1])
                continue
            self._look_for_hole(release)
            self._seen.add(job.name)
            self._latest = release
            self._taken += 1
            yield job

    def _fault(self, job: Job, release: datetime) -> tuple[Bad, str] | None:
        if self._latest is not None and release < self._latest:
            return (
                Bad.BACKWARDS,
                f"release {_local(release)} is before that of the job before, {_local(self._latest)}",
            )
        if release >= self._horizon.end or (job.deadline is not None and job.deadline <= self._horizon.start):
            return (
                Bad.OUTSIDE,
                f"is released or due outside {_local(self._horizon.start)} to {_local(self._horizon.end)}",
            )
        if job.name in self._seen:
            return Bad.DUPLICATE, "has the name of an earlier job"
        return None

    def screened(self, jobs: list[Job]) -> list[Job]:
        """Return the jobs whose places and machines the catalogue knows; the others are left out."""
        try:
            self._references.check(jobs)
        except ReferenceFault:
            return [job for job in jobs if self._is_known(job)]
        return jobs

    def _is_known(self, job: Job) -> bool:
        try:
            self._references.check([job])
        except ReferenceFault as fault:
            self._taken -= 1
            self._leave_out(Bad.UNKNOWN_PLACE, job.name, str(fault))
            return False
        return True

    def _look_for_hole(self, release: datetime) -> None:
        before = self._horizon.start if self._latest is None else self._latest
        if release - before > self._hole:
            if self._refuses:
                raise ReplayError(
                    f"no job is released from {_local(before)} to {_local(release)}: a hole of the trace; "
                    "raise hole_hours, or skip what is bad"
                )
            self._holes.append((before, release))

    def _leave_out(self, cause: Bad, name: str, why: str) -> None:
        if self._refuses:
            raise ReplayError(f"job {name}: {why}; correct it, or skip what is bad")
        self._bad[cause] += 1
        shown = self._first.setdefault(cause, [])
        if len(shown) < FIRST_SHOWN:
            shown.append(f"{name}: {why}")


def _local(instant: datetime) -> str:
    return instant.astimezone(CHINA_TIME).isoformat(timespec="minutes")
