"""The bootstrap: the only place where the parts of a process are put together."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from api.auth import Keyring, NewKey, Scope
from api.dispatch import Backends, LocalBackend, LogPiece, UnknownAttempt
from api.dispatch.registry import full_name
from api.errors import NotFoundError
from api.feeds import BuiltInFeed
from api.intake import Intake
from api.interpreter import collect_when_quiet
from api.limits import RateLimiter
from api.logs import get_logger
from api.loop import Controller, LoopParts, LoopSettings, ProcessPlanner, wall_clock
from api.metrics import Metrics
from api.quotes import QuoteDesk
from api.quotes_market import MarketWatch
from api.scenario_engine import ScenarioEngine
from api.scenarios import ScenarioDesk, ScenarioRunner
from api.secret import find_secret
from api.service import ReadLogs, Service
from api.settings import Settings
from api.sites_file import inputs_folder, read_sites
from api.staging import Copier, Stager
from api.store import (
    Attempt,
    Audit,
    Many,
    Put,
    Store,
    StoreError,
    Sweep,
    Tenant,
    UnavailableError,
    migrate,
    open_store,
)
from api.store.opening import database_at
from api.store.sqlite import SqliteDatabase
from pricing import load_price_catalogue
from topology import Catalogue, load_catalogue

DEFAULT_TENANT = "default"
SWEEP_SECONDS = 600.0
STORE_PAUSE_SECONDS = 1.0

_log = get_logger()


class TickingClock:
    """A clock for the loop that remembers when it was last asked: every tick asks it once."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Tell the time of another clock."""
        self._clock = clock
        self.asked_at: datetime | None = None

    def __call__(self) -> datetime:
        """The present instant."""
        self.asked_at = self._clock()
        return self.asked_at


@dataclass(slots=True, eq=False)
class Engine:
    """The loop of this process with what it runs on; the API asks it whether it lives.

    Attributes:
        controller: stands for election and ticks.
        backends: run the work.
        clock: the loop's.
    """

    controller: Controller
    backends: Backends
    clock: TickingClock

    @property
    def last_tick_at(self) -> datetime | None:
        """When the loop last began a tick."""
        return self.clock.asked_at

    @property
    def leading(self) -> bool:
        """Whether the loop of this process leads."""
        return self.controller.loop is not None

    async def read_logs(self, attempt: Attempt, offset: int, stream: str) -> LogPiece:
        """Return what an attempt wrote.

        Raises:
            NotFoundError: it wrote nothing, or its backend is gone.
        """
        backend = self.backends.named(attempt.backend)
        if backend is None:
            raise NotFoundError("backend", attempt.backend)
        try:
            return await backend.logs(attempt.id, offset, stream)
        except UnknownAttempt as error:
            raise NotFoundError("attempt", attempt.id) from error


def open_service(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = wall_clock,
    loop: bool = False,
    store: Store | None = None,
    catalogue: Catalogue | None = None,
    runner: ScenarioRunner | None = None,
    read_logs: ReadLogs | None = None,
) -> Service:
    """Return the service of a store that has been migrated.

    Args:
        settings: what the operator chose.
        clock: what time it is.
        loop: whether the loop runs in this process too.
        store: in the place of the one the settings name.
        catalogue: in the place of the one the settings name.
        runner: in the place of the scenario engine the settings name.
        read_logs: in the place of the backends of this process.

    Raises:
        SettingsError: the settings do not go together.
        StoreError: the store cannot be opened.
        TopologyError: the catalogue is broken.
    """
    secret = find_secret(settings)
    store = store or open_store(settings.store, secret=secret)
    catalogue = catalogue or load_catalogue(settings.catalogue)
    feed = BuiltInFeed(catalogue)
    rate_card = load_price_catalogue().rate_card
    watch = MarketWatch(store, feed, hours=settings.quote_hours)
    engine = build_engine(settings, store, feed, clock) if loop else None
    return Service(
        settings=settings,
        store=store,
        secret=secret,
        catalogue=catalogue,
        keyring=Keyring(store, secret, cache_seconds=settings.key_cache_seconds),
        limiter=RateLimiter(burst_seconds=settings.burst_seconds),
        intake=Intake(catalogue, batch_max=settings.batch_max, rate_card=rate_card),
        quotes=QuoteDesk(store, watch, rate_card, secret, valid=timedelta(minutes=settings.quote_minutes)),
        rate_card=rate_card,
        scenarios=ScenarioDesk(
            runner or _engine_of(settings), clock=clock, running_max=max(settings.scenarios_max, 1)
        ),
        metrics=Metrics(),
        clock=clock,
        loop=engine,
        read_logs=read_logs or (None if engine is None else engine.read_logs),
    )


