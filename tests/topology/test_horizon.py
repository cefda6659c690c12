"""Slots and instants: there and back, half-open, always in UTC."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology import CHINA_TIME, Horizon, HorizonError

NOON = datetime(2026, 7, 1, 12, tzinfo=CHINA_TIME)

horizons = st.builds(
    Horizon,
    start=st.datetimes(
        datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.sampled_from([UTC, CHINA_TIME])
    ),
    slots=st.integers(1, 700),
    slot_minutes=st.sampled_from([1, 5, 15, 60]),
)


@settings(deadline=None)
@given(horizons, st.data())
def test_a_slot_and_its_instant_lead_to_each_other(horizon: Horizon, data: st.DataObject) -> None:
    slot = data.draw(st.integers(0, horizon.slots - 1))
    instant = horizon.instant(slot)

    assert horizon.slot_at(instant) == slot
    assert horizon.first_slot_from(instant) == slot


@settings(deadline=None)
@given(horizons, st.data())
def test_an_instant_within_a_slot_belongs_to_it_and_waits_for_the_next(
    horizon: Horizon, data: st.DataObject
) -> None:
    slot = data.draw(st.integers(0, horizon.slots - 1))
    later = timedelta(microseconds=data.draw(st.integers(1, horizon.slot_minutes * 60_000_000 - 1)))
    instant = horizon.instant(slot) + later

    assert horizon.slot_at(instant) == slot
    assert horizon.first_slot_from(instant) == slot + 1


def test_the_start_is_inside_and_the_end_is_outside() -> None:
    horizon = Horizon(start=NOON, slots=4)

    assert horizon.end == NOON + timedelta(hours=1)
    assert horizon.slot_at(horizon.start) == 0
    for outside in (horizon.end, horizon.start - timedelta(microseconds=1)):
        with pytest.raises(HorizonError, match="must lie in"):
            horizon.slot_at(outside)


def test_the_first_slot_is_clamped_to_the_horizon() -> None:
    horizon = Horizon(start=NOON, slots=4)

    assert horizon.first_slot_from(NOON - timedelta(days=1)) == 0
    assert horizon.first_slot_from(NOON + timedelta(days=1)) == 4


def test_instants_are_kept_in_utc() -> None:
    horizon = Horizon(start=NOON, slots=2)

    assert horizon.start.tzinfo is UTC
    assert horizon == Horizon(start=NOON.astimezone(UTC), slots=2)
    assert [instant.hour for instant in horizon.instants()] == [4, 4]
    assert horizon.hours_per_slot == 0.25


@pytest.mark.parametrize(("minutes", "slots"), [(0, 0), (1, 1), (15, 1), (15.5, 2), (30, 2)])
def test_a_started_slot_is_occupied_whole(minutes: float, slots: int) -> None:
    assert Horizon(start=NOON, slots=4).slots_for(minutes) == slots


@pytest.mark.parametrize(
    "fields", [{"slots": 0}, {"slots": 1.5}, {"slots": True}, {"slots": 4, "slot_minutes": -15}]
)
def test_a_senseless_horizon_is_refused(fields: dict[str, int]) -> None:
    with pytest.raises(HorizonError, match="whole number"):
        Horizon(start=NOON, **fields)


def test_a_horizon_ends_before_the_calendar_does() -> None:
    with pytest.raises(HorizonError, match="year 10000"):
        Horizon(start=NOON, slots=10**12)


def test_naive_instants_are_refused() -> None:
    naive = datetime(2026, 7, 1)

    with pytest.raises(HorizonError, match="time zone"):
        Horizon(start=naive, slots=1)
    with pytest.raises(HorizonError, match="time zone"):
        Horizon(start=NOON, slots=1).slot_at(naive)


@pytest.mark.parametrize("slot", [-1, 5])
def test_slots_outside_have_no_instant(slot: int) -> None:
    with pytest.raises(HorizonError, match="must lie between 0 and 4"):
        Horizon(start=NOON, slots=4).instant(slot)
