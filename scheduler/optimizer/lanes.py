"""Two threads side by side over compiled kernels that release the interpreter's lock.

The number of lanes is fixed, not the machine's: work is cut the same way everywhere, so results
are the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

LANES = 2
SMALLEST_SHARE = 64  # jobs below which a thread costs more than it brings


class Lanes:
    """A pool of threads to be closed after use."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(LANES, thread_name_prefix="optimizer")

    def __enter__(self) -> Lanes:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def side_by_side(self, tasks: Sequence[Callable[[], Any]]) -> list[Any]:
        """Results of the tasks, in their order.

        Raises:
            Exception: the first that a task raised.
        """
        return [future.result() for future in [self._pool.submit(task) for task in tasks]]

    def over_range(self, count: int, kernel: Callable[[int, int], object]) -> None:
        """Call kernel(begin, end) over pieces that cover range(count)."""
        if count < 2 * SMALLEST_SHARE:
            kernel(0, count)
            return
        pieces = 4 * LANES
        edges = [count * k // pieces for k in range(pieces + 1)]
        self.side_by_side([partial(kernel, a, b) for a, b in pairwise(edges)])
