"""Bad jobs are counted and left out, or refused: never silently dropped."""

from __future__ import annotations

import pytest

from scheduler import job_to_document
from simulations.engine import ReplayError, simulate
from tests.builders import at, job, site, world
from tests.simulations.replays import replay, rows, run

DAY = {"hours": 48}


def place():
    return world(site("only"), **DAY)


def test_a_stream_whose_time_goes_backwards_is_counted():
    stream = iter([job("one", release=at(2)), job("early", release=at(1)), job("two", release=at(3))])
    outcome = run(place(), stream)
    assert set(rows(outcome)) == {"one", "two"}
    assert outcome.intake["bad"]["time_goes_backwards"]["jobs"] == 1
    assert "early" in outcome.intake["bad"]["time_goes_backwards"]["first"][0]


def test_a_sequence_is_put_in_order():
    outcome = run(place(), [job("two", release=at(2)), job("one", release=at(1))])
    assert outcome["jobs"].column("name").to_pylist() == ["one", "two"]
    assert outcome.intake["out_of_order"] == 1


@pytest.mark.parametrize("minutes", [0, -5])
def test_a_run_time_of_nothing_is_counted(minutes):
    document = job_to_document(job("good")) | {"name": "bad", "variants": [{"runtime_minutes": minutes}]}
    outcome = run(place(), [document, job_to_document(job("good"))])
    assert set(rows(outcome)) == {"good"}
    assert outcome.intake["bad"]["no_run_time"]["jobs"] == 1


def test_every_cause_has_its_count():
    jobs = [
        job("same", release=at(0)),
        job("same", release=at(1)),
        job("lost", origin="atlantis", release=at(1)),
        job("later", release=at(100)),
        {"name": "formless"},
    ]
    outcome = run(place(), jobs)
    counts = {cause: found["jobs"] for cause, found in outcome.intake["bad"].items()}
    assert counts == {"duplicate_name": 1, "unknown_place": 1, "outside_the_span": 1, "malformed": 1}
    assert outcome.intake["jobs_read"] == 5
    assert outcome.summary.jobs == outcome.intake["jobs_taken"] == 1


def test_a_hole_is_reported():
    jobs = [job("one", release=at(0)), job("two", release=at(40))]
    outcome = run(place(), jobs, hole_hours=12.0)
    assert len(outcome.intake["holes"]) == 1
    assert outcome.summary.completed == 2


@pytest.mark.parametrize(
    ("jobs", "rule"),
    [
        ([job("same"), job("same")], "earlier job"),
        (iter([job("one", release=at(2)), job("two", release=at(1))]), "before"),
        ([job("lost", origin="atlantis")], "atlantis"),
        (
            [{"name": "bad", "demand": {"cpu_cores": 1}, "variants": [{"runtime_minutes": 0}]}],
            "runtime_minutes",
        ),
        ([job("one"), job("two", release=at(30))], "hole"),
    ],
)
def test_who_refuses_bad_input_hears_of_the_first(jobs, rule):
    with pytest.raises(ReplayError, match=rule):
        simulate(replay(place(), jobs, on_bad="refuse"))
