"""The time a command looks at, where the user leaves part of it open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click

from api.cli.choice import Amount, read_instant
from scheduler import Job
from topology import Horizon

DEFAULT_HOURS = 24.0
MOST_DEFAULT_HOURS = 7 * 24.0
MOST_SLOTS = 366 * 96

START = click.option(
    "--start",
    metavar="ISO",
    callback=read_instant,
    help="First instant planned; by default the earliest release, else the next slot.",
)
HOURS = click.option(
    "--hours",
    type=Amount(min=0, min_open=True, max=366 * 24),
    help="Length; by default 24, or up to the latest deadline within 7 days.",
)


SLOT_MINUTES = click.option(
    "--slot-minutes", type=click.IntRange(1, 1440), default=15, show_default=True, help="Slot length [min]."
)


def window_of(
    jobs: Sequence[Job], *, start: datetime | None, hours: float | None, slot_minutes: int, now: datetime
) -> Horizon:
    """Return the horizon to plan jobs in.

    Args:
        jobs: the jobs.
        start: first instant, or None for the earliest release (floored to a slot; the next slot without any).
        hours: length [h], or None for 24, longer up to 7 days where a deadline is later.
        slot_minutes: slot length [min].
        now: what the clock says.
    """
    begin = start if start is not None else _begin(jobs, slot_minutes, now)
    if hours is None:
        deadlines = [job.deadline for job in jobs if job.deadline is not None]
        last_hours = (max(deadlines) - begin).total_seconds() / 3600 if deadlines else 0.0
        hours = min(max(DEFAULT_HOURS, last_hours), MOST_DEFAULT_HOURS)
    return cut(begin, hours, slot_minutes)


def cut(begin: datetime, hours: float, slot_minutes: int) -> Horizon:
    """Return the horizon of so many hours.

    Raises:
        click.UsageError: more slots than a year of quarter hours has.
    """
    slots = max(1, math.ceil(hours * 60 / slot_minutes - 1e-9))
    if slots > MOST_SLOTS:
        rule = f"at most {MOST_SLOTS:,} are taken; use longer slots"
        raise click.UsageError(f"{hours:g} hours are {slots:,} slots of {slot_minutes} min: {rule}")
    return Horizon(start=begin, slots=slots, slot_minutes=slot_minutes)


def _begin(jobs: Sequence[Job], slot_minutes: int, now: datetime) -> datetime:
    releases = [job.release for job in jobs if job.release is not None]
    if releases:
        return floor_to_slot(min(releases), slot_minutes)
    return floor_to_slot(now, slot_minutes) + timedelta(minutes=slot_minutes)


def floor_to_slot(instant: datetime, slot_minutes: int) -> datetime:
    """Return the last slot boundary at or before an instant, slots being counted from midnight in UTC."""
    instant = instant.astimezone(UTC)
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    slot = timedelta(minutes=slot_minutes)
    return midnight + (instant - midnight) // slot * slot
