"""Scenarios: what-ifs run in the background; they and their outcomes are kept in memory.

They change nothing and can be run again from their document to the same bytes, so a restart may forget them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from api.errors import NotConfiguredError, NotFoundError, TooManyRequestsError
from api.logs import get_logger
from api.scenario_engine import EngineError, Tell
from api.store import new_id
from api.wire.operations import ScenarioProgress, ScenarioView, ShippedScenario

KEPT_MAX = 200

_log = get_logger()


class ScenarioRunner(Protocol):
    """What runs a scenario."""

    async def run(
        self, scenario: Mapping[str, Any], against: Mapping[str, Any] | None, tell: Tell
    ) -> Mapping[str, Any]:
        """Return the outcome.

        Raises:
            EngineError: it cannot be run; the message says why.
        """

    async def shipped(self) -> Sequence[ShippedScenario]:
        """Return the scenarios that come with the program."""


class ScenarioDesk:
    """Starts what-ifs and remembers how they ended."""

    def __init__(
        self, runner: ScenarioRunner | None, *, clock: Callable[[], datetime], running_max: int = 1
    ) -> None:
        """Run scenarios with a runner, so many at once, or refuse them all when there is none."""
        self._runner, self._clock, self._running_max = runner, clock, running_max
        self._views: OrderedDict[tuple[str, str], ScenarioView] = OrderedDict()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._shipped: tuple[ShippedScenario, ...] = ()

    def start(
        self, tenant: str, scenario: Mapping[str, Any], against: Mapping[str, Any] | None = None
    ) -> ScenarioView:
        """Start a what-if.

        Raises:
            NotConfiguredError: there is no engine.
            TooManyRequestsError: as many as may are running.
        """
        runner = self._require_runner()
        if len(self._tasks) >= self._running_max:
            raise TooManyRequestsError(
                f"{len(self._tasks)} scenarios run already; ask later", retry_after_s=5
            )
        now = self._clock()
        view = ScenarioView(
            id=new_id("scn", now),
            state="running",
            created_at=now,
            finished_at=None,
            outcome=None,
            detail="",
            progress=None,
        )
        self._views[tenant, view.id] = view
        while len(self._views) > KEPT_MAX:
            self._views.popitem(last=False)
        task = asyncio.create_task(self._run((tenant, view.id), scenario, against, runner))
        self._tasks[view.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(view.id, None))
        return view

    def find(self, tenant: str, name: str) -> ScenarioView:
        """Return a what-if of a tenant.

        Raises:
            NotFoundError: it has none of that id, or it was forgotten.
        """
        view = self._views.get((tenant, name))
        if view is None:
            raise NotFoundError("scenario", name)
        return view

    def list_of(self, tenant: str, limit: int) -> list[ScenarioView]:
        """Return a tenant's what-ifs without their outcomes, newest first."""
        own = [view for (owner, _), view in reversed(self._views.items()) if owner == tenant]
        return [view.model_copy(update={"outcome": None}) for view in own[:limit]]

    async def cancel(self, tenant: str, name: str) -> ScenarioView:
        """End a what-if that runs; one that has ended stays as it is.

        Raises:
            NotFoundError: the tenant has none of that id.
        """
        self.find(tenant, name)
        task = self._tasks.get(name)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if self.find(tenant, name).state == "running":  # it had not even begun
                self._update((tenant, name), state="cancelled", finished_at=self._clock())
        return self.find(tenant, name)

    async def shipped(self) -> tuple[ShippedScenario, ...]:
        """Return the scenarios that come with the program; they are asked for once.

        Raises:
            NotConfiguredError: there is no engine.
        """
        runner = self._require_runner()
        if not self._shipped:
            try:
                self._shipped = tuple(await runner.shipped())
            except EngineError as error:
                raise NotConfiguredError(f"the scenario engine does not answer: {error}") from error
        return self._shipped

    async def close(self) -> None:
        """Give up what still runs."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _require_runner(self) -> ScenarioRunner:
        if self._runner is None:
            raise NotConfiguredError(
                "no scenario engine here: EDWC_SCENARIOS_MAX is 0; use `edwc whatif`, or raise it"
            )
        return self._runner

    async def _run(
        self,
        place: tuple[str, str],
        scenario: Mapping[str, Any],
        against: Mapping[str, Any] | None,
        runner: ScenarioRunner,
    ) -> None:
        def tell(progress: ScenarioProgress) -> None:
            self._update(place, progress=progress)

        try:
            outcome = await runner.run(scenario, against, tell)
        except asyncio.CancelledError:
            self._update(place, state="cancelled", finished_at=self._clock())
            raise
        except EngineError as error:
            self._update(place, state="failed", detail=str(error)[:500], finished_at=self._clock())
        except Exception as error:
            _log.warning("scenario_failed", scenario=place[1], error=repr(error))
            detail = f"{type(error).__name__}: {error}"[:500]
            self._update(place, state="failed", detail=detail, finished_at=self._clock())
        else:
            self._update(place, state="succeeded", outcome=dict(outcome), finished_at=self._clock())

    def _update(self, place: tuple[str, str], **fields: Any) -> None:
        view = self._views.get(place)
        if view is not None:  # else it was forgotten: too many came after it
            self._views[place] = view.model_copy(update=fields)
