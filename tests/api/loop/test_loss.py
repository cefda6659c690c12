"""Sites that fall silent and come back, and what becomes of the jobs there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from api.loop import Loop
from tests.api.loop.moody import exited
from tests.api.loop.network import Country, tale
from tests.api.loop.stage import SETTINGS
from topology import Resources

QUICK = replace(SETTINGS, site_silence_s=60.0, abandon_s=600.0, retry_s=30.0)


@tale(QUICK)
async def test_a_job_at_a_lost_site_is_unknown_then_begins_anew_elsewhere(stage: Country) -> None:
    job_id = await stage.submit(minutes=600)
    await stage.tick()
    stage.moody.dark = {"west1"}
    await stage.run(5, step=1)
    job = await stage.job(job_id)
    assert (job.state, job.detail) == ("unknown", "west1 does not answer")
    await stage.run(10, step=1)
    job = await stage.job(job_id)
    assert (job.state, job.site, job.attempt) == ("running", "west2", 2)
    story = await stage.story(job_id)
    assert story == [
        "queued",
        "planned",
        "starting",
        "running",
        "unknown",
        "queued",
        "planned",
        "starting",
        "running",
    ]


@tale(QUICK)
async def test_what_was_replaced_is_ended_when_its_site_is_back_and_never_runs_twice_to_the_end(
    stage: Country,
) -> None:
    job_id = await stage.submit(minutes=60)
    await stage.tick()
    stage.moody.dark = {"west1"}
    await stage.run(20, step=1)
    stage.moody.dark = set()
    await stage.run(5, step=1)
    first, second = await stage.attempts(job_id)
    assert (first.state, first.detail) == ("cancelled", "ended: it was replaced while west1 was lost")
    assert second.state == "running"
    assert sum(usage.attempt == first.id for usage in await stage.usage(job_id)) == 1


@tale(QUICK)
async def test_a_job_that_found_no_other_place_is_taken_back(stage: Country) -> None:
    """Only one site is as large as it needs: it waits, and when the site is back it has never stopped."""
    job_id = await stage.submit(minutes=600, origin="west1", rtt_ms_max=0.0)
    await stage.tick()
    stage.moody.dark = {"west1"}
    await stage.run(30, step=1)
    assert (await stage.job(job_id)).state == "queued"
    stage.moody.dark = set()
    await stage.run(3, step=1)
    job = await stage.job(job_id)
    assert (job.state, job.site, job.detail) == ("running", "west1", "west1 is back, and the job still there")
    assert len(await stage.attempts(job_id)) == 1


@tale(QUICK)
async def test_a_job_that_ended_well_at_a_lost_site_has_succeeded(stage: Country) -> None:
    job_id = await stage.submit(minutes=20, origin="west1", rtt_ms_max=0.0)
    await stage.tick()
    stage.moody.dark = {"west1"}
    await stage.run(30, step=1)
    assert (await stage.job(job_id)).state == "queued"
    stage.moody.dark = set()
    await stage.run(3, step=1)
    assert (await stage.job(job_id)).state == "succeeded"


@tale(QUICK)
async def test_what_failed_at_a_lost_site_has_failed_unless_it_runs_elsewhere(stage: Country) -> None:
    stuck = await stage.submit("stuck", minutes=300, origin="west1", rtt_ms_max=0.0)
    moved = await stage.submit("moved", minutes=300)
    await stage.tick()
    stage.moody.dark = {"west1"}
    await stage.run(20, step=1)
    for job_id in (stuck, moved):
        stage.moody.says[job_id, 1] = exited(9)
    stage.moody.dark = set()
    await stage.run(3, step=1)
    assert [(await stage.job(each)).state for each in (stuck, moved)] == ["failed", "running"]


@tale(QUICK)
async def test_a_cancel_of_a_job_at_a_lost_site_ends_it_when_the_site_is_back(stage: Country) -> None:
    job_id = await stage.submit(minutes=600, origin="west1", rtt_ms_max=0.0)
    await stage.tick()
    stage.moody.dark = {"west1"}
    await stage.run(20, step=1)
    await stage.ask_to_cancel(job_id)
    await stage.run(2, step=1)
    assert (await stage.job(job_id)).state == "cancelled"
    await stage.restart()
    stage.moody.dark = set()
    await stage.run(3, step=1)
    (attempt,) = await stage.attempts(job_id)
    assert attempt.state == "cancelled"
    assert not stage.loop.reign.leaving  # type: ignore[union-attr]


@tale(QUICK)
async def test_what_is_asked_to_end_at_a_site_lost_for_good_has_ended(stage: Country) -> None:
    """The jobs no longer count among their tenant's; should the site answer after all, the work there is ended."""
    deadline = (stage.now + timedelta(minutes=62)).isoformat()
    unwanted = await stage.submit("unwanted", minutes=600)
    late = await stage.submit("late", minutes=60, deadline=deadline)
    await stage.run(58, step=1)
    stage.moody.dark = {"west1"}
    await stage.tick(after_minutes=1)
    await stage.ask_to_cancel(unwanted)
    await stage.run(8, step=1)
    assert [(await stage.job(each)).state for each in (unwanted, late)] == ["cancelling", "cancelling"]
    await stage.run(10, step=1)
    assert [(await stage.job(each)).state for each in (unwanted, late)] == ["cancelled", "expired"]
    assert (await stage.job(unwanted)).detail == "west1 lost; what may run there is ended when it answers"
    stage.moody.dark = set()
    await stage.run(3, step=1)
    (attempt,) = await stage.attempts(unwanted)
    assert attempt.state == "cancelled"
    assert not stage.loop.reign.leaving  # type: ignore[union-attr]


