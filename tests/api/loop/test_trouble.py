"""Backends that fall silent, sites that close, attempts that are lost."""

from __future__ import annotations

from dataclasses import replace

from api.dispatch import Ending, Observation, Sight
from tests.api.loop.moody import LOST, MoodyBackend, exited
from tests.api.loop.stage import SETTINGS, Stage, story

RETRY = replace(SETTINGS, command_attempts=3)
PATIENT = replace(SETTINGS, abandon_s=1e6)


async def moody(stage: Stage) -> MoodyBackend:
    backend = MoodyBackend(stage.clock)
    stage.backend = backend
    await stage.restart()
    return backend


@story(PATIENT)
async def test_silence_means_unknown_and_the_job_comes_back(stage: Stage) -> None:
    backend = await moody(stage)
    job_id = await stage.submit(minutes=120)
    await stage.tick()
    backend.silent = True
    await stage.run(20)
    job = await stage.job(job_id)
    assert (job.state, job.detail) == ("unknown", "west does not answer")
    await stage.run(600)
    assert (await stage.job(job_id)).state == "unknown"
    backend.silent = False
    await stage.tick()
    assert (await stage.job(job_id)).state == "succeeded"
    assert len(await stage.attempts(job_id)) == 1


@story(PATIENT)
async def test_a_start_nobody_answered_is_repeated_under_the_same_name(stage: Stage) -> None:
    backend = await moody(stage)
    backend.silent = True
    job_id = await stage.submit()
    await stage.run(15)
    assert (await stage.job(job_id)).state == "unknown"
    backend.silent = False
    await stage.run(10)
    assert (await stage.job(job_id)).state == "running"
    assert [attempt.number for attempt in await stage.attempts(job_id)] == [1]
    assert set(backend.starts.values()) == {1}


@story()
async def test_a_lost_attempt_is_followed_by_another_after_a_pause(stage: Stage) -> None:
    backend = await moody(stage)
    job_id = await stage.submit()
    backend.says[job_id, 1] = LOST
    await stage.tick()
    job = await stage.job(job_id)
    assert job.state == "queued"
    assert job.detail == "attempt 1 lost: node failed"
    assert job.retry_at is not None
    assert (job.retry_at - stage.now).total_seconds() == SETTINGS.retry_s
    await stage.run(30)
    assert (await stage.job(job_id)).state == "running"
    assert [(a.state, a.token) for a in await stage.attempts(job_id)] == [("lost", 1), ("running", 2)]


@story()
async def test_after_two_losses_another_site_is_tried_and_after_the_last_it_failed(stage: Stage) -> None:
    backend = await moody(stage)
    job_id = await stage.submit()
    backend.says.update({(job_id, number): LOST for number in range(1, 6)})
    await stage.run(240)
    job = await stage.job(job_id)
    assert [attempt.site for attempt in await stage.attempts(job_id)] == ["west", "west", "east", "east"]
    assert (job.state, job.detail) == ("failed", "no other site can run it")


@story(replace(SETTINGS, attempts_max=3))
async def test_a_job_is_given_up_after_its_last_attempt(stage: Stage) -> None:
    backend = await moody(stage)
    job_id = await stage.submit()
    backend.says.update({(job_id, number): LOST for number in range(1, 6)})
    await stage.run(240)
    job = await stage.job(job_id)
    assert (job.state, job.detail) == ("failed", "gave up after 3 attempts; the last: node failed")


@story(replace(SETTINGS, attempts_max=3))
async def test_what_others_end_again_and_again_is_given_up(stage: Stage) -> None:
    """Somebody at the site ends each of its attempts as soon as it runs."""
    backend = await moody(stage)
    job_id = await stage.submit()
    for number in range(1, 10):
        backend.says[job_id, number] = Observation(sight=Sight.ENDED, ending=Ending.CANCELLED)
    await stage.run(240)
    job = await stage.job(job_id)
    assert (job.state, job.detail) == ("failed", "gave up after 3 attempts; the last: ended by others")
    assert [attempt.state for attempt in await stage.attempts(job_id)] == ["lost"] * 3


