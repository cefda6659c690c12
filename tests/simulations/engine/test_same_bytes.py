"""The same replay gives the same bytes, and a run that is stopped leaves what it has."""

from __future__ import annotations

import signal

import pytest

from simulations.engine import ForecastError, simulate, stop_on_interrupt
from simulations.outcome import TABLES, read_outcome
from tests.builders import at, job, site, world
from tests.simulations.replays import outage, replay


def busy_day():
    places = world(
        site("a", cpu_cores=40),
        site("b", cpu_cores=40),
        cny_per_kwh={"a": [1.0, 0.5] * 6, "b": [0.7, 0.9] * 6},
        hours=12,
    )
    jobs = [
        job(
            f"job-{number}",
            cores=12,
            minutes=40 + number % 7 * 10,
            release=at(number / 5),
            inputs={"town": 4.0},
        )
        for number in range(30)
    ]
    return places, jobs


@pytest.mark.parametrize("policy", ["cheapest", "optimal"])
def test_the_same_replay_gives_the_same_bytes(policy, tmp_path):
    places, jobs = busy_day()
    trouble = {
        "outages": (outage("site", "a", 3, 4),),
        "forecast": ForecastError(price=0.2, runtime=0.2),
        "passes": 10,
        "rounds": 1,
    }
    for name in ("one", "two"):
        simulate(replay(places, jobs, policy, **trouble)).write(tmp_path / name)
    for name in (*(f"{table}.parquet" for table in TABLES), "outcome.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_seed_is_another_day():
    places, jobs = busy_day()
    one, two = (
        simulate(replay(places, jobs, forecast=ForecastError(runtime=0.3), seed=seed)).summary
        for seed in (1, 2)
    )
    assert one != two


def test_what_is_written_is_read_back(tmp_path):
    places, jobs = busy_day()
    outcome = simulate(replay(places, jobs))
    outcome.write(tmp_path / "out")
    again = read_outcome(tmp_path / "out")
    assert again.summary == outcome.summary
    assert again.to_document() == outcome.to_document()
    for table in TABLES:
        assert again[table].to_pydict() == outcome[table].to_pydict()


def test_a_run_that_is_stopped_leaves_what_it_has():
    places, jobs = busy_day()
    seen = []
    outcome = simulate(replay(places, jobs), progress=seen.append, cancelled=lambda: len(seen) == 16)
    assert outcome.partial
    assert outcome.until == at(4)
    assert outcome.faults == ()
    assert outcome.summary.completed > 0
    assert outcome.summary.running > 0
    assert len(outcome["jobs"]) < len(jobs)


def test_progress_tells_how_far_and_how_long():
    places, jobs = busy_day()
    seen = []
    simulate(replay(places, jobs), progress=seen.append)
    assert [each.fraction for each in seen] == sorted(each.fraction for each in seen)
    assert seen[-1].jobs == len(jobs)
    assert all(each.seconds_left >= 0 for each in seen)


def test_ctrl_c_ends_a_run_in_good_order():
    places, jobs = busy_day()

    def press(news):
        if news.instant == at(5):
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with stop_on_interrupt() as cancelled:
        outcome = simulate(replay(places, jobs), progress=press, cancelled=cancelled)
    assert outcome.partial
    assert outcome.until == at(5)
    assert outcome.faults == ()
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_pressed_twice_interrupts():
    with stop_on_interrupt() as cancelled:
        signal.raise_signal(signal.SIGINT)
        assert cancelled()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