@tale(QUICK)
async def test_the_plan_follows_what_sites_really_hold(stage: Country) -> None:
    stage.moody.hold("west1", Resources(cpu_cores=15, memory_gib=1e6))
    first = await stage.submit("first", cores=10, minutes=600)
    second = await stage.submit("second", cores=10, minutes=600)
    await stage.tick()
    assert sorted([(await stage.job(each)).site for each in (first, second)]) == ["west1", "west2"]
    stage.moody.hold("west1", Resources(cpu_cores=30, memory_gib=1e6))
    third = await stage.submit("third", cores=10, minutes=600)
    await stage.run(2, step=1)
    assert (await stage.job(third)).site == "west1"


@tale(QUICK)
async def test_a_node_that_goes_down_moves_what_was_planned_there(stage: Country) -> None:
    job_id = await stage.submit(cores=50, release="2026-07-01T06:00:00+00:00")
    await stage.tick()
    assert (await stage.job(job_id)).site == "west1"
    stage.moody.hold("west1", Resources(cpu_cores=40, memory_gib=1e6))
    await stage.run(2, step=1)
    assert ((await stage.job(job_id)).state, (await stage.job(job_id)).site) == ("planned", "west2")


@tale(QUICK)
async def test_a_silent_site_keeps_its_last_capacity_until_it_is_lost(stage: Country) -> None:
    stage.moody.hold("west1", Resources(cpu_cores=5, memory_gib=1e6))
    await stage.tick()
    stage.moody.dark = {"west1"}
    await stage.tick(after_minutes=0.5)
    assert stage.loop is not None
    assert stage.loop.health.capacity["west1"].cpu_cores == 5
    assert not stage.loop.reign.is_lost("west1")
    await stage.tick(after_minutes=0.6)
    assert stage.loop.reign.is_lost("west1")
    job_id = await stage.submit()
    await stage.tick()
    assert (await stage.job(job_id)).site == "west2"
    stage.moody.dark = set()
    await stage.run(1, step=0.5)
    kinds = [event.kind for event in await stage.events() if event.subject == "west1"]
    assert kinds == ["site.lost", "site.back"]


@tale(QUICK)
async def test_a_cordon_outlives_a_loss(stage: Country) -> None:
    await stage.say("west1", cordoned=True)
    await stage.tick()
    stage.moody.dark = {"west1"}
    await stage.run(3, step=1)
    stage.moody.dark = set()
    await stage.run(3, step=1)
    assert stage.loop is not None
    state = stage.loop.reign.sites["west1"]
    assert (state.cordoned, state.answering) == (True, True)
    job_id = await stage.submit()
    await stage.tick()
    assert (await stage.job(job_id)).site == "west2"


@tale(QUICK)
async def test_a_backend_is_asked_as_often_as_its_sites_file_says(stage: Country) -> None:
    asked = 0

    async def count() -> Mapping[str, Resources]:
        nonlocal asked
        asked += 1
        return {}

    stage.moody.capacity = count  # type: ignore[method-assign]
    assert stage.loop is not None
    backends = replace(stage.loop.parts.backends, probe_seconds={"memory": 300.0})
    stage.loop = Loop(replace(stage.loop.parts, backends=backends), epoch=stage.loop.reign.epoch)
    await stage.run(11, step=1)
    assert asked in (2, 3)
