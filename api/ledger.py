"""The ledger: metered usage becomes bill lines, from the usage alone and exact to the cent.

A job's line has a part for each cause: the metered hours of machines by the rate card, and energy, carbon and
network at the cost the meter saw; each part is summed exactly, then rounded half up to the cent. A job that was
submitted with a quote pays at most the quoted price: where the meter saw more, a negative part `quote` brings
the line down to it.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from api.store import Usage
from pricing import RateCard
from pricing.rate_card import CPU_CORE, MEMORY_GIB

CENT = Decimal("0.01")
_ITEMS = {"cpu_core_hours": CPU_CORE, "memory_gib_hours": MEMORY_GIB}
_ACCELERATOR = "accelerator_hours."
PARTS = ("rate_card", "energy", "carbon", "network", "scarcity", "quote")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What one job owes; the parts sum to the total exactly.

    Attributes:
        job: id.
        parts_cny: cause -> whole cents.
        energy_kwh: facility energy.
        carbon_kg: emissions, location-based.
    """

    job: str
    parts_cny: dict[str, Decimal]
    energy_kwh: float
    carbon_kg: float

    @property
    def total_cny(self) -> Decimal:
        """Sum of the parts [CNY]."""
        return sum(self.parts_cny.values(), Decimal("0.00"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Bill:
    """What a tenant owes for a month; lines by job."""

    tenant: str
    month: str
    lines: tuple[Line, ...]

    @property
    def total_cny(self) -> Decimal:
        """Sum of the lines, exact [CNY]."""
        return sum((line.total_cny for line in self.lines), Decimal("0.00"))


def to_cents(amount: Decimal) -> Decimal:
    """Return an amount in whole cents, rounded half up [CNY]."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def bill_usage(
    tenant: str,
    month: str,
    usages: Iterable[Usage],
    rate_card: RateCard,
    *,
    ceilings_cny: Mapping[str, Decimal] | None = None,
) -> Bill:
    """Return the bill of a tenant's month; the same usage in any order makes the same bill.

    Args:
        tenant: who pays.
        month: "2026-07".
        usages: all of the month's.
        rate_card: prices of machines.
        ceilings_cny: job id -> what is left of its quoted price; only jobs that came with a quote.
    """
    by_job: dict[str, list[Usage]] = {}
    for usage in usages:
        by_job.setdefault(usage.job, []).append(usage)
    ceilings = ceilings_cny or {}
    lines = (_line(job, by_job[job], rate_card, ceilings.get(job)) for job in sorted(by_job))
    return Bill(tenant=tenant, month=month, lines=tuple(lines))


def _line(job: str, usages: list[Usage], rate_card: RateCard, ceiling_cny: Decimal | None) -> Line:
    ordered = sorted(usages, key=lambda usage: (usage.attempt, usage.started_at))
    exact: dict[str, Decimal] = {"rate_card": Decimal(0)}
    for usage in ordered:
        exact["rate_card"] += rent_cny(usage, rate_card)
        for part, amount in usage.parts_cny.items():
            exact[part] = exact.get(part, Decimal(0)) + amount
    parts = {part: to_cents(exact[part]) for part in sorted(exact, key=_place)}
    over_cny = Decimal(0) if ceiling_cny is None else sum(parts.values(), Decimal(0)) - to_cents(ceiling_cny)
    if over_cny > 0:
        parts["quote"] = -over_cny
    return Line(
        job=job,
        parts_cny=parts,
        energy_kwh=math.fsum(usage.energy_kwh for usage in ordered),
        carbon_kg=math.fsum(usage.carbon_kg for usage in ordered),
    )


def rent_cny(usage: Usage, rate_card: RateCard) -> Decimal:
    """Return what the machines of a stretch of usage cost by the rate card, not rounded [CNY].

    A machine that the card has no price of costs nothing here: its jobs were taken at a stated value.
    """
    total = Decimal(0)
    for name, amount in usage.quantities.items():
        item = _ITEMS.get(name) or name.removeprefix(_ACCELERATOR)
        if (name in _ITEMS or name.startswith(_ACCELERATOR)) and item in rate_card.cny_per_hour:
            total += Decimal(repr(amount)) * Decimal(repr(rate_card.cny_per_hour[item]))
    return total


def _place(part: str) -> tuple[int, str]:
    return (PARTS.index(part) if part in PARTS else len(PARTS), part)


def write_csv(bill: Bill, names: dict[str, str]) -> str:
    """Return the bill as CSV (RFC 4180): one line a job, then the total.

    Args:
        bill: the bill.
        names: job id -> name, as its owner calls it.
    """
    parts = sorted({part for line in bill.lines for part in line.parts_cny} | set(PARTS), key=_place)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(
        ["month", "job", "name", *(f"{part}_cny" for part in parts), "total_cny", "energy_kwh", "carbon_kg"]
    )
    for line in bill.lines:
        amounts = [line.parts_cny.get(part, Decimal("0.00")) for part in parts]
        name = _harmless(names.get(line.job, ""))
        table.writerow(
            [bill.month, line.job, name, *amounts, line.total_cny, line.energy_kwh, line.carbon_kg]
        )
    sums = [
        sum((line.parts_cny.get(part, Decimal(0)) for line in bill.lines), Decimal("0.00")) for part in parts
    ]
    table.writerow([bill.month, "total", "", *sums, bill.total_cny, "", ""])
    return text.getvalue()


def _harmless(name: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{name}" if name[:1] in "=+-@\t\r" and name else name
