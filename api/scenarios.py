"""Scenarios: what-ifs run in the background by an engine that is handed in; their outcomes are kept in memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from api.errors import NotConfiguredError, NotFoundError, TooManyRequestsError
from api.logs import get_logger
from api.store import new_id
from api.wire.operations import ScenarioView

ScenarioRunner = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Runs one scenario document and returns its outcome; raises ValueError for a scenario that is none."""

RUNNING_MAX = 2
KEPT_MAX = 200

_log = get_logger()


class ScenarioDesk:
    """Starts what-ifs and remembers how they ended."""

    def __init__(self, runner: ScenarioRunner | None, *, clock: Callable[[], datetime]) -> None:
        """Run scenarios with an engine, or refuse them all when there is none."""
        self._runner, self._clock = runner, clock
        self._views: OrderedDict[tuple[str, str], ScenarioView] = OrderedDict()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, tenant: str, scenario: Mapping[str, Any]) -> ScenarioView:
        """Start a what-if.

        Raises:
            NotConfiguredError: there is no engine.
            TooManyRequestsError: as many as may are running.
        """
        if self._runner is None:
            raise NotConfiguredError(
                "no scenario engine configured; set EDWC_SCENARIO_RUNNER, or use `edwc whatif`"
            )
        if len(self._tasks) >= RUNNING_MAX:
            raise TooManyRequestsError(f"{RUNNING_MAX} scenarios run already; ask later", retry_after_s=5)
        now = self._clock()
        view = ScenarioView(
            id=new_id("scn", now), state="running", created_at=now, finished_at=None, outcome=None, detail=""
        )
        self._views[tenant, view.id] = view
        while len(self._views) > KEPT_MAX:
            self._views.popitem(last=False)
        task = asyncio.create_task(self._run(tenant, view, scenario, self._runner))
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

    async def close(self) -> None:
        """Give up what still runs."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(
        self, tenant: str, view: ScenarioView, scenario: Mapping[str, Any], runner: ScenarioRunner
    ) -> None:
        try:
            outcome = await runner(scenario)
        except Exception as error:
            _log.warning("scenario_failed", scenario=view.id, error=str(error))
            end: dict[str, Any] = {"state": "failed", "detail": f"{type(error).__name__}: {error}"[:500]}
        else:
            end = {"state": "succeeded", "outcome": dict(outcome)}
        self._views[tenant, view.id] = view.model_copy(update={**end, "finished_at": self._clock()})
