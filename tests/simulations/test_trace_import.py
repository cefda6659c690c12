"""Traces become jobs by a stated mapping, and nothing is left out without being counted."""

import gzip
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from scheduler import Job, read_jobs
from simulations.errors import TraceError, WorkloadError
from simulations.jobs_file import write_jobs
from simulations.trace_import import ImportRules, TraceImport, import_trace
from simulations.traces import FORMATS, Cause
from simulations.traces.llm import busy_s
from tests.simulations.excerpts import EXCERPTS, SWF_CSV
from topology import CHINA_TIME, Catalogue


def bring(form: str, tmp_path: Path, china: Catalogue, text: str = "", **rules: object) -> TraceImport:
    """Import a handmade trace."""
    path = tmp_path / "trace.csv"
    path.write_text(text or EXCERPTS[form], encoding="utf-8")
    return import_trace(form, path, china, ImportRules(**rules))  # type: ignore[arg-type]


def by_name(imported: TraceImport) -> dict[str, Job]:
    return {job.name: job for job in imported.jobs}


def test_there_is_an_excerpt_of_every_format() -> None:
    assert set(EXCERPTS) == set(FORMATS)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_reads_back_as_the_jobs_it_was(form: str, tmp_path: Path, china: Catalogue) -> None:
    imported = bring(form, tmp_path, china, day="all")
    write_jobs(tmp_path / "jobs.jsonl", imported.jobs)
    assert read_jobs(tmp_path / "jobs.jsonl") == imported.jobs
    assert imported.rows == imported.usable + sum(map(len, imported.skipped.values())) or form.startswith(
        ("azure-llm", "mooncake", "alibaba")
    )


@pytest.mark.parametrize("form", FORMATS)
def test_an_import_is_the_same_every_time(form: str, tmp_path: Path, china: Catalogue) -> None:
    assert bring(form, tmp_path, china) == bring(form, tmp_path, china)


def test_gzip_and_plain_say_the_same(tmp_path: Path, china: Catalogue) -> None:
    plain = bring("philly", tmp_path, china)
    packed = tmp_path / "trace.gz"
    packed.write_bytes(gzip.compress(EXCERPTS["philly"].encode()))
    assert import_trace("philly", packed, china, ImportRules()) == plain


def test_a_philly_job_keeps_its_hour_its_length_and_its_gang(tmp_path: Path, china: Catalogue) -> None:
    imported = bring("philly", tmp_path, china)
    assert (imported.day, len(imported.jobs)) == ("2017-10-03", 2), "the busiest day has two jobs"
    early, late = imported.jobs
    assert early.release == datetime(2026, 7, 1, 9, 15, 30, tzinfo=CHINA_TIME)
    assert {v.accelerator: v.runtime_minutes for v in early.variants}["a100-sxm4-80gb"] == 20.0
    assert early.variants[0].count == 8
    assert (late.tasks, late.variants[0].count) == (2, 6), "12 accelerators are two tasks of 6"
    assert imported.shortened == 1, "25 hours are cut to 12 and counted"
    assert imported.out_of_order == 1
    assert early.labels["vc"] == "red"


def test_a_deadline_leaves_the_run_time_and_the_slack_of_its_service(
    tmp_path: Path, china: Catalogue
) -> None:
    early = bring("philly", tmp_path, china).jobs[0]
    assert early.release is not None
    assert early.deadline is not None
    slack = early.deadline - early.release - timedelta(minutes=20)
    assert timedelta(hours=2) <= slack <= timedelta(hours=12)


@pytest.mark.parametrize(
    ("day", "count", "named"),
    [
        ("busiest", 2, "2017-10-03"),
        ("0", 1, "2017-10-02"),
        ("2017-10-04", 1, "2017-10-04"),
        ("all", 4, "2017-10-02"),
    ],
)
def test_a_day_is_chosen_by_name(day: str, count: int, named: str, tmp_path: Path, china: Catalogue) -> None:
    imported = bring("philly", tmp_path, china, day=day)
    assert (len(imported.jobs), imported.day) == (count, named)


def test_all_days_follow_one_another(tmp_path: Path, china: Catalogue) -> None:
    jobs = bring("philly", tmp_path, china, day="all", on=date(2026, 1, 1)).jobs
    assert [job.release.date().isoformat() for job in jobs if job.release] == [
        *("2026-01-01", "2026-01-02", "2026-01-02", "2026-01-03")
    ]


