"""Drills: a site is lost on request, its jobs recover, the time is taken, the site comes back, the record stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.drills import DrillReport, find_drill, list_drills, order_drill
from api.errors import ConflictError
from api.store import verify_audit
from tests.api.loop.network import Country, tale
from tests.api.loop.stage import SETTINGS

QUICK = replace(SETTINGS, abandon_s=300.0, retry_s=30.0)


async def drill(stage: Country, site: str, *, seconds: float = 1800.0, kill: bool = False) -> DrillReport:
    """Ask for a drill and tick until it is over."""
    order = await order_drill(stage.store, site, seconds=seconds, kill=kill, actor="ops", now=stage.now)
    for _ in range(200):
        await stage.tick(after_minutes=0.5)
        report = await find_drill(stage.store, order.id)
        if report is not None:
            return report
    raise AssertionError("the drill has no end")


@tale(QUICK)
async def test_a_drill_measures_recovery_and_loss_and_gives_the_site_back(stage: Country) -> None:
    single = await stage.submit("single", minutes=600)
    spread = await stage.submit("spread", minutes=600, spread="two_sites")
    waits = await stage.submit("waits", release="2026-07-01T09:00:00+00:00")
    await stage.run(60)
    assert {(await stage.job(each)).site for each in (single, spread, waits)} == {"west1"}
    report = await drill(stage, "west1")
    found = {job.name: job for job in report.jobs}
    assert {name: job.how for name, job in found.items()} == {
        "single": "runs",
        "spread": "runs",
        "waits": "planned",
    }
    assert found["spread"].seconds is not None
    assert found["spread"].seconds <= QUICK.recover_s
    assert report.recovery_seconds == pytest.approx(300.0, abs=90.0)
    assert found["single"].work_hours_lost == pytest.approx(55 / 60, abs=0.1)
    assert found["spread"].work_hours_lost == 0.0
    assert report.work_hours_lost == found["single"].work_hours_lost
    await stage.run(10)
    assert stage.loop is not None
    state = stage.loop.reign.sites["west1"]
    assert (state.answering, state.drill) == (True, "")
    first = (await stage.attempts(single))[0]
    assert (first.state, first.detail) == ("cancelled", "ended: it was replaced while west1 was lost")
    assert [each.id for each in await list_drills(stage.store)] == [report.id]
    assert (await verify_audit(stage.store, b"")).sound


@tale(QUICK)
async def test_nothing_is_killed_and_what_found_no_other_place_runs_on(stage: Country) -> None:
    job_id = await stage.submit(minutes=600, origin="west1", rtt_ms_max=0.0)
    await stage.run(30)
    report = await drill(stage, "west1", seconds=600.0)
    assert report.recovery_seconds is None
    assert [job.how for job in report.jobs] == [""]
    assert report.work_hours_lost == 0.0
    await stage.run(5)
    job = await stage.job(job_id)
    assert (job.state, job.attempt) == ("running", 1)


@tale(QUICK)
async def test_a_drill_may_kill(stage: Country) -> None:
    job_id = await stage.submit(minutes=600)
    await stage.run(30)
    report = await drill(stage, "west1", kill=True)
    assert report.killed
    await stage.run(5)
    first, second = await stage.attempts(job_id)
    assert (first.state, second.state) == ("cancelled", "running")
    assert first.ended_at is not None
    assert first.ended_at.isoformat() <= report.begun_at


@tale(QUICK)
async def test_a_drill_survives_its_controller(stage: Country) -> None:
    await stage.submit(minutes=600)
    await stage.run(30)
    order = await order_drill(stage.store, "west1", actor="ops", now=stage.now)
    await stage.run(2, step=1)
    await stage.restart()
    await stage.run(15, step=1)
    report = await find_drill(stage.store, order.id)
    assert report is not None
    assert report.recovery_seconds is not None


@tale(QUICK)
async def test_one_drill_at_a_time_and_none_at_a_site_that_is_lost(stage: Country) -> None:
    await stage.tick()
    await order_drill(stage.store, "west1", actor="ops", now=stage.now)
    with pytest.raises(ConflictError, match="a drill is under way at west1"):
        await order_drill(stage.store, "west1", actor="ops", now=stage.now)
    await stage.say("east1", answering=False)
    with pytest.raises(ConflictError, match="east1 is lost already"):
        await order_drill(stage.store, "east1", actor="ops", now=stage.now)
    with pytest.raises(ValueError, match="must be above 0"):
        await order_drill(stage.store, "east2", seconds=0, actor="ops", now=stage.now)


@tale(QUICK)
async def test_a_drill_at_an_idle_site_is_over_at_once(stage: Country) -> None:
    await stage.tick()
    report = await drill(stage, "south2")
    assert (report.jobs, report.recovery_seconds) == ((), 0.0)
