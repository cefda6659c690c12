"""Engines: what runs the cells of a sweep, several at once; each gives the same results.

LocalEngine     processes of this machine, started afresh: nothing is shared with the parent
RayEngine       tasks of a Ray cluster, or of one that is started here; an extra
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any, Protocol

from simulations.errors import SimulationError
from simulations.scenario.document import Document
from simulations.sweep.cell import Cell, run_cell

ENGINES = ("local", "ray")


class EngineError(SimulationError):
    """An engine cannot be used here."""


class Engine(Protocol):
    """Runs cells."""

    def run(self, cells: Iterable[Cell]) -> Iterator[tuple[Cell, Document]]:
        """Run cells and give each with its result as soon as it has one, in any order."""


class LocalEngine:
    """Processes of this machine.

    Args:
        workers: how many at once; as many as there are processors when None.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or os.cpu_count() or 1

    def run(self, cells: Iterable[Cell]) -> Iterator[tuple[Cell, Document]]:
        """Run cells in a pool of processes; when the caller stops, what has not begun is dropped."""
        todo = list(cells)
        if not todo:
            return
        pool = ProcessPoolExecutor(min(self._workers, len(todo)), mp_context=get_context("spawn"))
        try:
            waiting: dict[Future[Document], Cell] = {
                pool.submit(run_cell, cell.name, cell.document): cell for cell in todo
            }
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class RayEngine:
    """Tasks of Ray.

    Args:
        workers: how many processors a cluster that is started here has; all when None.

    Raises:
        EngineError: Ray is not installed.
    """

    def __init__(self, workers: int | None = None) -> None:
        if find_spec("ray") is None:
            raise EngineError(
                "engine ray: Ray is not installed; install it with `pip install 'edwc[ray]'`, or use --engine local"
            )
        self._workers = workers

    def run(self, cells: Iterable[Cell]) -> Iterator[tuple[Cell, Document]]:
        """Run cells as tasks; a cluster that was started for them is stopped after."""
        import ray  # noqa: PLC0415  (seconds to import: only who asks for it pays)

        todo = list(cells)
        if not todo:
            return
        mine = not ray.is_initialized()
        if mine:
            ray.init(num_cpus=self._workers, include_dashboard=False, log_to_driver=False)
        try:
            task: Any = ray.remote(run_cell)
            waiting = {task.remote(cell.name, cell.document): cell for cell in todo}
            while waiting:
                done, _ = ray.wait(list(waiting), num_returns=1)
                yield waiting.pop(done[0]), ray.get(done[0])
        finally:
            if mine:
                ray.shutdown()


def engine_of(name: str, workers: int | None = None) -> Engine:
    """The engine of a name.

    Raises:
        EngineError: there is none of that name, or it is not installed.
    """
    if name == "local":
        return LocalEngine(workers)
    if name == "ray":
        return RayEngine(workers)
    raise EngineError(f"engine {name}: no such engine; there are {', '.join(ENGINES)}")
