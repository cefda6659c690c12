"""Serving: one process that answers HTTP until it is told to stop, and then finishes what it is at."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from api.app import build_app, wrap
from api.bootstrap import lifespan_of, open_service, prepare_store, welcome
from api.interpreter import settle
from api.loop import wall_clock
from api.settings import Settings

BACKLOG = 4096


class Server(uvicorn.Server):
    """A server that tells open event streams of the end, and says where it listens."""

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event, say: Callable[[str], None]) -> None:
        """Set `closing` when the process is told to stop; `say` the address."""
        super().__init__(config)
        self._closing, self._say = closing, say
        self._loop = asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Begin the end: streams close, requests under way are answered, the loop ends its tick."""
        # Not remembered as a signal to die of: a service that ends when it is told to has done well.
        self._loop.call_soon_threadsafe(self._closing.set)
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say where."""
        await super().startup(sockets)
        settle()
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            self._say(f"EDWC serves http://{shown}:{port} (described at /docs)")


async def serve_forever(settings: Settings, *, loop: bool, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings: what the operator chose.
        loop: whether the loop runs in this process too.
        say: writes a line for people.

    Raises:
        StoreError: the store cannot be opened.
        SettingsError: the settings do not go together.
        TopologyError: the catalogue is broken.
    """
    prepare_store(settings, wall_clock())
    service = open_service(settings, loop=loop)
    new = await welcome(service.store, service.secret, wall_clock())
    if new is not None:
        say(f"Made tenant `default`. Its key, shown this once:\n\n    {new.text}\n")
    app = build_app(service, lifespan=lifespan_of(service))
    config = uvicorn.Config(
        wrap(app),
        host=settings.host,
        port=settings.port,
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=settings.drain_seconds,
    )
    await Server(config, service.closing, say).serve()
