"""SweepPlan: which settings of a scenario are tried together; read from TOML.

    title = "How much does the west save?"
    scenario = "west-open"

    [[axes]]
    key = "carbon.price_cny_per_t"
    values = [60, 200]

    [[axes]]
    key = "scenario"                # the scenario itself may be an axis
    values = ["west-open", "east-only"]

Every combination is run. With a [sample] the axes may be ranges, and so many points are drawn:

    [sample]
    count = 20
    method = "latin"                # or "uniform"
    seed = 1

    [[axes]]
    key = "demand.generate.load"
    low = 0.2
    high = 0.9
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError

from simulations.scenario.document import document_faults, read_toml, shown, validated
from simulations.scenario.fault import Fault, ScenarioError
from simulations.scenario.section import STRICT

MOST_CELLS = 100_000
SCENARIO = "scenario"


@dataclass(frozen=True, kw_only=True, slots=True)
class Axis:
    """One setting that differs: by a list of values, or by a range of numbers.

    Attributes:
        key: dotted key of a scenario, or "scenario".
        values: what it is set to.
        low: least value of a range.
        high: greatest value of a range.
        whole: whether a range holds whole numbers only.
    """

    __pydantic_config__ = STRICT

    key: Annotated[str, Field(min_length=1)]
    values: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    whole: bool = False

    def at(self, share: float) -> Any:
        """The value at a share in [0, 1) of the axis."""
        if self.values:
            return self.values[int(share * len(self.values))]
        low, high = self.low or 0.0, self.high or 0.0
        if self.whole:
            return math.floor(low + share * (high - low + 1))
        return low + share * (high - low)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """Points drawn instead of every combination.

    Attributes:
        count: how many.
        method: "latin": each axis is cut into as many strips as there are points, one point in each; "uniform".
        seed: of the draws.
    """

    __pydantic_config__ = STRICT

    count: Annotated[int, Field(ge=1, le=MOST_CELLS)]
    method: Literal["latin", "uniform"] = "latin"
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepPlan:
    """A sweep.

    Attributes:
        title: a few words.
        scenario: the scenario that is varied: a shipped name, or a file beside the sweep's.
        axes: what differs.
        sample: how points are drawn; every combination when left out.
    """

    __pydantic_config__ = STRICT

    title: str = ""
    scenario: str = "west-open"
    axes: Annotated[tuple[Axis, ...], Field(min_length=1)]
    sample: Sample | None = None

    def points(self) -> Iterator[Mapping[str, Any]]:
        """The settings of each point, in order."""
        keys = [axis.key for axis in self.axes]
        if self.sample is None:
            for values in itertools.product(*(axis.values for axis in self.axes)):
                yield dict(zip(keys, values, strict=True))
            return
        for shares in _shares(self.sample, len(self.axes)):
            yield {axis.key: axis.at(share) for axis, share in zip(self.axes, shares, strict=True)}


def read_sweep(path: Path) -> SweepPlan:
    """The plan of a sweep's file.

    Raises:
        ScenarioError: with every fault of the file.
    """
    document = read_toml(path)
    try:
        plan = validated(_ADAPTER, document)
    except ValidationError as error:
        raise ScenarioError(document_faults(error, str(path), SweepPlan)) from error
    faults = [Fault(file=str(path), key=key, value=value, rule=rule) for key, value, rule in _faults(plan)]
    if faults:
        raise ScenarioError(faults)
    return plan


def _faults(plan: SweepPlan) -> Iterator[tuple[str, str, str]]:
    seen: set[str] = set()
    for number, axis in enumerate(plan.axes):
        at = f"axes[{number}]"
        ranged = axis.low is not None or axis.high is not None
        if axis.key in seen:
            yield f"{at}.key", shown(axis.key), "stands twice; keep one axis for it"
        seen.add(axis.key)
        if bool(axis.values) == ranged:
            yield at, "", "must have either values or low and high"
        elif ranged and (axis.low is None or axis.high is None or axis.low >= axis.high):
            yield f"{at}.high", shown(axis.high), f"must be above low, {axis.low}; name both"
        elif ranged and plan.sample is None:
            yield at, "", "is a range, of which only a [sample] can be drawn; add one, or name values"
        if axis.key == SCENARIO and not all(isinstance(value, str) for value in axis.values):
            yield f"{at}.values", shown(axis.values), "must be names of scenarios"
    if plan.sample is None and math.prod(len(axis.values) for axis in plan.axes) > MOST_CELLS:
        yield "axes", "", f"make more than {MOST_CELLS} combinations; draw a [sample]"


def _shares(sample: Sample, axes: int) -> list[list[float]]:
    """Points of the unit cube, [count][axes]."""
    generator = np.random.Generator(np.random.PCG64(sample.seed))
    throws = generator.random((sample.count, axes))
    if sample.method == "latin":
        strips = np.stack([generator.permutation(sample.count) for _ in range(axes)], axis=1)
        throws = (strips + throws) / sample.count
    shares: list[list[float]] = np.minimum(throws, np.nextafter(1.0, 0.0)).tolist()
    return shares


_ADAPTER = TypeAdapter(SweepPlan)
