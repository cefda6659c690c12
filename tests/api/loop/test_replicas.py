"""Jobs that spread: every replica is started, followed, replaced when its site is lost, and metered apart."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations

import pytest

from api.loop.placed import read_placement
from scheduler import Spread
from scheduler.spreading import replica_sets
from tests.api.loop.moody import LOST, exited
from tests.api.loop.network import Country, tale
from tests.api.loop.stage import SETTINGS

QUICK = replace(SETTINGS, site_silence_s=60.0, abandon_s=600.0, retry_s=30.0)


async def where(stage: Country, job_id: str, *states: str) -> list[str]:
    """Sites of the attempts in these states, in order."""
    return [each.site for each in await stage.attempts(job_id) if each.state in (states or ("running",))]


def keeps_apart(stage: Country, sites: list[str], spread: Spread) -> bool:
    ids = stage.feed.catalogue.site_ids
    rows = replica_sets(stage.feed.catalogue.sites, spread).tolist()
    return {frozenset(sites)} <= {frozenset(ids[each] for each in row) for row in rows}


@tale(QUICK)
async def test_every_replica_runs_under_a_name_and_a_fence_of_its_own(stage: Country) -> None:
    job_id = await stage.submit(minutes=60, spread="two_cities_three_centers")
    await stage.tick()
    job, attempts = await stage.job(job_id), await stage.attempts(job_id)
    assert (job.state, job.attempt) == ("running", 3)
    assert [(each.replica, each.number, each.token) for each in attempts] == [(0, 1, 1), (1, 2, 2), (2, 3, 3)]
    assert keeps_apart(stage, [each.site for each in attempts], Spread.TWO_CITIES_THREE_CENTERS)
    names = [stage.moody.launched[each.id].job for each in attempts]
    assert names == [job_id, f"{job_id}-2", f"{job_id}-3"]


@tale(QUICK)
async def test_the_first_to_succeed_is_the_success_and_the_others_are_ended_and_paid_for(
    stage: Country,
) -> None:
    job_id = await stage.submit(minutes=300, spread="two_sites")
    await stage.run(60)
    stage.moody.says[f"{job_id}-2", 2] = exited(0)
    await stage.tick()
    assert (await stage.job(job_id)).state == "succeeded"
    await stage.run(10)
    first, second = await stage.attempts(job_id)
    assert (first.state, first.detail) == ("cancelled", "ended: the job has succeeded")
    assert second.state == "succeeded"
    usage = await stage.usage(job_id)
    assert {each.attempt for each in usage} == {first.id, second.id}
    assert {each.site for each in usage} == {first.site, second.site}
    assert not stage.loop.reign.leaving  # type: ignore[union-attr]


@tale(QUICK)
async def test_a_replica_at_a_lost_site_begins_anew_within_the_stated_time(stage: Country) -> None:
    job_id = await stage.submit(minutes=600, spread="two_cities_three_centers")
    await stage.run(30)
    before = await where(stage, job_id)
    stage.moody.dark = {before[0]}
    await stage.run(3, step=0.5)
    job, after = await stage.job(job_id), await where(stage, job_id)
    assert job.state == "running"
    assert before[0] not in after
    assert set(before[1:]) < set(after)
    assert keeps_apart(stage, after, Spread.TWO_CITIES_THREE_CENTERS)
    assert set(read_placement(job.placement).sites) == set(after)
    events = {event.kind: event for event in await stage.events()}
    assert events["site.lost"].subject == before[0]
    told = json.loads(events["replica.placed"].document)
    assert told["from"] == before[0]
    assert told["seconds"] <= stage.settings.recover_s
    story = await stage.story(job_id)
    assert "unknown" not in story[story.index("running") :]


@tale(QUICK)
async def test_a_site_that_comes_back_has_its_replaced_replica_ended(stage: Country) -> None:
    job_id = await stage.submit(minutes=600, spread="two_sites")
    await stage.run(30)
    old, _ = await where(stage, job_id)
    stage.moody.dark = {old}
    await stage.run(5, step=1)
    stage.moody.dark = set()
    await stage.run(5, step=1)
    attempts = await stage.attempts(job_id)
    assert (attempts[0].state, attempts[0].detail) == (
        "cancelled",
        f"ended: it was replaced while {old} was lost",
    )
    assert [each.state for each in attempts[1:]] == ["running", "running"]
    assert "site.back" in {event.kind for event in await stage.events()}
    assert (await stage.job(job_id)).state == "running"


@tale(QUICK)
async def test_a_replica_that_is_lost_alone_is_tried_again_while_the_other_runs_on(stage: Country) -> None:
    job_id = await stage.submit(minutes=600, spread="two_sites")
    await stage.tick()
    stage.moody.says[job_id, 1] = LOST
    await stage.tick(after_minutes=5)
    assert (await stage.job(job_id)).detail == "1 of 2 replicas run"
    await stage.run(5, step=1)
    attempts = await stage.attempts(job_id)
    assert [(each.replica, each.state) for each in attempts] == [(0, "lost"), (1, "running"), (0, "running")]
    assert (await stage.job(job_id)).state == "running"


@tale(QUICK)
async def test_a_job_has_failed_when_its_last_replica_has(stage: Country) -> None:
    job_id = await stage.submit(minutes=600, spread="two_sites")
    await stage.tick()
    stage.moody.says[job_id, 1] = exited(3)
    await stage.run(10)
    assert (await stage.job(job_id)).state == "running"
    stage.moody.says[f"{job_id}-2", 2] = exited(4)
    await stage.run(10)
    job = await stage.job(job_id)
    assert (job.state, job.detail) == ("failed", "exit code 4")


@tale(QUICK)
async def test_a_cancel_ends_every_replica(stage: Country) -> None:
    job_id = await stage.submit(minutes=600, spread="two_cities_three_centers")
    await stage.run(30)
    await stage.ask_to_cancel(job_id)
    await stage.run(10)
    assert (await stage.job(job_id)).state == "cancelled"
    assert {each.state for each in await stage.attempts(job_id)} == {"cancelled"}


@tale(QUICK)
async def test_room_is_taken_at_the_sites_of_all_replicas(stage: Country) -> None:
    """Three sites of a set are full: the next job of that size must run elsewhere, or wait."""
    ids = [await stage.submit(f"j{i}", cores=60, minutes=600, spread="two_sites") for i in range(3)]
    await stage.tick()
    sites = [site for job_id in ids for site in await where(stage, job_id)]
    assert len(set(sites)) == len(sites) == 6


@tale(QUICK)
async def test_when_no_room_is_left_for_a_replica_that_is_told_once(stage: Country) -> None:
    job_id = await stage.submit(cores=60, minutes=600, spread="two_sites")
    rest = [await stage.submit(f"j{i}", cores=60, minutes=600) for i in range(4)]
    await stage.tick()
    stage.moody.dark = {(await where(stage, job_id))[0]}
    await stage.run(20, step=1)
    job = await stage.job(job_id)
    assert (job.state, job.detail) == (
        "running",
        f"1 of 2 replicas run; {next(iter(stage.moody.dark))} does not answer",
    )
    assert [event.kind for event in await stage.events()].count("replica.late") == 1
    await stage.ask_to_cancel(rest[0])
    await stage.run(5, step=1)
    assert len(await where(stage, job_id)) == 2


@tale(QUICK)
async def test_all_replicas_lost_means_planned_anew_as_a_whole(stage: Country) -> None:
    job_id = await stage.submit(minutes=600, spread="two_sites")
    await stage.tick()
    stage.moody.dark = set(await where(stage, job_id))
    await stage.run(8, step=1)
    assert (await stage.job(job_id)).state == "unknown"
    await stage.run(8, step=1)
    job = await stage.job(job_id)
    assert job.state == "running"
    assert not stage.moody.dark & set(await where(stage, job_id))


@pytest.mark.parametrize("lost", list(combinations(range(3), 2)))
def test_two_of_three_sites_lost_at_once(lost: tuple[int, int]) -> None:
    @tale(QUICK)
    async def play(stage: Country) -> None:
        job_id = await stage.submit(minutes=600, spread="two_cities_three_centers")
        await stage.tick()
        before = await where(stage, job_id)
        stage.moody.dark = {before[each] for each in lost}
        await stage.run(5, step=0.5)
        after = await where(stage, job_id)
        possible = [site for site in stage.feed.catalogue.site_ids if site not in stage.moody.dark]
        if any(
            keeps_apart(stage, list(each), Spread.TWO_CITIES_THREE_CENTERS)
            for each in combinations(possible, 3)
        ):
            assert keeps_apart(stage, after, Spread.TWO_CITIES_THREE_CENTERS)
        else:
            assert len(after) == 1

    play()


@tale(QUICK)
async def test_a_new_controller_goes_on_with_what_it_finds(stage: Country) -> None:
    job_id = await stage.submit(minutes=600, spread="two_sites")
    await stage.run(10)
    stage.moody.dark = {(await where(stage, job_id))[0]}
    await stage.run(2, step=1)
    await stage.restart()
    await stage.run(5, step=1)
    assert len(await where(stage, job_id)) == 2
    await stage.ask_to_cancel(job_id)
    await stage.run(2, step=1)
    stage.moody.dark = set()
    await stage.restart()
    await stage.run(5, step=1)
    assert {each.state for each in await stage.attempts(job_id)} == {"cancelled"}
    assert max(stage.moody.starts.values()) == 1
