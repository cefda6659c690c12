"""The written form of plans: plan.json, read and written without losing a bit."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from scheduler.cost import CostParts
from scheduler.document import Document, fault_of
from scheduler.errors import DocumentError, PolicyError
from scheduler.placement import Placement
from scheduler.plan import Plan, Rejection, ShadowPrice, Status
from scheduler.policy import Policy
from scheduler.quantity import STRICT, check_count, check_instant
from scheduler.sunlight import PvSaving
from scheduler.text_file import read_text_bytes
from topology import CHINA_TIME, Horizon

_MOST_SLOTS = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class _HorizonDocument:
    __pydantic_config__ = STRICT

    start: datetime
    slot_minutes: int
    slots: int

    def __post_init__(self) -> None:
        check_instant("start", self.start)
        check_count("slot_minutes", self.slot_minutes, smallest=1, largest=1440)
        check_count("slots", self.slots, smallest=1, largest=_MOST_SLOTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class _WeightsDocument:
    __pydantic_config__ = STRICT

    energy: float = 1.0
    carbon: float = 1.0
    network: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _PlanDocument:
    __pydantic_config__ = STRICT

    horizon: _HorizonDocument
    policy: str
    status: Status
    objective_cny: float
    lower_bound_cny: float
    gap: float
    solve_seconds: float
    cost: CostParts
    carbon_kg: float
    energy_kwh: float
    placements: tuple[Placement, ...]
    rejections: tuple[Rejection, ...]
    weights: _WeightsDocument = _WeightsDocument()
    shadow_prices: tuple[ShadowPrice, ...] = field(default=())
    pv_saving: PvSaving | None = None


_PARTS: dict[str, type] = {
    "": _PlanDocument,
    "horizon": _HorizonDocument,
    "weights": _WeightsDocument,
    "cost": CostParts,
    "placements": Placement,
    "rejections": Rejection,
    "shadow_prices": ShadowPrice,
    "pv_saving": PvSaving,
}


@cache
def _adapter() -> TypeAdapter[_PlanDocument]:
    return TypeAdapter(_PlanDocument)


def read_plan(path: Path | str) -> Plan:
    """Return the plan of a plan.json file (or one packed as .gz).

    Raises:
        DocumentError: the file or a field in it breaks a rule.
    """
    return _plan_from_json(read_text_bytes(Path(path)), str(path))


def plan_from_document(document: Mapping[str, Any]) -> Plan:
    """Return the plan a document describes.

    Raises:
        DocumentError: a field is missing, unknown or wrong.
    """
    try:
        text = json.dumps(document)
    except (TypeError, ValueError, RecursionError) as error:
        raise DocumentError(rule=f"not a document: {error}") from None
    return _plan_from_json(text, "")


def _plan_from_json(text: str | bytes, file: str) -> Plan:
    try:
        read = _adapter().validate_json(text)
    except ValidationError as error:
        raise fault_of(error, _PARTS, file=file) from None
    try:
        policy = Policy(
            name=read.policy,
            energy_weight=read.weights.energy,
            carbon_weight=read.weights.carbon,
            network_weight=read.weights.network,
        )
    except PolicyError as error:
        raise DocumentError(rule=str(error), file=file, field="policy") from None
    return Plan(
        horizon=Horizon(
            start=read.horizon.start, slots=read.horizon.slots, slot_minutes=read.horizon.slot_minutes
        ),
        policy=policy,
        status=read.status,
        objective_cny=read.objective_cny,
        lower_bound_cny=read.lower_bound_cny,
        gap=read.gap,
        solve_seconds=read.solve_seconds,
        cost=read.cost,
        carbon_kg=read.carbon_kg,
        energy_kwh=read.energy_kwh,
        placements=read.placements,
        rejections=read.rejections,
        shadow_prices=read.shadow_prices,
        pv_saving=read.pv_saving,
    )


def plan_to_document(plan: Plan) -> Document:
    """Return the document of a plan; instants are written in China's time.

    Beyond the promised fields it holds `energy_kwh` of each placement, `replicas` where a job spreads, `pv_saving`
    where sites use their sun, and `weights` where the policy's weights are not all 1 (the objective is weighted by
    them, the costs never are).
    """
    document: Document = {
        "horizon": {
            "start": _instant(plan.horizon.start),
            "slot_minutes": plan.horizon.slot_minutes,
            "slots": plan.horizon.slots,
        },
        "policy": plan.policy.name,
        "status": plan.status.value,
        "objective_cny": plan.objective_cny,
        "lower_bound_cny": plan.lower_bound_cny,
        "gap": plan.gap,
        "solve_seconds": plan.solve_seconds,
        "cost": {**_run_cost(plan.cost), "rejected_value_cny": plan.cost.rejected_value_cny},
        "carbon_kg": plan.carbon_kg,
        "energy_kwh": plan.energy_kwh,
        "placements": [_placement(placement) for placement in plan.placements],
        "rejections": [{"job": r.job, "reasons": dict(sorted(r.reasons.items()))} for r in plan.rejections],
        "shadow_prices": [
            {"site": p.site, "slot": p.slot, "resource": p.resource, "cny_per_unit_hour": p.cny_per_unit_hour}
            for p in plan.shadow_prices
        ],
    }
    if plan.pv_saving is not None:
        document["pv_saving"] = dataclasses.asdict(plan.pv_saving)
    if plan.policy.weighted:
        policy = plan.policy
        document["weights"] = {
            "energy": policy.energy_weight,
            "carbon": policy.carbon_weight,
            "network": policy.network_weight,
        }
    return document


def _placement(placement: Placement) -> Document:
    return {
        "job": placement.job,
        "site": placement.site,
        **({"replicas": list(placement.replicas)} if placement.replicas else {}),
        "variant": placement.variant,
        "start": _instant(placement.start),
        "end": _instant(placement.end),
        "runs": [[_instant(start), _instant(end)] for start, end in placement.runs],
        "cost": _run_cost(placement.cost),
        "carbon_kg": placement.carbon_kg,
        "energy_kwh": placement.energy_kwh,
    }


def _run_cost(cost: CostParts) -> Document:
    return {"energy_cny": cost.energy_cny, "carbon_cny": cost.carbon_cny, "network_cny": cost.network_cny}


def _instant(instant: datetime) -> str:
    return instant.astimezone(CHINA_TIME).isoformat()
