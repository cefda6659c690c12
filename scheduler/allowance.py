"""Allowances: what tenants and sites may use, read from a limits file (TOML or JSON)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from scheduler.document import Document, fault_of
from scheduler.energy_quota import EnergyQuota
from scheduler.errors import DocumentError, WorldError
from scheduler.quantity import STRICT, check_instant, check_quantity
from scheduler.text_file import read_text_bytes
from scheduler.world import World


@dataclass(frozen=True, kw_only=True, slots=True)
class EnergyAllowance:
    """Energy a site may use in a period: see EnergyQuota."""

    __pydantic_config__ = STRICT

    site: str
    start: datetime
    end: datetime
    kwh: float

    def __post_init__(self) -> None:
        check_instant("start", self.start)
        check_instant("end", self.end)
        check_quantity("kwh", self.kwh, unit="kWh")


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowances:
    """What a limits file says.

    Attributes:
        tenants: tenant -> resource -> units it may hold at any instant over all sites.
        energy: energy of sites in periods.
        pv: whether sites use their own sun before the grid.
    """

    __pydantic_config__ = STRICT

    tenants: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    energy: tuple[EnergyAllowance, ...] = ()
    pv: bool = False

    def applied_to(self, world: World) -> World:
        """Return the world under these limits.

        Raises:
            WorldError: an amount is no quantity, or a site or resource does not exist.
        """
        quotas = tuple(
            EnergyQuota(site=each.site, start=each.start, end=each.end, kwh=each.kwh) for each in self.energy
        )
        return replace(world, quotas=self.tenants, energy_quotas=quotas, pv=self.pv)


_PARTS: dict[str, type] = {"": Allowances, "energy": EnergyAllowance}


@cache
def _adapter() -> TypeAdapter[Allowances]:
    return TypeAdapter(Allowances)


def read_limits_document(path: Path | str) -> Document:
    """Return a limits file as it is written; instants as text.

    Raises:
        DocumentError: it cannot be read, or is neither TOML nor JSON.
    """
    file = Path(path)
    text = read_text_bytes(file)
    try:
        read = json.loads(text) if file.suffix == ".json" else tomllib.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise DocumentError(rule=f"not valid TOML or JSON: {error}", file=str(path)) from None
    if not isinstance(read, dict):
        raise DocumentError(rule="must be an object with tenants, energy and pv", file=str(path))
    plain: Document = json.loads(json.dumps(read, default=_instant_text))
    return plain


def _instant_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def read_allowances(path: Path | str) -> Allowances:
    """Return the limits a file states.

    Raises:
        DocumentError: the file or a field in it breaks a rule.
    """
    document = read_limits_document(path)
    try:
        return _adapter().validate_json(json.dumps(document))
    except ValidationError as error:
        raise fault_of(error, _PARTS, file=str(path)) from None
    except WorldError as error:
        raise DocumentError(rule=str(error), file=str(path)) from None
