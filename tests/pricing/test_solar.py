"""What the panels of a site give."""

import numpy as np
import pytest

from pricing import pv_kw
from tests.builders import START, site
from topology import Horizon

PANELS = site("sunny", pv_kw_peak=1000.0, longitude_deg=120.0)


def test_nothing_at_night_most_at_noon():
    day = pv_kw(PANELS, Horizon(start=START, slots=24, slot_minutes=60))

    assert day[:4].sum() == 0.0
    assert day[21:].sum() == 0.0
    assert int(np.argmax(day)) in {11, 12}
    assert 450 < day.max() < 560


def test_a_year_gives_an_eighth_of_the_peak():
    year = pv_kw(PANELS, Horizon(start=START, slots=365 * 24, slot_minutes=60))

    assert year.mean() / 1000.0 == pytest.approx(0.125, abs=0.015)


def test_no_panels_no_power():
    assert not pv_kw(site("dark"), Horizon(start=START, slots=24, slot_minutes=60)).any()
