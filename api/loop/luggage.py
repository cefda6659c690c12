"""Luggage: what a job needs at its site before it starts: inputs that name real data, and its last checkpoint."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from api.dispatch import Backends
from api.loop.reign import Reign
from api.loop.transit import Transit
from api.staging import NamedInput, Parcel, SourceGone, Stager, StagingError, named_inputs
from api.store import Attempt

log = structlog.get_logger("edwc.loop")


@dataclass(slots=True, eq=False)
class Luggage:
    """Has it brought, one task an attempt; asked again after a crash, it finds what has arrived.

    Attributes:
        reign: whose jobs.
        backends: know where checkpoints are.
        stager: moves the data; None where the operator allows no source.
    """

    reign: Reign
    backends: Backends
    stager: Stager | None
    _tasks: dict[str, asyncio.Task[Mapping[str, str]]] = field(default_factory=dict)
    _sites: dict[str, str] = field(default_factory=dict)
    _begun: bool = False

    def named(self, job_id: str) -> tuple[NamedInput, ...]:
        """The inputs of a job whose bytes have an address."""
        request = self.reign.requests.get(job_id)
        return named_inputs(request.labels) if request is not None and request.labels else ()

    def ready(self, attempt: Attempt, transit: Transit) -> Mapping[str, str] | None:
        """Return what tells the command where its inputs are; None while anything is under way.

        Raises:
            StagingError: it cannot be brought.
        """
        named, parcel = self.named(attempt.job), self._parcel(attempt)
        if not named and parcel is None:
            return {}
        if named and self.stager is None:
            raise StagingError("this service brings no data: its operator has allowed no source")
        task = self._tasks.get(attempt.id)
        if task is None:
            rates = {each.number: self._rate_gbps(attempt, each.number, transit) for each in named}
            self._tasks[attempt.id] = asyncio.create_task(self._bring(attempt, named, rates, parcel))
            self._sites[attempt.id] = attempt.site
            log.info(
                "luggage_set_out",
                attempt=attempt.id,
                site=attempt.site,
                inputs=len(named),
                checkpoint=parcel is not None,
            )
            return None
        return task.result() if task.done() else None

    async def advance(self) -> None:
        """Remove the inputs of attempts that are over."""
        live = {attempt.id for _, attempts in self.reign.under_way() for attempt in attempts}
        for attempt in self._tasks.keys() - live:
            await self._stop(attempt)
            site = self._sites.pop(attempt)
            if self.stager is not None:
                await asyncio.to_thread(self.stager.drop, attempt, site)
        if self.stager is not None and not self._begun:
            self._begun = True
            try:
                for folder in await asyncio.to_thread(self.stager.left_behind, live):
                    await asyncio.to_thread(shutil.rmtree, folder, True)
            except OSError as error:  # the next leader tries again; this one has work to do
                log.warning("inputs_not_swept", error=str(error))

    async def end(self) -> None:
        """Stop what is under way; another controller goes on with it."""
        for attempt in list(self._tasks):
            await self._stop(attempt)

    def _parcel(self, attempt: Attempt) -> Parcel | None:
        """The checkpoint that an attempt goes on from, when it was left where another backend works."""
        last = next((each for each in reversed(self.reign.attempts[attempt.job]) if each.saved > 0), None)
        if last is None or last.backend == attempt.backend:
            return None
        source, target = (self.backends.checkpoints(each.backend) for each in (last, attempt))
        if source is None or target is None or source == target:
            return None
        return Parcel(source=source / attempt.job, target=target / attempt.job, mark=last.id)

    async def _bring(
        self,
        attempt: Attempt,
        named: tuple[NamedInput, ...],
        rates_gbps: Mapping[int, float],
        parcel: Parcel | None,
    ) -> Mapping[str, str]:
        try:
            if parcel is not None:
                await asyncio.to_thread(parcel.carry)
            if not named or self.stager is None:
                return {}
            return await self.stager.stage(attempt.id, attempt.site, named, rates_gbps)
        except (OSError, ValueError) as error:  # a full disk, an address that is none: this attempt's loss
            raise SourceGone(str(error)) from error

    async def _stop(self, attempt: str) -> None:
        task = self._tasks.pop(attempt)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def _rate_gbps(self, attempt: Attempt, number: int, transit: Transit) -> float:
        inputs = self.reign.requests[attempt.job].inputs
        return (
            transit.rate_gbps(inputs[number].at, attempt.site) if number < len(inputs) else transit.most_gbps
        )
