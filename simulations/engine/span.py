"""Span: the simulated time as a horizon, arrivals first, then hours to drain."""

from __future__ import annotations

import math
from datetime import datetime

from topology import Horizon


def span_of(start: datetime, hours: float, *, drain_hours: float = 24.0, slot_minutes: int = 15) -> Horizon:
    """Return the horizon of so many hours of arrivals and as many more as the last jobs need to end [h]."""
    slots = math.ceil((hours + drain_hours) * 60 / slot_minutes - 1e-9)
    return Horizon(start=start, slots=slots, slot_minutes=slot_minutes)
