"""The progress of a search: a line on a terminal that renews itself, nothing in a pipe."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from api.cli.table import percent


class News(Protocol):
    """One line of news of the planner."""

    @property
    def phase(self) -> str:
        """What it is doing."""

    @property
    def step(self) -> int:
        """Steps of this phase that are done."""

    @property
    def steps(self) -> int:
        """Steps of this phase in all, 0 when open."""

    @property
    def objective(self) -> float:
        """Best plan so far [CNY]."""

    @property
    def gap(self) -> float:
        """Proven gap so far."""


@contextmanager
def show_progress(what: str) -> Iterator[Callable[[News], None] | None]:
    """Show a bar on standard error while the block runs; yield the callback that feeds it, None in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415  (wanted on a terminal only)
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[news]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, news="")

        def tell(news: News) -> None:
            total = news.steps or None
            bar.update(task, description=news.phase, completed=news.step, total=total, news=_words(news))

        yield tell


def _words(news: News) -> str:
    if not math.isfinite(news.objective):
        return ""
    return f"{news.objective:,.0f} CNY, gap {percent(news.gap)}"
