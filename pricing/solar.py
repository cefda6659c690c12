"""Solar: what the panels of a site give, slot by slot.

A model, not a measurement: the sun's height by date, hour and place; the clear sky of Haurwitz (1945), with a global
irradiance of 1098 W/m2 * cos z * exp(-0.057 / cos z) at zenith angle z; an average sky that lets CLEARNESS of it
through; and panels that lose 1 - PERFORMANCE of it, at 1 kW/m2 a kW peak. A year's mean is about an eighth of the peak.
"""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from topology import Horizon, Site

CLEARNESS = 0.65
PERFORMANCE = 0.80
STANDARD_W_PER_M2 = 1000.0
SAMPLES = 4  # instants a slot


def pv_kw(site: Site, horizon: Horizon) -> NDArray[np.float64]:
    """Power of a site's panels, mean of each slot [kW]; shape [T]."""
    step = timedelta(minutes=horizon.slot_minutes / SAMPLES)
    if site.pv_kw_peak == 0:
        return np.zeros(horizon.slots)
    instants = [horizon.start + step * (index + 0.5) for index in range(horizon.slots * SAMPLES)]
    irradiance = [_clear_sky_w_per_m2(site.latitude_deg, site.longitude_deg, instant) for instant in instants]
    share = np.array(irradiance).reshape(horizon.slots, SAMPLES).mean(axis=1) / STANDARD_W_PER_M2
    return np.asarray(site.pv_kw_peak * PERFORMANCE * CLEARNESS * share)


def _clear_sky_w_per_m2(latitude_deg: float, longitude_deg: float, instant: datetime) -> float:
    """Global irradiance under a clear sky on level ground [W/m2]; 0 at night."""
    moment = instant.astimezone(UTC)
    day = moment.timetuple().tm_yday
    solar_hour = moment.hour + moment.minute / 60 + moment.second / 3600 + longitude_deg / 15
    declination = math.radians(-23.44) * math.cos(math.tau * (day + 10) / 365)
    latitude, hour_angle = math.radians(latitude_deg), math.radians(15 * (solar_hour - 12))
    cos_zenith = math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(
        declination
    ) * math.cos(hour_angle)
    return 1098.0 * cos_zenith * math.exp(-0.057 / cos_zenith) if cos_zenith > 0.01 else 0.0
