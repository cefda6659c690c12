"""Menu: the best offers for one job beside a plan; each is written out when it is read, for most are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import overload

from scheduler.cost import CostParts
from scheduler.explanation import Alternative
from scheduler.job import Job
from scheduler.optimizer.board import Finds


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """One priced option of one job.

    Attributes:
        option: where, when and for how much, all replicas together.
        scarcity_cny: what the room it takes is worth to the jobs of the plan.
        price_cny: its cost as the policy weighs it, with the scarcity.
    """

    option: Alternative
    scarcity_cny: float
    price_cny: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Labels:
    """What the numbers of finds stand for.

    Attributes:
        site_ids: [S].
        instants: [T] at which slots begin.
        carbon_cny_per_kg: the carbon price.
    """

    site_ids: tuple[str, ...]
    instants: tuple[datetime, ...]
    carbon_cny_per_kg: float


class Menu(Sequence[Offer]):
    """The cheapest option of each of the cheapest sites, the cheapest first; equal to the tuple of its offers."""

    __slots__ = ("_finds", "_job", "_labels")

    def __init__(self, job: Job, finds: Finds, labels: Labels) -> None:
        self._job, self._finds, self._labels = job, finds, labels

    def __len__(self) -> int:
        return int((self._finds.pick[:-1, 0] >= 0).sum())  # the last row says nothing

    @overload
    def __getitem__(self, index: int) -> Offer: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Offer, ...]: ...

    def __getitem__(self, index: int | slice) -> Offer | tuple[Offer, ...]:
        if isinstance(index, slice):
            return tuple(self)[index]
        row = range(len(self))[index]
        return self._write(self._finds.pick[row].tolist(), self._finds.paid[row].tolist())

    def __iter__(self) -> Iterator[Offer]:
        for pick, paid in zip(self._finds.pick[:-1].tolist(), self._finds.paid.tolist(), strict=False):
            if pick[0] >= 0:
                yield self._write(pick, paid)

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, tuple | Menu) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def _write(self, pick: list[int], paid: list[float]) -> Offer:
        (number, site, slot), (price_cny, energy_cny, carbon_kg, network_cny, worth_cny) = pick, paid
        variant, begin = self._job.variants[number], self._labels.instants[slot]
        option = Alternative(
            site=self._labels.site_ids[site],
            variant=number,
            accelerator=variant.accelerator,
            start=begin,
            end=begin + timedelta(minutes=variant.runtime_minutes),
            cost=CostParts(
                energy_cny=energy_cny,
                carbon_cny=carbon_kg * self._labels.carbon_cny_per_kg,
                network_cny=network_cny,
            ),
            carbon_kg=carbon_kg,
        )
        return Offer(option=option, scarcity_cny=worth_cny, price_cny=price_cny)