def test_following_days_are_laid_over_the_same_clock_until_there_are_enough(
    tmp_path: Path, china: Catalogue
) -> None:
    imported = bring("philly", tmp_path, china, at_least=3)
    assert (len(imported.jobs), imported.days) == (3, 2)
    assert {job.release.date() for job in imported.jobs if job.release} == {date(2026, 7, 1)}


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"day": "2017-12-24"}, "no usable job"),
        ({"day": "soon"}, "must be busiest, all, a number"),
        ({"at_least": 99}, "3 usable jobs, not the 99"),
        ({"day": "all", "at_least": 99}, "4 usable jobs, not the 99"),
    ],
)
def test_a_day_that_cannot_be_had_is_refused(
    rules: dict[str, object], words: str, tmp_path: Path, china: Catalogue
) -> None:
    with pytest.raises(WorkloadError, match=words):
        bring("philly", tmp_path, china, **rules)


def test_a_trace_without_calendar_has_no_dates(tmp_path: Path, china: Catalogue) -> None:
    with pytest.raises(WorkloadError, match="no calendar"):
        bring("openb", tmp_path, china, day="2023-01-01")


def test_openb_pods_are_mapped_and_those_that_never_ran_are_counted(tmp_path: Path, china: Catalogue) -> None:
    imported = bring("openb", tmp_path, china)
    jobs = by_name(imported)
    assert imported.skipped == {Cause.NEVER_SCHEDULED: (5,)}
    assert imported.rounded_up == 1
    assert jobs["openb-pod-1"].rtt_ms_max is not None, "a latency-sensitive pod serves people"
    assert max(v.runtime_minutes for v in jobs["openb-pod-1"].variants) >= 60.0
    assert {v.accelerator for v in jobs["openb-pod-2"].variants} == {"t4", "p100"}
    assert {v.runtime_minutes for v in jobs["openb-pod-2"].variants} == {20.0}, "a named model keeps its time"
    assert jobs["openb-pod-3"].variants[0].accelerator is None
    assert jobs["openb-pod-3"].demand.cpu_cores == 2.0
    assert jobs["openb-pod-5"].variants[0].count == 8


def test_without_a_named_model_run_times_follow_throughput(tmp_path: Path, china: Catalogue) -> None:
    times = {v.accelerator: v.runtime_minutes for v in bring("pai", tmp_path, china).jobs[0].variants}
    assert times["a100-sxm4-80gb"] == pytest.approx(15.0)
    assert times["h20"] == pytest.approx(15.0 * 312.0 / 148.0, abs=0.01)


def test_one_gaia_file_means_accelerators_or_cores_by_the_name_of_the_format(
    tmp_path: Path, china: Catalogue
) -> None:
    pai, mustang = bring("pai", tmp_path, china).jobs[1], bring("mustang", tmp_path, china).jobs[1]
    assert (pai.tasks, pai.variants[0].count) == (17, 8)
    assert (mustang.tasks, mustang.demand.cpu_cores, mustang.variants[0].accelerator) == (3, 44.0, None)
    assert mustang.deadline is not None
    assert mustang.deadline.hour == 7, "a night's batch is due in the morning"


@pytest.mark.parametrize(("text", "cause"), [("", Cause.NEGATIVE_RUN_TIME), (SWF_CSV, Cause.ZERO_RUN_TIME)])
def test_swf_is_read_as_text_and_as_its_csv_cut(
    text: str, cause: Cause, tmp_path: Path, china: Catalogue
) -> None:
    imported = bring("swf", tmp_path, china, text=text)
    small, large = imported.jobs
    assert {job_cause: len(lines) for job_cause, lines in imported.skipped.items()} == {cause: 1}
    assert (small.tasks, small.demand.cpu_cores, small.variants[0].runtime_minutes) == (1, 4.0, 60.0)
    assert (large.tasks, large.demand.cpu_cores) == (2, 64.0), "128 requested processors"


def test_requests_become_serving_jobs_of_one_city_and_interval(tmp_path: Path, china: Catalogue) -> None:
    text = "t_s,context_tokens,generated_tokens\n" + "1.0,4000,2000\n" * 3000
    imported = bring("azure-llm", tmp_path, china, text=text)
    assert sum(int(job.labels["requests"]) for job in imported.jobs) == 3000
    busiest = max(imported.jobs, key=lambda job: int(job.labels["requests"]))
    assert {v.runtime_minutes for v in busiest.variants} == {15.0}, "it serves for the whole interval"
    needed = int(busiest.labels["requests"]) * busy_s(prompt_tokens=4000, answer_tokens=2000) / 900.0
    counts = {v.accelerator: v.count for v in busiest.variants}
    assert counts["h20"] >= needed * 312.0 / 148.0 > counts["h20"] - 1.0 or counts["h20"] == 2, "96 GiB each"
    assert busiest.origin is not None
    assert busiest.rtt_ms_max is not None
    assert busiest.release == datetime(2026, 7, 1, 18, 15, tzinfo=CHINA_TIME)


