"""A series is one value per slot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from topology.errors import SeriesError
from topology.horizon import Horizon


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Series:
    """One finite value per slot of a horizon.

    Attributes:
        horizon: The slots the values belong to.
        values: The values, shape [slots], read-only; the unit is the owner's to state.

    Raises:
        SeriesError: If there is not exactly one finite value per slot.
    """

    horizon: Horizon
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=np.float64)
        if values.shape != (self.horizon.slots,):
            raise SeriesError(
                f"series of shape {values.shape} must have one value for each of {self.horizon.slots} slots"
            )
        if not np.isfinite(values).all():
            slot = int(np.flatnonzero(~np.isfinite(values))[0])
            raise SeriesError(f"series value {values[slot]} in slot {slot} must be a finite number")
        values.flags.writeable = False
        object.__setattr__(self, "values", values)

    @classmethod
    def of(cls, horizon: Horizon, values: Sequence[float]) -> "Series":
        """A series from any sequence of numbers.

        Raises:
            SeriesError: If there is not exactly one finite value per slot.
        """
        return cls(horizon=horizon, values=np.asarray(values, dtype=np.float64))

    @classmethod
    def constant(cls, horizon: Horizon, value: float) -> "Series":
        """The same value in every slot.

        Raises:
            SeriesError: If the value is not finite.
        """
        return cls(horizon=horizon, values=np.full(horizon.slots, value))

    def at(self, instant: datetime) -> float:
        """The value of the slot that holds an instant.

        Raises:
            HorizonError: If the instant is naive or outside the horizon.
        """
        return float(self.values[self.horizon.slot_at(instant)])

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Series)
            and self.horizon == other.horizon
            and bool(np.array_equal(self.values, other.values))
        )

    def __hash__(self) -> int:
        return hash((self.horizon, self.values.tobytes()))
