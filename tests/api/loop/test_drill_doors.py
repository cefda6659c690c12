"""The two doors to a drill: the operator's route, and the command on the machine where the store is."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.auth import Scope
from api.dispatch import Backends, MemoryBackend
from api.feeds import BuiltInFeed
from api.loop import Controller, InlinePlanner, LoopParts, LoopSettings, wall_clock
from api.secret import find_secret
from api.settings import Settings
from api.store import AddJob, Job, One, Put, Tenant, migrate, new_id, open_store
from scheduler import Policy
from tests.api.http.places import House
from topology import load_catalogue


@pytest.fixture
def house() -> Iterator[House]:
    home = House(load_catalogue("china"))
    yield home
    home.close()


def test_an_operator_asks_for_a_drill_once(house: House) -> None:
    answer = house.boss.post("/v1/admin/sites/zhongwei/drill", json={"seconds": 60})
    assert answer.status_code == 202
    assert answer.json()["kill"] is False
    again = house.boss.post("/v1/admin/sites/zhongwei/drill")
    assert (again.status_code, again.json()["type"]) == (409, "urn:edwc:problem:conflict")
    assert house.boss.post("/v1/admin/sites/atlantis/drill").status_code == 404
    assert house.boss.post("/v1/admin/sites/zhongwei/drill", json={"seconds": 0}).status_code == 422
    assert house.boss.get("/v1/admin/drills").json() == {"drills": []}


def test_only_an_operator_may(house: House) -> None:
    guest = house.caller("default", Scope.SUBMIT, Scope.READ)
    assert guest.post("/v1/admin/sites/zhongwei/drill").status_code == 403
    assert guest.get("/v1/admin/drills").status_code == 403


@dataclass
class Works:
    """A loop of its own on a store of its own, in a thread, with one long job."""

    url: str
    site: str = ""
    ready: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        settings = LoopSettings(
            abandon_s=0.2, tick_s=0.1, plan_every_s=0.1, policy=Policy(name="earliest-finish")
        )
        store = open_store(self.url, secret=find_secret(Settings(store=self.url)))
        memory = MemoryBackend(wall_clock)
        parts = LoopParts(
            store=store,
            feed=BuiltInFeed(load_catalogue("china")),
            backends=Backends(by_name={"memory": memory}, default="memory"),
            planner=InlinePlanner(),
            admitter=InlinePlanner(),
            settings=settings,
        )
        now = datetime.now(UTC)
        document = {"name": "long", "demand": {"cpu_cores": 1.0}, "variants": [{"runtime_minutes": 600.0}]}
        document |= {"value_cny": 1e6, "residency": {"provinces": ["ningxia", "gansu"]}}
        job = Job(
            id=new_id("job", now),
            tenant="default",
            name="long",
            document=json.dumps(document),
            created_at=now,
            updated_at=now,
            month="2026-07",
        )
        await store.write(Put(record=Tenant(name="default", created_at=now)), AddJob(job=job))
        stop = asyncio.Event()
        controller = Controller(parts=parts, clock=wall_clock, holder="test")
        running = asyncio.create_task(controller.run_forever(stop))
        while not memory.runs:
            await asyncio.sleep(0.05)
        stored = await store.read(One(Job, job.id))
        assert stored is not None
        self.site = stored.site
        self.ready.set()
        while not self.over.is_set():
            await asyncio.sleep(0.05)
        stop.set()
        await running
        await store.close()


def edwc_admin(*words: str) -> str:
    """What the command prints; it must end well."""
    command = [sys.executable, "-c", "from api.cli.admin import admin; admin()", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=90).stdout


@pytest.mark.slow
def test_the_command_drills_and_shows_what_it_took(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/edwc.db"
    migrate(url, now=datetime.now(UTC))
    works = Works(url)
    thread = threading.Thread(target=works.run, daemon=True)
    thread.start()
    try:
        assert works.ready.wait(60)
        report = json.loads(edwc_admin("drill", works.site, "--for", "60", "--json", "--store", url))
        assert report["recovery_seconds"] > 0
        assert [job["how"] for job in report["jobs"]] in (["runs"], ["planned"])
        assert report["id"] in edwc_admin("drill", "--store", url)
        assert "sound" in edwc_admin("verify-audit", "--store", url)
    finally:
        works.over.set()
        thread.join(30)
