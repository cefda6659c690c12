"""A street: the real service behind several ports, each with a proxy that can fail, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine
from contextlib import ExitStack
from typing import Any, TypeVar

import uvicorn
from structlog.testing import capture_logs

from api.app import build_app, wrap
from api.bootstrap import open_service, welcome
from api.loop import wall_clock
from api.settings import Settings
from api.store import Jobs
from tests.api.dispatch.faults.proxy import FaultProxy
from topology import Catalogue

T = TypeVar("T")


class Street:
    """Three doors to one service; what the tests break is the way to it."""

    def __init__(self, catalogue: Catalogue, doors: int = 3) -> None:
        self._silence = ExitStack()  # unset, the server's log would be written among the output of commands
        self._silence.enter_context(capture_logs())
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.doors: list[FaultProxy] = []
        self.run(self._open(catalogue, doors))

    async def _open(self, catalogue: Catalogue, doors: int) -> None:
        settings = Settings(store="memory://", log_level="error", heartbeat_seconds=0.5)
        self.service = open_service(settings, catalogue=catalogue)
        new = await welcome(self.service.store, self.service.secret, wall_clock())
        assert new is not None
        self.key = new.text
        app = wrap(build_app(self.service))
        config = uvicorn.Config(app, log_config=None, lifespan="off", http="httptools", ws="none")
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(doors)]
        self._serving = asyncio.ensure_future(self._server._serve(self._sockets))
        while not self._server.started:
            await asyncio.sleep(0.01)
        for each in self._sockets:
            proxy = FaultProxy(each.getsockname()[1])
            await proxy.start()
            self.doors.append(proxy)

    @property
    def urls(self) -> list[str]:
        return [door.url for door in self.doors]

    def run(self, act: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(act, self._loop).result(timeout=60)

    def stored_names(self) -> dict[str, str]:
        """Every stored job: id -> name."""
        page = self.run(self.service.store.read(Jobs(limit=10_000)))
        return {job.id: job.name for job in page.items}

    def close(self) -> None:
        self.run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._silence.close()

    async def _close(self) -> None:
        self.service.closing.set()
        for door in self.doors:
            await door.kill()
        self._server.should_exit = True
        await self._serving
        await self.service.store.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
