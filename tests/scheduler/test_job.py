"""What a job refuses at birth, and what its document looks like."""

from datetime import datetime

import pytest

from scheduler import DocumentError, Interruptible, JobError, Variant, job_from_document, job_to_document
from tests.builders import A100, at, job

AS_SENT = {
    "name": "pretrain-7b",
    "demand": {"cpu_cores": 96, "memory_gib": 1024},
    "variants": [{"accelerator": "a100-sxm4-80gb", "count": 8, "runtime_minutes": 600}],
    "tasks": 16,
    "release": "2026-07-01T09:00:00+08:00",
    "deadline": "2026-07-02T09:00:00+08:00",
    "origin": "shanghai",
    "rtt_ms_max": 50,
    "inputs": [{"at": "shanghai", "size_gb": 500}],
    "outputs": [{"to": "shanghai", "size_gb": 20}],
    "residency": {"provinces": ["guizhou"], "hubs": ["guizhou-hub"], "tags": ["mlps-3"]},
    "interruptible": {"min_run_minutes": 30, "checkpoint_gb": 200},
    "spread": "two_sites",
    "priority": 1,
    "value_cny": 12000,
    "budget_cny": 9000,
    "carbon_kg_max": 800,
    "command": ["python", "train.py"],
    "image": "registry/train:1",
    "labels": {"project": "x"},
}
SMALLEST = {"name": "a", "demand": {"cpu_cores": 1}, "variants": [{"runtime_minutes": 5}]}


@pytest.mark.parametrize("document", [AS_SENT, SMALLEST])
def test_document_survives_the_round_trip(document):
    assert job_to_document(job_from_document(document)) == document


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"tasks": 0}, "tasks"),
        ({"priority": 4}, "priority"),
        ({"cores": -1.0}, "cpu_cores"),
        ({"cores": float("nan")}, "cpu_cores"),
        ({"cores": 0.0}, "demand"),
        ({"minutes": 0.0}, "runtime_minutes"),
        ({"minutes": 1e300}, "runtime_minutes"),
        ({"release": datetime(2026, 7, 1)}, "release"),
        ({"release": at(2), "deadline": at(2)}, "deadline"),
        ({"rtt_ms_max": 5.0}, "rtt_ms_max"),
        ({"value_cny": -1.0}, "value_cny"),
        ({"budget_cny": float("inf")}, "budget_cny"),
        ({"inputs": {"town": -1.0}}, "size_gb"),
        ({"provinces": [""]}, "provinces"),
    ],
)
def test_impossible_fields_are_refused_by_name(fields, field):
    with pytest.raises(JobError) as caught:
        job(**fields)

    assert caught.value.field == field


def test_a_job_needs_a_variant():
    with pytest.raises(DocumentError, match="variants"):
        job_from_document({**SMALLEST, "variants": []})


def test_accelerator_and_count_go_together():
    with pytest.raises(JobError, match="count"):
        Variant(accelerator=A100.id, runtime_minutes=1)
    with pytest.raises(JobError, match="accelerator"):
        Variant(count=1, runtime_minutes=1)


def test_runs_have_a_length():
    with pytest.raises(JobError, match="min_run_minutes"):
        Interruptible(min_run_minutes=0)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"tsks": 3}, "tsks", "did you mean tasks"),
        ({"demand": {"cpu_core": 3}}, "demand.cpu_core", "did you mean cpu_cores"),
        ({"tasks": "8"}, "tasks", "whole number"),
        ({"tasks": True}, "tasks", "whole number"),
        ({"value_cny": "8"}, "value_cny", "number"),
        ({"value_cny": True}, "value_cny", "number"),
        ({"value_cny": float("nan")}, "value_cny", "finite"),
        ({"value_cny": float("inf")}, "value_cny", "finite"),
        ({"release": "2026-07-01T09:00:00"}, "release", "time zone"),
        ({"release": "tomorrow"}, "release", "instant"),
        ({"release": 5}, "release", "instant"),
        ({"inputs": [{"at": "x"}]}, "inputs[0].size_gb", "required"),
        ({"spread": "far"}, "spread", "two_sites"),
        ({"command": "ls"}, "command", "list"),
        ({"labels": {"a": 1}}, "labels.a", "text"),
        ({"residency": []}, "residency", "object"),
    ],
)
def test_a_wrong_document_is_refused_in_one_line(change, field, words):
    with pytest.raises(DocumentError) as caught:
        job_from_document({**SMALLEST, **change})

    assert caught.value.field == field
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_error_shows_only_the_beginning_of_a_long_value():
    with pytest.raises(DocumentError) as caught:
        job_from_document({**SMALLEST, "tasks": "9" * 10_000})

    assert len(str(caught.value)) < 200
