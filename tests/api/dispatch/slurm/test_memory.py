"""What is made of a Slurm that forgets, repeats and confuses."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from api.dispatch import BackendSilent, Credential, Ending, Observation, Sight, StartRefused
from api.dispatch.slurm import SlurmBackend, SlurmSite
from api.dispatch.slurm.papers import Papers
from tests.api.dispatch.benches import launch
from tests.api.dispatch.slurm.recorded import NO_CONTROLLER, TOO_MANY_CPUS, RecordedRest, job

BEAT_S, STALE_S = 0.02, 0.1


class Stage:
    """A backend before a recorded Slurm, and what the attempt would write."""

    def __init__(self, folder: Path) -> None:
        (folder / "key").write_bytes(b"k" * 32)
        self.rest, self.papers = RecordedRest(), Papers(folder, "att_1")
        self.now = datetime(2026, 7, 1, tzinfo=UTC)
        self.site = SlurmSite(
            endpoints=("http://one:6820",),
            folder=folder,
            key=Credential(file=folder / "key"),
            beat_seconds=BEAT_S,
            stale_seconds=STALE_S,
        )
        self.backend = self.open()

    def open(self) -> SlurmBackend:
        return SlurmBackend("west", self.site, lambda: self.now, transport=self.rest.transport)

    async def seen(self) -> Observation:
        return (await self.backend.poll(["att_1"]))["att_1"]

    async def settled(self) -> Observation:
        """What is seen once it is certain."""
        for _ in range(100):
            found = await self.seen()
            if found.sight in (Sight.ENDED, Sight.LOST):
                return found
            await asyncio.sleep(0.01)
        raise AssertionError(found)

    def begin(self, number: int, beat: str = "1") -> None:
        """Claim as the attempt does."""
        assert self.papers.take()
        (self.papers.folder / "claim/by").write_text(f"{number} {self.now.timestamp()}")
        self.beat(beat)

    def beat(self, beat: str) -> None:
        (self.papers.folder / "claim/beat").write_text(beat)

    def end(self, code: int, *, why: str = "", told: str = "", took_s: float = 60.0) -> None:
        began = self.now.timestamp()
        (self.papers.folder / "result").write_text(
            f"code={code}\nwhy={why}\ntold={told}\nbegan={began}\nended={began + took_s}\n"
        )


Play = Callable[[Stage], Awaitable[None]]


def story(play: Play) -> Callable[[Path], None]:
    def test(tmp_path: Path) -> None:
        async def whole() -> None:
            stage = Stage(tmp_path)
            try:
                await play(stage)
            finally:
                await stage.backend.close()

        asyncio.run(whole())

    test.__name__, test.__doc__ = play.__name__, play.__doc__
    return test


def lose_replies(stage: Stage) -> None:
    """Submissions arrive, their answers do not."""

    def trouble(request: httpx.Request) -> Exception | None:
        if request.method == "POST":
            number, stage.rest.next_number = stage.rest.next_number, stage.rest.next_number + 1
            stage.rest.jobs[number] = job(number)
            return httpx.ReadError("reset")
        return None

    stage.rest.trouble = trouble


@story
async def test_a_lost_reply_is_looked_up_before_anything_is_submitted_again(stage: Stage) -> None:
    lose_replies(stage)
    with pytest.raises(BackendSilent):
        await stage.backend.start(launch())
    assert (await stage.seen()).sight is Sight.WAITING
    assert await stage.backend.start(launch()) == "1"
    assert stage.rest.paths().count("POST /job/submit") == 1


@story
async def test_what_did_not_arrive_is_submitted_again(stage: Stage) -> None:
    stage.rest.trouble = lambda request: httpx.ReadError("reset") if request.method == "POST" else None
    with pytest.raises(BackendSilent):
        await stage.backend.start(launch())
    assert (await stage.seen()).sight is Sight.UNKNOWN, "it may still be on its way"
    stage.rest.trouble = lambda _: None
    assert await stage.backend.start(launch()) == "1"


@story
async def test_extra_copies_are_cancelled(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.papers.ask(stage.now)
    stage.rest.jobs[5] = job(5)
    assert (await stage.seen()).sight is Sight.WAITING
    assert stage.rest.jobs[1]["job_state"] == "PENDING"
    assert stage.rest.jobs[5]["job_state"] == "CANCELLED"


@story
async def test_a_forgotten_job_that_never_began_is_lost_and_can_never_begin(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.rest.jobs.clear()
    lost = await stage.seen()
    assert (lost.sight, lost.detail) == (Sight.LOST, "Slurm forgot it before it began")
    assert not stage.papers.take()


@story
async def test_a_number_given_to_another_job_is_not_mistaken(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.rest.jobs[1] = job(1, "att_2", "COMPLETED")
    assert (await stage.seen()).sight is Sight.LOST
    stage.rest.jobs[1] = job(1, "att_2", "RUNNING")
    await stage.backend.cancel("att_1")
    assert stage.rest.jobs[1]["job_state"] == "RUNNING"


@story
async def test_a_name_without_our_comment_is_anothers(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.rest.jobs[1]["comment"] = "mine"
    assert (await stage.seen()).sight is Sight.LOST


@story
async def test_a_forgotten_job_that_lives_runs_on(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.begin(1)
    stage.rest.jobs.clear()
    assert (await stage.seen()).sight is Sight.UNKNOWN
    stage.beat("2")
    assert (await stage.seen()).sight is Sight.RUNNING
    stage.end(0)
    assert (await stage.seen()).succeeded


@story
async def test_a_forgotten_job_that_is_still_is_lost(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.begin(1)
    stage.rest.jobs.clear()
    assert (await stage.settled()).sight is Sight.LOST
    assert not stage.papers.bar(), "should it live after all, it finds itself settled"


@story
async def test_work_that_was_lost_long_ago_ended_with_its_last_sign_of_life(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.begin(1)
    begun = stage.now
    os.utime(stage.papers.folder / "claim/beat", (begun.timestamp() + 600.0,) * 2)
    stage.rest.jobs.clear()
    stage.now += timedelta(hours=40)
    lost = await stage.settled()
    assert (lost.sight, lost.started_at) == (Sight.LOST, begun)
    assert lost.ended_at == begun + timedelta(minutes=10), "not with the day on which that is found out"


@story
async def test_a_node_that_failed_under_living_work_is_not_believed(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.begin(1)
    await stage.seen()
    stage.rest.jobs[1]["job_state"] = "NODE_FAIL"
    stage.beat("2")
    assert (await stage.seen()).sight is Sight.RUNNING
    lost = await stage.settled()
    assert (lost.sight, lost.detail) == (Sight.LOST, "its node failed")


@story
async def test_a_second_run_of_the_same_number_is_not_the_end_of_the_first(stage: Stage) -> None:
    """A controller that came back with old papers started it again: it found the claim taken, exit code 75."""
    await stage.backend.start(launch())
    stage.begin(1)
    stage.rest.jobs[1] |= {"job_state": "FAILED", "exit_code": 75 << 8}
    await stage.seen()
    stage.beat("2")
    assert (await stage.seen()).sight is Sight.RUNNING
    stage.end(3)
    assert (await stage.seen()).exit_code == 3


@story
async def test_work_that_could_not_take_its_claim_is_lost_not_failed(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.rest.jobs[1] |= {"job_state": "FAILED", "exit_code": 75 << 8, "state_reason": "NonZeroExitCode"}
    lost = await stage.seen()
    assert (lost.sight, lost.exit_code) == (Sight.LOST, None)


@story
async def test_work_that_slurm_holds_back_is_lost_and_can_never_begin(stage: Stage) -> None:
    """A launch that failed, as with a number a node knows from before, is put aside by Slurm without a word."""
    await stage.backend.start(launch())
    stage.rest.jobs[1] |= {"state_reason": "JobHeldUser"}
    lost = await stage.seen()
    assert (lost.sight, lost.detail) == (Sight.LOST, "Slurm holds it back: JobHeldUser")
    assert stage.rest.jobs[1]["job_state"] == "CANCELLED"
    assert not stage.papers.take()


@story
async def test_who_ended_it_is_asked_of_slurm(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.begin(1)
    stage.rest.jobs[1]["job_state"] = "RUNNING"
    stage.end(143, told="1")
    assert (await stage.seen()).sight is Sight.RUNNING, "its end is not yet written at Slurm"
    stage.rest.jobs[1] |= {"job_state": "TIMEOUT"}
    assert (await stage.seen()).ending is Ending.TIMEOUT


@pytest.mark.parametrize(
    ("state", "sight", "ending"),
    [
        ("CANCELLED", Sight.ENDED, Ending.CANCELLED),
        ("PREEMPTED", Sight.LOST, None),
        ("FAILED", Sight.ENDED, Ending.SIGNALLED),
    ],
)
def test_others_ended_it(tmp_path: Path, state: str, sight: Sight, ending: Ending | None) -> None:
    @story
    async def play(stage: Stage) -> None:
        await stage.backend.start(launch())
        stage.begin(1)
        stage.end(143, told="1")
        stage.rest.jobs[1] |= {"job_state": state, "exit_code": 143 << 8}
        found = await stage.seen()
        assert (found.sight, found.ending) == (sight, ending)

    play(tmp_path)


@story
async def test_it_ended_while_slurm_is_silent_and_is_known_to_have(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.begin(1)
    stage.end(0)
    stage.rest.trouble = lambda _: httpx.Response(500, json=NO_CONTROLLER)
    assert (await stage.seen()).succeeded


@story
async def test_silence_is_unknown(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.rest.trouble = lambda _: httpx.Response(500, json=NO_CONTROLLER)
    with pytest.raises(BackendSilent):
        await stage.seen()
    both = await stage.backend.poll(["att_1", "att_9"])
    assert both.keys() == {"att_9"}


@story
async def test_a_cancel_needs_no_slurm(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.rest.trouble = lambda _: httpx.Response(500, json=NO_CONTROLLER)
    await stage.backend.cancel("att_1")
    assert (await stage.seen()).ending is Ending.CANCELLED
    assert not stage.papers.take()


@story
async def test_a_refused_submission_leaves_nothing_behind(stage: Stage) -> None:
    stage.rest.trouble = lambda _: httpx.Response(200, json=TOO_MANY_CPUS)
    with pytest.raises(StartRefused, match="2005"):
        await stage.backend.start(launch())
    assert (await stage.seen()).sight is Sight.NEVER


@story
async def test_clocks_that_disagree_move_no_times_out_of_order(stage: Stage) -> None:
    """The node's clock is an hour ahead: the work took a minute all the same, and began no later than now."""
    await stage.backend.start(launch())
    real = stage.now
    stage.now = real + timedelta(hours=1)
    stage.begin(1)
    stage.end(0, took_s=60)
    stage.now = real + timedelta(seconds=90)
    end = await stage.seen()
    assert (end.started_at, end.ended_at) == (real + timedelta(seconds=30), stage.now)
    later = await stage.open().poll(["att_1"])
    assert later["att_1"] == end


@story
async def test_a_shared_folder_that_is_not_mounted_is_silence(stage: Stage) -> None:
    stage.papers.root.joinpath("key").unlink()
    stage.papers.root.rmdir()
    with pytest.raises(BackendSilent, match="is not there; mount or make it"):
        await stage.seen()
    with pytest.raises(BackendSilent):
        await stage.backend.start(launch())
    stage.papers.root.mkdir()


@story
async def test_what_cannot_be_written_down_is_not_yet_known(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.begin(1)
    stage.end(0)
    settled = stage.papers.desk / "settled.json"
    settled.mkdir()  # nothing can be written in its place
    assert (await stage.seen()).sight is Sight.UNKNOWN
    settled.rmdir()
    assert (await stage.seen()).succeeded


@story
async def test_many_are_asked_for_by_one_list(stage: Stage) -> None:
    names = [f"att_{number}" for number in range(20)]
    for name in names:
        await stage.backend.start(launch(name.removeprefix("att_"), job=f"job_{name}"))
    stage.rest.asked.clear()
    seen = await stage.backend.poll(names)
    assert {found.sight for found in seen.values()} == {Sight.WAITING}
    assert stage.rest.paths() == ["GET /jobs/"]
