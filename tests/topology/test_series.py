"""One value per slot, no more, no less, all finite."""

import math
from datetime import datetime, timedelta

import pytest

from topology import CHINA_TIME, Horizon, Series, SeriesError

HORIZON = Horizon(start=datetime(2026, 7, 1, tzinfo=CHINA_TIME), slots=3)


def test_a_value_is_found_by_instant() -> None:
    series = Series.of(HORIZON, [1, 2, 3])

    assert series.at(HORIZON.start + timedelta(minutes=16)) == 2


def test_series_are_compared_by_value() -> None:
    series = Series.constant(HORIZON, 2)

    assert series == Series.of(HORIZON, [2, 2, 2])
    assert hash(series) == hash(Series.of(HORIZON, [2, 2, 2]))
    assert series != Series.constant(HORIZON, 3)


@pytest.mark.parametrize("values", [[1, 2], [1, 2, 3, 4], [], [[1, 2, 3]]])
def test_a_series_of_another_length_is_refused(values: list[float]) -> None:
    with pytest.raises(SeriesError, match="one value for each of 3 slots"):
        Series.of(HORIZON, values)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_no_number_is_refused_with_its_slot(value: float) -> None:
    with pytest.raises(SeriesError, match="in slot 1"):
        Series.of(HORIZON, [1, value, 3])


def test_values_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Series.constant(HORIZON, 1).values[0] = 2
