"""A thousand jobs through three Slurm sites at once, with something killed every few seconds: all accounted for."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.dispatch import BackendSilent, Ending, Observation, Sight
from api.dispatch.slurm import SlurmBackend
from tests.api.dispatch.slurm.bench import SlurmBench
from tests.api.dispatch.slurm.conftest import skip_or_fail
from tests.api.dispatch.slurm_site import NoSlurmError, Shape, SlurmSite, running_sites

JOBS = 1_000
LIMIT_SECONDS = 170.0
KILL_EVERY_SECONDS = 3.0
DOWN_SECONDS = 0.5
AT_ONCE = 8
WORK = "sleep 0.3; echo $EDWC_ATTEMPT >> {file}"
TARGETS = ("slurmctld", "front1", "node1", "node2")


@pytest.fixture(scope="module")
def sites() -> Iterator[dict[str, SlurmSite]]:
    shape = Shape(nodes=2, cpus=12, fronts=1)
    try:
        with running_sites({"west": shape, "hub": shape, "edge": shape}) as running:
            yield running
    except NoSlurmError as missing:
        skip_or_fail(str(missing))


class Crew:
    """The jobs of one site, seen through as the loop would: lost attempts are followed by others."""

    def __init__(self, bench: SlurmBench, jobs: list[str]) -> None:
        self.bench, self.backend = bench, bench.open()
        self.numbers = dict.fromkeys(jobs, 1)
        self.accepted: set[str] = set()
        self.ended: dict[str, Observation] = {}
        self.lost: Counter[str] = Counter()
        self.file = bench.folder.parent / f"{bench.folder.name}.done"
        self.file.touch()
        self.file.chmod(0o666)

    def attempt(self, job: str) -> str:
        return f"att_{job}_{self.numbers[job]}"

    async def see_through(self) -> None:
        while len(self.ended) < len(self.numbers):
            waiting = [job for job in self.numbers if job not in self.accepted and job not in self.ended]
            await asyncio.gather(*(self._start(self.backend, job) for job in waiting[:AT_ONCE]))
            await self._look()
            await asyncio.sleep(0.1)

    async def _start(self, backend: SlurmBackend, job: str) -> None:
        fields = {"attempt": self.attempt(job), "job": job, "token": self.numbers[job]}
        try:
            await backend.start(self.bench.shell(WORK.format(file=self.file), **fields))
        except BackendSilent:
            return
        self.accepted.add(job)

    async def _look(self) -> None:
        live = {self.attempt(job): job for job in self.accepted}
        try:
            seen = await self.backend.poll(list(live))
        except BackendSilent:
            return
        for attempt, found in seen.items():
            job = live[attempt]
            # We cancel nothing: what was cancelled was so by Slurm, and the loop would try it again.
            if found.sight is Sight.ENDED and found.ending is not Ending.CANCELLED:
                self.ended[job] = found
                self.accepted.discard(job)
            elif found.sight in (Sight.ENDED, Sight.LOST):
                self.lost[found.detail or "cancelled by Slurm"] += 1
                self.numbers[job] += 1
                self.accepted.discard(job)


async def kill_again_and_again(sites: list[SlurmSite], kills: Counter[str]) -> None:
    """Something dies every few seconds, and is started again; an operator brings nodes back that Slurm put aside."""
    dice = random.Random(6)
    while True:
        await asyncio.sleep(KILL_EVERY_SECONDS)
        site, part = dice.choice(sites), dice.choice(TARGETS)
        kills[part.rstrip("12")] += 1
        await asyncio.to_thread(site.kill, part)
        node = part.replace("node", f"{site.name}-n") if part.startswith("node") else ""
        if node:
            await asyncio.to_thread(site.set_nodes, "DOWN", node)
        await asyncio.sleep(DOWN_SECONDS)
        site.launch(part)
        await asyncio.sleep(DOWN_SECONDS)
        for each in sites:
            await asyncio.to_thread(each.set_nodes, "RESUME", node if each is site else "")


@pytest.mark.slow
def test_all_are_accounted_for(sites: dict[str, SlurmSite]) -> None:
    asyncio.run(play(list(sites.values())))


async def play(sites: list[SlurmSite]) -> None:
    crews = [
        Crew(
            SlurmBench(site, beat_seconds=1.0, stale_seconds=6.0, answer_seconds=5.0),
            [f"job_{site.name}_{number}" for number in range(JOBS // 3 + (place < JOBS % 3))],
        )
        for place, site in enumerate(sites)
    ]
    kills: Counter[str] = Counter()
    begin = time.monotonic()
    chaos = asyncio.create_task(kill_again_and_again(sites, kills))
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            await asyncio.gather(*(crew.see_through() for crew in crews))
    finally:
        chaos.cancel()
        for crew in crews:
            await crew.bench.close()
        report(crews, kills, time.monotonic() - begin)
    judge(crews)


def judge(crews: list[Crew]) -> None:
    for crew in crews:
        done = Counter(crew.file.read_text().split())
        assert max(done.values()) == 1, "no attempt ran to its end twice"
        for job, end in crew.ended.items():
            assert end.succeeded, f"{job}: {end}"
            assert done[crew.attempt(job)] == 1, f"{job} is said to have succeeded, and its last attempt did"
    assert sum(len(crew.ended) for crew in crews) == JOBS


def report(crews: list[Crew], kills: Counter[str], took_s: float) -> None:
    """Say what happened, for docs/reliability.md."""
    done = Counter(line.rpartition("_")[0] for crew in crews for line in Path(crew.file).read_text().split())
    lost = sum((crew.lost for crew in crews), Counter[str]())
    line = (
        f"{sum(len(crew.ended) for crew in crews)} of {JOBS} jobs ended in {took_s:.0f} s; "
        f"killed: {dict(kills)}; attempts lost: {dict(lost)}; "
        f"jobs whose work was done more than once: {sum(count > 1 for count in done.values())}"
    )
    print(line)
    path = os.environ.get("EDWC_RELIABILITY_NOTE")
    if path:
        Path(path).write_text(line + "\n", encoding="utf-8")
