"""The strictness that every section of a scenario is read with, and the kinds of number they share."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

# Nothing unknown, no "8" for 8, no true for 1, no NaN.
STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

Where = Annotated[tuple[str, ...], Field(min_length=1)]
"""Selectors of sites: ids, provinces, hubs, kinds, grid areas, "west", "middle", "east", "all"."""

Factor = Annotated[float, Field(ge=0, le=1000)]
Hour = Annotated[float, Field(ge=0, le=24)]
"""Clock hour in China's time."""

Share = Annotated[float, Field(ge=0, le=2)]
