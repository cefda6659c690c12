"""What a task consumes and a site offers: a vector of cores, memory and accelerators by model."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from topology.errors import InvalidValue

_SLACK = 1e-9  # relative: sums of floats may miss a full capacity by rounding


@dataclass(frozen=True, kw_only=True, slots=True)
class Resources:
    """An amount of everything that can run out at a site.

    A difference may be negative: it then says by how much something is overdrawn.

    Attributes:
        cpu_cores: Processor cores.
        memory_gib: Memory [GiB].
        accelerators: Count per accelerator model; models with a count of zero are dropped.

    Raises:
        InvalidValue: If any amount is not finite.
    """

    cpu_cores: float = 0.0
    memory_gib: float = 0.0
    accelerators: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = {
            model: self.accelerators[model] for model in sorted(self.accelerators) if self.accelerators[model]
        }
        object.__setattr__(self, "accelerators", kept)
        for name in self.names:
            if not math.isfinite(self.get(name)):
                raise InvalidValue("resources", name, self.get(name), "must be a finite number")

    @property
    def names(self) -> tuple[str, ...]:
        """Names that `get` answers: cpu_cores, memory_gib, then the models held, in order."""
        return ("cpu_cores", "memory_gib", *self.accelerators)

    def get(self, name: str) -> float:
        """The amount of one resource: "cpu_cores", "memory_gib" or an accelerator model (0 if not held)."""
        if name == "cpu_cores":
            return self.cpu_cores
        if name == "memory_gib":
            return self.memory_gib
        return self.accelerators.get(name, 0.0)

    def fits_in(self, other: "Resources") -> bool:
        """Whether no amount here exceeds the amount there, but for float rounding."""
        return all(
            self.get(name) <= other.get(name) * (1 + _SLACK) + _SLACK for name in self._names_with(other)
        )

    def __add__(self, other: "Resources") -> "Resources":
        return self._combined(other, 1.0)

    def __sub__(self, other: "Resources") -> "Resources":
        return self._combined(other, -1.0)

    def __mul__(self, factor: float) -> "Resources":
        return Resources(
            cpu_cores=self.cpu_cores * factor,
            memory_gib=self.memory_gib * factor,
            accelerators={model: count * factor for model, count in self.accelerators.items()},
        )

    __rmul__ = __mul__

    def __hash__(self) -> int:
        return hash((self.cpu_cores, self.memory_gib, tuple(self.accelerators.items())))

    def _names_with(self, other: "Resources") -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.names + other.names))

    def _combined(self, other: "Resources", sign: float) -> "Resources":
        models = {*self.accelerators, *other.accelerators}
        return Resources(
            cpu_cores=self.cpu_cores + sign * other.cpu_cores,
            memory_gib=self.memory_gib + sign * other.memory_gib,
            accelerators={model: self.get(model) + sign * other.get(model) for model in models},
        )
