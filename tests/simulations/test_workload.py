"""A generated day: the same for the same seed, shaped like its traces, sized to the load asked for."""

import statistics
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from scheduler import read_jobs
from simulations.errors import WorkloadError, WriteError
from simulations.figures import median
from simulations.jobs_file import write_jobs
from simulations.profile import PROFILES
from simulations.workload import WorkloadRequest, draw_workload
from topology import CHINA_TIME, Catalogue


def test_the_same_request_gives_the_same_bytes(china: Catalogue, tmp_path: Path) -> None:
    request = WorkloadRequest(count=300, seed=11)
    for name in ("one.jsonl", "two.jsonl"):
        write_jobs(tmp_path / name, draw_workload(request, china).jobs)
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_another_seed_gives_another_day(china: Catalogue) -> None:
    days = [draw_workload(WorkloadRequest(count=50, seed=seed), china).jobs for seed in (1, 2)]
    assert days[0] != days[1]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_reads_back_as_the_jobs_it_was(china: Catalogue, tmp_path: Path, profile: str) -> None:
    jobs = draw_workload(WorkloadRequest(count=200, seed=3, profile=profile), china).jobs
    assert write_jobs(tmp_path / "jobs.jsonl", jobs) == 200
    assert read_jobs(tmp_path / "jobs.jsonl") == jobs


@pytest.mark.parametrize("profile", PROFILES)
def test_every_job_can_end_within_the_day(china: Catalogue, profile: str) -> None:
    start = datetime(2026, 7, 1, tzinfo=CHINA_TIME)
    for job in draw_workload(WorkloadRequest(count=400, seed=5, profile=profile), china).jobs:
        assert job.release is not None
        assert job.deadline is not None
        assert start <= job.release
        assert job.deadline <= start + timedelta(hours=24)
        longest = max(variant.runtime_minutes for variant in job.variants)
        assert job.release + timedelta(minutes=longest + 15) <= job.deadline, f"{job.name} waits for no slot"


def test_run_times_follow_the_trace_they_were_fitted_to(china: Catalogue) -> None:
    jobs = draw_workload(WorkloadRequest(count=4000, seed=1, profile="batch"), china).jobs
    drawn = statistics.median(job.variants[0].runtime_minutes for job in jobs)
    assert drawn == pytest.approx(median("mustang.runtime_minutes"), rel=0.05)


def test_interactive_work_is_near_and_training_is_not_bound(china: Catalogue) -> None:
    jobs = draw_workload(WorkloadRequest(count=2000, seed=1), china).jobs
    limits = {
        kind: [job.rtt_ms_max for job in jobs if job.labels["kind"] == kind] for kind in PROFILES["mixed"]
    }
    assert all(limit is not None and 10 <= limit <= 30 for limit in limits["interactive"])
    assert set(limits["training"]) == {None}


def test_large_cities_send_more_work(china: Catalogue) -> None:
    jobs = draw_workload(WorkloadRequest(count=8000, seed=1, profile="analytics"), china).jobs
    sent = Counter(job.origin for job in jobs)
    people = sum(city.population for city in china.cities)
    assert sent["shanghai"] / 8000 == pytest.approx(china.city("shanghai").population / people, rel=0.15)


def test_training_is_released_by_day_and_batch_by_night(china: Catalogue) -> None:
    def hours(profile: str) -> Counter[int]:
        jobs = draw_workload(WorkloadRequest(count=3000, seed=2, profile=profile), china).jobs
        return Counter(job.release.hour for job in jobs if job.release)

    day, night = hours("training"), hours("batch")
    assert day[15] > 4 * day[5]
    assert sum(night[hour] for hour in range(9, 16)) < 0.1 * sum(night.values())


@pytest.mark.parametrize("load", [0.2, 0.7])
def test_gangs_are_sized_to_the_load_asked_for(china: Catalogue, load: float) -> None:
    workload = draw_workload(WorkloadRequest(count=5000, seed=1, load=load), china)
    assert max(workload.loads.values()) == pytest.approx(load, rel=0.01)


def test_a_sized_job_still_fits_a_site(china: Catalogue) -> None:
    for job in draw_workload(WorkloadRequest(count=5000, seed=1, load=0.7), china).jobs:
        assert any(
            job.tasks * job.demand.cpu_cores <= site.capacity.cpu_cores
            and any(
                variant.accelerator is None
                or job.tasks * variant.count <= site.capacity.get(variant.accelerator)
                for variant in job.variants
            )
            for site in china.sites
        ), job.name


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"count": 0}, "count 0: must be from 1"),
        ({"count": 10, "profile": "trainning"}, "did you mean training"),
        ({"count": 10, "hours": 0.5}, "hours 0.5"),
        ({"count": 10, "load": 0.0}, "load 0: must be above 0"),
        ({"count": 10, "load": float("nan")}, "load nan"),
        ({"count": 5, "load": 5.0}, "draw more jobs"),
        ({"count": 5000, "load": 1e-6}, "draw fewer jobs"),
        ({"count": 10, "start": datetime(2026, 7, 1)}, "no time zone"),
        (
            {
                "count": 10,
                "profile": "batch",
                "start": datetime(2026, 7, 1, 8, tzinfo=CHINA_TIME),
                "hours": 8.0,
            },
            "no batch is released",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(
    china: Catalogue, asked: dict[str, object], words: str
) -> None:
    with pytest.raises(WorkloadError, match=words):
        draw_workload(WorkloadRequest(**asked), china)  # type: ignore[arg-type]


def test_a_file_is_written_whole_or_not_at_all(china: Catalogue, tmp_path: Path) -> None:
    jobs = draw_workload(WorkloadRequest(count=3), china).jobs

    def breaking() -> object:
        yield jobs[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_jobs(tmp_path / "jobs.jsonl", breaking())  # type: ignore[arg-type]
    with pytest.raises(WriteError, match=r"\.jsonl"):
        write_jobs(tmp_path / "jobs.csv", jobs)
    with pytest.raises(WriteError, match="folder does not exist"):
        write_jobs(tmp_path / "nowhere" / "jobs.jsonl", jobs)
    assert list(tmp_path.iterdir()) == []
