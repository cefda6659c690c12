"""What tenants and sites may use, as the judge reads it from the limits of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from scheduler.judge.fault import UnreadableError
from scheduler.judge.field import Document, read_instant, read_number, read_section, read_sections, read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyAllowance:
    """Facility energy [kWh] that a site may use in the slots that begin in `start` .. `end`, base load included."""

    site: str
    start: datetime
    end: datetime
    kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowances:
    """Tenant -> resource -> units at any instant; energy of sites; whether sites use their own sun."""

    tenants: Mapping[str, Mapping[str, float]]
    energy: tuple[EnergyAllowance, ...]
    pv: bool


def read_allowances(document: Document | None) -> Allowances:
    """Return the limits; without a document there are none.

    Raises:
        UnreadableError: the document is no set of limits.
    """
    document = document or {}
    pv = document.get("pv", False)
    if not isinstance(pv, bool):
        raise UnreadableError(f"limits.pv: {pv!r} is not true or false")
    tenants = read_section(document, "tenants", "limits")
    return Allowances(
        tenants={tenant: _read_units(tenants, tenant) for tenant in tenants},
        energy=tuple(
            EnergyAllowance(
                site=read_text(part, "site", f"limits.energy[{number}]"),
                start=read_instant(part.get("start"), f"limits.energy[{number}].start"),
                end=read_instant(part.get("end"), f"limits.energy[{number}].end"),
                kwh=read_number(part, "kwh", f"limits.energy[{number}]"),
            )
            for number, part in enumerate(read_sections(document, "energy", "limits"))
        ),
        pv=pv,
    )


def _read_units(tenants: Document, tenant: str) -> dict[str, float]:
    units = read_section(tenants, tenant, "limits.tenants")
    return {resource: read_number(units, resource, f"limits.tenants.{tenant}") for resource in units}