def build_engine(
    settings: Settings, store: Store, feed: BuiltInFeed, clock: Callable[[], datetime]
) -> Engine:
    """Return the loop of this process, not yet running.

    Raises:
        SitesFileError: the sites file breaks rules.
    """
    loop_settings = LoopSettings(
        time_scale=settings.time_scale,
        site_silence_s=settings.site_silence_seconds,
        abandon_s=settings.abandon_seconds,
    )
    ticking = TickingClock(clock)
    local = LocalBackend(data_folder(settings) / "local", ticking, time_scale=settings.time_scale)
    name = full_name("local", local)
    backends, inputs = Backends(by_name={name: local}, default=name), dict[str, Path]()
    if settings.sites:
        listed = read_sites(Path(settings.sites), feed.catalogue)
        backends = listed.backends(
            local, data=data_folder(settings), clock=ticking, time_scale=settings.time_scale
        )
        inputs = dict(listed.inputs)
    parts = LoopParts(
        store=store,
        feed=feed,
        backends=backends,
        planner=ProcessPlanner(),
        admitter=ProcessPlanner(),
        settings=loop_settings,
        stager=_stager(settings, inputs),
    )
    holder = f"{socket.gethostname()}:{os.getpid()}"
    return Engine(Controller(parts=parts, clock=ticking, holder=holder), backends, ticking)


def _stager(settings: Settings, roots: Mapping[str, Path]) -> Stager | None:
    """Return what brings jobs' data to their sites; None where the operator allows no source."""
    if not settings.input_sources:
        return None
    root = inputs_folder(data_folder(settings))
    return Stager(mover=Copier(), root=root, sources=settings.input_sources, roots=roots)


def data_folder(settings: Settings) -> Path:
    """Return the whole path of this machine's folder: what the local backend and copies of data are found again by."""
    if settings.data:
        return Path(settings.data).absolute()
    database = database_at(settings.store)
    if isinstance(database, SqliteDatabase):
        return database.path.with_name(database.path.name + ".data").absolute()
    return Path("edwc.data").absolute()


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    """Run what runs beside the requests: the loop, if it is here, and the market's watch."""
    engine = service.loop if isinstance(service.loop, Engine) else None
    tasks = [
        asyncio.create_task(
            service.quotes.watch.keep_fresh(
                service.clock, service.settings.market_refresh_seconds, service.closing
            )
        ),
        asyncio.create_task(_sweep(service)),
        asyncio.create_task(collect_when_quiet(lambda: service.metrics.answered, service.closing)),
    ]
    if engine is not None:
        tasks.append(asyncio.create_task(engine.controller.run_forever(service.closing)))
    try:
        yield
    finally:
        service.closing.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        await service.scenarios.close()
        if engine is not None:
            await engine.backends.close()
        await service.store.close()


async def _sweep(service: Service) -> None:
    """Forget expired idempotency records and unused quotes, now and again."""
    while not service.closing.is_set():
        try:
            await service.store.write(Sweep(now=service.clock()))
        except StoreError as error:
            _log.warning("sweep_failed", error=str(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(service.closing.wait(), SWEEP_SECONDS)


def lifespan_of(service: Service) -> Any:
    """Return the lifespan that runs a service around its app."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running(service):
            yield

    return lifespan


async def welcome(store: Store, secret: bytes, now: datetime) -> NewKey | None:
    """Make the tenant `default` and a key with every scope in an empty store; None when it is not empty."""
    if (await store.read(Many(Tenant, limit=1))).items:
        return None
    new = Keyring(store, secret, cache_seconds=0).make(
        tenant=DEFAULT_TENANT, scopes=list(Scope), now=now, name="first key"
    )
    await store.write(
        Put(record=Tenant(name=DEFAULT_TENANT, created_at=now), expect=None),
        Put(record=new.record, expect=None),
        Audit(
            at=now, actor="first start", action="tenant.make", target=DEFAULT_TENANT, tenant=DEFAULT_TENANT
        ),
        Audit(
            at=now, actor="first start", action="key.make", target=new.record.prefix, tenant=DEFAULT_TENANT
        ),
    )
    return new


def prepare_store(settings: Settings, now: datetime) -> None:
    """Bring the store to the present shape; a server that is not up yet is waited for.

    Raises:
        StoreError: it cannot be reached, or is newer than this program.
    """
    end = time.monotonic() + settings.store_wait_seconds
    while True:
        try:
            migrate(settings.store, now=now)
        except UnavailableError as error:
            if not settings.store.startswith("postgres") or time.monotonic() > end:
                raise
            _log.warning("store_awaited", error=str(error), seconds_left=round(end - time.monotonic()))
            time.sleep(STORE_PAUSE_SECONDS)
        else:
            return


def _engine_of(settings: Settings) -> ScenarioRunner | None:
    """Return what runs what-ifs, None where none may run."""
    if not settings.scenarios_max:
        return None
    return ScenarioEngine(
        limit_s=settings.scenario_minutes * 60, memory_bytes=int(settings.scenario_memory_gib * 2**30)
    )
