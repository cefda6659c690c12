"""Comparison: two scenarios, what each cost, and the waterfall between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulations.compare.path import CompareError, lead
from simulations.compare.recording import ledger_of
from simulations.compare.waterfall import Waterfall
from simulations.scenario.scenario_run import ScenarioRun


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Two runs and the way from one to the other.

    Attributes:
        a: name of the first.
        b: name of the second.
        waterfall: from A's totals to B's.
    """

    a: str
    b: str
    waterfall: Waterfall

    def to_document(self) -> dict[str, Any]:
        """The comparison as JSON has it; the parts sum to the difference to the last bit."""
        fall = self.waterfall
        return {
            "a": self.a,
            "b": self.b,
            "a_cny": fall.begin.cny,
            "b_cny": fall.end.cny,
            "a_kg": fall.begin.kg,
            "b_kg": fall.end.kg,
            "difference_cny": fall.difference_cny,
            "difference_kg": fall.difference_kg,
            "waterfall": [{"cause": part.cause, "cny": part.cny, "kg": part.kg} for part in fall.parts],
        }


def compare_runs(a: ScenarioRun, b: ScenarioRun) -> Comparison:
    """Compare two runs.

    Raises:
        CompareError: they are not over the same sites and slots.
    """
    first, second = a.outcome.horizon, b.outcome.horizon
    if (first.start, first.slots, first.slot_minutes) != (second.start, second.slots, second.slot_minutes):
        raise CompareError(
            f"{a.name} begins {first.start.isoformat()} for {first.slots} slots of {first.slot_minutes} min and "
            f"{b.name} {second.start.isoformat()} for {second.slots} of {second.slot_minutes}; "
            "give both the same clock"
        )
    if a.rates.site_ids != b.rates.site_ids:
        raise CompareError(f"{a.name} and {b.name} have other sites; give both the same catalogue")
    return Comparison(a=a.name, b=b.name, waterfall=lead(ledger_of(a), ledger_of(b)))