def test_images_need_the_seconds_they_took(tmp_path: Path, china: Catalogue) -> None:
    imported = bring("alibaba-genai", tmp_path, china)
    assert imported.skipped == {Cause.NOT_SERVED: (4,)}
    assert sum(int(job.labels["requests"]) for job in imported.jobs) == 2


def test_copies_have_lives_of_their_own(tmp_path: Path, china: Catalogue) -> None:
    imported = bring("philly", tmp_path, china, scale=20)
    copies = [job for job in imported.jobs if job.name.startswith("philly-000004")]
    assert len(imported.jobs) == 40
    assert len({job.origin for job in copies}) > 5
    first = by_name(imported)["philly-000004"]
    assert first == by_name(bring("philly", tmp_path, china))["philly-000004"], "the original stays as it was"
    for job in copies:
        assert job.release is not None
        assert first.release is not None
        assert abs(job.release - first.release) <= timedelta(minutes=30)


def test_a_recorded_day_can_be_sized_to_the_network(tmp_path: Path, china: Catalogue) -> None:
    small, large = bring("philly", tmp_path, china), bring("philly", tmp_path, china, scale=100, load=0.1)
    tasks = [sum(job.tasks for job in imported.jobs) for imported in (small, large)]
    assert tasks[1] > 500 * tasks[0]
    assert [job.release for job in large.jobs if "copy" not in job.name] == [
        job.release for job in small.jobs
    ]
    assert all(data.size_gb <= 500.0 for job in large.jobs for data in job.inputs)


def test_a_job_is_the_same_whatever_else_is_asked_for(tmp_path: Path, china: Catalogue) -> None:
    alone, together = bring("philly", tmp_path, china), bring("philly", tmp_path, china, at_least=3)
    assert by_name(alone).items() <= by_name(together).items()


def test_rows_of_one_name_stay_apart(tmp_path: Path, china: Catalogue) -> None:
    text = EXCERPTS["openb"].replace("openb-pod-3", "openb-pod-1")
    assert "openb-pod-1-2" in by_name(bring("openb", tmp_path, china, text=text))


BAD_ROW = "2017-10-03 10:00:00,soon,1,red\n"


def test_a_malformed_row_is_refused_with_its_place(tmp_path: Path, china: Catalogue) -> None:
    with pytest.raises(TraceError, match=r"trace\.csv, line 6, column duration_s: 'soon': must be a number"):
        bring("philly", tmp_path, china, text=EXCERPTS["philly"] + BAD_ROW)


def test_a_malformed_row_is_counted_when_told_to_skip(tmp_path: Path, china: Catalogue) -> None:
    imported = bring("philly", tmp_path, china, text=EXCERPTS["philly"] + BAD_ROW, on_bad="skip")
    assert imported.skipped == {Cause.MALFORMED: (6,)}
    assert imported.summary["skipped"] == {"malformed": {"rows": 1, "first_lines": [6]}}


def test_a_job_that_never_ran_is_refused_when_told_to_refuse(tmp_path: Path, china: Catalogue) -> None:
    with pytest.raises(TraceError, match="line 5, column scheduled_time"):
        bring("openb", tmp_path, china, on_bad="refuse")


@pytest.mark.needs_shared
@pytest.mark.parametrize(
    ("form", "file", "day", "count", "skipped"),
    [
        ("philly", "philly_jobs.csv.gz", "2017-10-20", 3712, {}),
        ("openb", "openb_pods.csv.gz", "day 130", 341, {Cause.NEVER_SCHEDULED: 431}),
        ("pai", "gaia_pai100k.csv.gz", "day 62", 529, {}),
        ("swf", "nasa_ipsc1993_jobs.csv.gz", "day 19", 412, {Cause.ZERO_RUN_TIME: 62}),
        ("mooncake", "mooncake_conversation.csv.gz", "day 0", 116, {}),
        ("alibaba-genai", "alibaba_genai_requests.csv.gz", "2024-11-28", 1257, {Cause.ZERO_RUN_TIME: 9}),
    ],
)
def test_the_real_traces_have_the_days_we_know(
    form: str, file: str, day: str, count: int, skipped: dict[Cause, int], traces: Path, china: Catalogue
) -> None:
    imported = import_trace(form, traces / file, china, ImportRules())
    assert (imported.day, len(imported.jobs)) == (day, count)
    assert {cause: len(lines) for cause, lines in imported.skipped.items()} == skipped


@pytest.mark.needs_shared
def test_philly_has_a_day_of_five_thousand(traces: Path, china: Catalogue) -> None:
    imported = import_trace("philly", traces / "philly_jobs.csv.gz", china, ImportRules(at_least=5000))
    assert len(imported.jobs) == 6045
    assert imported.days == 2
