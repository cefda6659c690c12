"""The bill: metered usage becomes Decimal lines; the total is the sum of the lines, exact to the cent.

The border between floats and Decimal is `to_decimal`, and only that: a float becomes the shortest decimal
that names it. Hours are counted in whole seconds, quantities are kept to six decimals, each line is rounded
half up to the cent.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from pricing.errors import BillError, UnknownPrice
from pricing.rate_card import CPU_CORE, MEMORY_GIB, RateCard

CENT = Decimal("0.01")
_QUANTUM = Decimal("0.000001")


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What the meter saw of one attempt of a job; a stretch of time [started, ended).

    Attributes:
        job: Name of the job.
        site: Where it ran.
        started: First instant, aware.
        ended: First instant after it, aware.
        tasks: Tasks that ran.
        cpu_cores: Cores per task.
        memory_gib: Memory per task [GiB].
        accelerator: Id of the accelerator model, or "".
        count: Accelerators per task.

    Raises:
        BillError: If an instant is naive, the end is before the start, or a number is negative or not finite.
    """

    job: str
    site: str
    started: datetime
    ended: datetime
    tasks: int = 1
    cpu_cores: float = 0.0
    memory_gib: float = 0.0
    accelerator: str = ""
    count: float = 0.0

    def __post_init__(self) -> None:
        for name, instant in (("started", self.started), ("ended", self.ended)):
            if instant.tzinfo is None:
                raise BillError(f"usage of {self.job}: {name} {instant.isoformat()} must carry a UTC offset")
        if self.ended < self.started:
            raise BillError(
                f"usage of {self.job}: ended {self.ended.isoformat()} must not be before "
                f"started {self.started.isoformat()}"
            )
        for name in ("tasks", "cpu_cores", "memory_gib", "count"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                rule = "must be a finite number of at least 0"
                raise BillError(f"usage of {self.job}: {name} {value!r} {rule}")

    @property
    def hours(self) -> Decimal:
        """Length in hours, from whole seconds, not rounded [h]."""
        return Decimal((self.ended - self.started) // timedelta(seconds=1)) / 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class BillLine:
    """One line: a quantity at a price.

    Attributes:
        job: Name of the job.
        site: Where it ran.
        item: What is billed, an item of the rate card.
        quantity: How much, six decimals [unit].
        unit: For example "core-hour".
        price_cny: Price of one unit [CNY].
        amount_cny: Quantity times price, rounded half up to the cent [CNY].
    """

    job: str
    site: str
    item: str
    quantity: Decimal
    unit: str
    price_cny: Decimal
    amount_cny: Decimal = field(init=False)

    def __post_init__(self) -> None:
        amount = (self.quantity * self.price_cny).quantize(CENT, rounding=ROUND_HALF_UP)
        object.__setattr__(self, "amount_cny", amount)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bill:
    """What a tenant owes: lines in the order of site, job and item, so that the same usage makes the same
    bill."""

    tenant: str
    lines: tuple[BillLine, ...]

    @property
    def total_cny(self) -> Decimal:
        """Sum of the lines, exact [CNY]."""
        return sum((line.amount_cny for line in self.lines), Decimal("0.00"))

    def total_by_job_cny(self) -> Mapping[str, Decimal]:
        """Sum of the lines of each job, exact [CNY]; these add up to the total."""
        totals: dict[str, Decimal] = {}
        for line in self.lines:
            totals[line.job] = totals.get(line.job, Decimal("0.00")) + line.amount_cny
        return totals


def make_bill(tenant: str, usages: Iterable[Usage], rate_card: RateCard) -> Bill:
    """Bill metered usage by the rate card; items of quantity 0 make no line.

    Raises:
        UnknownPrice: If an accelerator model is not on the card.
    """
    ordered = sorted(usages, key=lambda usage: (usage.site, usage.job, usage.started, usage.ended))
    return Bill(tenant=tenant, lines=tuple(line for usage in ordered for line in _lines(usage, rate_card)))


def to_decimal(number: float) -> Decimal:
    """The shortest decimal that names a float: 0.1 becomes exactly 0.1."""
    return Decimal(repr(float(number)))


def _lines(usage: Usage, rate_card: RateCard) -> Iterable[BillLine]:
    amounts = [(CPU_CORE, usage.cpu_cores, "core-hour"), (MEMORY_GIB, usage.memory_gib, "GiB-hour")]
    if usage.accelerator:
        amounts.append((usage.accelerator, usage.count, "accelerator-hour"))
    for item, per_task, unit in amounts:
        if item not in rate_card.cny_per_hour:
            raise UnknownPrice("rate card item", item, rate_card.cny_per_hour)
        quantity = (usage.tasks * to_decimal(per_task) * usage.hours).quantize(_QUANTUM, ROUND_HALF_UP)
        if quantity:
            price = to_decimal(rate_card.cny_per_hour[item])
            yield BillLine(
                job=usage.job, site=usage.site, item=item, quantity=quantity, unit=unit, price_cny=price
            )
