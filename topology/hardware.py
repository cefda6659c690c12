"""Accelerator models: power, memory, throughput."""

from dataclasses import dataclass

from topology.rules import require_between, require_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Accelerator:
    """One model of accelerator.

    Attributes:
        id: Key, for example "a100-sxm4-80gb".
        name: Maker's name.
        power_w: Board power at full load [W].
        memory_gib: Memory [GiB].
        fp16_tflops: Dense FP16 throughput [TFLOPS]; None when no source was found.
        source: Where the figures come from.
        estimated: Whether the power is an estimate and not a maker's figure.

    Raises:
        InvalidValue: If a number is outside its range.
    """

    id: str
    name: str
    power_w: float
    memory_gib: float
    fp16_tflops: float | None = None
    source: str = ""
    estimated: bool = False

    def __post_init__(self) -> None:
        thing = f"accelerator {self.id}"
        require_id(thing, "id", self.id)
        require_between(thing, "power_w", self.power_w, above_low=True)
        require_between(thing, "memory_gib", self.memory_gib, above_low=True)
        if self.fp16_tflops is not None:
            require_between(thing, "fp16_tflops", self.fp16_tflops, above_low=True)
