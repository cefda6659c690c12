"""The time a plan looks at, where the user leaves it open."""

from datetime import datetime, timedelta

import click
import pytest

from api.cli.window import window_of
from scheduler import Demand, Job, Variant
from topology import CHINA_TIME

NOON = datetime(2026, 7, 1, 12, 7, tzinfo=CHINA_TIME)


def job(*, release: datetime | None = None, deadline: datetime | None = None) -> Job:
    demand, variants = Demand(cpu_cores=1.0), (Variant(runtime_minutes=10.0),)
    return Job(name="job", demand=demand, variants=variants, release=release, deadline=deadline)


def test_it_begins_with_the_slot_of_the_earliest_release() -> None:
    window = window_of(
        [job(release=NOON), job()], start=None, hours=None, slot_minutes=15, now=NOON - timedelta(days=9)
    )
    assert (window.start, window.slots) == (NOON.replace(minute=0), 96)


def test_without_any_release_it_begins_with_the_next_slot() -> None:
    window = window_of([job()], start=None, hours=None, slot_minutes=15, now=NOON)
    assert window.start == NOON.replace(minute=15)


def test_it_reaches_to_the_latest_deadline_within_seven_days() -> None:
    for days, slots in ((0.5, 24), (2, 49), (30, 168)):
        late = job(release=NOON, deadline=NOON + timedelta(days=days))
        assert window_of([late], start=None, hours=None, slot_minutes=60, now=NOON).slots == slots


def test_what_is_named_is_kept() -> None:
    window = window_of([job(release=NOON)], start=NOON, hours=1.1, slot_minutes=30, now=NOON)
    assert (window.start, window.slots, window.slot_minutes) == (NOON, 3, 30)


def test_more_slots_than_a_year_of_quarter_hours_are_refused() -> None:
    with pytest.raises(click.UsageError, match="longer slots"):
        window_of([job()], start=NOON, hours=1000.0, slot_minutes=1, now=NOON)
