"""The workloads of "Let's Wait Awhile" are due when the paper's people would look."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from simulations.fidelity.wait_awhile import (
    half_hours,
    next_workday,
    nightly_work,
    semi_weekly,
    training_work,
    weekday,
)

NEW_YEAR = datetime(2023, 1, 1)


def slot(day: int, hour: float) -> int:
    """A slot of January 2023; the 2nd is a Monday."""
    return (day - 1) * 48 + round(hour * 2)


def test_the_calendar_is_that_of_2023():
    for day in range(365):
        assert weekday(day * 48) == (NEW_YEAR + timedelta(days=day)).weekday()


def test_results_are_looked_at_when_people_are_at_work():
    assert next_workday(slot(3, 14)) == slot(3, 14)
    assert next_workday(slot(3, 19)) == slot(4, 9)
    assert next_workday(slot(3, 4)) == slot(3, 9)
    assert next_workday(slot(6, 20)) == slot(9, 9)  # Friday night
    assert next_workday(slot(8, 12)) == slot(9, 9)  # Sunday


def test_results_are_looked_at_on_mondays_and_thursdays():
    assert semi_weekly(slot(2, 9)) == slot(2, 9)
    assert semi_weekly(slot(2, 9.5)) == slot(5, 9)
    assert semi_weekly(slot(4, 12)) == slot(5, 9)
    assert semi_weekly(slot(5, 12)) == slot(9, 9)


def test_training_jobs_come_on_workdays_between_nine_and_five():
    work = training_work(500, semi_weekly, slots=365 * 48)
    assert all(weekday(at) < 5 for at in work.arrival.tolist())
    assert (work.arrival % 48 >= 18).all()
    assert (work.arrival % 48 < 34).all()
    assert work.length.min() >= 8
    assert work.length.max() < 180
    assert (work.due >= work.arrival + work.length).all()


def test_a_nightly_job_may_move_both_ways_and_no_further():
    work = nightly_work(16)
    assert (work.arrival % 48 == 2).all()
    assert (work.earliest >= 0).all()
    assert (work.due - work.earliest == 33).all()


def test_a_zone_ahead_of_utc_sees_an_hour_of_utc_later_on_its_clock():
    hourly = np.arange(8760.0)
    assert half_hours(hourly, "DE-LU")[2] == 0.0
    assert half_hours(hourly, "US-CAL-CISO")[0] == 8.0
