"""The strictness that every section of a scenario is read with, and the kinds of number they share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field

from topology import CHINA_TIME

# Nothing unknown, no "8" for 8, no true for 1, no NaN.
STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

Where = Annotated[tuple[str, ...], Field(min_length=1)]
"""Selectors of sites: ids, provinces, hubs, kinds, grid areas, "west", "middle", "east", "all"."""

Factor = Annotated[float, Field(ge=0, le=1000)]
Hour = Annotated[float, Field(ge=0, le=24)]
"""Clock hour in China's time."""

Share = Annotated[float, Field(ge=0, le=2)]

EARLIEST, LATEST = (datetime(year, 1, 1, tzinfo=CHINA_TIME) for year in (1970, 2200))
Instant = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)]
"""An instant with an offset, so far from the ends of the calendar that hours may be added to it."""