@story()
async def test_a_site_that_refuses_is_left_for_another(stage: Stage) -> None:
    backend = await moody(stage)
    backend.refuses.add("west")
    job_id = await stage.submit()
    await stage.run(120)
    attempts = await stage.attempts(job_id)
    assert [(attempt.site, attempt.state) for attempt in attempts][:3] == [
        ("west", "lost"),
        ("west", "lost"),
        ("east", "running" if len(attempts) == 3 and attempts[2].state == "running" else "succeeded"),
    ]
    assert attempts[0].detail == "west: no such partition"


@story()
async def test_a_command_that_fails_has_failed(stage: Stage) -> None:
    backend = await moody(stage)
    job_id = await stage.submit()
    backend.says[job_id, 1] = exited(3)
    await stage.run(10)
    job = await stage.job(job_id)
    assert (job.state, job.detail) == ("failed", "exit code 3")
    assert [(a.state, a.exit_code) for a in await stage.attempts(job_id)] == [("failed", 3)]


@story(RETRY)
async def test_a_command_may_be_given_more_attempts(stage: Stage) -> None:
    backend = await moody(stage)
    job_id = await stage.submit()
    backend.says |= {(job_id, 1): exited(3), (job_id, 2): exited(3)}
    await stage.run(240)
    assert (await stage.job(job_id)).state == "succeeded"
    assert [a.state for a in await stage.attempts(job_id)] == ["failed", "failed", "succeeded"]


@story()
async def test_a_cordoned_site_takes_nothing_new_and_keeps_what_runs(stage: Stage) -> None:
    runs = await stage.submit("runs", minutes=300)
    await stage.tick()
    waits = await stage.submit("waits", release="2026-07-01T14:00:00+08:00")
    await stage.tick()
    assert ((await stage.job(runs)).site, (await stage.job(waits)).site) == ("west", "west")
    await stage.say("west", cordoned=True)
    await stage.tick()
    assert ((await stage.job(runs)).state, (await stage.job(runs)).site) == ("running", "west")
    assert (await stage.job(waits)).site == "east"


@story()
async def test_a_draining_site_is_emptied_and_its_work_begins_anew_elsewhere(stage: Stage) -> None:
    job_id = await stage.submit(minutes=300)
    await stage.run(30)
    await stage.say("west", draining=True)
    await stage.run(15)
    job = await stage.job(job_id)
    assert (job.state, job.site, job.attempt) == ("running", "east", 2)
    first, second = await stage.attempts(job_id)
    assert (first.state, first.detail) == ("cancelled", "moved off west, which is drained")
    assert second.state == "running"
    assert sum(usage.quantities["hours"] for usage in await stage.usage(job_id)) > 0


@story()
async def test_a_site_that_is_lost_takes_nothing_and_waits_for_no_one(stage: Stage) -> None:
    await stage.say("west", answering=False)
    await stage.say("east", cordoned=True)
    job_id = await stage.submit()
    await stage.tick()
    job = await stage.job(job_id)
    assert (job.state, dict(job.reasons)) == ("queued", {"SITE_LOST": 1, "TOO_LARGE": 1})
    await stage.say("west")
    await stage.tick()
    assert (await stage.job(job_id)).state == "running"


@story(PATIENT)
async def test_a_job_that_is_unknown_can_be_cancelled(stage: Stage) -> None:
    backend = await moody(stage)
    job_id = await stage.submit(minutes=300)
    await stage.tick()
    backend.silent = True
    await stage.run(10)
    await stage.ask_to_cancel(job_id)
    await stage.run(10)
    assert (await stage.job(job_id)).state == "cancelling"
    backend.silent = False
    await stage.run(10)
    assert (await stage.job(job_id)).state == "cancelled"


@story()
async def test_what_ended_well_before_the_word_arrived_has_succeeded(stage: Stage) -> None:
    job_id = await stage.submit(minutes=60)
    await stage.tick()
    stage.now = stage.now.replace(hour=6)
    await stage.ask_to_cancel(job_id)
    await stage.tick()
    assert (await stage.job(job_id)).state == "succeeded"


@story()
async def test_a_site_that_really_holds_less_gets_less(stage: Stage) -> None:
    from topology import Resources  # noqa: PLC0415

    stage.memory.hold("west", Resources(cpu_cores=5))
    job_id = await stage.submit(cores=10)
    await stage.tick()
    assert (await stage.job(job_id)).site == "east"
