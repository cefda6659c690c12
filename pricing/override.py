"""A series of the user's own in place of a tariff or carbon profile: past days, market prices, forecasts."""

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from pricing.errors import OverrideError
from topology import Catalogue, Horizon, Site


class OverrideKind(StrEnum):
    """What a series replaces: the whole power price [CNY/kWh] or the carbon intensity [g CO2/kWh]."""

    POWER = "power"
    CARBON = "carbon"

    @property
    def maximum(self) -> float:
        """Greatest value that is believed; more is most likely another unit."""
        return {OverrideKind.POWER: 10.0, OverrideKind.CARBON: 3000.0}[self]

    @property
    def unit(self) -> str:
        """Unit of the values."""
        return {OverrideKind.POWER: "CNY/kWh", OverrideKind.CARBON: "g CO2/kWh"}[self]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Override:
    """Evenly spaced values of one zone; each holds from its time until the next.

    Attributes:
        kind: What it replaces.
        zone: A site, a grid area or (for carbon) a province.
        start: First instant, kept in UTC.
        step: Time from one value to the next.
        values: Values [CNY/kWh or g CO2/kWh], read-only.
        file: Where it was read from.
        line: First line of this zone in that file.

    Raises:
        OverrideError: If the start is naive, there is no value, or a value breaks its rule.
    """

    kind: OverrideKind
    zone: str
    start: datetime
    step: timedelta
    values: NDArray[np.float64]
    file: str = "series"
    line: int = 0

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise OverrideError(self.file, self.line, self.start.isoformat(), "must carry a UTC offset")
        if self.step <= timedelta(0):
            raise OverrideError(self.file, self.line, str(self.step), "must be a positive step")
        values = np.array(self.values, dtype=np.float64)
        if values.ndim != 1 or not values.size:
            raise OverrideError(self.file, self.line, str(values.shape), "must be one value or more")
        if not (np.isfinite(values).all() and (values >= 0).all() and (values <= self.kind.maximum).all()):
            raise OverrideError(self.file, self.line, self.zone, value_rule(self.kind))
        values.flags.writeable = False
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "start", self.start.astimezone(UTC))

    @property
    def end(self) -> datetime:
        """First instant the series says nothing about, in UTC."""
        return self.start + len(self.values) * self.step

    @property
    def source(self) -> str:
        """What to show as the origin of the figures."""
        return f"override from {self.file}, zone {self.zone}"

    def require_known(self, catalogue: Catalogue) -> None:
        """Check that the zone is a place the catalogue knows.

        Raises:
            OverrideError: If it is not.
        """
        known = {name for site in catalogue.sites for name in _zones(self.kind, site)}
        if self.zone not in known:
            near = difflib.get_close_matches(self.zone, sorted(known), n=3, cutoff=0.4) or sorted(known)[:3]
            rule = f"is no site or area of the catalogue; nearest known: {', '.join(near)}"
            raise OverrideError(self.file, self.line, self.zone, rule)

    def values_on(self, horizon: Horizon) -> NDArray[np.float64]:
        """Mean value over each slot of a horizon, shape [T].

        Raises:
            OverrideError: If the series does not cover the horizon.
        """
        if horizon.start < self.start or horizon.end > self.end:
            rule = (
                f"covers [{self.start.isoformat()}, {self.end.isoformat()}) and not the whole horizon "
                f"[{horizon.start.isoformat()}, {horizon.end.isoformat()})"
            )
            raise OverrideError(self.file, self.line, self.zone, rule)
        step, slot = _microseconds(self.step), _microseconds(horizon.slot_length)
        offset = _microseconds(horizon.start - self.start)
        piece = math.gcd(step, slot, offset)
        pieces = slot // piece
        starts = offset + np.arange(horizon.slots)[:, None] * slot + np.arange(pieces)[None, :] * piece
        return np.asarray(self.values[starts // step].mean(axis=1))


def pick_override(overrides: Sequence[Override], kind: OverrideKind, site: Site) -> Override | None:
    """The series that holds for a site, or None: its own before its area's, a later before an earlier one."""
    for zone in _zones(kind, site):
        for override in reversed(overrides):
            if override.kind is kind and override.zone == zone:
                return override
    return None


def value_rule(kind: OverrideKind) -> str:
    """What a value of a series may be, as a sentence."""
    return f"must be a finite number of {kind.unit} from 0 to {kind.maximum:g}"


def _zones(kind: OverrideKind, site: Site) -> tuple[str, ...]:
    areas = (site.grid_area, site.province) if kind is OverrideKind.CARBON else (site.grid_area,)
    return (site.id, *areas)


def _microseconds(length: timedelta) -> int:
    return length // timedelta(microseconds=1)
