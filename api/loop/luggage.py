"""Luggage: the inputs of jobs that name real data, brought to their site before they start."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from api.loop.reign import Reign
from api.loop.transit import Transit
from api.staging import NamedInput, Stager, StagingError, named_inputs
from api.store import Attempt

log = structlog.get_logger("edwc.loop")


@dataclass(slots=True, eq=False)
class Luggage:
    """Has inputs staged, one task an attempt; asked again after a crash, it finds what has arrived.

    Attributes:
        reign: whose jobs.
        stager: moves the data; None where the operator allows no source.
    """

    reign: Reign
    stager: Stager | None
    _tasks: dict[str, asyncio.Task[Mapping[str, str]]] = field(default_factory=dict)
    _sites: dict[str, str] = field(default_factory=dict)
    _begun: bool = False

    def named(self, job_id: str) -> tuple[NamedInput, ...]:
        """The inputs of a job whose bytes have an address."""
        request = self.reign.requests.get(job_id)
        return () if request is None else named_inputs(request.labels)

    def ready(self, attempt: Attempt, transit: Transit) -> Mapping[str, str] | None:
        """Return what tells the command where its inputs are; None while they are under way.

        Raises:
            StagingError: they cannot be brought.
        """
        named = self.named(attempt.job)
        if not named:
            return {}
        if self.stager is None:
            raise StagingError("this service brings no data: its operator has allowed no source")
        task = self._tasks.get(attempt.id)
        if task is None:
            rates = {each.number: self._rate_gbps(attempt, each.number, transit) for each in named}
            staging = self.stager.stage(attempt.id, attempt.site, named, rates)
            self._tasks[attempt.id] = asyncio.create_task(staging)
            self._sites[attempt.id] = attempt.site
            log.info("inputs_set_out", attempt=attempt.id, site=attempt.site, inputs=len(named))
            return None
        return task.result() if task.done() else None

    async def advance(self) -> None:
        """Remove the inputs of attempts that are over."""
        if self.stager is None:
            return
        live = {attempt.id for _, attempts in self.reign.under_way() for attempt in attempts}
        for attempt in self._tasks.keys() - live:
            await self._stop(attempt)
            await asyncio.to_thread(self.stager.drop, attempt, self._sites.pop(attempt))
        if not self._begun:
            for folder in await asyncio.to_thread(self.stager.left_behind, live):
                await asyncio.to_thread(shutil.rmtree, folder, True)
            self._begun = True

    async def end(self) -> None:
        """Stop what is under way; another controller goes on with it."""
        for attempt in list(self._tasks):
            await self._stop(attempt)

    async def _stop(self, attempt: str) -> None:
        task = self._tasks.pop(attempt)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def _rate_gbps(self, attempt: Attempt, number: int, transit: Transit) -> float:
        inputs = self.reign.requests[attempt.job].inputs
        return (
            transit.rate_gbps(inputs[number].at, attempt.site) if number < len(inputs) else transit.most_gbps
        )
