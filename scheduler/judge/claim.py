"""What a plan claims, as the judge reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scheduler.judge.fault import UnreadableError
from scheduler.judge.field import (
    Document,
    read_instant,
    read_integer,
    read_number,
    read_section,
    read_sections,
    read_text,
    read_texts,
)
from topology import Horizon


@dataclass(frozen=True, slots=True, kw_only=True)
class CostClaim:
    """Parts of a cost [CNY] with the carbon [kg] and the energy [kWh] (None where the plan does not say)."""

    energy_cny: float
    carbon_cny: float
    network_cny: float
    carbon_kg: float
    energy_kwh: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementClaim:
    """One placed job: its sites (one, or one for every replica), its variant and its runs."""

    job: str
    sites: tuple[str, ...]
    variant: int
    start: datetime
    end: datetime
    runs: tuple[tuple[datetime, datetime], ...]
    cost: CostClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionClaim:
    """One refused job with its counted reasons."""

    job: str
    reasons: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanClaim:
    """The whole plan. `lower_bound_cny` and `gap` are None where the plan proves nothing."""

    horizon: Horizon
    status: str
    weights: Mapping[str, float]
    objective_cny: float
    lower_bound_cny: float | None
    gap: float | None
    cost: CostClaim
    rejected_value_cny: float
    placements: tuple[PlacementClaim, ...]
    rejections: tuple[RejectionClaim, ...]
    shadow_prices: tuple[Document, ...]
    pv_saving: Mapping[str, float]


def read_plan(document: Document) -> PlanClaim:
    """Return the plan.

    Raises:
        UnreadableError: the document has not the shape of a plan.
    """
    if not isinstance(document, Mapping):
        raise UnreadableError("plan: not an object")
    if "placements" not in document or "rejections" not in document:
        raise UnreadableError(
            "plan: has no placements and rejections; allowed is what `edwc plan --out` writes"
        )
    return PlanClaim(
        horizon=_read_horizon(document),
        status=read_text(document, "status", "plan"),
        weights=_read_weights(document),
        objective_cny=read_number(document, "objective_cny", "plan"),
        lower_bound_cny=_read_proof(document, "lower_bound_cny"),
        gap=_read_proof(document, "gap"),
        cost=_read_cost(document, "plan"),
        rejected_value_cny=read_number(
            read_section(document, "cost", "plan"), "rejected_value_cny", "plan.cost"
        ),
        placements=tuple(
            _read_placement(placement, f"plan.placements[{number}]")
            for number, placement in enumerate(read_sections(document, "placements", "plan"))
        ),
        rejections=tuple(
            RejectionClaim(
                job=read_text(rejection, "job", f"plan.rejections[{number}]"),
                reasons=read_section(rejection, "reasons", f"plan.rejections[{number}]"),
            )
            for number, rejection in enumerate(read_sections(document, "rejections", "plan"))
        ),
        shadow_prices=read_sections(document, "shadow_prices", "plan"),
        pv_saving=_read_saving(document),
    )


def _read_horizon(document: Document) -> Horizon:
    horizon = read_section(document, "horizon", "plan")
    start = read_instant(horizon.get("start"), "plan.horizon.start")
    slots = read_integer(horizon, "slots", "plan.horizon")
    slot_minutes = read_integer(horizon, "slot_minutes", "plan.horizon")
    if slots < 1 or slot_minutes < 1:
        raise UnreadableError(
            f"plan.horizon: {slots} slots of {slot_minutes} minutes; allowed are 1 and more"
        )
    return Horizon(start=start, slots=slots, slot_minutes=slot_minutes)


def _read_weights(document: Document) -> Mapping[str, float]:
    weights = read_section(document, "weights", "plan")
    return {part: read_number(weights, part, "plan.weights", 1.0) for part in ("energy", "carbon", "network")}


def _read_saving(document: Document) -> Mapping[str, float]:
    saving = read_section(document, "pv_saving", "plan")
    return {part: read_number(saving, part, "plan.pv_saving") for part in saving}


def _read_proof(document: Document, name: str) -> float | None:
    return None if document.get(name) is None else read_number(document, name, "plan")


def _read_cost(document: Document, where: str) -> CostClaim:
    cost = read_section(document, "cost", where)
    return CostClaim(
        energy_cny=read_number(cost, "energy_cny", f"{where}.cost"),
        carbon_cny=read_number(cost, "carbon_cny", f"{where}.cost"),
        network_cny=read_number(cost, "network_cny", f"{where}.cost"),
        carbon_kg=read_number(document, "carbon_kg", where),
        energy_kwh=None if document.get("energy_kwh") is None else read_number(document, "energy_kwh", where),
    )


def _read_placement(document: Document, where: str) -> PlacementClaim:
    start, end = (read_instant(document.get(name), f"{where}.{name}") for name in ("start", "end"))
    replicas = read_texts(document, "replicas", where)
    return PlacementClaim(
        job=read_text(document, "job", where),
        sites=replicas or (read_text(document, "site", where),),
        variant=read_integer(document, "variant", where),
        start=start,
        end=end,
        runs=_read_runs(document, where) or ((start, end),),
        cost=_read_cost(document, where),
    )


def _read_runs(document: Document, where: str) -> tuple[tuple[datetime, datetime], ...]:
    runs = []
    for number, run in enumerate(document.get("runs") or ()):
        if not isinstance(run, Sequence) or isinstance(run, str) or len(run) != 2:
            raise UnreadableError(f"{where}.runs[{number}]: {run!r:.80} is not a pair of start and end")
        runs.append(
            (
                read_instant(run[0], f"{where}.runs[{number}][0]"),
                read_instant(run[1], f"{where}.runs[{number}][1]"),
            )
        )
    return tuple(runs)
