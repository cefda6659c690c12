"""A controller in a process of its own, for tests that kill it: `python -m ... URL HOLDER FOLDER`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from api.dispatch import Backends, LocalBackend
from api.loop import Controller, InlinePlanner, LoopParts, LoopSettings, wall_clock
from api.store import open_store
from tests.api.loop.stage import FlatFeed
from tests.builders import catalogue, site

SETTINGS = LoopSettings(horizon_hours=2.0, plan_time_limit_s=0.2, plan_every_s=0.5, tick_s=0.2, retry_s=0.5)


def feed() -> FlatFeed:
    return FlatFeed(catalogue(site("west", cpu_cores=1e6), site("east", cpu_cores=1e6)), {"west": 0.5})


async def main(url: str, holder: str, folder: str) -> None:
    store = open_store(url)
    parts = LoopParts(
        store=store,
        feed=feed(),
        backends=Backends(by_name={"local": LocalBackend(Path(folder), wall_clock)}, default="local"),
        planner=InlinePlanner(),
        admitter=InlinePlanner(),
        settings=SETTINGS,
    )
    print("stands", flush=True)
    await Controller(parts=parts, clock=wall_clock, holder=holder).run_forever(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
