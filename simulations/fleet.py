"""Fleet: the accelerator models a catalogue offers, and the variants a job gets on them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from operator import attrgetter
from types import MappingProxyType

from scheduler import Variant
from simulations.errors import WorkloadError
from topology import Accelerator, Catalogue

# Dense FP16 of the A100 SXM [TFLOPS]. Run times and counts of traces are taken as if measured on it: no
# trace says how fast its jobs would be elsewhere, and this gives newer machines no credit that was not
# measured.
REFERENCE_TFLOPS = 312.0
# Throughput of models for which the catalogue has none [TFLOPS, dense FP16]: H800 and A800 are H100 and
# A100 with slower links between them; V100 and L4 by their makers' data sheets.
ASSUMED_TFLOPS: Mapping[str, float] = MappingProxyType(
    {"h800-sxm": 989.0, "a800-sxm": 312.0, "v100-sxm2-32gb": 125.0, "l4": 121.0}
)
# Models a job that names none may use: those its kind of work is bought for. If a catalogue offers none of
# them, every model it offers will do.
TRAINING_MODELS = ("a100-sxm4-80gb", "a800-sxm", "ascend-910b", "h100-sxm", "h20", "h800-sxm")
SERVING_MODELS = ("a10", "a30", "ascend-910b", "h20", "l4", "l40s")

# Models that traces name -> models of a catalogue that stand for them, best first; the first offered is
# taken. G2 and G3 are disguised by their publisher: G2 is taken for a card that serves, G3 for one that
# trains.
STAND_INS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "T4": ("t4", "l4", "a10"),
        "A10": ("a10", "l4", "l40s"),
        "P100": ("p100", "v100-sxm2-32gb", "t4"),
        "V100M16": ("v100-sxm2-32gb", "a100-sxm4-80gb"),
        "V100M32": ("v100-sxm2-32gb", "a100-sxm4-80gb"),
        "G2": ("l40s", "a10", "h20"),
        "G3": ("a100-sxm4-80gb", "h800-sxm"),
    }
)


class Fleet:
    """The models that at least one site of a catalogue holds.

    Args:
        catalogue: sites and accelerator models.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        held = {model for site in catalogue.sites for model in site.capacity.accelerators}
        offered = sorted(
            (model for model in catalogue.accelerators if model.id in held), key=attrgetter("id")
        )
        self._name = catalogue.name
        self._memory_gib = {model.id: model.memory_gib for model in offered}
        self._slowness = {model.id: _slowness(model) for model in offered}
        self._cache: dict[tuple[tuple[str, ...], ...], tuple[tuple[str, float, float], ...]] = {}

    def work_variants(
        self, *, count: float, runtime_minutes: float, models: tuple[str, ...] = ()
    ) -> tuple[Variant, ...]:
        """Variants of a job that has a fixed amount of work: a faster model ends sooner.

        Args:
            count: accelerators per task.
            runtime_minutes: run time on the reference model [min].
            models: models that the trace allows, in its own words; none means any. A named model keeps the
                recorded run time on whatever stands for it.

        Raises:
            WorkloadError: the catalogue offers no accelerator.
        """
        return tuple(
            Variant(
                accelerator=model,
                count=count,
                runtime_minutes=max(round(runtime_minutes * slowness, 2), 0.01),
            )
            for model, slowness, _ in self._choices(models, TRAINING_MODELS)
        )

    def serving_variants(
        self, *, reference_count: float, memory_gib: float, runtime_minutes: float
    ) -> tuple[Variant, ...]:
        """Variants of a job that serves for a fixed time: a faster model needs fewer accelerators.

        Args:
            reference_count: accelerators of the reference model that the requests keep busy; may be a
                fraction.
            memory_gib: memory the model in service needs in all [GiB].
            runtime_minutes: how long it serves [min].

        Raises:
            WorkloadError: the catalogue offers no accelerator.
        """
        return tuple(
            Variant(
                accelerator=model,
                count=max(1, math.ceil(reference_count * slowness - 1e-9), math.ceil(memory_gib / held_gib)),
                runtime_minutes=runtime_minutes,
            )
            for model, slowness, held_gib in self._choices((), SERVING_MODELS)
        )

    def throughput(self, model: str) -> float:
        """Dense FP16 throughput of one accelerator [TFLOPS], as used to scale run times."""
        return REFERENCE_TFLOPS / self._slowness[model]

    def _choices(
        self, models: tuple[str, ...], usual: tuple[str, ...]
    ) -> tuple[tuple[str, float, float], ...]:
        """(model id, run time relative to the reference, memory [GiB]) of each model a job may use."""
        key = (models, usual)
        if key not in self._cache:
            self._cache[key] = self._find(models, usual)
        return self._cache[key]

    def _find(self, models: tuple[str, ...], usual: tuple[str, ...]) -> tuple[tuple[str, float, float], ...]:
        if not self._memory_gib:
            raise WorkloadError(
                f"catalogue {self._name}: no site holds an accelerator, but this workload needs some; "
                "choose a profile or trace on cores, or another catalogue"
            )
        found = (
            next((name for name in STAND_INS.get(model, ()) if name in self._memory_gib), "")
            for model in models
        )
        named = sorted(set(found) - {""})
        if named:
            return tuple((name, 1.0, self._memory_gib[name]) for name in named)
        chosen = [name for name in usual if name in self._memory_gib] or sorted(self._memory_gib)
        return tuple((name, self._slowness[name], self._memory_gib[name]) for name in chosen)


def _slowness(model: Accelerator) -> float:
    return REFERENCE_TFLOPS / (model.fp16_tflops or ASSUMED_TFLOPS.get(model.id, REFERENCE_TFLOPS))
