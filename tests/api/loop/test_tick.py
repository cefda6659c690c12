"""A job's way through the loop, tick by tick."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from api.loop import cancelled
from api.store import AddJob, Many, Plan, Put, Tenant
from tests.api.loop.stage import NOON, SETTINGS, Stage, story


@story()
async def test_a_new_job_is_planned_started_and_done(stage: Stage) -> None:
    job_id = await stage.submit(minutes=60)
    await stage.tick()
    job = await stage.job(job_id)
    assert (job.state, job.site, job.attempt) == ("running", "west", 1)
    await stage.run(65)
    assert (await stage.job(job_id)).state == "succeeded"
    assert await stage.story(job_id) == ["queued", "planned", "starting", "running", "succeeded"]


@story()
async def test_the_plan_is_stored_before_anything_starts(stage: Stage) -> None:
    job_id = await stage.submit()
    await stage.tick()
    kinds = [event.kind for event in await stage.events()]
    assert kinds.index("plan.committed") < kinds.index("job.starting")
    plans = (await stage.store.read(Many(Plan))).items
    assert [(plan.placed, plan.refused) for plan in plans] == [(1, 0)]
    assert plans[0].gap < 1e-6
    assert job_id in plans[0].document


@story()
async def test_nothing_is_written_when_nothing_happens(stage: Stage) -> None:
    await stage.submit(minutes=600)
    await stage.run(30)
    before = await stage.events()
    await stage.run(60)
    assert await stage.events() == before


@story()
async def test_what_runs_keeps_its_room_and_the_rest_waits_its_turn(stage: Stage) -> None:
    """Each site holds one job of 80 cores at a time; five of an hour within three hours need both."""
    deadline = (NOON + timedelta(minutes=190)).isoformat()
    ids = [await stage.submit(f"j{i}", cores=80, minutes=60, deadline=deadline) for i in range(5)]
    await stage.tick()
    assert Counter([(await stage.job(job_id)).state for job_id in ids]) == {"planned": 3, "running": 2}
    await stage.run(185)
    assert {(await stage.job(job_id)).state for job_id in ids} == {"succeeded"}


@story()
async def test_work_that_leaves_early_makes_room_for_the_next(stage: Stage) -> None:
    deadline = (NOON + timedelta(minutes=180)).isoformat()
    first = [await stage.submit(f"first{i}", cores=80, minutes=180, deadline=deadline) for i in range(2)]
    await stage.tick()
    second = await stage.submit("second", cores=80, minutes=30)
    await stage.tick()
    assert (await stage.job(second)).starts_at == NOON + timedelta(minutes=180)
    (cheap,) = [job_id for job_id in first if (await stage.job(job_id)).site == "west"]
    await stage.ask_to_cancel(cheap)
    await stage.run(10)
    assert (await stage.job(second)).state == "running"


@story()
async def test_impossible_work_is_rejected_with_counted_reasons(stage: Stage) -> None:
    job_id = await stage.submit(cores=101)
    await stage.tick()
    job = await stage.job(job_id)
    assert (job.state, dict(job.reasons)) == ("rejected", {"TOO_LARGE": 2})
    assert job.detail == "no site can run it"


@story()
async def test_work_that_costs_more_than_it_is_worth_is_told_so(stage: Stage) -> None:
    job_id = await stage.submit(cores=10, minutes=60, value_cny=0.0001)
    await stage.tick()
    job = await stage.job(job_id)
    assert (job.state, dict(job.reasons)) == ("rejected", {"NOT_WORTH_IT": 2})
    assert "would cost more than its value of 0.0001 CNY" in job.detail


@story()
async def test_work_that_names_no_place_we_know_is_rejected(stage: Stage) -> None:
    job_id = await stage.submit(origin="atlantis")
    await stage.tick()
    job = await stage.job(job_id)
    assert job.state == "rejected"
    assert "origin = 'atlantis'" in job.detail


@story()
async def test_one_job_that_cannot_be_valued_does_not_stop_the_others(stage: Stage) -> None:
    variants = [{"accelerator": "h800-sxm", "count": 1, "runtime_minutes": 60}]
    poison = await stage.submit("poison", variants=variants, value_cny=None, origin="nowhere")
    good = await stage.submit("good")
    await stage.tick()
    assert [(await stage.job(job_id)).state for job_id in (poison, good)] == ["rejected", "running"]


@story()
async def test_a_release_is_waited_for(stage: Stage) -> None:
    job_id = await stage.submit(release=(NOON + timedelta(hours=2)).isoformat())
    await stage.run(115)
    assert (await stage.job(job_id)).state == "planned"
    await stage.run(10)
    assert (await stage.job(job_id)).state == "running"


@story()
async def test_a_deadline_that_cannot_be_met_is_told(stage: Stage) -> None:
    blocking = [await stage.submit(f"b{i}", cores=100, minutes=300, value_cny=1e9) for i in range(2)]
    await stage.tick()
    late = await stage.submit("late", minutes=60, deadline=(NOON + timedelta(minutes=100)).isoformat())
    await stage.tick()
    job = await stage.job(late)
    assert (job.state, dict(job.reasons)) == ("queued", {"NO_ROOM_IN_TIME": 2})
    await stage.run(50)
    job = await stage.job(late)
    assert job.state == "expired"
    assert job.detail == "deadline 2026-07-01T05:40:00+00:00 cannot be met: it takes 60 minutes"
    assert (await stage.job(blocking[0])).state == "running"


@story(replace(SETTINGS, time_scale=3.0))
async def test_work_that_runs_past_its_deadline_is_ended(stage: Stage) -> None:
    """It takes three times as long as its owner said."""
    job_id = await stage.submit(minutes=60, deadline=(NOON + timedelta(minutes=90)).isoformat())
    await stage.run(90)
    assert (await stage.job(job_id)).state == "running"
    await stage.run(10)
    job = await stage.job(job_id)
    assert (job.state, job.detail) == ("expired", "deadline 2026-07-01T05:30:00+00:00 passed before it ended")
    assert [attempt.state for attempt in await stage.attempts(job_id)] == ["cancelled"]


@story()
async def test_a_start_in_a_slot_that_has_begun_is_not_offered_when_it_would_be_late(stage: Stage) -> None:
    """At 12:10 the slot of 12:00 has begun; an hour from now ends after the deadline of 13:05."""
    stage.now += timedelta(minutes=10)
    deadline = NOON + timedelta(minutes=65)
    both = {"variants": [{"runtime_minutes": 60}, {"runtime_minutes": 50}], "deadline": deadline.isoformat()}
    job_id = await stage.submit(**both)
    await stage.tick()
    job = await stage.job(job_id)
    assert job.state == "running"
    await stage.run(60)
    assert (await stage.job(job_id)).state == "succeeded"


@story()
async def test_equal_costs_start_early(stage: Stage) -> None:
    ids = [await stage.submit(f"j{i}", cores=1) for i in range(20)]
    await stage.tick()
    assert {(await stage.job(job_id)).starts_at for job_id in ids} == {NOON}


@story()
async def test_a_tenant_keeps_to_its_quota_of_resources(stage: Stage) -> None:
    await stage.store.write(Put(record=Tenant(name="default", created_at=NOON, quota={"cpu_cores": 25})))
    ids = [await stage.submit(f"j{i}", cores=10, minutes=30) for i in range(5)]
    most = 0
    for _ in range(30):
        await stage.tick(after_minutes=5)
        most = max(most, len([1 for job_id in ids if (await stage.job(job_id)).state == "running"]))
    assert most == 2
    assert {(await stage.job(job_id)).state for job_id in ids} == {"succeeded"}


@story()
async def test_usage_is_metered_to_the_minute_and_sums_to_the_run(stage: Stage) -> None:
    job_id = await stage.submit(minutes=150, cores=20)
    await stage.run(160)
    usage = await stage.usage(job_id)
    assert len(usage) == 3
    assert sum(each.quantities["cpu_core_hours"] for each in usage) == pytest.approx(20 * 2.5)
    kwh = sum(each.energy_kwh for each in usage)
    assert float(sum(each.parts_cny["energy"] for each in usage)) == pytest.approx(kwh * 0.5)
    assert sum(each.carbon_kg for each in usage) == pytest.approx(kwh * 0.5)
    assert (usage[0].started_at, usage[-1].ended_at) == (
        NOON + timedelta(minutes=5),
        NOON + timedelta(minutes=155),
    )


@story()
async def test_usage_is_split_where_the_month_ends_in_china(stage: Stage) -> None:
    stage.now = NOON.replace(month=7, day=31, hour=15)
    job_id = await stage.submit(minutes=110)
    await stage.run(120)
    assert [usage.month for usage in await stage.usage(job_id)][-1] == "2026-08"
    assert {usage.month for usage in await stage.usage(job_id)} == {"2026-07", "2026-08"}


@pytest.mark.parametrize("minutes", [0, 5, 35])
def test_cancel_works_while_it_waits_and_while_it_runs(minutes: int) -> None:
    @story()
    async def play(stage: Stage) -> None:
        job_id = await stage.submit(minutes=60, release=(NOON + timedelta(minutes=30)).isoformat())
        await stage.run(minutes)
        await stage.ask_to_cancel(job_id)
        await stage.run(10)
        assert (await stage.job(job_id)).state == "cancelled"
        assert cancelled(await stage.job(job_id), stage.now) is None

    play()


@story()
async def test_a_cancel_between_plan_and_start_wins(stage: Stage) -> None:
    """The route's write comes first; the loop's stale move is dropped alone, the other job goes on."""
    both = [await stage.submit(f"j{i}") for i in range(2)]
    assert stage.loop is not None
    await stage.loop.reign.begin()
    stage.loop._begun = True
    await stage.ask_to_cancel(both[0])
    stage.loop.reign.seq = 10**9  # the loop has not heard of it
    await stage.tick()
    assert [(await stage.job(job_id)).state for job_id in both] == ["cancelled", "running"]


@story()
async def test_jobs_of_one_name_are_told_apart(stage: Stage) -> None:
    ids = [await stage.submit("same") for _ in range(3)]
    await stage.tick()
    assert {(await stage.job(job_id)).state for job_id in ids} == {"running"}


@story()
async def test_a_large_batch_is_written_in_pieces(stage: Stage) -> None:
    first = await stage.job(await stage.submit("first", cores=0.01))
    more = [replace(first, id=f"{first.id[:-4]}{i:04d}", name=f"j{i}") for i in range(510)]
    await stage.store.write(*(AddJob(job=replace(job, state="queued", version=1)) for job in more))
    await stage.run(10, step=1)
    assert {(await stage.job(job.id)).state for job in more} == {"running"}


@story()
async def test_work_whose_data_has_set_out_keeps_its_place(stage: Stage) -> None:
    """A plan made anew in every slot would send the data again in every slot, and the work would never start."""
    job_id = await stage.submit(inputs=[{"at": "east", "size_gb": 500.0}], cores=80)
    await stage.submit("other", minutes=600, cores=10)
    await stage.tick()
    planned = await stage.job(job_id)
    assert (planned.state, planned.site) == ("planned", "west")
    await stage.run(40)
    job = await stage.job(job_id)
    assert job.state == "running"
    assert job.starts_at == planned.starts_at
